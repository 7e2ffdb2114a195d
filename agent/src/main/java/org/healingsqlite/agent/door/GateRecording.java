package org.healingsqlite.agent.door;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.replay.DivergenceException;
import org.healingsqlite.session.Recording;
import org.jspecify.annotations.Nullable;

/**
 * What the gate has recorded of the transaction of one connection. The gate itself sees what begins, ends and fails, so nothing is told to it here; it is asked off the
 * healthy path only.
 */
final class GateRecording implements Recording {
    private final Connection connection;
    private final Predicate<Object> begun;
    private final BiFunction<Object, Object, Object> recorded;
    private final NativeHandle handle;
    private final RegisteredCodes.Of code;
    private final long limitBytes;

    /**
     * The recording of a connection.
     *
     * @param begun asked whether nothing has run in the transaction of a connection
     * @param recorded asked what has run in it: see {@link RecordedTransaction#of}
     * @param limitBytes the largest transaction that is replayed; 0 where none is
     */
    GateRecording(
            Connection connection,
            Predicate<Object> begun,
            BiFunction<Object, Object, Object> recorded,
            NativeHandle handle,
            RegisteredCodes.Of code,
            long limitBytes) {
        this.connection = connection;
        this.begun = begun;
        this.recorded = recorded;
        this.handle = handle;
        this.code = code;
        this.limitBytes = limitBytes;
    }

    @SuppressWarnings("NullAway") // There is nothing else to ask.
    private Object @Nullable [] content() {
        return recorded.apply(connection, null) instanceof Object[] content ? content : null;
    }

    private @Nullable RecordedTransaction transaction() {
        Object[] content = content();
        return content == null ? null : RecordedTransaction.of(content, limitBytes);
    }

    @Override
    public TransactionState standing() {
        if (content() != null) {
            return TransactionState.USED;
        }
        return !isAutoCommit() && begun.test(connection) ? TransactionState.UNUSED : TransactionState.NONE;
    }

    private boolean isAutoCommit() {
        try {
            return connection.getAutoCommit();
        } catch (SQLException closed) {
            return true;
        }
    }

    @Override
    public @Nullable String objection() {
        RecordedTransaction transaction = transaction();
        if (transaction == null) {
            return "it was not recorded";
        }
        if (!NativeHandle.IS_EXCHANGEABLE) {
            return "this release of sqlite-jdbc does not tell enough of what is read";
        }
        if (handle.obstacle() != null) {
            return handle.obstacle();
        }
        return code.hasFunctions() ? "it may have called a function of the application's own" : transaction.objection();
    }

    @Override
    public long startedMillis() {
        RecordedTransaction transaction = transaction();
        return transaction == null ? 0 : transaction.startedMillis();
    }

    @Override
    public void replay(Connection on) throws SQLException, DivergenceException {
        RecordedTransaction transaction = transaction();
        if (transaction != null) {
            transaction.replay(on);
        }
    }

    @Override
    public void giveUp(String why) {}

    @Override
    public void used() {}

    @Override
    public void ended(boolean byJdbcBegun) {}

    @Override
    public void frameFailed(boolean inTransaction) {}
}
