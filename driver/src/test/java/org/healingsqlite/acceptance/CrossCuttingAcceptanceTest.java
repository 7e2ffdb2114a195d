package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** C-02 to C-06: what holds for every application. */
class CrossCuttingAcceptanceTest {
    @TempDir
    Path directory;

    private Path database;
    private Path script;
    private String url;

    @BeforeEach
    void register() throws Exception {
        database = directory.resolve("app.db");
        script = Files.writeString(directory.resolve("schema.sql"), """
                CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL);
                CREATE TABLE "my table" (id INTEGER PRIMARY KEY, "my column" TEXT);
                CREATE TABLE "we""ird.name" (a, b);
                CREATE TABLE Mixed (Id INTEGER PRIMARY KEY);
                CREATE INDEX by_item ON orders (item);
                """);
        url = "jdbc:healing:sqlite:" + database + "?healing.schema=" + script;
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection(url);
    }

    @Test
    void c_02_aBatchOfTextsGoesOnAtTheEntryThatFailed() throws Exception {
        try (Connection connection = open();
                Statement statement = connection.createStatement()) {
            Sql.runElsewhere(database, "DROP TABLE orders");
            statement.addBatch("INSERT INTO \"my table\" (id) VALUES (1), (2)");
            statement.addBatch("INSERT INTO orders VALUES (1, 'a')");
            statement.addBatch("INSERT INTO \"my table\" (id) VALUES (3)");
            statement.addBatch("UPDATE \"my table\" SET \"my column\" = 'x'");

            assertThat(statement.executeBatch()).containsExactly(2, 1, 1, 3);
            assertThat(Sql.value(connection, "SELECT count(*) FROM \"my table\""))
                    .isEqualTo(3);
        }
    }

    @Test
    void c_02_aBatchThatStillFailsAfterAHealSpeaksOfTheWholeBatch() throws Exception {
        try (Connection connection = open();
                Statement statement = connection.createStatement()) {
            Sql.runElsewhere(database, "DROP TABLE orders");
            statement.addBatch("INSERT INTO Mixed VALUES (1)");
            statement.addBatch("INSERT INTO orders VALUES (1, 'a')");
            statement.addBatch("INSERT INTO Mixed VALUES (1)");
            statement.addBatch("INSERT INTO Mixed VALUES (2)");

            BatchUpdateException thrown = catchThrowableOfType(BatchUpdateException.class, statement::executeBatch);

            assertThat((Throwable) thrown)
                    .hasMessageStartingWith("batch entry 2: ")
                    .hasMessageContaining("UNIQUE");
            assertThat(thrown.getUpdateCounts()).containsExactly(1, 1, 0, 0);
            assertThat(Sql.value(connection, "SELECT count(*) FROM Mixed")).isEqualTo(1);
        }
    }

    @Test
    void c_02_aPreparedBatchRunsAgainWithAllItsRows() throws Exception {
        try (Connection connection = open();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO orders VALUES (?, ?)")) {
            for (int i = 1; i <= 500; i++) {
                insert.setInt(1, i);
                insert.setString(2, "item " + i);
                insert.addBatch();
            }
            Sql.runElsewhere(database, "DROP TABLE orders");

            assertThat(insert.executeBatch()).hasSize(500).containsOnly(1);
            assertThat(Sql.value(connection, "SELECT count(*) || ' ' || sum(id) || ' ' || max(item) FROM orders"))
                    .isEqualTo("500 125250 item 99");
        }
    }

    @ParameterizedTest(name = "C-03: {0}")
    @ValueSource(
            strings = {
                "SELECT id FROM orders",
                "SELECT id FROM main.orders",
                "SELECT id FROM ORDERS",
                "SELECT id FROM \"orders\"",
                "SELECT id FROM [orders]",
                "SELECT \"my column\" FROM \"my table\"",
                "SELECT a FROM \"we\"\"ird.name\"",
                "SELECT a FROM main.\"we\"\"ird.name\"",
                "SELECT id FROM mixed",
                "SELECT id FROM orders INDEXED BY by_item WHERE item = 'x'",
            })
    void namesInEveryFormHeal(String query) throws Exception {
        try (Connection connection = open()) {
            Sql.runElsewhere(
                    database,
                    "DROP TABLE orders",
                    "DROP TABLE \"my table\"",
                    "DROP TABLE \"we\"\"ird.name\"",
                    "DROP TABLE Mixed");

            assertThat(Sql.rows(connection, query)).isEmpty();
        }
    }

    @ParameterizedTest(name = "C-03: {0}")
    @ValueSource(
            strings = {
                "SELECT * FROM oders",
                "SELECT itm FROM orders",
                "INSERT INTO orders (itm) VALUES (1)",
                "SELECT * FROM other.orders",
                "SELECT * FROM temp.orders",
                "SELECT no_such_function(1)",
                "SELEC 1",
                "INSERT INTO orders VALUES (1)",
                "DROP TABLE nothing",
                "DROP INDEX nothing",
            })
    void anApplicationsOwnMistakeGetsSqlitesExceptionAtOnce(String sql) throws Exception {
        try (Connection connection = open();
                Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database);
                LogCapture log = new LogCapture()) {
            Sql.run(connection, "ATTACH ':memory:' AS other");
            Sql.run(plain, "ATTACH ':memory:' AS other");
            SQLException expected = catchThrowableOfType(SQLException.class, () -> Sql.run(plain, sql));

            SQLException thrown = catchThrowableOfType(SQLException.class, () -> Sql.run(connection, sql));

            assertThat((Throwable) thrown)
                    .hasSameClassAs(expected)
                    .hasMessage(expected.getMessage())
                    .hasNoSuppressedExceptions();
            assertThat(thrown.getErrorCode()).isEqualTo(expected.getErrorCode());
            assertThat(log.aboveDebug()).isEmpty();
            assertThat(Healing.of(connection).statistics().healed()).isZero();
        }
        assertThat(Path.of(database + ".healing/incidents.db")).doesNotExist();
    }

    @Test
    void c_03_aTableOfAnAttachedDatabaseIsNotMadeInMain() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "ATTACH ':memory:' AS other", "DROP TABLE orders");
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM other.orders"))
                    .hasMessageContaining("no such table: other.orders");
        }
    }

    @Test
    void c_04_aReadOnlyConnectionNeverWrites() throws Exception {
        open().close();
        Sql.runElsewhere(database, "DROP TABLE orders");
        byte[] before = Files.readAllBytes(database);

        try (Connection connection = DriverManager.getConnection(url + "&open_mode=1")) {
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM orders"))
                    .hasMessageContaining("no such table: orders");
        }
        assertThat(Files.readAllBytes(database)).isEqualTo(before);
    }

    @Test
    void c_04_aReadOnlyConnectionToAMissingFileCreatesNothing() {
        assertThatThrownBy(() -> DriverManager.getConnection(url + "&open_mode=1"))
                .isInstanceOf(SQLException.class);
        assertThat(database).doesNotExist();
        assertThat(Path.of(database + ".healing")).doesNotExist();
    }

    @ParameterizedTest(name = "C-05: \"{0}\"")
    @ValueSource(strings = {":memory:", "", "file:shared?mode=memory&cache=shared"})
    void databasesWithoutAFileGetTheirSchemaAndNoHealing(String name) throws Exception {
        String memory = "jdbc:healing:sqlite:" + name + (name.contains("?") ? "&" : "?") + "healing.schema=" + script;
        try (Connection connection = DriverManager.getConnection(memory)) {
            assertThat(Sql.rows(connection, "SELECT * FROM orders")).isEmpty();
            Sql.run(connection, "DROP TABLE orders");
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM orders"))
                    .hasMessageContaining("no such table");
        }
    }

    @Test
    void c_06_whatTheApplicationDropsStaysDropped() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "DROP TABLE orders");

            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM orders"))
                    .hasMessageContaining("no such table: orders");
            assertThatThrownBy(() -> Sql.run(connection, "DROP TABLE orders"))
                    .hasMessageContaining("no such table: orders");
            assertThat(Healing.of(connection).verify()).isTrue();
            assertThat(Sql.names(connection, "table")).doesNotContain("orders");
            Sql.run(connection, "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL)");
            Sql.runElsewhere(database, "DROP TABLE orders");
            assertThat(Sql.rows(connection, "SELECT * FROM orders")).isEmpty();
        }
    }

    @Test
    void c_06_aDropThatIsRolledBackDoesNotCount() throws Exception {
        try (Connection connection = open()) {
            connection.setAutoCommit(false);
            Sql.run(connection, "DROP TABLE orders");
            connection.rollback();
            connection.setAutoCommit(true);
            Sql.run(connection, "SELECT 1");
            Sql.runElsewhere(database, "DROP TABLE orders");

            assertThat(Sql.rows(connection, "SELECT * FROM orders")).isEmpty();
        }
    }

    @Test
    void c_06_aRenamedTableAndADroppedColumnAreNotMissed() throws Exception {
        try (Connection connection =
                DriverManager.getConnection("jdbc:healing:sqlite:" + directory.resolve("learned.db"))) {
            Sql.run(
                    connection,
                    "CREATE TABLE a (x, y)",
                    "ALTER TABLE a RENAME TO b",
                    "ALTER TABLE b DROP COLUMN y",
                    "ALTER TABLE b RENAME COLUMN x TO z",
                    "SELECT 1");

            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM a")).hasMessageContaining("no such table: a");
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT y FROM b")).hasMessageContaining("no such column: y");
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT x FROM b")).hasMessageContaining("no such column: x");
            assertThat(Sql.rows(connection, "SELECT z FROM b")).isEmpty();
            assertThat(Healing.of(connection).statistics().healed()).isZero();
        }
    }

    @Test
    void withAFileInThePlaceOfTheSideDirectoryNothingIsHealedUntilItHasGone() throws Exception {
        Path side = Files.writeString(Path.of(database + ".healing"), "in the way");
        try (Connection connection = open()) {
            Sql.runElsewhere(database, "DROP TABLE orders");
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM orders"))
                    .hasMessageContaining("no such table: orders");
            assertThat(side).hasContent("in the way");

            Files.delete(side);
            assertThat(Sql.rows(connection, "SELECT * FROM orders")).isEmpty();
        }
    }

    @Test
    void aFullDiskLeavesTheDatabaseAsItWasAndIsHealedWhenThereIsRoom() throws Exception {
        String large = "jdbc:healing:sqlite:" + directory.resolve("full.db") + "?healing.schema="
                + Files.writeString(
                        directory.resolve("large.sql"),
                        "CREATE TABLE a (x); CREATE TABLE b (y); INSERT INTO b VALUES (zeroblob(500000));");
        try (Connection connection = DriverManager.getConnection(large)) {
            Sql.runElsewhere(directory.resolve("full.db"), "DROP TABLE b", "VACUUM");
            Sql.run(connection, "PRAGMA max_page_count = 10");
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT count(*) FROM b"))
                    .hasMessageContaining("no such table: b");
            assertThat(Sql.names(connection, "table")).containsExactly("a");
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");

            Sql.run(connection, "PRAGMA max_page_count = 10000");
            assertThat(Sql.value(connection, "SELECT count(*) FROM b")).isEqualTo(1);
        }
    }

    @Test
    void severalStatementsInOneTextAreNotRunTwice() throws Exception {
        try (Connection connection = open();
                Statement statement = connection.createStatement()) {
            Sql.runElsewhere(database, "DROP TABLE orders");

            assertThatThrownBy(() ->
                            statement.executeUpdate("INSERT INTO Mixed VALUES (1); INSERT INTO orders VALUES (1, 'a')"))
                    .hasMessageContaining("no such table: orders");

            assertThat(Sql.rows(connection, "SELECT Id FROM Mixed")).containsExactly(List.of(1));
            assertThat(Sql.rows(connection, "SELECT * FROM orders")).isEmpty();
        }
    }
}
