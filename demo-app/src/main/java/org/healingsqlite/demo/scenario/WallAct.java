package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.healingsqlite.demo.prayers.WallOfText;
import org.healingsqlite.demo.report.Lanes;
import org.healingsqlite.testkit.PrayerWall;

/**
 * S2 in its full shape: eleven tables, a thousand prayers, and the text that such an application writes for people. Nothing of the file is left; every row is back, by type and NULL,
 * with the schema as it was.
 */
record WallAct(String title, Breakage breakage, boolean whileRunning) implements Act {
    private static final Duration POLL = Duration.ofSeconds(2);
    private static final long SEED = 27;
    private static final int PRAYERS = 1000;
    private static final int MOST_FINDINGS = 3;
    private static final String VISITOR = "somebody new";

    /** The first noise that SQLite meets is in the header: no page is left. */
    static WallAct damaged() {
        return new WallAct("a wall of eleven tables, all of it noise", BytesChanged.garbage(), true);
    }

    static WallAct lost() {
        return new WallAct("a wall of eleven tables, lost between two runs", new FilesDeleted(), false);
    }

    @Override
    public Blueprint blueprint() {
        return new Blueprint("wall.db", PrayerWall.TABLES, "text_archives", "", "busy_timeout=10000");
    }

    private static WallOfText open(Deployment deployment) throws SQLException {
        return new WallOfText(deployment.url(), deployment.calls());
    }

    @Override
    public void play(Stage stage) throws IOException, InterruptedException {
        PrayerWall wall = new PrayerWall(SEED, PRAYERS);
        Lanes<WallOfText> walls = stage.start(deployment -> {
            try {
                // Before the application begins: the text of years is there already.
                WallOfText application = open(deployment);
                application.fill(wall);
                wall.write(blueprint().archive(deployment.database()));
                return application;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        stage.ask("count", walls, WallOfText::count);
        if (!whileRunning) {
            stage.ask("stop", walls, application -> {
                application.close();
                return "stopped";
            });
        }
        stage.strike(breakage);
        if (!whileRunning) {
            walls = stage.start(WallAct::open);
        }
        for (int i = 0; i < 2; i++) {
            stage.pause(POLL);
            stage.ask("count", walls, WallOfText::count);
        }
        stage.ask("Join", walls, application -> application.join(VISITOR));
        stage.ask("count", walls, WallOfText::count);
    }

    @Override
    public List<String> inspect(Connection database) throws SQLException {
        Map<String, List<String>> expected;
        try (Connection memory = DriverManager.getConnection("jdbc:sqlite::memory:");
                Statement statement = memory.createStatement()) {
            statement.executeUpdate(Resource.text(PrayerWall.TABLES));
            new PrayerWall(SEED, PRAYERS).fill(memory);
            statement.executeUpdate("INSERT INTO user (display_name, welcome_dismissed) VALUES ('" + VISITOR + "', 0)");
            expected = PrayerWall.content(memory);
        }
        List<String> findings = new ArrayList<>();
        PrayerWall.content(database).forEach((table, rows) -> {
            List<String> wanted = Objects.requireNonNull(expected.get(table));
            if (!rows.equals(wanted)) {
                findings.add(table + " has " + rows.size() + " rows, and " + wanted.size() + " were written");
                wanted.stream()
                        .filter(row -> !rows.contains(row))
                        .limit(MOST_FINDINGS)
                        .forEach(row -> findings.add(table + ": missing " + row));
                rows.stream()
                        .filter(row -> !wanted.contains(row))
                        .limit(MOST_FINDINGS)
                        .forEach(row -> findings.add(table + ": nobody wrote " + row));
            }
        });
        return findings;
    }
}
