package org.healingsqlite.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.healingsqlite.session.Transaction.Event;
import org.healingsqlite.session.Transaction.State;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The state machine of a session over a door that is neither the driver nor the agent: every transition, and every fault at every transition. */
class SessionStatesTest {
    private static final String FIRST = "INSERT INTO t VALUES (1)";
    private static final String SECOND = "INSERT INTO t VALUES (2)";

    @TempDir
    Path directory;

    // ---- Every transition

    @ParameterizedTest
    @CsvSource({
        "WORK_GONE, LOST, LOST, LOST, LOST, LOST, MUST_ROLL_BACK",
        "NOT_THERE, UNSURE, UNSURE, LOST, UNSURE, LOST, MUST_ROLL_BACK",
        "DOUBTED, NONE, UNSURE, UNSURE, UNSURE, LOST, MUST_ROLL_BACK",
        "FOUND, NONE, BEGUN, USED, USED, LOST, MUST_ROLL_BACK",
        "BEGAN, BEGUN, BEGUN, USED, BEGUN, LOST, MUST_ROLL_BACK",
        "REPLAYED, USED, USED, USED, USED, USED, USED",
        "ANSWERED, NONE, BEGUN, USED, UNSURE, MUST_ROLL_BACK, MUST_ROLL_BACK",
        "ENDED, NONE, NONE, NONE, NONE, NONE, NONE"
    })
    void eachEventLeadsFromEachStateWhereTheTableSays(
            Event event, State none, State begun, State used, State unsure, State lost, State mustRollBack) {
        Map<State, State> expected = Map.of(
                State.NONE, none,
                State.BEGUN, begun,
                State.USED, used,
                State.UNSURE, unsure,
                State.LOST, lost,
                State.MUST_ROLL_BACK, mustRollBack);
        for (State before : State.values()) {
            assertThat(event.after(before)).as("%s at %s", event, before).isEqualTo(expected.get(before));
        }
    }

    @Test
    void noEventBringsBackWorkThatIsLostButAReplayOrAnEnd() {
        for (Event event : Event.values()) {
            if (event != Event.REPLAYED && event != Event.ENDED) {
                assertThat(event.after(State.LOST)).as("%s", event).isIn(State.LOST, State.MUST_ROLL_BACK);
                assertThat(event.after(State.MUST_ROLL_BACK)).as("%s", event).isEqualTo(State.MUST_ROLL_BACK);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("states")
    void eachStateIsReachedByWhatHappens(State state) throws Exception {
        try (PlainDoor door = open()) {
            bringTo(state, door);
            assertThat(door.session.transaction().state()).isEqualTo(state);
            assertThat(door.session.needsALook()).isEqualTo(state.isTroubled());
        }
    }

    static Stream<State> states() {
        return Stream.of(State.values());
    }

    // ---- Every fault at every transition

    /** What may go wrong, by SQLite's code. */
    enum Trouble {
        ERROR(SQLiteErrorCode.SQLITE_ERROR),
        BUSY(SQLiteErrorCode.SQLITE_BUSY),
        SNAPSHOT(SQLiteErrorCode.SQLITE_BUSY_SNAPSHOT),
        LOCKED(SQLiteErrorCode.SQLITE_LOCKED),
        PROTOCOL(SQLiteErrorCode.SQLITE_PROTOCOL),
        READ_ONLY(SQLiteErrorCode.SQLITE_READONLY),
        CANNOT_OPEN(SQLiteErrorCode.SQLITE_CANTOPEN),
        FULL(SQLiteErrorCode.SQLITE_FULL),
        IO(SQLiteErrorCode.SQLITE_IOERR_WRITE),
        CORRUPT(SQLiteErrorCode.SQLITE_CORRUPT),
        NOT_A_DATABASE(SQLiteErrorCode.SQLITE_NOTADB),
        MOVED(SQLiteErrorCode.SQLITE_READONLY_DBMOVED),
        CONSTRAINT(SQLiteErrorCode.SQLITE_CONSTRAINT_PRIMARYKEY),
        NO_MEMORY(SQLiteErrorCode.SQLITE_NOMEM);

        private final SQLiteErrorCode code;

        Trouble(SQLiteErrorCode code) {
            this.code = code;
        }

        /** Whether SQLite ends the transaction with it: where it could not compile a statement, it does not. */
        Stream<Boolean> endings() {
            return this == ERROR ? Stream.of(false) : Stream.of(true, false);
        }

        SQLException exception() {
            return new SQLiteException("[" + code.name() + "] " + code.message, code);
        }
    }

    static Stream<Arguments> everything() {
        return Stream.of(State.values())
                .flatMap(state -> Stream.of(Trouble.values())
                        .flatMap(trouble -> trouble.endings()
                                .flatMap(ended -> Stream.of(true, false)
                                        .map(heeds -> Arguments.of(state, trouble, ended, heeds)))));
    }

    @ParameterizedTest(name = "{0}, {1}, SQLite ends the transaction {2}, the application heeds what it is told {3}")
    @MethodSource("everything")
    @DisplayName("What is acknowledged is there, and what is rolled back is not, whatever strikes wherever")
    void noWorkIsLostSilentlyAndNoneIsStoredThatWasRolledBack(
            State state, Trouble trouble, boolean ended, boolean heeds) throws Exception {
        try (PlainDoor door = open()) {
            door.patient = true;
            List<Integer> acknowledged = bringTo(state, door);
            try {
                runOnceTroubled(door, trouble, ended);
                acknowledged.add(2);
            } catch (SQLException told) {
                if (heeds && !door.connection().getAutoCommit()) {
                    door.rollback();
                    acknowledged.clear();
                }
            }
            door.session.current();
            if (!door.connection().getAutoCommit()) {
                assertThat(Sqlite.inTransaction(door.connection()))
                        .as("SQLite is in the transaction that JDBC believes in")
                        .isTrue();
                try {
                    door.commit();
                } catch (SQLException told) {
                    assertThat(told.getSQLState()).isEqualTo("40001");
                    acknowledged.clear();
                }
                assertThat(Sqlite.inTransaction(door.connection()))
                        .as("and in the next one")
                        .isTrue();
            }
            assertThat(stored()).isEqualTo(acknowledged);
            assertThat(door.session.transaction().isTroubled()).isFalse();
        }
    }

    private static void runOnceTroubled(PlainDoor door, Trouble trouble, boolean ended) throws SQLException {
        boolean[] failed = {false};
        Call<Integer> call = () -> {
            Connection current = door.session.current();
            if (!failed[0]) {
                failed[0] = true;
                if (ended && Sqlite.inTransactionOfDamaged(current)) {
                    door.past("ROLLBACK");
                }
                throw trouble.exception();
            }
            return door.run(SECOND);
        };
        try {
            call.run();
        } catch (SQLException e) {
            var unused = new Attempt(door.session, new Work() {
                        @Override
                        public String sql() {
                            return SECOND;
                        }
                    })
                    .recover(e, call, null);
        }
    }

    // ---- The beginning that fails

    @ParameterizedTest
    @MethodSource("states")
    void aTransactionThatCannotBeginBeginsBeforeALaterStatement(State state) throws Exception {
        try (PlainDoor door = open()) {
            bringTo(state, door);
            boolean inTransaction = Sqlite.inTransaction(door.connection());
            door.beginFails = Trouble.BUSY.exception();
            if (state.isTroubled() && !inTransaction) {
                assertThatThrownBy(() -> door.session.current()).hasMessageContaining("BUSY");
                assertThat(door.session.needsALook()).isTrue();
            } else {
                door.session.current();
            }
            door.beginFails = null;
            door.session.current();
            assertThat(Sqlite.inTransaction(door.connection()))
                    .isEqualTo(!door.connection().getAutoCommit());
        }
    }

    // ---- Which transactions

    /** Brings a session into a state, as things happen. Gives the rows that the application believes to have in its transaction. */
    private static List<Integer> bringTo(State state, PlainDoor door) throws SQLException {
        List<Integer> acknowledged = new ArrayList<>();
        if (state == State.NONE) {
            return acknowledged;
        }
        door.autoCommit(false);
        if (state == State.BEGUN) {
            return acknowledged;
        }
        Transaction transaction = door.session.transaction();
        if (state == State.UNSURE) {
            door.past("ROLLBACK");
            transaction.gone();
            return acknowledged;
        }
        door.run(FIRST);
        acknowledged.add(1);
        if (state != State.USED) {
            door.past("ROLLBACK");
            transaction.gone();
        }
        if (state == State.MUST_ROLL_BACK) {
            transaction.answered(door.connection());
        }
        return acknowledged;
    }

    private PlainDoor open() throws Exception {
        Path file = directory.resolve("app.db");
        try (Connection connection = Sqlite.open(file, Access.CREATE)) {
            Sql.run(connection, "PRAGMA journal_mode = WAL", "CREATE TABLE t (v INTEGER PRIMARY KEY)");
        }
        return new PlainDoor(file, "retryDelay", "1ms", "retries", "2", "breakerFailures", "1000");
    }

    private List<Integer> stored() throws SQLException {
        try (Connection connection = Sqlite.open(directory.resolve("app.db"), Access.EXISTING)) {
            return Sql.rows(connection, "SELECT v FROM t ORDER BY v").stream()
                    .map(row -> Integer.valueOf(String.valueOf(row).replaceAll("\\D", "")))
                    .toList();
        }
    }
}
