package org.healingsqlite.agent.weave;

import java.sql.SQLException;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;
import org.jspecify.annotations.Nullable;

/**
 * Running a batch, which sqlite-jdbc empties whatever happens. The gate keeps it before, and looks. It is told what has run, and gives the counts that the application is
 * to see: of all parts, where a heal came between two. After a failure it throws, or the method runs again with what is left.
 */
final class BatchAdvice {
    private BatchAdvice() {}

    /** A batch of texts. */
    static final class OfTexts {
        private OfTexts() {}

        @Advice.OnMethodEnter
        static @Nullable Object enter(
                @Advice.This Object statement,
                @Advice.FieldValue("batch") Object @Nullable [] entries,
                @Advice.FieldValue("batchPos") int length) {
            Object kept = Gate.batch(statement, entries, length);
            Gate.enter(statement, null);
            return kept;
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
        @SuppressWarnings("UnusedVariable") // Assigned to the woven method's own.
        static boolean exit(
                @Advice.This Object statement,
                @Advice.FieldValue("sql") @Nullable String sql,
                @Call String call,
                @Advice.Enter(readOnly = false) @Nullable Object kept,
                @Advice.Return(readOnly = false, typing = Assigner.Typing.DYNAMIC) Object counts,
                @Advice.Thrown @Nullable Throwable failure) {
            if (failure == null) {
                counts = Gate.ranBatch(counts, statement, kept, sql);
                return false;
            }
            kept = Gate.failed(failure, kept, call, statement, null);
            return true;
        }
    }

    /** A batch of parameters of one prepared statement. */
    static final class OfParameters {
        private OfParameters() {}

        @Advice.OnMethodEnter
        static @Nullable Object enter(
                @Advice.This Object statement,
                @Advice.FieldValue("batch") Object @Nullable [] entries,
                @Advice.FieldValue("batchQueryCount") int length) {
            Object kept = Gate.batch(statement, entries, length);
            Gate.enter(statement, null);
            return kept;
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
        @SuppressWarnings("UnusedVariable") // Assigned to the woven method's own.
        static boolean exit(
                @Advice.This Object statement,
                @Advice.FieldValue("sql") @Nullable String sql,
                @Call String call,
                @Advice.Enter(readOnly = false) @Nullable Object kept,
                @Advice.Return(readOnly = false, typing = Assigner.Typing.DYNAMIC) Object counts,
                @Advice.Thrown @Nullable Throwable failure) {
            if (failure == null) {
                counts = Gate.ranBatch(counts, statement, kept, sql);
                return false;
            }
            kept = Gate.failed(failure, kept, call, statement, null);
            return true;
        }
    }
}
