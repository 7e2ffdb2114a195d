package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A registered schema that fails: S0-10, S1-18, S1-19, S1-35. */
class SchemaSourceFailureTest {
    @TempDir
    Path directory;

    private Path database;
    private Path migrations;

    @BeforeEach
    void write() throws IOException {
        database = directory.resolve("app.db");
        migrations = Files.createDirectory(directory.resolve("migrations"));
        script("V1__a.sql", "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, a TEXT);");
    }

    private void script(String name, String sql) throws IOException {
        Files.writeString(migrations.resolve(name), sql);
    }

    private void withTables() throws SQLException {
        Sql.runElsewhere(database, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)", "INSERT INTO t(a) VALUES('x')");
    }

    /** Of everything but the side directory, in which the incident is. */
    private List<String> schemaElsewhere() throws SQLException {
        return Sql.rowsElsewhere(database, "SELECT type, name, sql FROM sqlite_schema ORDER BY rowid").stream()
                .map(String::valueOf)
                .toList();
    }

    private Connection open(String required) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("healing.schema", migrations.toString());
        properties.setProperty("healing.schemaRequired", required);
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database, properties);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE t ADD COLUMN a TEXT;",
                "UPDATE nowhere SET x = 1;",
                "CREATE TABLE u (n INTEGER NOT NULL); INSERT INTO u VALUES (NULL);",
                "CREATE TABLE u (n); INSERT INTO t VALUES (1, 'y');",
                "CREATE TABLE u (n); CREATE UNIQUE INDEX one ON t (a); INSERT INTO t (a) VALUES ('x');"
            })
    void aMigrationThatFailsOnADatabaseWithTablesIsToldAndTheConnectionIsThere(String sql) throws Exception {
        withTables();
        script("V2__b.sql", sql);
        List<String> before = schemaElsewhere();
        try (LogCapture log = new LogCapture();
                Connection connection = open("false")) {
            assertThat(schemaElsewhere())
                    .as("nothing of it was applied, the history included")
                    .isEqualTo(before);
            assertThat(Sql.rows(connection, "SELECT a FROM t")).hasToString("[[x]]");
            assertThat(log.at(Level.ERROR)).anyMatch(line -> line.contains("the registered schema cannot be applied"));
            assertThat(Healing.of(connection).history(5))
                    .anyMatch(incident -> incident.outcome() instanceof Outcome.GaveUp
                            && incident.fault().equals("the registered schema cannot be applied"));
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM u")).hasMessageContaining("no such table: u");
            assertThat(Healing.of(connection).verify())
                    .as("a registered schema that is not applied is not verified")
                    .isFalse();
            assertThat(schemaElsewhere()).isEqualTo(before);
        }
    }

    @Test
    void aMigrationThatFailsBehindOthersLeavesTheHistoryAsItWas() throws Exception {
        open("false").close();
        // What was read stays as it was read; a new release has scripts of its own.
        migrations = Files.createDirectory(directory.resolve("later"));
        script("V1__a.sql", "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, a TEXT);");
        script("V2__b.sql", "ALTER TABLE t ADD COLUMN b TEXT;");
        script("V3__c.sql", "CREATE TABLE u (n); INSERT INTO t (id) VALUES (1);");
        Sql.runElsewhere(database, "INSERT INTO t (id, a) VALUES (1, 'x')");
        try (LogCapture log = new LogCapture();
                Connection connection = open("false")) {
            assertThat(log.at(Level.ERROR)).anyMatch(line -> line.contains("V3__c.sql, line 1"));
            assertThat(Sql.rows(connection, "SELECT version FROM schema_migrations"))
                    .hasToString("[[1]]");
            assertThat(Sql.rows(connection, "SELECT * FROM t")).hasToString("[[1, x]]");
        }
    }

    @Test
    void itIsToldOnceHoweverManyConnectionsMeetIt() throws Exception {
        withTables();
        script("V2__b.sql", "ALTER TABLE t ADD COLUMN a TEXT;");
        try (LogCapture log = new LogCapture();
                Connection one = open("false");
                Connection two = open("false")) {
            assertThat(Sql.rows(one, "SELECT a FROM t")).isEqualTo(Sql.rows(two, "SELECT a FROM t"));
            assertThat(log.at(Level.ERROR))
                    .filteredOn(line -> line.contains("the registered schema cannot be applied"))
                    .hasSize(1);
        }
    }

    @Test
    void nothingIsWrittenBesideADatabaseThatMustNotBeWritten() throws Exception {
        withTables();
        script("V2__b.sql", "ALTER TABLE t ADD COLUMN a TEXT;");
        Properties properties = new Properties();
        properties.setProperty("healing.schema", migrations.toString());
        properties.setProperty("open_mode", "1");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database, properties)) {
            assertThat(Sql.rows(connection, "SELECT a FROM t")).hasToString("[[x]]");
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactlyInAnyOrder(database, migrations);
        }
    }

    @Test
    void itIsRefusedWhereTheSchemaIsRequired() throws Exception {
        withTables();
        script("V2__b.sql", "ALTER TABLE t ADD COLUMN a TEXT;");
        assertThatThrownBy(() -> open("true"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("V2__b.sql, line 1")
                .hasMessageContaining("duplicate column name");
        assertThat(Sql.rowsElsewhere(database, "SELECT a FROM t")).hasToString("[[x]]");
    }

    @Test
    void aMigrationThatFailsOnADatabaseWithoutTablesFailsFast() throws Exception {
        script("V2__b.sql", "ALTER TABLE t ADD COLUMN a TEXT;");
        assertThatThrownBy(() -> open("false")).hasMessageContaining("V2__b.sql, line 1");
        script("V2__b.sql", "ALTER TABLE t ADD COLUMN b TEXT;");
        try (Connection connection = open("false")) {
            assertThat(Sql.rows(connection, "SELECT b FROM t")).isEmpty();
        }
    }

    @Test
    void aSourceThatIsMissingOrMalformedIsAlwaysAnException() throws Exception {
        withTables();
        script("V2__b.sql", "CREATE TABEL u (n);");
        assertThatThrownBy(() -> open("false"))
                .hasMessageContaining("V2__b.sql, line 1")
                .hasMessageContaining("syntax error");
        Files.delete(migrations.resolve("V2__b.sql"));
        Files.delete(migrations.resolve("V1__a.sql"));
        Files.delete(migrations);
        assertThatThrownBy(() -> open("false")).hasMessageContaining(migrations + " does not exist");
    }

    @Test
    void oneThatWasMendedIsAppliedByTheNextConnection() throws Exception {
        withTables();
        script("V2__b.sql", "ALTER TABLE t ADD COLUMN a TEXT;");
        open("false").close();
        script("V2__b.sql", "ALTER TABLE t ADD COLUMN b TEXT; UPDATE t SET b = upper(a);");
        try (Connection connection = open("false")) {
            assertThat(Sql.rows(connection, "SELECT a, b FROM t")).hasToString("[[x, X]]");
        }
    }
}
