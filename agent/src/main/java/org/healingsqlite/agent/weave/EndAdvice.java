package org.healingsqlite.agent.weave;

import java.sql.SQLException;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/**
 * Ending a transaction, after which the next one has begun, or autocommit. The gate may refuse it, and is told when it is done. After a failure it throws, or it returns: then
 * the end has taken effect all the same, or has been mended.
 */
final class EndAdvice {
    private EndAdvice() {}

    /** {@code commit}. */
    static final class Commit {
        private Commit() {}

        @Advice.OnMethodEnter
        static boolean enter(@Advice.This Object connection) {
            return Gate.ending(connection, true);
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class)
        @SuppressWarnings("UnusedVariable") // Assigned to the woven method's own.
        static void exit(
                @Advice.This Object connection,
                @Call String call,
                @Advice.Enter boolean ends,
                @Advice.Thrown(readOnly = false) @Nullable Throwable failure) {
            if (failure == null) {
                Gate.idle(connection, ends);
            } else {
                Gate.endFailed(failure, connection, call);
                failure = null;
            }
        }
    }

    /** {@code rollback}. */
    static final class Rollback {
        private Rollback() {}

        @Advice.OnMethodEnter
        static boolean enter(@Advice.This Object connection) {
            return Gate.ending(connection, false);
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class)
        @SuppressWarnings("UnusedVariable") // Assigned to the woven method's own.
        static void exit(
                @Advice.This Object connection,
                @Call String call,
                @Advice.Enter boolean ends,
                @Advice.Thrown(readOnly = false) @Nullable Throwable failure) {
            if (failure == null) {
                Gate.idle(connection, ends);
            } else {
                Gate.endFailed(failure, connection, call);
                failure = null;
            }
        }
    }

    /** {@code setAutoCommit}, which ends a transaction only where it changes anything. */
    static final class AutoCommit {
        private AutoCommit() {}

        @Advice.OnMethodEnter
        static boolean enter(@Advice.This Object connection, @Advice.Argument(0) boolean autoCommit) {
            return Gate.switching(connection, autoCommit);
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class)
        @SuppressWarnings("UnusedVariable") // Assigned to the woven method's own.
        static void exit(
                @Advice.This Object connection,
                @Call String call,
                @Advice.Enter boolean ends,
                @Advice.Thrown(readOnly = false) @Nullable Throwable failure) {
            if (failure == null) {
                Gate.idle(connection, ends);
            } else {
                Gate.endFailed(failure, connection, call);
                failure = null;
            }
        }
    }
}
