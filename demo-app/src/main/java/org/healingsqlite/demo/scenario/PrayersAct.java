package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.healingsqlite.demo.prayers.PrayerWall;
import org.healingsqlite.demo.prayers.TextArchives;
import org.healingsqlite.demo.report.Lanes;

/**
 * S2, and S1-20: the file is damaged, or gone, and rebuilt from the application's text archives; every row is compared.
 *
 * @param moment when the fault strikes
 */
record PrayersAct(String title, Moment moment, Breakage breakage) implements Act {
    private static final Duration POLL = Duration.ofSeconds(2);
    private static final int PRAYERS = 300;
    private static final int MOST_FINDINGS = 3;
    private static final String VISITOR = "visitor";
    private static final String AFTER = "after the fault";
    private static final String MANIFEST = "schemas/prayers-archive.properties";

    /** When a fault strikes. */
    enum Moment {
        WHILE_RUNNING,
        BETWEEN_TWO_RUNS
    }

    static final Scenario SCENARIO = new Scenario(
            "S2",
            "prayers: a wall of prayers that is also kept as text; its file is damaged, or lost",
            List.of(
                    new PrayersAct("header overwritten while running", Moment.WHILE_RUNNING, BytesChanged.header()),
                    new PrayersAct("pages overwritten while running", Moment.WHILE_RUNNING, BytesChanged.pages(12, 3)),
                    new PrayersAct("file cut while running", Moment.WHILE_RUNNING, BytesChanged.cut(60_000)),
                    new PrayersAct(
                            "a file of garbage between two runs", Moment.BETWEEN_TWO_RUNS, BytesChanged.garbage()),
                    new PrayersAct("all files lost while running", Moment.WHILE_RUNNING, new FilesDeleted()),
                    new PrayersAct("all files lost between two runs", Moment.BETWEEN_TWO_RUNS, new FilesDeleted()),
                    WallAct.damaged(),
                    WallAct.lost()));

    @Override
    public Blueprint blueprint() {
        return new Blueprint("prayers.db", "schemas/prayers.sql", "text_archives", "", "busy_timeout=10000");
    }

    private PrayerWall open(Deployment deployment) throws SQLException {
        try {
            TextArchives archives =
                    new TextArchives(blueprint().archive(deployment.database()), Resource.text(MANIFEST));
            return new PrayerWall(deployment.url(), archives, deployment.calls());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void play(Stage stage) throws IOException, InterruptedException {
        Lanes<PrayerWall> walls = stage.start(this::open);
        stage.ask("fill the wall", walls, wall -> {
            wall.fill(PRAYERS);
            return "filled";
        });
        stage.ask("count", walls, PrayerWall::count);
        if (moment == Moment.BETWEEN_TWO_RUNS) {
            stage.ask("stop", walls, wall -> {
                wall.close();
                return "stopped";
            });
        }
        stage.strike(breakage);
        if (moment == Moment.BETWEEN_TWO_RUNS) {
            walls = stage.start(this::open);
        }
        for (int i = 0; i < 3; i++) {
            stage.pause(POLL);
            stage.ask("count", walls, PrayerWall::count);
        }
        stage.ask("SubmitPrayer", walls, wall -> wall.submit(VISITOR, AFTER));
        stage.ask("Mark", walls, wall -> wall.mark("founder"));
        stage.ask("count", walls, PrayerWall::count);
    }

    @Override
    public List<String> inspect(Connection database) throws SQLException {
        List<String> findings = new ArrayList<>();
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA integrity_check")) {
            if (!row.getString(1).equals("ok")) {
                findings.add("integrity_check: " + row.getString(1));
            }
        }
        findings.addAll(differences(database, "SELECT user_id, name, invited_by FROM users", users()));
        findings.addAll(differences(database, "SELECT prayer_id, author, text FROM prayer", prayers()));
        findings.addAll(differences(database, "SELECT prayer_id, user_name FROM prayer_marks", marks()));
        findings.addAll(differences(database, "SELECT token, user_name, agent FROM sessions", sessions()));
        return findings;
    }

    // ---- Every row there must be

    private static Set<List<String>> users() {
        Set<List<String>> rows = new LinkedHashSet<>(Set.of(List.of("1", "founder", "null")));
        for (int i = 0; i < 7; i++) {
            rows.add(List.of(String.valueOf(2 + i), PrayerWall.author(i), "1"));
        }
        return rows;
    }

    private static Set<List<String>> prayers() {
        Set<List<String>> rows = new LinkedHashSet<>();
        for (int i = 1; i <= PRAYERS; i++) {
            rows.add(List.of(String.valueOf(i), PrayerWall.author(i), PrayerWall.text(i)));
        }
        rows.add(List.of(String.valueOf(PRAYERS + 1), VISITOR, AFTER));
        return rows;
    }

    private static Set<List<String>> marks() {
        Set<List<String>> rows = new LinkedHashSet<>();
        for (int i = 1; i <= PRAYERS; i++) {
            rows.add(List.of(String.valueOf(i), PrayerWall.author(i + 1)));
        }
        rows.add(List.of(String.valueOf(PRAYERS + 1), "founder"));
        return rows;
    }

    private static Set<List<String>> sessions() {
        Set<List<String>> rows = new LinkedHashSet<>();
        for (int i = 0; i < 7; i++) {
            rows.add(List.of("token-" + i, PrayerWall.author(i), "Mozilla/5.0 (X11; | Linux)"));
        }
        return rows;
    }

    /** The first rows that are missing, and the first that nobody has written. */
    private static List<String> differences(Connection database, String query, Set<List<String>> expected)
            throws SQLException {
        Set<List<String>> found = new LinkedHashSet<>();
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            int columns = row.getMetaData().getColumnCount();
            while (row.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    values.add(String.valueOf(row.getString(i)));
                }
                found.add(values);
            }
        }
        List<String> findings = new ArrayList<>();
        expected.stream()
                .filter(row -> !found.contains(row))
                .limit(MOST_FINDINGS)
                .forEach(row -> findings.add(query + ": missing " + row));
        found.stream()
                .filter(row -> !expected.contains(row))
                .limit(MOST_FINDINGS)
                .forEach(row -> findings.add(query + ": nobody wrote " + row));
        return findings;
    }
}
