package org.healingsqlite.agent.weave;

import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** Setting, releasing and going back to a savepoint, past all statements. The gate is told when it is done. */
final class SavepointAdvice {
    private SavepointAdvice() {}

    /** {@code setSavepoint}. */
    static final class Set {
        private Set() {}

        @Advice.OnMethodEnter
        static boolean enter(@Advice.This Object connection) {
            return Gate.beginsBySavepoint(connection);
        }

        @Advice.OnMethodExit
        static void exit(
                @Advice.This Object connection,
                @Advice.Enter boolean first,
                @Advice.Return @Nullable Object savepoint) {
            Gate.savepoint(savepoint, connection, first, 0);
        }
    }

    /** {@code releaseSavepoint}. */
    static final class Release {
        private Release() {}

        @Advice.OnMethodEnter
        static boolean enter(@Advice.This Object connection) {
            return Gate.beginsBySavepoint(connection);
        }

        @Advice.OnMethodExit
        static void exit(
                @Advice.This Object connection,
                @Advice.Enter boolean first,
                @Advice.Argument(0) @Nullable Object savepoint) {
            Gate.savepoint(savepoint, connection, first, 1);
        }
    }

    /** {@code rollback} to a savepoint. */
    static final class RollBack {
        private RollBack() {}

        @Advice.OnMethodEnter
        static boolean enter(@Advice.This Object connection) {
            return Gate.beginsBySavepoint(connection);
        }

        @Advice.OnMethodExit
        static void exit(
                @Advice.This Object connection,
                @Advice.Enter boolean first,
                @Advice.Argument(0) @Nullable Object savepoint) {
            Gate.savepoint(savepoint, connection, first, 2);
        }
    }
}
