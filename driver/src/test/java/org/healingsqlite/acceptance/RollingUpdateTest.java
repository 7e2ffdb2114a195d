package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Two releases of one application, each in a process of its own, both healing, against one file. While one works, the other migrates the file, up or back down. Statements of
 * the release whose schema is gone may fail; what was acknowledged is there, with its values, and the schema is that of one release, whole.
 */
class RollingUpdateTest {
    /** Of each of the four ways; a hundred rounds are the campaign's. */
    private static final int ROUNDS = 6;

    private static final int ROUNDS_OF_A_CAMPAIGN = 25;
    private static final int MOST_WRITES = 6;

    private static final List<String> FIRST = List.of(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, status TEXT)",
            "CREATE TABLE jobs (id INTEGER PRIMARY KEY, what TEXT NOT NULL)",
            "PRAGMA user_version = 1");

    private static final List<String> UP = List.of(
            "ALTER TABLE jobs RENAME TO tasks",
            "ALTER TABLE users RENAME COLUMN status TO state",
            "ALTER TABLE users ADD COLUMN email TEXT",
            "UPDATE users SET email = name || '@example.org'",
            "PRAGMA user_version = 2");

    private static final List<String> DOWN = List.of(
            "ALTER TABLE users DROP COLUMN email",
            "ALTER TABLE users RENAME COLUMN state TO status",
            "ALTER TABLE tasks RENAME TO jobs",
            "PRAGMA user_version = 1");

    @TempDir
    Path directory;

    private Path one;
    private Path two;

    /** What a release writes. */
    private enum Release {
        ONE("INSERT INTO users (name, status) VALUES ('%1$s', 'on')", "INSERT INTO jobs (what) VALUES ('%1$s')"),
        TWO(
                "INSERT INTO users (name, state, email) VALUES ('%1$s', 'on', '%1$s@example.org')",
                "INSERT INTO tasks (what) VALUES ('%1$s')");

        private final String user;
        private final String job;

        Release(String user, String job) {
            this.user = user;
            this.job = job;
        }

        private Release other() {
            return this == ONE ? TWO : ONE;
        }
    }

    @BeforeEach
    void writeMigrations() throws IOException {
        one = Files.createDirectory(directory.resolve("one"));
        two = Files.createDirectory(directory.resolve("two"));
        for (Path release : List.of(one, two)) {
            Files.writeString(release.resolve("V1__first.sql"), String.join(";\n", FIRST) + ";\n");
        }
        Files.writeString(two.resolve("V2__second.sql"), String.join(";\n", UP) + ";\n");
    }

    @ParameterizedTest
    @CsvSource({"ONE,false,DELETE", "TWO,false,WAL", "ONE,true,WAL", "TWO,true,DELETE"})
    void noWriteIsLostAndNoValue(Release release, boolean registered, String mode) throws Exception {
        play(release, registered, mode, ROUNDS);
    }

    @ParameterizedTest
    @CsvSource({"ONE,false,DELETE", "TWO,false,WAL", "ONE,true,WAL", "TWO,true,DELETE"})
    @Tag("campaign")
    void noWriteIsLostAndNoValueInAHundredRounds(Release release, boolean registered, String mode) throws Exception {
        play(release, registered, mode, ROUNDS_OF_A_CAMPAIGN);
    }

    private void play(Release release, boolean registered, String mode, int rounds) throws Exception {
        try (OtherJvm other = OtherJvm.start()) {
            for (int round = 0; round < rounds; round++) {
                long seed = 31L * round + (registered ? 1 : 0);
                try {
                    new Round(release, registered, mode, other, seed).play();
                } catch (AssertionError | SQLException | IOException e) {
                    throw new AssertionError("round " + round + ", seed " + seed, e);
                }
            }
        }
    }

    /** One file: this process works as one release, the other migrates and works as the other one. */
    private final class Round {
        private final Release release;
        private final boolean registered;
        private final String mode;
        private final OtherJvm other;
        private final Random random;
        private final Path database;
        private final List<String> users = new ArrayList<>();
        private final List<String> jobs = new ArrayList<>();
        private int written;

        Round(Release release, boolean registered, String mode, OtherJvm other, long seed) throws IOException {
            this.release = release;
            this.registered = registered;
            this.mode = mode;
            this.other = other;
            this.random = new Random(seed);
            this.database = Files.createTempDirectory(directory, "round").resolve("app.db");
        }

        private String url(Release of) {
            String url = "jdbc:healing:sqlite:" + database + "?journal_mode=" + mode + "&busy_timeout=20000";
            return registered ? url + "&healing.schema=" + (of == Release.ONE ? one : two) : url;
        }

        void play() throws Exception {
            try (Connection connection = DriverManager.getConnection(url(release))) {
                if (!registered) {
                    Sql.run(connection, FIRST.toArray(String[]::new));
                    if (release == Release.TWO) {
                        Sql.run(connection, UP.toArray(String[]::new));
                    }
                }
                write(connection);
                boolean atOnce = random.nextBoolean();
                List<String> migration = migration();
                migration.forEach(this::send);
                if (atOnce) {
                    write(connection);
                }
                for (int i = 0; i < migration.size(); i++) {
                    assertThat(other.answer()).startsWith("ok");
                }
                for (int i = 0; i < 3; i++) {
                    write(connection);
                    writeElsewhere();
                }
                other.ask("close c");
            }
            check();
        }

        private void send(String command) {
            try {
                other.send(command);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        /** What the other process does to bring the file to its own release. */
        private List<String> migration() {
            List<String> commands = new ArrayList<>();
            boolean runsByItself = registered && release == Release.ONE;
            // Registered migrations run as the connection is opened; there are none that lead down.
            commands.add("open c " + (registered && !runsByItself ? url(release) : url(release.other())));
            if (!runsByItself) {
                List<String> statements = new ArrayList<>(release == Release.ONE ? UP : DOWN);
                if (registered) {
                    statements.add("DELETE FROM schema_migrations WHERE version = '2'");
                }
                commands.add("run c BEGIN IMMEDIATE");
                statements.forEach(statement -> commands.add("run c " + statement));
                commands.add("run c COMMIT");
            }
            if (registered && !runsByItself) {
                commands.add("close c");
                commands.add("open c " + url(release.other()));
            }
            return commands;
        }

        private void write(Connection connection) {
            for (int i = random.nextInt(MOST_WRITES); i >= 0; i--) {
                write(connection, release.user, users);
                write(connection, release.job, jobs);
            }
        }

        private void write(Connection connection, String sql, List<String> acknowledged) {
            String name = "here" + ++written;
            try {
                Sql.run(connection, String.format(sql, name));
                acknowledged.add(name);
            } catch (SQLException schemaIsGone) {
                // It was told, and need not be there.
            }
        }

        private void writeElsewhere() throws IOException {
            writeElsewhere(release.other().user, users);
            writeElsewhere(release.other().job, jobs);
        }

        private void writeElsewhere(String sql, List<String> acknowledged) throws IOException {
            String name = "there" + ++written;
            if (other.ask("run c " + String.format(sql, name)).startsWith("ok")) {
                acknowledged.add(name);
            }
        }

        private void check() throws SQLException {
            boolean isNew = Sql.rowsElsewhere(database, "SELECT name FROM pragma_table_info('users')")
                    .toString()
                    .contains("email");
            assertThat(Sql.rowsElsewhere(
                            database,
                            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
                                    + " AND name <> 'schema_migrations' ORDER BY name"))
                    .as("the tables of one release")
                    .hasToString(isNew ? "[[tasks], [users]]" : "[[jobs], [users]]");
            assertThat(Sql.rowsElsewhere(database, "SELECT name FROM pragma_table_info('users') ORDER BY cid"))
                    .as("the columns of one release")
                    .hasToString(isNew ? "[[id], [name], [state], [email]]" : "[[id], [name], [status]]");
            assertThat(texts("SELECT name FROM users"))
                    .as("what was acknowledged")
                    .containsAll(users);
            assertThat(texts("SELECT what FROM " + (isNew ? "tasks" : "jobs"))).containsAll(jobs);
            assertThat(texts(
                            isNew
                                    ? "SELECT name FROM users WHERE state IS NOT 'on' OR email IS NOT name || '@example.org'"
                                    : "SELECT name FROM users WHERE status IS NOT 'on'"))
                    .as("no value is wrong")
                    .isEmpty();
            assertThat(users).as("both releases were heard").isNotEmpty();
        }

        private List<String> texts(String query) throws SQLException {
            return Sql.rowsElsewhere(database, query).stream()
                    .map(row -> String.valueOf(row.get(0)))
                    .toList();
        }
    }
}
