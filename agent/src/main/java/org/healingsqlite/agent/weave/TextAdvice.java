package org.healingsqlite.agent.weave;

import java.sql.SQLException;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/**
 * Running a text. The gate looks before it, and may put another text in place of one that can give rows. It is told what has run. After a failure it throws, gives
 * what the application is to be told of a text that was applied all the same, or the method runs again, with the arguments it had.
 */
final class TextAdvice {
    private TextAdvice() {}

    /** {@code execute}: whether there are rows. */
    static final class Execute {
        private Execute() {}

        @Advice.OnMethodEnter
        @SuppressWarnings("UnusedVariable") // Assigned to the woven method's own.
        static @Nullable Object enter(
                @Advice.This Object statement, @Advice.Argument(value = 0, readOnly = false) @Nullable String sql) {
            Gate.enter(statement, sql);
            sql = Gate.asked(statement, sql);
            return null;
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
        @SuppressWarnings("UnusedVariable") // Assigned to the woven method's own.
        static boolean exit(
                @Advice.This Object statement,
                @Advice.Argument(0) @Nullable String sql,
                @Call String call,
                @Advice.Enter(readOnly = false) @Nullable Object answer,
                @Advice.Return(readOnly = false) boolean told,
                @Advice.Thrown(readOnly = false) @Nullable Throwable failure) {
            if (failure == null) {
                Gate.ran(told ? 1 : 0, statement, sql, GateRecord.TEXT + GateRecord.EXECUTE);
                return false;
            }
            answer = Gate.failed(failure, answer, call, statement, sql);
            if (Gate.isTold(answer)) {
                told = Gate.told(answer) != 0;
                failure = null;
                return false;
            }
            return true;
        }
    }

    /** {@code executeQuery}: rows. */
    static final class Query {
        private Query() {}

        @Advice.OnMethodEnter
        @SuppressWarnings("UnusedVariable") // Assigned to the woven method's own.
        static @Nullable Object enter(
                @Advice.This Object statement, @Advice.Argument(value = 0, readOnly = false) @Nullable String sql) {
            Gate.enter(statement, sql);
            sql = Gate.asked(statement, sql);
            return null;
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
        @SuppressWarnings("UnusedVariable") // Kept for the next failure.
        static boolean exit(
                @Advice.This Object statement,
                @Advice.Argument(0) @Nullable String sql,
                @Call String call,
                @Advice.Enter(readOnly = false) @Nullable Object answer,
                @Advice.Thrown @Nullable Throwable failure) {
            if (failure == null) {
                Gate.ran(0, statement, sql, GateRecord.TEXT + GateRecord.QUERY);
                return false;
            }
            answer = Gate.failed(failure, answer, call, statement, sql);
            return true;
        }
    }

    /** {@code executeLargeUpdate}: a count. */
    static final class Update {
        private Update() {}

        @Advice.OnMethodEnter
        static @Nullable Object enter(@Advice.This Object statement, @Advice.Argument(0) @Nullable String sql) {
            Gate.enter(statement, sql);
            return null;
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
        @SuppressWarnings("UnusedVariable") // Assigned to the woven method's own.
        static boolean exit(
                @Advice.This Object statement,
                @Advice.Argument(0) @Nullable String sql,
                @Call String call,
                @Advice.Enter(readOnly = false) @Nullable Object answer,
                @Advice.Return(readOnly = false) long told,
                @Advice.Thrown(readOnly = false) @Nullable Throwable failure) {
            if (failure == null) {
                Gate.ran(told, statement, sql, GateRecord.TEXT + GateRecord.UPDATE);
                return false;
            }
            answer = Gate.failed(failure, answer, call, statement, sql);
            if (Gate.isTold(answer)) {
                told = Gate.told(answer);
                failure = null;
                return false;
            }
            return true;
        }
    }

    /** {@code executeUpdate}, up to 3.40: a count. */
    static final class OldUpdate {
        private OldUpdate() {}

        @Advice.OnMethodEnter
        static @Nullable Object enter(@Advice.This Object statement, @Advice.Argument(0) @Nullable String sql) {
            Gate.enter(statement, sql);
            return null;
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
        @SuppressWarnings("UnusedVariable") // Assigned to the woven method's own.
        static boolean exit(
                @Advice.This Object statement,
                @Advice.Argument(0) @Nullable String sql,
                @Call String call,
                @Advice.Enter(readOnly = false) @Nullable Object answer,
                @Advice.Return(readOnly = false) int told,
                @Advice.Thrown(readOnly = false) @Nullable Throwable failure) {
            if (failure == null) {
                Gate.ran(told, statement, sql, GateRecord.TEXT + GateRecord.UPDATE);
                return false;
            }
            answer = Gate.failed(failure, answer, call, statement, sql);
            if (Gate.isTold(answer)) {
                told = (int) Gate.told(answer);
                failure = null;
                return false;
            }
            return true;
        }
    }
}
