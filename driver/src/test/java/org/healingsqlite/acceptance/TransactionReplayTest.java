package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.IndexDamage;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * S4-05, S3-05: a transaction that damage has taken runs again by itself where the heal lost nothing and every result is the same, and is an honest
 * SQLState 40001 where it is not.
 */
class TransactionReplayTest {
    private static final int STATEMENTS = 5;

    @TempDir
    Path directory;

    /** How an application runs a statement; what it is told is what it returns. */
    enum Call {
        EXECUTE {
            @Override
            Object run(Connection connection, int k) throws SQLException {
                try (Statement statement = connection.createStatement()) {
                    boolean rows = statement.execute("INSERT INTO t" + k + " (v) VALUES ('new')");
                    return rows + " " + statement.getUpdateCount();
                }
            }
        },
        EXECUTE_UPDATE {
            @Override
            Object run(Connection connection, int k) throws SQLException {
                try (Statement statement = connection.createStatement()) {
                    return statement.executeUpdate("UPDATE t" + k + " SET v = v || '!' WHERE id <= 3");
                }
            }
        },
        PREPARED {
            @Override
            Object run(Connection connection, int k) throws SQLException {
                try (PreparedStatement insert =
                        connection.prepareStatement("INSERT INTO t" + k + " VALUES (?, ?, ?)")) {
                    insert.setInt(1, 100);
                    insert.setString(2, "hundred");
                    insert.setBytes(3, new byte[] {1, 2, 3});
                    return insert.executeUpdate();
                }
            }
        },
        PREPARED_EXECUTE {
            @Override
            Object run(Connection connection, int k) throws SQLException {
                try (PreparedStatement delete = connection.prepareStatement("DELETE FROM t" + k + " WHERE v = ?")) {
                    delete.setObject(1, "v2");
                    return delete.execute() + " " + delete.getUpdateCount();
                }
            }
        },
        TEXT_BATCH {
            @Override
            Object run(Connection connection, int k) throws SQLException {
                try (Statement batch = connection.createStatement()) {
                    batch.addBatch("INSERT INTO plain VALUES ('before')");
                    batch.addBatch("INSERT INTO t" + k + " (v) VALUES ('in a batch')");
                    batch.addBatch("INSERT INTO plain VALUES ('after')");
                    return Arrays.toString(batch.executeBatch());
                }
            }
        },
        PREPARED_BATCH {
            @Override
            Object run(Connection connection, int k) throws SQLException {
                try (PreparedStatement batch =
                        connection.prepareStatement("INSERT INTO t" + k + " (v, b) VALUES (?, ?)")) {
                    for (int i = 0; i < 10; i++) {
                        batch.setString(1, "batch " + i);
                        batch.setBytes(2, new byte[] {(byte) i});
                        batch.addBatch();
                    }
                    return Arrays.toString(batch.executeBatch());
                }
            }
        },
        GENERATED_KEYS {
            @Override
            Object run(Connection connection, int k) throws SQLException {
                try (PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO t" + k + " (v) VALUES ('key')", Statement.RETURN_GENERATED_KEYS)) {
                    int count = insert.executeUpdate();
                    try (ResultSet keys = insert.getGeneratedKeys()) {
                        return count + " " + Sql.rows(keys);
                    }
                }
            }
        },
        RETURNING {
            @Override
            Object run(Connection connection, int k) throws SQLException {
                return Sql.rows(connection, "INSERT INTO t" + k + " (v) VALUES ('back') RETURNING id, v");
            }
        },
        QUERY {
            @Override
            Object run(Connection connection, int k) throws SQLException {
                return Sql.rows(connection, "SELECT id, v, b FROM t" + k + " WHERE v > 'v1'");
            }
        },
        SAVEPOINT {
            @Override
            Object run(Connection connection, int k) throws SQLException {
                boolean text = connection.getAutoCommit();
                Savepoint savepoint = text ? null : connection.setSavepoint("s" + k);
                if (text) {
                    Sql.run(connection, "SAVEPOINT s" + k);
                }
                Sql.run(connection, "INSERT INTO plain VALUES ('in a savepoint')");
                Sql.run(connection, "INSERT INTO t" + k + " (v) VALUES ('taken back')");
                if (text) {
                    Sql.run(connection, "ROLLBACK TO s" + k, "INSERT INTO plain VALUES ('kept')", "RELEASE s" + k);
                } else {
                    connection.rollback(savepoint);
                    Sql.run(connection, "INSERT INTO plain VALUES ('kept')");
                    connection.releaseSavepoint(savepoint);
                }
                return "";
            }
        };

        abstract Object run(Connection connection, int k) throws SQLException;
    }

    /** How an application begins and ends a transaction. */
    enum Transaction {
        AUTOCOMMIT_OFF {
            @Override
            void begin(Connection connection) throws SQLException {
                connection.setAutoCommit(false);
            }

            @Override
            void commit(Connection connection) throws SQLException {
                connection.commit();
            }
        },
        BEGIN {
            @Override
            void begin(Connection connection) throws SQLException {
                Sql.run(connection, " /* now */ begin IMMEDIATE;");
            }

            @Override
            void commit(Connection connection) throws SQLException {
                Sql.run(connection, "END");
            }
        },
        SAVEPOINT {
            @Override
            void begin(Connection connection) throws SQLException {
                Sql.run(connection, "savepoint outermost");
            }

            @Override
            void commit(Connection connection) throws SQLException {
                Sql.run(connection, "RELEASE outermost");
            }
        },
        SET_SAVEPOINT {
            private Savepoint outermost;

            @Override
            void begin(Connection connection) throws SQLException {
                outermost = connection.setSavepoint();
            }

            @Override
            void commit(Connection connection) throws SQLException {
                connection.releaseSavepoint(outermost);
            }
        };

        abstract void begin(Connection connection) throws SQLException;

        abstract void commit(Connection connection) throws SQLException;
    }

    static Stream<Arguments> everything() {
        return Stream.of(Transaction.values())
                .flatMap(transaction -> Stream.of(Call.values()).map(call -> Arguments.of(transaction, call)));
    }

    @ParameterizedTest
    @MethodSource("everything")
    @DisplayName("S4-05, S4-06, C-01 sweep: the fault strikes at statement k of n, for every k")
    void theApplicationNoticesNothingWhereverTheFaultStrikes(Transaction transaction, Call call) throws Exception {
        Path undisturbed = create("undisturbed.db");
        List<Object> told = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + undisturbed)) {
            transaction.begin(connection);
            for (int k = 1; k <= STATEMENTS; k++) {
                told.add(call.run(connection, k));
            }
            transaction.commit(connection);
        }
        for (int struck = 1; struck <= STATEMENTS; struck++) {
            Path database = create("struck" + struck + ".db");
            IndexDamage damage = IndexDamage.of(database);
            List<Object> toldHere = new ArrayList<>();
            try (Connection connection = open(database, "")) {
                transaction.begin(connection);
                for (int k = 1; k <= STATEMENTS; k++) {
                    if (k == struck) {
                        damage.strike("i" + k);
                    }
                    toldHere.add(call.run(connection, k));
                }
                transaction.commit(connection);
                assertThat(Healing.of(connection).statistics().healed())
                        .as("the fault has struck at " + struck)
                        .isEqualTo(1);
            }
            assertEquals(told, toldHere, "told when struck at " + struck);
            assertEquals(content(undisturbed), content(database), "content when struck at " + struck);
        }
    }

    /** What a transaction read before, in its first table; then the second one is struck, met and healed. */
    private SQLException rolledBack(Path database, String options, String first, SqlAction meanwhile) throws Exception {
        IndexDamage damage = IndexDamage.of(database);
        try (Connection connection = open(database, options)) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO plain VALUES ('mine')");
            try (Statement statement = connection.createStatement()) {
                if (statement.execute(first)) {
                    Sql.rows(statement.getResultSet());
                }
            }
            damage.strike("i2");
            Healing.of(connection).addListener(incident -> {
                try {
                    meanwhile.run();
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            });
            SQLException told = null;
            try {
                Sql.run(connection, "INSERT INTO t2 (v) VALUES ('mine')");
            } catch (SQLException e) {
                told = e;
                assertThatThrownBy(connection::commit).hasMessageContaining("run the whole transaction again");
            }
            connection.commit();
            String mine =
                    "SELECT (SELECT count(*) FROM plain WHERE v = 'mine') + (SELECT count(*) FROM t2 WHERE v = 'mine')";
            assertThat(Sql.value(connection, mine)).as("all or nothing").isEqualTo(told == null ? 2 : 0);
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            return told;
        }
    }

    /** Something somebody else does. */
    @FunctionalInterface
    private interface SqlAction {
        void run() throws SQLException;
    }

    private static void isRolledBack(SQLException told, String why) {
        assertThat((Throwable) told)
                .isInstanceOf(SQLTransactionRollbackException.class)
                .hasMessageContaining("Run the transaction again")
                .hasMessageContaining(why);
        assertThat(told.getSQLState()).isEqualTo("40001");
    }

    @Test
    @DisplayName("S4-05 where a row that was read is another one now, the transaction is rolled back and says why")
    void aRowThatChangedIsNoticed() throws Exception {
        Path database = create("app.db");
        isRolledBack(
                rolledBack(
                        database,
                        "",
                        "SELECT v FROM t1 ORDER BY id",
                        () -> Sql.runElsewhere(database, "UPDATE t1 SET v = 'v9' WHERE id = 4")),
                "statement 2 (SELECT v FROM t1 ORDER BY id): the 4 rows read from its result are not what they were");
    }

    @Test
    void aRowMoreOrLessIsNoticed() throws Exception {
        Path more = create("more.db");
        isRolledBack(
                rolledBack(
                        more, "", "SELECT id FROM t1", () -> Sql.runElsewhere(more, "INSERT INTO t1 (v) VALUES (1)")),
                "its result has more than the 4 rows it had");
        Path less = create("less.db");
        isRolledBack(
                rolledBack(less, "", "SELECT id FROM t1", () -> Sql.runElsewhere(less, "DELETE FROM t1 WHERE id = 4")),
                "row 4 of its result is no longer there");
    }

    @Test
    void anotherUpdateCountIsNoticed() throws Exception {
        Path database = create("app.db");
        isRolledBack(
                rolledBack(
                        database,
                        "",
                        "UPDATE t1 SET v = 'x'",
                        () -> Sql.runElsewhere(database, "DELETE FROM t1 WHERE id = 1")),
                "its update count was 4, and is 3 now");
    }

    @Test
    void whatTheTransactionDidNotSeeMayChange() throws Exception {
        Path database = create("app.db");
        assertThat((Throwable) rolledBack(
                        database,
                        "",
                        "SELECT v FROM t1 WHERE id = 1",
                        () -> Sql.runElsewhere(database, "UPDATE t1 SET v = 'x' WHERE id = 2")))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO plain VALUES (random())",
                "INSERT INTO plain VALUES (datetime('now'))",
                "INSERT INTO plain VALUES (strftime('%Y'))",
                "INSERT INTO plain VALUES (CURRENT_TIMESTAMP)",
                "INSERT INTO plain VALUES (total_changes())",
                "ATTACH ':memory:' AS other",
                "CREATE TEMP TABLE mine (a)",
                "PRAGMA temp_store = 2"
            })
    void whatDoesNotRunAlikeTwiceGivesReplayUp(String sql) throws Exception {
        Path database = create("app.db");
        SQLException told = rolledBack(database, "", sql, () -> {});
        isRolledBack(told, "was not replayed: ");
        assertThat(told.getMessage()).doesNotContain("did not run again");
    }

    private static final String LONG_LIST = "('a row as a literal'), ".repeat(100);

    @Test
    void aLongListOfLiteralsIsReplayed() throws Exception {
        Path database = create("app.db");
        assertThat((Throwable) rolledBack(
                        database, "", "INSERT INTO plain VALUES " + LONG_LIST + "(last_insert_rowid())", () -> {}))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"random()", "datetime('now')", "CURRENT_TIMESTAMP"})
    void aLongTextThatDoesNotRunAlikeTwiceGivesReplayUp(String value) throws Exception {
        isRolledBack(
                rolledBack(create("app.db"), "", "INSERT INTO plain VALUES " + LONG_LIST + "(" + value + ")", () -> {}),
                "was not replayed: ");
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 8, 255, 256, 100_000})
    void oneByteOfALargeValueIsNoticed(int size) throws Exception {
        Path database = create("app.db");
        Sql.runElsewhere(database, "UPDATE t1 SET b = zeroblob(" + size + ") WHERE id = 4");
        isRolledBack(
                rolledBack(
                        database,
                        "",
                        "SELECT b FROM t1 WHERE id = 4",
                        () -> Sql.runElsewhere(
                                database,
                                "UPDATE t1 SET b = CAST(zeroblob(" + (size - 1) + ") || x'01' AS BLOB) WHERE id = 4")),
                "rows read from its result are not what they were");
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 8, 255, 256, 100_000})
    void oneLetterOfALongTextIsNoticed(int size) throws Exception {
        Path database = create("app.db");
        Sql.runElsewhere(database, "UPDATE t1 SET v = replace(hex(zeroblob(" + size + ")), '00', 'é') WHERE id = 4");
        isRolledBack(
                rolledBack(
                        database,
                        "",
                        "SELECT v FROM t1 WHERE id = 4",
                        () -> Sql.runElsewhere(
                                database, "UPDATE t1 SET v = substr(v, 1, " + (size - 1) + ") || 'è' WHERE id = 4")),
                "rows read from its result are not what they were");
    }

    @Test
    void aTransactionLargerThanTheLimitIsNotReplayed() throws Exception {
        isRolledBack(
                rolledBack(
                        create("app.db"),
                        "?healing.replayLimit=1kB",
                        "INSERT INTO plain VALUES ('" + "x".repeat(600) + "')",
                        () -> {}),
                "larger than 1024 bytes (healing.replayLimit)");
    }

    @Test
    void replayCanBeSwitchedOff() throws Exception {
        isRolledBack(rolledBack(create("app.db"), "?healing.replay=off", "SELECT 1", () -> {}), "replay is off");
    }

    @Test
    void afterUnwrapNobodyKnowsWhatElseRan() throws Exception {
        Path database = create("app.db");
        IndexDamage damage = IndexDamage.of(database);
        try (Connection connection = open(database, "")) {
            assertThat(connection.unwrap(org.sqlite.SQLiteConnection.class)).isNotNull();
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO plain VALUES ('mine')");
            damage.strike("i2");
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t2 (v) VALUES ('mine')"))
                    .hasMessageContaining("in the application's hands");
        }
    }

    @Test
    void aStatementThatFailedGivesReplayUpBecauseItMayHaveDoneAPart() throws Exception {
        Path database = create("app.db");
        IndexDamage damage = IndexDamage.of(database);
        try (Connection connection = open(database, "")) {
            connection.setAutoCommit(false);
            assertThatThrownBy(() -> Sql.run(connection, "INSERT OR FAIL INTO t1 (id) VALUES (77), (78), (1)"))
                    .hasMessageContaining("CONSTRAINT");
            damage.strike("i2");
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t2 (v) VALUES ('mine')"))
                    .hasMessageContaining("a statement failed in it");
        }
    }

    @Test
    @DisplayName("S3-05 nothing is replayed after a heal that lost something")
    void nothingIsReplayedAfterALoss() throws Exception {
        Path database = create("app.db");
        try (Connection connection = open(database, "")) {
            long root = ((Number) Sql.value(connection, "SELECT rootpage FROM sqlite_schema WHERE name = 't2'"))
                    .longValue();
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO plain VALUES ('mine')");
            byte[] noise = new byte[Damage.PAGE];
            Arrays.fill(noise, (byte) 0xff);
            Damage.overwrite(database, (root - 1) * Damage.PAGE, noise);
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t2 (v) VALUES ('mine')"))
                    .isInstanceOf(SQLTransactionRollbackException.class)
                    .hasMessageContaining("something was lost in the heal");
            connection.rollback();
            assertThat(Sql.value(connection, "SELECT count(*) FROM plain")).isEqualTo(0);
        }
    }

    @Test
    void whatIsBoundLaterToTheSameObjectsIsNotReplayed() throws Exception {
        Path database = create("app.db");
        IndexDamage damage = IndexDamage.of(database);
        byte[] bytes = {1};
        java.sql.Timestamp moment = new java.sql.Timestamp(1000);
        try (Connection connection = open(database, "");
                PreparedStatement insert = connection.prepareStatement("INSERT INTO t1 (v, b) VALUES (?, ?)")) {
            connection.setAutoCommit(false);
            insert.setTimestamp(1, moment);
            insert.setBytes(2, bytes);
            insert.executeUpdate();
            bytes[0] = 2;
            moment.setTime(2000);
            damage.strike("i2");
            Sql.run(connection, "INSERT INTO t2 (v) VALUES ('mine')");
            connection.commit();
            assertThat(Sql.rows(connection, "SELECT v, hex(b) FROM t1 WHERE id = 5"))
                    .hasToString("[[1000, 01]]");
        }
    }

    @Test
    void aTransactionOfTwoThreadsIsNotReplayedBecauseNobodyKnowsTheirOrder() throws Exception {
        Path database = create("app.db");
        IndexDamage damage = IndexDamage.of(database);
        try (Connection connection = open(database, "")) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO plain VALUES ('mine')");
            CompletableFuture.runAsync(() -> {
                        try {
                            Sql.run(connection, "INSERT INTO plain VALUES ('another')");
                        } catch (SQLException e) {
                            throw new AssertionError(e);
                        }
                    })
                    .get();
            damage.strike("i2");
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t2 (v) VALUES ('mine')"))
                    .hasMessageContaining("more than one thread");
        }
    }

    @Test
    void aResultSetThatIsOpenEndsHonestly() throws Exception {
        Path database = create("app.db");
        IndexDamage damage = IndexDamage.of(database);
        try (Connection connection = open(database, "")) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement();
                    ResultSet open = statement.executeQuery("SELECT id FROM t1")) {
                assertThat(open.next()).isTrue();
                assertThat(open.getInt(1)).isEqualTo(1);
                damage.strike("i2");
                Sql.run(connection, "INSERT INTO t2 (v) VALUES ('mine')");
                assertThatThrownBy(() -> {
                            while (open.next()) {
                                assertThat(open.getInt(1)).isPositive();
                            }
                        })
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                e -> assertThat(e.getSQLState()).isEqualTo("40001"));
            }
            connection.commit();
            assertThat(Sql.value(connection, "SELECT count(*) FROM t2 WHERE v = 'mine'"))
                    .isEqualTo(1);
        }
    }

    private Path create(String name) throws SQLException {
        Path database = directory.resolve(name);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(connection, "PRAGMA page_size = " + Damage.PAGE, "BEGIN", "CREATE TABLE plain (v TEXT)");
            for (int k = 1; k <= STATEMENTS; k++) {
                Sql.run(
                        connection,
                        "CREATE TABLE t" + k + " (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT, b BLOB)",
                        "CREATE INDEX i" + k + " ON t" + k + " (v)",
                        "INSERT INTO t" + k + " (v) VALUES ('v1'), ('v2'), ('v3'), ('v4')");
            }
            Sql.run(connection, "COMMIT");
        }
        return database;
    }

    private static Connection open(Path database, String options) throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database + options);
    }

    private static String content(Path database) throws SQLException {
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).hasToString("[[ok]]");
        List<String> all = new ArrayList<>();
        all.add(Sql.rowsElsewhere(database, "SELECT * FROM plain ORDER BY rowid")
                .toString());
        for (int k = 1; k <= STATEMENTS; k++) {
            all.add(Sql.rowsElsewhere(database, "SELECT id, v, hex(b) FROM t" + k + " ORDER BY id")
                    .toString());
        }
        return String.join("\n", all);
    }
}
