package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.replay.DivergenceException;
import org.jspecify.annotations.Nullable;

/**
 * What has run in the explicit transaction of one connection, as its door has seen it. Asked off the healthy path only. Thread-safe.
 */
public interface Recording {
    /** Whether an explicit transaction is open, by JDBC or by a text, and whether anything has run in it. Costs no statement. */
    TransactionState standing();

    /** Why it cannot run again by the calling thread; null where it can. */
    @Nullable
    String objection();

    /** When it began, in milliseconds since 1970; 0 where that is not known. */
    long startedMillis();

    /**
     * Runs it again, up to where it was. There is no {@link #objection}.
     *
     * @param connection sqlite-jdbc's own, in no transaction; in this one afterwards, also after an exception
     * @throws DivergenceException where the application would notice a difference
     * @throws SQLException where something fails that did not fail before
     */
    void replay(Connection connection) throws SQLException, DivergenceException;

    /** It will not be replayed. */
    void giveUp(String why);

    /** Something may have run in it, although the door was told of a failure. */
    void used();

    /** It has ended; whether JDBC has begun another one, in which nothing has run. */
    void ended(boolean byJdbcBegun);

    /**
     * A text that begins or ends it has failed, and may have done so all the same.
     *
     * @param inTransaction whether SQLite is in a transaction now
     */
    void frameFailed(boolean inTransaction);
}
