package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.demo.prayers.PrayerWall;
import org.healingsqlite.demo.report.Lanes;

/**
 * S2, and S1-20: the file itself is damaged.
 *
 * @param beforeStart whether the fault strikes before the application starts
 * @param fewest prayers that must be there at the end
 */
record PrayersAct(String title, boolean beforeStart, Breakage breakage, int fewest) implements Act {
    private static final Duration POLL = Duration.ofSeconds(2);
    private static final int PRAYERS = 300;
    private static final String AFTER = "after the fault";

    static final Scenario SCENARIO = new Scenario(
            "S2",
            "prayers: a wall of prayers whose file is damaged",
            List.of(
                    new PrayersAct("header overwritten while running", false, BytesChanged.header(), PRAYERS + 1),
                    new PrayersAct("pages overwritten while running", false, BytesChanged.pages(12, 3), PRAYERS / 2),
                    new PrayersAct("file cut while running", false, BytesChanged.cut(60_000), PRAYERS / 4),
                    new PrayersAct("a file of garbage at the path before start", true, BytesChanged.garbage(), 1)));

    @Override
    public Blueprint blueprint() {
        return new Blueprint("prayers.db", "schemas/prayers.sql", "busy_timeout=10000");
    }

    @Override
    public void play(Stage stage) throws IOException, InterruptedException {
        if (beforeStart) {
            stage.strike(breakage);
        }
        Lanes<PrayerWall> walls = stage.start(deployment -> new PrayerWall(deployment.url(), deployment.calls()));
        if (!beforeStart) {
            stage.ask("fill the wall", walls, wall -> {
                wall.fill(PRAYERS);
                return "filled";
            });
            stage.ask("count", walls, PrayerWall::count);
            stage.strike(breakage);
        }
        for (int i = 0; i < 3; i++) {
            stage.pause(POLL);
            stage.ask("count", walls, PrayerWall::count);
        }
        stage.ask("SubmitPrayer", walls, wall -> wall.submit("visitor", AFTER));
        stage.ask("Mark", walls, wall -> wall.mark("founder"));
        stage.ask("count", walls, PrayerWall::count);
    }

    @Override
    public List<String> inspect(Connection database) throws SQLException {
        List<String> findings = new ArrayList<>();
        try (Statement statement = database.createStatement()) {
            try (ResultSet row = statement.executeQuery("PRAGMA integrity_check")) {
                if (!row.getString(1).equals("ok")) {
                    findings.add("integrity_check: " + row.getString(1));
                }
            }
            try (ResultSet row = statement.executeQuery("SELECT count(*) FROM prayer")) {
                if (row.getInt(1) < fewest) {
                    findings.add("expected at least " + fewest + " prayers, found " + row.getInt(1));
                }
            }
            try (ResultSet row =
                    statement.executeQuery("SELECT count(*) FROM prayer JOIN prayer_marks USING (prayer_id)"
                            + " WHERE text = '" + AFTER + "' AND user_name = 'founder'")) {
                if (row.getInt(1) != 1) {
                    findings.add("the prayer put up " + AFTER + " and its mark: expected 1, found " + row.getInt(1));
                }
            }
        }
        return findings;
    }
}
