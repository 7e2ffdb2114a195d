package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.sqlite.Sqlite;

/**
 * The explicit transaction of one connection, begun by JDBC or by a text: where it is, what has run in it, and what has become of it. As long as nothing goes wrong its
 * door's recording knows where it is, and nothing here is written. Thread-safe.
 */
public final class Transaction {
    /** Where a transaction is. */
    public enum State {
        /** None is open. */
        NONE,
        /** It is open, and nothing has run in it. */
        BEGUN,
        /** Something has run in it. */
        USED,
        /** JDBC believes in it, and SQLite may be in none: it is begun, or found, before the next statement. */
        UNSURE,
        /** SQLite has ended it, or healing had to; the application has not been told. It may run again. */
        LOST,
        /** A part of it is lost, and the application has got an answer: what runs now must not be committed. */
        MUST_ROLL_BACK;

        /** Whether a statement has to wait until the connection was looked at. */
        boolean isTroubled() {
            return this == UNSURE || this == LOST || this == MUST_ROLL_BACK;
        }

        private static State of(TransactionState standing) {
            return switch (standing) {
                case NONE -> NONE;
                case UNUSED -> BEGUN;
                case USED -> USED;
            };
        }
    }

    /** What happens to a transaction. */
    public enum Event {
        /** SQLite is in it no more, and something had run in it. */
        WORK_GONE(State.LOST, State.LOST, State.LOST, State.LOST, State.LOST, State.MUST_ROLL_BACK),
        /** SQLite is in it no more, or not yet, and nothing had run in it. */
        NOT_THERE(State.UNSURE, State.UNSURE, State.LOST, State.UNSURE, State.LOST, State.MUST_ROLL_BACK),
        /** Nobody could find out whether SQLite is in it. */
        DOUBTED(State.NONE, State.UNSURE, State.UNSURE, State.UNSURE, State.LOST, State.MUST_ROLL_BACK),
        /** SQLite is in it. */
        FOUND(State.NONE, State.BEGUN, State.USED, State.USED, State.LOST, State.MUST_ROLL_BACK),
        /** SQLite has begun the one that JDBC believes in. */
        BEGAN(State.BEGUN, State.BEGUN, State.USED, State.BEGUN, State.LOST, State.MUST_ROLL_BACK),
        /** It has run again, up to where it was. */
        REPLAYED(State.USED, State.USED, State.USED, State.USED, State.USED, State.USED),
        /** The application has got an answer, and goes on in what JDBC believes to be the same transaction. */
        ANSWERED(State.NONE, State.BEGUN, State.USED, State.UNSURE, State.MUST_ROLL_BACK, State.MUST_ROLL_BACK),
        /** The application has ended it, or knows that it is over. */
        ENDED(State.NONE, State.NONE, State.NONE, State.NONE, State.NONE, State.NONE);

        private final Map<State, State> after = new EnumMap<>(State.class);

        /** @param after where each state leads, in the order of the states */
        Event(State... after) {
            int number = 0;
            for (State before : State.values()) {
                this.after.put(before, after[number++]);
            }
        }

        /** Where a transaction is after it. */
        State after(State before) {
            return Objects.requireNonNull(after.get(before));
        }
    }

    private final Door door;

    /** What has gone wrong; any state without trouble stands for what the recording tells. */
    private final AtomicReference<State> last = new AtomicReference<>(State.NONE);

    Transaction(Door door) {
        this.door = door;
    }

    private State last() {
        return Objects.requireNonNull(last.get());
    }

    /** Where it is. */
    public State state() {
        State known = last();
        return known.isTroubled() ? known : State.of(recording().standing());
    }

    /** What has run in it. */
    public Recording recording() {
        return door.recording();
    }

    /** Whether the next statement has to wait for a look. One volatile read. */
    public boolean isTroubled() {
        return last().isTroubled();
    }

    /** Whether it was lost, and the application has not been told. */
    boolean isLost() {
        return last() == State.LOST;
    }

    /** Whether JDBC has begun it, or believes so, and nothing has run in it. */
    boolean isUnused() {
        return !mustRollBack() && recording().standing() == TransactionState.UNUSED;
    }

    /** Whether a part of it is lost, so that the rest must not be committed. */
    public boolean mustRollBack() {
        State known = last();
        return known == State.MUST_ROLL_BACK || known == State.LOST;
    }

    /**
     * Something has happened to it.
     *
     * @return where it is now
     */
    State on(Event event) {
        while (true) {
            State raw = last();
            State before = raw.isTroubled() ? raw : State.of(recording().standing());
            State after = event.after(before);
            if (last.compareAndSet(raw, after)) {
                return after;
            }
        }
    }

    /** SQLite is not in it, although JDBC or the recording believes so. */
    void gone() {
        on(recording().standing() == TransactionState.USED ? Event.WORK_GONE : Event.NOT_THERE);
    }

    /**
     * One that SQLite was in was rolled back by us: what the recording does not know had been used.
     *
     * @return whether something of the application's is lost with it
     */
    boolean rolledBack(Connection connection) throws SQLException {
        boolean unused = recording().standing() == TransactionState.UNUSED && !connection.getAutoCommit();
        on(unused ? Event.NOT_THERE : Event.WORK_GONE);
        return !unused;
    }

    /**
     * Brings JDBC's idea of the transaction and SQLite's together again.
     *
     * @param mayWait see {@link Door#begin}
     * @throws SQLException where it cannot begin now, or nobody can tell where it is; the next statement tries again
     */
    void join(Connection connection, boolean mayWait) throws SQLException {
        if (connection.isClosed()) {
            return;
        }
        boolean ofJdbc = !connection.getAutoCommit();
        if (Sqlite.inTransaction(connection)) {
            on(Event.FOUND);
            return;
        }
        if (!ofJdbc) {
            if (state() == State.UNSURE) {
                gone();
            }
            return;
        }
        gone();
        door.begin(connection, mayWait);
        if (on(Event.BEGAN) == State.BEGUN) {
            recording().ended(true);
        }
    }

    /** The application has got an answer that says how things are. */
    void answered(Connection connection) {
        if (!isLost()) {
            return;
        }
        if (isAutoCommit(connection) && !isInTransaction(connection)) {
            on(Event.ENDED);
            recording().ended(false);
        } else {
            recording().giveUp("a part of it is lost");
            on(Event.ANSWERED);
        }
    }

    private static boolean isInTransaction(Connection connection) {
        try {
            return Sqlite.inTransactionOfDamaged(connection);
        } catch (SQLException closed) {
            return false;
        }
    }

    private static boolean isAutoCommit(Connection connection) {
        try {
            return connection.getAutoCommit();
        } catch (SQLException closed) {
            return true;
        }
    }

    /** The application has ended it. */
    void ended() {
        on(Event.ENDED);
    }
}
