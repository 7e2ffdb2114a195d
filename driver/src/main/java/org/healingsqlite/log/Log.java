package org.healingsqlite.log;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to the log, and the only one: every argument is made {@link Printable}, and of an exception is shown what {@link Disclosure#message} lets be
 * shown, with its causes and stack. Arguments that hold values of rows or statements come through {@link Disclosure} before. Thread-safe.
 */
public final class Log {
    private final Logger logger;

    /** Of its own, because loggers of a program without a binding have none. */
    private final String name;

    private Log(Class<?> type) {
        this.logger = LoggerFactory.getLogger(type);
        this.name = type.getName();
    }

    /** The log of a class, under its name. */
    public static Log of(Class<?> type) {
        return new Log(type);
    }

    public void trace(String message, @Nullable Object... arguments) {
        if (logger.isTraceEnabled()) {
            logger.trace(message, shown(arguments));
        }
    }

    public void debug(String message, @Nullable Object... arguments) {
        if (logger.isDebugEnabled()) {
            logger.debug(message, shown(arguments));
        }
    }

    public void info(String message, @Nullable Object... arguments) {
        if (logger.isInfoEnabled()) {
            logger.info(message, shown(arguments));
        }
    }

    public void warn(String message, @Nullable Object... arguments) {
        if (logger.isWarnEnabled()) {
            logger.warn(message, shown(arguments));
        }
    }

    public void error(String message, @Nullable Object... arguments) {
        if (logger.isErrorEnabled()) {
            logger.error(message, shown(arguments));
        } else {
            LastResort.error(name, message, shown(arguments));
        }
    }

    private static Object[] shown(@Nullable Object[] arguments) {
        return Arrays.stream(arguments).map(Log::shown).toArray();
    }

    private static Object shown(@Nullable Object argument) {
        return argument instanceof Throwable exception
                ? Shown.of(exception, 0)
                : Printable.of(String.valueOf(argument));
    }

    /** An exception in the form that may be shown: same kind, stack and causes. Its own class is of no interest to who reads the log. */
    @SuppressWarnings("OverrideThrowableToString")
    private static final class Shown extends Throwable {
        private static final long serialVersionUID = 1L;

        /** Deep enough for every cause that tells something; and an end, should causes go in a circle. */
        private static final int DEEPEST = 8;

        private final String text;

        private Shown(String text, @Nullable Throwable cause) {
            super(text, cause, true, true);
            this.text = text;
        }

        static Shown of(Throwable exception, int depth) {
            Throwable cause = exception.getCause();
            Shown shown = new Shown(
                    exception.getClass().getName() + ": " + Disclosure.message(exception),
                    cause == null || depth >= DEEPEST ? null : of(cause, depth + 1));
            shown.setStackTrace(exception.getStackTrace());
            return shown;
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
