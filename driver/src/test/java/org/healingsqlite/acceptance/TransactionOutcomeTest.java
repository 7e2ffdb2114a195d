package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.IndexDamage;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.Function;
import org.sqlite.SQLiteConnection;

/** What becomes of a transaction whose end is not the one the application asked for. */
class TransactionOutcomeTest {
    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void create() throws SQLException {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + Damage.PAGE,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "CREATE TABLE strict (v TEXT UNIQUE ON CONFLICT ROLLBACK)",
                "CREATE TABLE guarded (v TEXT)",
                "CREATE TRIGGER guard BEFORE INSERT ON guarded BEGIN SELECT RAISE(ROLLBACK, 'never'); END",
                "CREATE TABLE indexed (v TEXT)",
                "CREATE INDEX i ON indexed (v)",
                "INSERT INTO strict VALUES ('taken')");
    }

    private Connection open(String options) throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database + options);
    }

    private long rows(String where) throws SQLException {
        return ((Number) Sql.rowsElsewhere(database, "SELECT count(*) FROM t WHERE " + where)
                        .get(0)
                        .get(0))
                .longValue();
    }

    /** What came before is gone; what comes after must not be committed as if it were whole. */
    private void nothingIsCommittedByHalves(Connection connection) throws SQLException {
        Sql.run(connection, "INSERT INTO t (v) VALUES ('after')");
        assertThat(rows("v = 'after'")).as("committed by itself").isZero();
        assertThatThrownBy(connection::commit)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"));
        assertThat(rows("1")).isZero();
        Sql.run(connection, "INSERT INTO t (v) VALUES ('whole')");
        connection.commit();
        assertThat(rows("v = 'whole'")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO strict VALUES ('taken')",
                "INSERT OR ROLLBACK INTO t (id) VALUES (1)",
                "INSERT INTO guarded VALUES ('x')"
            })
    @DisplayName("S4-05 after SQLite has rolled back by itself, later statements are not committed one by one")
    void anAutomaticRollbackIsNoticed(String sql) throws Exception {
        try (Connection connection = open("")) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO t (id, v) VALUES (1, 'before')");
            assertThatThrownBy(() -> Sql.run(connection, sql)).hasMessageContaining("CONSTRAINT");
            nothingIsCommittedByHalves(connection);
        }
    }

    @Test
    void rollbackAfterAnAutomaticRollbackIsNoErrorAndBeginsAnew() throws Exception {
        try (Connection connection = open("")) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO t (id, v) VALUES (1, 'before')");
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO strict VALUES ('taken')"));
            connection.rollback();
            Sql.run(connection, "INSERT INTO t (v) VALUES ('whole')");
            assertThat(rows("1")).isZero();
            connection.commit();
            assertThat(rows("v = 'whole'")).isEqualTo(1);
        }
    }

    @Test
    void aFullDatabaseThatRolledBackIsNoticed() throws Exception {
        try (Connection connection = open("")) {
            Sql.run(connection, "PRAGMA max_page_count = 20");
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO t (v) VALUES ('before')");
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t (v) VALUES (zeroblob(1000000))"))
                    .hasMessageContaining("FULL");
            nothingIsCommittedByHalves(connection);
        }
    }

    /** Fills the database in a transaction, which SQLite rolls back by itself, and goes on in it. */
    private void loseTheBeginning(Connection connection) throws SQLException {
        Sql.run(connection, "PRAGMA max_page_count = 20");
        connection.setAutoCommit(false);
        Sql.run(connection, "INSERT INTO t (v) VALUES ('before')");
        assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t (v) VALUES (zeroblob(1000000))"))
                .hasMessageContaining("FULL");
        Sql.run(connection, "INSERT INTO t (v) VALUES ('after')");
    }

    @ParameterizedTest
    @ValueSource(strings = {"COMMIT", "commit transaction;", "-- the end\nEND"})
    void aTextDoesNotCommitTheRestOfATransactionEither(String text) throws Exception {
        for (boolean prepared : new boolean[] {false, true}) {
            Sql.runElsewhere(database, "DELETE FROM t");
            try (Connection connection = open("");
                    PreparedStatement commit = connection.prepareStatement(text)) {
                loseTheBeginning(connection);
                assertThatThrownBy(() -> {
                            if (prepared) {
                                commit.execute();
                            } else {
                                Sql.run(connection, text);
                            }
                        })
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                e -> assertThat(e.getSQLState()).isEqualTo("40001"));
                assertThat(rows("1")).isZero();
                Sql.run(connection, "INSERT INTO t (v) VALUES ('whole')");
                commit.execute();
            }
            assertThat(rows("v = 'whole'")).isEqualTo(1);
            assertThat(rows("1")).isEqualTo(1);
        }
    }

    @Test
    void aBatchDoesNotCommitTheRestOfATransactionEither() throws Exception {
        try (Connection connection = open("");
                Statement batch = connection.createStatement()) {
            loseTheBeginning(connection);
            batch.addBatch("INSERT INTO t (v) VALUES ('batch')");
            batch.addBatch("COMMIT");
            assertThatThrownBy(batch::executeBatch)
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"));
            assertThat(rows("1")).isZero();
            batch.addBatch("INSERT INTO t (v) VALUES ('whole')");
            batch.addBatch("COMMIT");
            batch.executeBatch();
        }
        assertThat(rows("1")).isEqualTo(1);
        assertThat(rows("v = 'whole'")).isEqualTo(1);
    }

    @Test
    void afterATextHasRolledTheRestBackTheNextTransactionIsCommitted() throws Exception {
        try (Connection connection = open("")) {
            loseTheBeginning(connection);
            Sql.run(connection, "ROLLBACK", "BEGIN", "INSERT INTO t (v) VALUES ('whole')", "COMMIT");
        }
        assertThat(rows("1")).isEqualTo(1);
        assertThat(rows("v = 'whole'")).isEqualTo(1);
    }

    private void isStillCommittedAfterAnotherError(Connection connection) throws SQLException {
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(other, "BEGIN IMMEDIATE");
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t (v) VALUES ('locked')"))
                    .hasMessageContaining("SQLITE_BUSY");
            Sql.run(other, "ROLLBACK");
        }
        try {
            connection.commit();
        } catch (SQLException e) {
            assertThat((Throwable) e).hasMessageContaining("no transaction is active");
        }
    }

    /** sqlite-jdbc says that it gave no rows, when it has run. */
    @Test
    void aCommitThatIsRunAsAQueryIsNotToldAsRolledBack() throws Exception {
        try (Connection connection = open("?busy_timeout=0");
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO t (v) VALUES ('mine')");
            assertThatThrownBy(() -> statement.executeQuery("COMMIT")).hasMessage("query does not return ResultSet");
            assertThat(rows("v = 'mine'")).isEqualTo(1);
            isStillCommittedAfterAnotherError(connection);
        }
        assertThat(rows("v = 'mine'")).isEqualTo(1);
    }

    @Test
    void aBatchThatFailsAfterItsCommitIsNotToldAsRolledBack() throws Exception {
        try (Connection connection = open("?busy_timeout=0");
                Statement batch = connection.createStatement()) {
            connection.setAutoCommit(false);
            batch.addBatch("INSERT INTO t (v) VALUES ('mine')");
            batch.addBatch("COMMIT");
            batch.addBatch("INSERT INTO strict VALUES ('taken')");
            assertThatThrownBy(batch::executeBatch).hasMessageContaining("CONSTRAINT");
            assertThat(rows("v = 'mine'")).isEqualTo(1);
            isStillCommittedAfterAnotherError(connection);
        }
        assertThat(rows("v = 'mine'")).isEqualTo(1);
    }

    @Test
    void aWriteThatWasInterruptedIsNoticed() throws Exception {
        try (Connection connection = open("")) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO t (v) VALUES ('before')");
            try (Statement endless = connection.createStatement()) {
                CountDownLatch ended = new CountDownLatch(1);
                long sizeBefore = Files.size(database);
                CompletableFuture<Void> canceller = CompletableFuture.runAsync(() -> {
                    while (ended.getCount() > 0) {
                        try {
                            if (Files.size(database) == sizeBefore) {
                                // Who is interrupted before the first write rolls nothing back.
                                continue;
                            }
                            endless.cancel();
                        } catch (SQLException | IOException e) {
                            throw new AssertionError(e);
                        }
                        Thread.onSpinWait();
                    }
                });
                assertThatThrownBy(
                                () -> endless.executeUpdate(
                                        "INSERT INTO t (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"))
                        .hasMessageContaining("INTERRUPT");
                ended.countDown();
                canceller.get();
            }
            nothingIsCommittedByHalves(connection);
        }
    }

    /** Commits while a rival takes the write lock as often as it can; gives how often commit() failed although the row is committed. */
    private int commitsWithARival(String url) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        CompletableFuture<Void> rival = CompletableFuture.runAsync(() -> {
            try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + database + "?busy_timeout=0")) {
                while (over.getCount() > 0) {
                    try {
                        Sql.run(other, "BEGIN IMMEDIATE", "COMMIT");
                    } catch (SQLException busy) {
                        Thread.onSpinWait();
                    }
                }
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        });
        int wrong = 0;
        try (Connection connection =
                DriverManager.getConnection(url + database + "?transaction_mode=IMMEDIATE&busy_timeout=0")) {
            for (int round = 0; round < 150; round++) {
                String row = url + round;
                boolean inserted = false;
                while (!inserted) {
                    try {
                        connection.setAutoCommit(false);
                        Sql.run(connection, "INSERT INTO t (v) VALUES ('" + row + "')");
                        inserted = true;
                    } catch (SQLException busy) {
                        endQuietly(connection);
                    }
                }
                try {
                    connection.commit();
                } catch (SQLException e) {
                    assertThat(rows("v = '" + row + "'")).as(e.toString()).isEqualTo(1);
                    wrong++;
                }
                assertThat(rows("v = '" + row + "'")).isEqualTo(1);
                endQuietly(connection);
            }
        } finally {
            over.countDown();
            rival.get();
        }
        return wrong;
    }

    private static void endQuietly(Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException nothingToRollBack) {
            // The next line ends it in any case.
        }
        try {
            connection.setAutoCommit(true);
        } catch (SQLException nothingToCommit) {
            // sqlite-jdbc has changed its flag.
        }
    }

    @Test
    @DisplayName("COMMIT with a rival and IMMEDIATE: sqlite-jdbc's BEGIN fails, the commit is done and not sent again")
    void aCommitWhoseNextBeginFailsIsACommit() throws Exception {
        Sql.runElsewhere(database, "PRAGMA journal_mode = WAL");
        int plain = commitsWithARival("jdbc:sqlite:");
        assertThat(commitsWithARival("jdbc:healing:sqlite:")).isZero();
        System.out.println(
                "commit() failed although it had committed: sqlite-jdbc " + plain + " of 150, healing 0 of 150");
    }

    /** What SQLite has applied although it gives an error is not run again to find out, where there is nothing that could be told in its place. */
    @ParameterizedTest
    @ValueSource(strings = {"execute", "executeQuery"})
    void aWriteWhoseJournalIsGoneIsAppliedOnce(String call) throws Exception {
        Path journal = Path.of(database + "-journal");
        try (Connection connection = open("?journal_mode=DELETE");
                Statement statement = connection.createStatement()) {
            Function.create(connection.unwrap(SQLiteConnection.class), "lose_journal", new Function() {
                @Override
                protected void xFunc() throws SQLException {
                    try {
                        Files.delete(journal);
                    } catch (IOException e) {
                        throw new SQLException(e);
                    }
                    result("lost");
                }
            });
            String sql = "INSERT INTO t (v) SELECT 'mine' UNION ALL SELECT lose_journal()";
            if (call.equals("execute")) {
                statement.execute(sql);
            } else {
                assertThatThrownBy(() -> statement.executeQuery(sql)).isInstanceOf(SQLException.class);
            }
        }
        assertThat(rows("v = 'mine'")).isEqualTo(1);
        assertThat(rows("v = 'lost'")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("A journal that is gone at COMMIT (5898): the transaction is committed, and commit() says so")
    void aCommitWhoseJournalVanishedIsACommit(boolean text) throws Exception {
        try (Connection connection = open("")) {
            if (text) {
                Sql.run(connection, "BEGIN");
            } else {
                connection.setAutoCommit(false);
            }
            Sql.run(connection, "INSERT INTO t (v) VALUES ('committed')");
            Files.delete(Path.of(database + "-journal"));
            if (text) {
                Sql.run(connection, "COMMIT");
            } else {
                connection.commit();
            }
            assertThat(rows("v = 'committed'")).isEqualTo(1);
            Sql.run(connection, "INSERT INTO t (v) VALUES ('next')");
            assertThat(rows("v = 'next'")).isEqualTo(text ? 1 : 0);
        }
    }

    @Test
    @DisplayName("A transaction that damage has poisoned is replayed at its COMMIT, once")
    void aPoisonedTransactionIsReplayedAtItsCommit() throws Exception {
        IndexDamage damage = IndexDamage.of(database);
        try (Connection connection = open("")) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO t (v) VALUES ('mine')");
            damage.strike("i");
            // Met past the driver: only the COMMIT fails here.
            org.healingsqlite.jdbc.Physical.run(connection, "INSERT INTO indexed VALUES ('poison')");
            connection.commit();
            assertThat(rows("v = 'mine'")).isEqualTo(1);
        }
    }

    @Test
    void commitThatFindsTheDatabaseBusyLeavesTheTransactionAsItIs() throws Exception {
        try (Connection connection = open("?busy_timeout=0");
                Connection reader = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO t (v) VALUES ('mine')");
            try (Statement reading = reader.createStatement();
                    var rows = reading.executeQuery("SELECT * FROM sqlite_schema")) {
                assertThat(rows.next()).isTrue();
                assertThatThrownBy(connection::commit).hasMessageContaining("BUSY");
            }
            connection.commit();
            assertThat(rows("v = 'mine'")).isEqualTo(1);
        }
    }
}
