package org.healingsqlite.session;

import java.sql.SQLException;
import org.healingsqlite.replay.Frame;
import org.jspecify.annotations.Nullable;

/**
 * One call of the application, over all its runs: what an attempt has to know of it, and the one place that gives back what a failed run has consumed. For one thread
 * at a time.
 */
public interface Work {
    /** What does nothing but ask, and consumes nothing. */
    Work ASKING = new Work() {};

    /** What is run: several statements in one text are never repeated, and what is to be dropped is not made first. Null where it is no text, or more than one. */
    default @Nullable String sql() {
        return null;
    }

    /** What it does to the transaction. */
    default Frame frame() {
        return Frame.NONE;
    }

    /** A run has failed; before anything else happens. */
    default void failed(SQLException failure) throws SQLException {}

    /**
     * Whether a run has met nothing but what healing, through another thread, had taken away from under it: it has done nothing.
     *
     * @param first whether it was the first
     */
    default boolean wasTakenAway(SQLException failure, boolean first) throws SQLException {
        return false;
    }

    /** Whether a part of an earlier run is in effect. */
    default boolean hasBegun() throws SQLException {
        return false;
    }

    /** Whether nothing of an earlier run is in effect that another run would do twice. */
    default boolean isRepeatable() throws SQLException {
        return true;
    }

    /** Whether it can be told what it gives where SQLite has applied it although it failed. */
    default boolean tellsWhatIsApplied() {
        return false;
    }

    /** What earlier runs have done was rolled back, with the transaction they were in, and what came before has run again. */
    default void rolledBack() throws SQLException {}

    /** Gives back what a failed run has consumed: the batch, the parameters, the native statement. Before each further run. */
    default void restore() throws SQLException {}

    /** The exception as a single run of the whole would have thrown it. */
    default SQLException told(SQLException failure) {
        return failure;
    }
}
