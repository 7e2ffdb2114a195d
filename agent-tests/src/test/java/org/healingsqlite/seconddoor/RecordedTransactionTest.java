package org.healingsqlite.seconddoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.IndexDamage;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.Function;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteUpdateListener;

/** What the agent records of a transaction where it has no wrapper to see everything: rather nothing runs again than something else. */
class RecordedTransactionTest {
    private static final String MET = "INSERT INTO struck (v) VALUES ('mine')";

    @TempDir
    Path directory;

    private Path database;
    private IndexDamage damage;

    @BeforeEach
    void create() throws SQLException {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + Damage.PAGE,
                "CREATE TABLE plain (v)",
                "CREATE TABLE struck (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT)",
                "CREATE INDEX i ON struck (v)",
                "INSERT INTO struck (v) VALUES ('v1'), ('v2'), ('v3'), ('v4')");
        damage = IndexDamage.of(database);
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database);
    }

    private List<List<Object>> plain() throws SQLException {
        return Sql.rowsElsewhere(database, "SELECT v FROM plain ORDER BY rowid");
    }

    /** What an application does in its transaction. */
    @FunctionalInterface
    private interface Work {
        void on(Connection connection) throws SQLException;
    }

    private void isNotReplayedAfter(Work work, String why) throws SQLException {
        try (Connection connection = open()) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO plain VALUES ('mine')");
            work.on(connection);
            damage.strike("i");
            assertThatThrownBy(() -> Sql.run(connection, MET))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"))
                    .hasMessageContaining(why);
            connection.rollback();
        }
        assertThat(plain()).isEmpty();
    }

    @Test
    void whatRanPastJdbcGivesReplayUp() throws Exception {
        isNotReplayedAfter(
                connection -> ((SQLiteConnection) connection)
                        .getDatabase()
                        .exec("INSERT INTO plain VALUES ('unseen')", false),
                "past JDBC");
    }

    @Test
    void aSavepointSetPastJdbcGivesReplayUp() throws Exception {
        isNotReplayedAfter(
                connection -> ((SQLiteConnection) connection).getDatabase().exec("SAVEPOINT unseen", false),
                "past JDBC");
    }

    @Test
    void aFunctionOfTheApplicationGivesReplayUp() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        isNotReplayedAfter(
                connection -> {
                    Function.create(connection, "next", new Function() {
                        @Override
                        protected void xFunc() throws SQLException {
                            result(calls.incrementAndGet());
                        }
                    });
                    Sql.run(connection, "INSERT INTO plain VALUES (next())");
                },
                "a function of the application's own");
        assertThat(calls).hasValue(1);
    }

    @Test
    void aListenerIsNotToldTwice() throws Exception {
        AtomicInteger told = new AtomicInteger();
        SQLiteUpdateListener listener = (type, name, table, row) -> told.incrementAndGet();
        isNotReplayedAfter(
                connection -> {
                    ((SQLiteConnection) connection).addUpdateListener(listener);
                    Sql.run(connection, "INSERT INTO plain VALUES ('told')");
                },
                "a listener is registered");
        assertThat(told).hasValue(1);
    }

    @Test
    void whetherThereAreRowsIsNotComparedWhereItIsAskedWithoutReading() throws Exception {
        isNotReplayedAfter(
                connection -> {
                    try (Statement statement = connection.createStatement();
                            ResultSet rows = statement.executeQuery("SELECT 1 FROM plain")) {
                        assertThat(rows.isBeforeFirst()).isTrue();
                    }
                },
                "not compared");
    }

    @Test
    void aResultSetFromBeforeTheTransactionGivesReplayUp() throws Exception {
        try (Connection connection = open();
                Statement statement = connection.createStatement()) {
            ResultSet rows = statement.executeQuery("SELECT v FROM struck NOT INDEXED");
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO plain VALUES ('mine')");
            assertThat(rows.next()).isTrue();
            rows.close();
            damage.strike("i");
            assertThatThrownBy(() -> Sql.run(connection, MET)).hasMessageContaining("was not asked in it");
            connection.rollback();
        }
    }

    @Test
    void anArrayThatIsFilledAnewAfterItsBatchIsNotReplayedAnew() throws Exception {
        byte[] bytes = {1};
        try (Connection connection = open();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO plain VALUES (?)")) {
            connection.setAutoCommit(false);
            insert.setBytes(1, bytes);
            insert.addBatch();
            assertThat(insert.executeBatch()).containsExactly(1);
            bytes[0] = 2;
            damage.strike("i");
            Sql.run(connection, MET);
            connection.commit();
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT hex(v) FROM plain")).hasToString("[[01]]");
    }

    @Test
    void allOfThousandsOfStatementsRunAgain() throws Exception {
        int count = 10_000;
        List<Object> expected = new ArrayList<>();
        try (Connection connection = open();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO plain VALUES (?)");
                PreparedStatement two = connection.prepareStatement("INSERT INTO plain VALUES (? || ?)");
                PreparedStatement read = connection.prepareStatement("SELECT count(*) FROM plain")) {
            connection.setAutoCommit(false);
            for (int i = 0; i < count; i++) {
                if (i % 1000 == 999) {
                    try (ResultSet rows = read.executeQuery()) {
                        assertThat(rows.next()).isTrue();
                        assertThat(rows.getInt(1)).isEqualTo(i);
                    }
                }
                if (i % 7 == 0) {
                    Sql.run(connection, "INSERT INTO plain VALUES ('" + i + "')");
                } else if (i % 5 == 0) {
                    two.setInt(1, i / 10);
                    two.setInt(2, i % 10);
                    two.executeUpdate();
                } else {
                    insert.setString(1, i % 11 == 0 ? null : "" + i);
                    insert.executeUpdate();
                }
                expected.add(i % 11 == 0 && i % 7 != 0 && i % 5 != 0 ? null : i == 5 ? "05" : "" + i);
            }
            damage.strike("i");
            Sql.run(connection, MET);
            connection.commit();
        }
        assertThat(plain().stream().map(row -> row.get(0)).toList()).isEqualTo(expected);
    }

    /** What a text has committed is not run again with what comes later. */
    @Test
    void whatATextHasCommittedIsNotRunAgain() throws Exception {
        try (Connection connection = open()) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO plain VALUES ('committed')", "COMMIT", "BEGIN");
            Sql.run(connection, "INSERT INTO plain VALUES ('mine')");
            damage.strike("i");
            Sql.run(connection, MET);
            connection.commit();
        }
        assertThat(plain()).hasToString("[[committed], [mine]]");
    }

    /** What SQLite has done although sqlite-jdbc gives an error is the application's; another error afterwards has cost it nothing. */
    @Test
    void aTransactionThatATextHasEndedWithAnErrorIsOver() throws Exception {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?busy_timeout=0");
                Connection other = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO plain VALUES ('mine')");
            try (Statement statement = connection.createStatement()) {
                assertThatThrownBy(() -> statement.executeQuery("COMMIT"))
                        .hasMessage("query does not return ResultSet");
            }
            Sql.run(other, "BEGIN IMMEDIATE");
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO plain VALUES ('locked')"))
                    .hasMessageContaining("SQLITE_BUSY");
            Sql.run(other, "ROLLBACK");
            assertThatThrownBy(connection::commit).hasMessageContaining("no transaction is active");
        }
        assertThat(plain()).hasToString("[[mine]]");
    }

    @Test
    void twoTransactionsOfOneThreadAreNotMixedUp() throws Exception {
        Path other = directory.resolve("other.db");
        Sql.runElsewhere(other, "CREATE TABLE plain (v)");
        try (Connection first = open();
                Connection second = DriverManager.getConnection("jdbc:healing:sqlite:" + other)) {
            first.setAutoCommit(false);
            second.setAutoCommit(false);
            for (int i = 0; i < 3; i++) {
                Sql.run(first, "INSERT INTO plain VALUES ('first')");
                Sql.run(second, "INSERT INTO plain VALUES ('second')");
            }
            damage.strike("i");
            Sql.run(first, MET);
            first.commit();
            second.commit();
        }
        assertThat(plain()).hasToString("[[first], [first], [first]]");
        assertThat(Sql.rowsElsewhere(other, "SELECT v FROM plain")).hasToString("[[second], [second], [second]]");
    }

    @Test
    void aTransactionAmongManyOfOtherConnectionsIsReplayed() throws Exception {
        List<Connection> others = new ArrayList<>();
        try (Connection connection = open()) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO plain VALUES ('mine')");
            for (int i = 0; i < 100; i++) {
                Connection other = DriverManager.getConnection(
                        "jdbc:healing:sqlite:" + directory.resolve("other" + i % 4 + ".db"));
                others.add(other);
                other.setAutoCommit(false);
                assertThat(Sql.value(other, "SELECT 1")).isEqualTo(1);
            }
            damage.strike("i");
            Sql.run(connection, MET);
            connection.commit();
        } finally {
            for (Connection other : others) {
                other.close();
            }
        }
        assertThat(plain()).hasToString("[[mine]]");
    }

    /** The first statement of a transaction may have done a part when it fails: that part is not lost without a word. */
    @Test
    void whatABatchHasDoneBeforeItMeetsDamageStays() throws Exception {
        damage.strike("i");
        try (Connection connection = open();
                Statement batch = connection.createStatement()) {
            connection.setAutoCommit(false);
            batch.addBatch("INSERT INTO plain VALUES ('before')");
            batch.addBatch(MET);
            assertThat(batch.executeBatch()).containsExactly(1, 1);
            connection.commit();
        }
        assertThat(plain()).hasToString("[[before]]");
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM struck WHERE v = 'mine'"))
                .hasToString("[[1]]");
    }
}
