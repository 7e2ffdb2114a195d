package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The other half of the consent matrix: what looks like somebody's intent, and is a loss, is healed. */
class LossesThatLookLikeIntentTest {
    private static final String[] OWN = {
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, status TEXT)",
        "CREATE TABLE jobs (id INTEGER PRIMARY KEY, what TEXT NOT NULL, due INTEGER)",
        "CREATE VIEW due_jobs AS SELECT what FROM jobs WHERE due > 0",
        "CREATE INDEX jobs_due ON jobs (due)",
        "CREATE TABLE flyway_schema_history (installed_rank INT PRIMARY KEY, version TEXT, script TEXT, success BOOL)",
        "INSERT INTO flyway_schema_history VALUES (1, '1', 'V1__a.sql', 1)",
        "PRAGMA user_version = 1",
        "INSERT INTO users VALUES (1, 'a', 'on')",
        // What a migration writes after its last change of the schema is known as well.
        "INSERT INTO flyway_schema_history VALUES (2, '2', 'V2__b.sql', 1)",
        "PRAGMA user_version = 2"
    };

    @TempDir
    Path directory;

    enum Lost {
        A_TABLE("SELECT count(*) FROM jobs", "DROP TABLE jobs"),
        TWO_TABLES(
                "SELECT (SELECT count(*) FROM jobs) + (SELECT count(*) FROM users)",
                "DROP TABLE jobs",
                "DROP TABLE users"),
        A_VIEW("SELECT count(*) FROM due_jobs", "DROP VIEW due_jobs"),
        AN_INDEX("SELECT count(*) FROM jobs INDEXED BY jobs_due WHERE due > 0", "DROP INDEX jobs_due"),
        A_TABLE_AND_ITS_VIEW("SELECT count(*) FROM due_jobs", "DROP VIEW due_jobs", "DROP TABLE jobs"),
        THE_LEDGER("SELECT count(*) - 2 FROM flyway_schema_history", "DROP TABLE flyway_schema_history"),
        THE_LEDGER_AND_A_TABLE("SELECT count(*) FROM jobs", "DROP TABLE flyway_schema_history", "DROP TABLE jobs"),
        EVERYTHING(
                "SELECT count(*) FROM jobs",
                "DROP VIEW due_jobs",
                "DROP TABLE jobs",
                "DROP TABLE users",
                "DROP TABLE flyway_schema_history"),
        A_ROW_OF_THE_SCHEMA(
                "SELECT count(*) FROM jobs",
                "PRAGMA writable_schema = ON",
                "DELETE FROM sqlite_schema WHERE tbl_name = 'jobs'",
                "PRAGMA schema_version = 4711"),
        A_TABLE_AND_THE_FILE_WAS_VACUUMED("SELECT count(*) FROM jobs", "DROP TABLE jobs", "VACUUM"),
        A_TABLE_OF_WHICH_A_COPY_IS_LEFT("SELECT count(*) FROM jobs", "DROP TABLE jobs", "ANALYZE"),
        A_TABLE_WHILE_ROWS_CHANGED(
                "SELECT count(*) FROM jobs",
                "INSERT INTO users VALUES (2, 'b', 'off')",
                "DROP TABLE jobs",
                "DELETE FROM users WHERE id = 1");

        private final String query;
        private final String[] done;

        Lost(String query, String... done) {
            this.query = query;
            this.done = done;
        }
    }

    @ParameterizedTest
    @EnumSource(Lost.class)
    void whatWasOnlySeenComesBack(Lost lost) throws Exception {
        for (String mode : List.of("DELETE", "WAL")) {
            Path database = directory.resolve(mode + ".db");
            try (Connection connection = open(database, mode, null)) {
                Sql.run(connection, OWN);
                assertHealed(connection, database, lost);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Lost.class)
    void whatIsRegisteredComesBack(Lost lost) throws Exception {
        Path schema = Files.writeString(
                directory.resolve("schema.sql"), String.join(";\n", List.of(OWN).subList(0, 4)) + ";\n");
        Path database = directory.resolve("app.db");
        Sql.runElsewhere(database, OWN);
        try (Connection connection = open(database, "DELETE", schema)) {
            assertHealed(connection, database, lost);
        }
    }

    @Test
    void whatThisProcessHasMadeBesideIsNoOtherRelease() throws Exception {
        Path database = directory.resolve("app.db");
        try (Connection connection = open(database, "DELETE", null)) {
            Sql.run(connection, OWN);
            connection.setAutoCommit(false);
            Sql.run(connection, "SELECT * FROM users");
            connection.commit();
            Sql.run(
                    connection,
                    "CREATE TABLE more (x)",
                    "ALTER TABLE users ADD COLUMN email TEXT",
                    "INSERT INTO flyway_schema_history VALUES (3, '3', 'V3__c.sql', 1)",
                    "PRAGMA user_version = 3");
            connection.commit();
            connection.setAutoCommit(true);
            Sql.runElsewhere(database, "DROP TABLE jobs");
            assertThat(Sql.rows(connection, "SELECT count(*) FROM jobs")).hasToString("[[0]]");
            assertThat(Sql.value(connection, "PRAGMA user_version")).isEqualTo(3);
        }
    }

    @Test
    void aTableWhoseRowOfTheSchemaIsDamagedComesBack() throws Exception {
        Path database = directory.resolve("app.db");
        try (Connection connection = open(database, "DELETE", null)) {
            Sql.run(connection, OWN);
            Sql.runElsewhere(
                    database,
                    "PRAGMA writable_schema = ON",
                    "UPDATE sqlite_schema SET rootpage = 4711 WHERE name = 'jobs'");
            assertThat(Sql.rows(connection, "SELECT count(*) FROM jobs")).hasToString("[[0]]");
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
        }
    }

    private static Connection open(Path database, String mode, Path schema) throws SQLException {
        Properties properties = new Properties();
        if (schema != null) {
            properties.setProperty("healing.schema", schema.toString());
        }
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?journal_mode=" + mode, properties);
    }

    private static void assertHealed(Connection connection, Path database, Lost lost) throws SQLException {
        Sql.runElsewhere(database, lost.done);
        assertThat(Sql.rows(connection, lost.query)).as("%s", lost).hasToString("[[0]]");
        assertThat(Sql.value(connection, "PRAGMA user_version")).isEqualTo(2);
        String check = String.valueOf(Sql.value(connection, "PRAGMA integrity_check"));
        if (lost == Lost.A_ROW_OF_THE_SCHEMA) {
            // Whoever took it away has left the pages without an owner.
            assertThat(check.lines().skip(1)).allMatch(line -> line.endsWith("never used"));
        } else {
            assertThat(check).isEqualTo("ok");
        }
    }
}
