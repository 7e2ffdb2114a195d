package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.Properties;
import org.healingsqlite.Healing;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What leads to rows is gone, and they are there: somebody deletes rows of the schema by hand, or the header names another encoding. */
class SchemaRowsDeletedTest {
    private static final String TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)";
    private static final int ROWS = 700;

    @TempDir
    Path directory;

    private Path database;

    private void make(String mode) throws Exception {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA journal_mode = " + mode,
                "CREATE TABLE other (key INTEGER PRIMARY KEY, w TEXT)",
                "INSERT INTO other VALUES (1, 'one')",
                "CREATE TABLE stays (v TEXT)",
                TABLE,
                "CREATE INDEX t_v ON t (v)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                        + ") INSERT INTO t SELECT i, 'value ' || i || hex(zeroblob(i % 40)) FROM n");
    }

    private void deleteRowsOfTheSchema() throws Exception {
        Sql.runElsewhere(
                database,
                "PRAGMA secure_delete = off",
                "PRAGMA writable_schema = ON",
                "DELETE FROM sqlite_schema WHERE tbl_name = 't'",
                "PRAGMA schema_version = 4711",
                "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private Connection open(boolean registered, String onDropped) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("healing.onDropped", onDropped);
        if (registered) {
            Path script = Files.writeString(directory.resolve("schema.sql"), TABLE + ";\n");
            properties.setProperty("healing.schema", script.toString());
        }
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database, properties);
    }

    private static Outcome last(Connection connection) throws Exception {
        return Healing.of(connection).history(1).get(0).outcome();
    }

    @ParameterizedTest
    @CsvSource({"delete, false", "wal, false", "delete, true", "wal, true"})
    void rowsToWhichNothingLeadsAnyMoreAreToldAndComeBack(String mode, boolean registered) throws Exception {
        make(mode);
        List<List<Object>> truth = Sql.rowsElsewhere(database, "SELECT * FROM t");
        try (Connection connection = open(registered, "keep")) {
            Sql.value(connection, "SELECT count(*) FROM t");
            deleteRowsOfTheSchema();

            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(0);
            Loss loss = last(connection).loss();
            assertThat(loss.completeness()).isInstanceOf(Completeness.Unknown.class);
            assertThat(loss.explanation()).contains("healing-sqlite undrop").doesNotContain("could hold them");

            Outcome outcome = Healing.of(connection).undrop();
            assertThat(outcome.explanation()).contains(ROWS + " rows of table t");
            assertThat(Sql.rows(connection, "SELECT * FROM t")).isEqualTo(truth);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rowsToWhichNothingLeadsAnyMoreComeBackAtOnceWhereThatIsWanted(boolean atOpen) throws Exception {
        make("delete");
        List<List<Object>> truth = Sql.rowsElsewhere(database, "SELECT * FROM t");
        if (atOpen) {
            deleteRowsOfTheSchema();
        }
        try (Connection connection = open(true, "restore")) {
            if (!atOpen) {
                Sql.value(connection, "SELECT count(*) FROM t");
                deleteRowsOfTheSchema();
            }
            assertThat(Sql.rows(connection, "SELECT * FROM t")).isEqualTo(truth);
            assertThat(last(connection).loss().completeness())
                    .as("nobody can prove that they were all")
                    .isInstanceOf(Completeness.Unknown.class);
        }
    }

    /** Nothing of the table's pages is left, and nobody had the file open. */
    @ParameterizedTest
    @ValueSource(strings = {"t", "other"})
    void aTableThatIsMadeAgainEmptyAtOpenHasLostItsRows(String table) throws Exception {
        make("delete");
        try (Connection connection = open(true, "keep")) {
            Sql.value(connection, "SELECT count(*) FROM t");
        }
        Sql.runElsewhere(
                database, "DROP TABLE t", "DROP TABLE " + (table.equals("t") ? "IF EXISTS t" : table), "VACUUM");
        try (Connection connection = open(true, "keep")) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM " + table)).isEqualTo(0);
            assertThat(Healing.of(connection).history(5)).anySatisfy(incident -> {
                Loss loss = incident.outcome().loss();
                assertThat(loss.completeness()).isInstanceOf(Completeness.Unknown.class);
                assertThat(loss.explanation()).contains(table).contains("could hold them");
            });
        }
    }

    /** The connection that meets it has seen the wrong encoding first. */
    @ParameterizedTest
    @CsvSource({"UTF-16le, 1", "UTF-8, 2", "UTF-8, 3", "UTF-16be, 2"})
    void theFirstConnectionReadsWhatAHealHasMadeOfAnotherEncoding(String encoding, byte told) throws Exception {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA encoding = '" + encoding + "'",
                TABLE,
                "INSERT INTO t VALUES (1, 'Grüße'), (2, 'two'), (3, 'three')");
        try (FileChannel file = FileChannel.open(database, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {told}), 59);
        }
        for (int time = 0; time < 2; time++) {
            try (Connection connection = open(false, "keep")) {
                assertThat(Sql.rows(connection, "SELECT v FROM t ORDER BY id"))
                        .hasToString("[[Grüße], [two], [three]]");
            }
        }
    }
}
