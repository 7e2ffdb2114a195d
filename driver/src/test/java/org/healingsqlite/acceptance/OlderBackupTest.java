package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Properties;
import org.healingsqlite.Healing;
import org.healingsqlite.archive.Snapshots;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Sql;
import org.healingsqlite.testkit.Waiting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An older backup is put in place: registered migrations lead on with their rows, else the application's own upgrade does; and what {@code healing.intent} makes of it. */
class OlderBackupTest {
    private static final String FIRST = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)";
    private static final String[] SECOND = {
        "ALTER TABLE users ADD COLUMN email TEXT",
        "UPDATE users SET email = name || '@example.org'",
        "CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT)"
    };

    @TempDir
    Path directory;

    private Path database;
    private Path migrations;

    @BeforeEach
    void write() throws IOException {
        database = directory.resolve("app.db");
        migrations = Files.createDirectory(directory.resolve("migrations"));
        Files.writeString(migrations.resolve("V1__users.sql"), FIRST + ";");
        Files.writeString(migrations.resolve("V2__email.sql"), String.join(";\n", SECOND) + ";");
    }

    private Connection open(String... options) throws SQLException {
        Properties properties = new Properties();
        for (int i = 0; i < options.length; i += 2) {
            properties.setProperty("healing." + options[i], options[i + 1]);
        }
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database, properties);
    }

    private void backUpTo(Path backup) throws SQLException {
        Sql.runElsewhere(database, "VACUUM INTO '" + backup + "'");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void registeredMigrationsRunWithTheirRows(boolean underAConnection) throws Exception {
        Path backup = directory.resolve("backup.db");
        Path older = Files.createDirectory(directory.resolve("older"));
        Files.copy(migrations.resolve("V1__users.sql"), older.resolve("V1__users.sql"));
        try (Connection connection = open("schema", older.toString())) {
            Sql.run(connection, "INSERT INTO users (name) VALUES ('a'), ('b')");
            backUpTo(backup);
        }
        String migrated = migrations.toString();
        try (Connection connection = open("schema", migrated)) {
            Sql.run(connection, "INSERT INTO users (name, email) VALUES ('c', 'x')");
            if (underAConnection) {
                Sql.runElsewhere(database, "restore from '" + backup + "'");
                assertThat(Sql.rows(connection, "SELECT email FROM users ORDER BY id"))
                        .hasToString("[[a@example.org], [b@example.org]]");
            }
        }
        if (!underAConnection) {
            Sql.runElsewhere(database, "restore from '" + backup + "'");
        }
        try (Connection connection = open("schema", migrated)) {
            assertThat(Sql.rows(connection, "SELECT email FROM users ORDER BY id"))
                    .hasToString("[[a@example.org], [b@example.org]]");
            assertThat(Sql.rows(connection, "SELECT version FROM schema_migrations ORDER BY version"))
                    .hasToString("[[1], [2]]");
        }
    }

    /** With a part of the later schema, the application's own upgrade would fail for ever. */
    @ParameterizedTest
    @ValueSource(strings = {"user_version", "ledger"})
    void aSnapshotOfAnOlderReleaseComesBackAsItIs(String version) throws Exception {
        boolean byNumber = version.equals("user_version");
        Path snapshots = directory.resolve("snapshots");
        String[] upgrade = {
            SECOND[0],
            SECOND[1],
            SECOND[2],
            byNumber ? "PRAGMA user_version = 2" : "INSERT INTO schema_version VALUES ('2')"
        };
        try (Connection connection = open()) {
            Sql.run(
                    connection,
                    FIRST,
                    "INSERT INTO users (name) VALUES ('a')",
                    "CREATE TABLE schema_version (version TEXT)",
                    byNumber ? "PRAGMA user_version = 1" : "INSERT INTO schema_version VALUES ('1')");
            Snapshots.in(snapshots, 3).take(connection, Instant.now());
            Sql.run(connection, upgrade);
            Sql.rows(connection, "SELECT email FROM users");
        }
        Files.delete(database);
        try (Connection connection = open("snapshots", snapshots.toString())) {
            assertThat(Sql.rows(connection, "SELECT * FROM users")).hasToString("[[1, a]]");
            Sql.run(connection, upgrade);
            assertThat(Sql.rows(connection, "SELECT email FROM users")).hasToString("[[a@example.org]]");
            assertThat(Sql.rows(connection, "SELECT * FROM audit")).isEmpty();
        }
    }

    /** A database of version 2 that this process has seen, and a backup of version 1 in its place. */
    private Connection openAndPutBack(String... options) throws SQLException {
        Path backup = directory.resolve("backup.db");
        Sql.runElsewhere(database, FIRST, "INSERT INTO users (name) VALUES ('a')", "PRAGMA user_version = 1");
        backUpTo(backup);
        Sql.runElsewhere(database, SECOND);
        Sql.runElsewhere(database, "PRAGMA user_version = 2");
        Connection connection = open(options);
        Sql.rows(connection, "SELECT email FROM users");
        Sql.runElsewhere(database, "restore from '" + backup + "'");
        return connection;
    }

    @Test
    void itIsToldOnceAsAnIncidentOfLowSeverityThatSaysHowToOptIn() throws Exception {
        try (LogCapture log = new LogCapture();
                Connection connection = openAndPutBack()) {
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> Sql.rows(connection, "SELECT email FROM users"))
                        .hasMessageContaining("no such column: email");
                assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO audit (what) VALUES ('x')"))
                        .hasMessageContaining("no such table: audit");
            }
            assertThat(log.at(Level.WARN))
                    .filteredOn(line -> line.contains("not healed"))
                    .singleElement()
                    .asString()
                    .contains("older release", "user_version is 1, and was 2", "healing.intent=off");
            assertThat(Healing.of(connection).history(5)).singleElement().satisfies(incident -> {
                assertThat(incident.outcome()).isInstanceOf(Outcome.Refused.class);
                assertThat(incident.diagnosis()).contains("severity LOW");
            });
            Sql.run(connection, SECOND);
            Sql.run(connection, "PRAGMA user_version = 2");
            assertThat(Sql.rows(connection, "SELECT email FROM users")).hasToString("[[a@example.org]]");
        }
    }

    @Test
    void aBackupThatIsMovedOverTheFileIsAdoptedAsItIs() throws Exception {
        try (Connection connection = openAndPutBack()) {
            Path copy = directory.resolve("copy.db");
            backUpTo(copy);
            // SQLite's own connection looks at the schema it knew before it looks at the file.
            Sql.rows(connection, "SELECT name FROM users");
            Sql.run(connection, SECOND);
            Sql.run(connection, "PRAGMA user_version = 2");
            Files.move(copy, database, StandardCopyOption.REPLACE_EXISTING);
            Waiting.await()
                    .untilAsserted(() -> assertThatThrownBy(() -> Sql.rows(connection, "SELECT email FROM users"))
                            .hasMessageContaining("no such column: email"));
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO audit (what) VALUES ('x')"))
                    .hasMessageContaining("no such table: audit");
            assertThat(Sql.rowsElsewhere(database, "SELECT name FROM pragma_table_info('users')"))
                    .hasToString("[[id], [name]]");
        }
    }

    @Test
    void whatIsLostOfTheDatabaseThatWasAdoptedIsHealedAgain() throws Exception {
        try (Connection connection = openAndPutBack()) {
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT email FROM users"))
                    .hasMessageContaining("no such column: email");
            Sql.runElsewhere(database, "DROP TABLE users");
            assertThat(Sql.rows(connection, "SELECT name FROM users")).isEmpty();
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT email FROM users"))
                    .hasMessageContaining("no such column: email");
        }
    }

    @Test
    void withoutCautionWhatIsMissingIsAdded() throws Exception {
        try (Connection connection = openAndPutBack("intent", "off")) {
            assertThat(Sql.rows(connection, "SELECT name, email FROM users")).hasToString("[[a, null]]");
        }
    }

    @Test
    void strictAddsNothingThatIsNotRegistered() throws Exception {
        Sql.runElsewhere(database, FIRST, SECOND[2]);
        try (LogCapture log = new LogCapture();
                Connection connection = open("intent", "strict")) {
            Sql.runElsewhere(database, "DROP TABLE audit");
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM audit"))
                    .hasMessageContaining("no such table: audit");
            assertThat(log.at(Level.WARN))
                    .filteredOn(line -> line.contains("not healed"))
                    .singleElement()
                    .asString()
                    .contains("healing.schema", "healing.intent=ask");
        }
        Path schema = Files.writeString(directory.resolve("schema.sql"), FIRST + ";");
        try (Connection connection = open("intent", "strict", "schema", schema.toString())) {
            Sql.run(connection, SECOND[2]);
            Sql.runElsewhere(database, "DROP TABLE audit", "DROP TABLE users");
            assertThat(Sql.rows(connection, "SELECT * FROM users")).isEmpty();
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM audit"))
                    .hasMessageContaining("no such table: audit");
            assertThat(Sql.names(connection, "table")).isEqualTo(List.of("users"));
        }
    }
}
