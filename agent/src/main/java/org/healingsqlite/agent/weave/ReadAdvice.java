package org.healingsqlite.agent.weave;

import java.sql.SQLException;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/**
 * Going on to a row, and reading a column of it. The gate is told what was read, for a transaction that may have to run again. After a failure it throws: as a rule
 * that the query is to be run again.
 */
final class ReadAdvice {
    private ReadAdvice() {}

    /** Whether there is a row. */
    static final class Next {
        private Next() {}

        @Advice.OnMethodEnter
        static @Nullable Object enter() {
            return null;
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
        @SuppressWarnings("UnusedVariable") // Kept for the next failure.
        static boolean exit(
                @Advice.This Object rows,
                @Advice.FieldValue("stmt") Object statement,
                @Call String call,
                @Advice.Enter(readOnly = false) @Nullable Object answer,
                @Advice.Return boolean value,
                @Advice.Thrown @Nullable Throwable failure) {
            if (failure == null) {
                Gate.moved(value, statement);
                return false;
            }
            answer = Gate.failed(failure, answer, call, rows, null);
            return true;
        }
    }

    /** A column as an {@code int}. */
    static final class AsInt {
        private AsInt() {}

        @Advice.OnMethodEnter
        static @Nullable Object enter() {
            return null;
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
        @SuppressWarnings("UnusedVariable") // Kept for the next failure.
        static boolean exit(
                @Advice.This Object rows,
                @Advice.FieldValue("stmt") Object statement,
                @Advice.Argument(0) int column,
                @Call String call,
                @Advice.Enter(readOnly = false) @Nullable Object answer,
                @Advice.Return int value,
                @Advice.Thrown @Nullable Throwable failure) {
            if (failure == null) {
                Gate.sawInt(value, statement, column);
                return false;
            }
            answer = Gate.failed(failure, answer, call, rows, null);
            return true;
        }
    }

    /** A column as a {@code long}. */
    static final class AsLong {
        private AsLong() {}

        @Advice.OnMethodEnter
        static @Nullable Object enter() {
            return null;
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
        @SuppressWarnings("UnusedVariable") // Kept for the next failure.
        static boolean exit(
                @Advice.This Object rows,
                @Advice.FieldValue("stmt") Object statement,
                @Advice.Argument(0) int column,
                @Call String call,
                @Advice.Enter(readOnly = false) @Nullable Object answer,
                @Advice.Return long value,
                @Advice.Thrown @Nullable Throwable failure) {
            if (failure == null) {
                Gate.sawLong(value, statement, column);
                return false;
            }
            answer = Gate.failed(failure, answer, call, rows, null);
            return true;
        }
    }

    /** A column as a {@code double}. */
    static final class AsDouble {
        private AsDouble() {}

        @Advice.OnMethodEnter
        static @Nullable Object enter() {
            return null;
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
        @SuppressWarnings("UnusedVariable") // Kept for the next failure.
        static boolean exit(
                @Advice.This Object rows,
                @Advice.FieldValue("stmt") Object statement,
                @Advice.Argument(0) int column,
                @Call String call,
                @Advice.Enter(readOnly = false) @Nullable Object answer,
                @Advice.Return double value,
                @Advice.Thrown @Nullable Throwable failure) {
            if (failure == null) {
                Gate.sawDouble(value, statement, column);
                return false;
            }
            answer = Gate.failed(failure, answer, call, rows, null);
            return true;
        }
    }

    /** A column as text or as bytes. */
    static final class AsObject {
        private AsObject() {}

        @Advice.OnMethodEnter
        static @Nullable Object enter() {
            return null;
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
        @SuppressWarnings("UnusedVariable") // Kept for the next failure.
        static boolean exit(
                @Advice.This Object rows,
                @Advice.FieldValue("stmt") Object statement,
                @Advice.Argument(0) int column,
                @Call String call,
                @Advice.Enter(readOnly = false) @Nullable Object answer,
                @Advice.Return @Nullable Object value,
                @Advice.Thrown @Nullable Throwable failure) {
            if (failure == null) {
                Gate.sawObject(value, statement, column);
                return false;
            }
            answer = Gate.failed(failure, answer, call, rows, null);
            return true;
        }
    }

    /** The type of a column. */
    static final class TypeOf {
        private TypeOf() {}

        @Advice.OnMethodEnter
        static @Nullable Object enter() {
            return null;
        }

        @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
        @SuppressWarnings("UnusedVariable") // Kept for the next failure.
        static boolean exit(
                @Advice.This Object rows,
                @Advice.FieldValue("stmt") Object statement,
                @Advice.Argument(0) int column,
                @Call String call,
                @Advice.Enter(readOnly = false) @Nullable Object answer,
                @Advice.Return int value,
                @Advice.Thrown @Nullable Throwable failure) {
            if (failure == null) {
                Gate.sawType(value, statement, column);
                return false;
            }
            answer = Gate.failed(failure, answer, call, rows, null);
            return true;
        }
    }
}
