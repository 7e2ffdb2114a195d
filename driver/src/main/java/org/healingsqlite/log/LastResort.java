package org.healingsqlite.log;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ServiceLoader;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.FormattingTuple;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPLoggerFactory;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Where errors go in a program that has no binding of SLF4J: standard error, a line each, because a loss that nobody is told of is a lie. Who has chosen a binding that
 * says nothing, such as slf4j-nop, is told nothing.
 */
final class LastResort {
    private static final boolean NEEDED = isNeeded();

    private LastResort() {}

    private static boolean isNeeded() {
        try {
            return LoggerFactory.getILoggerFactory() instanceof NOPLoggerFactory
                    && !ServiceLoader.load(SLF4JServiceProvider.class, LoggerFactory.class.getClassLoader())
                            .iterator()
                            .hasNext();
        } catch (RuntimeException | LinkageError | java.util.ServiceConfigurationError undecided) {
            // An SLF4J of before 2.0, or a provider that cannot be loaded: SLF4J itself has told of it.
            return false;
        }
    }

    /** Prints an error where nobody else does. */
    @SuppressWarnings("SystemOut")
    static void error(String logger, String message, Object[] shown) {
        if (NEEDED) {
            FormattingTuple text = MessageFormatter.arrayFormat(message, shown);
            Throwable cause = text.getThrowable();
            System.err.println(Printable.of(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " ERROR " + logger + ": "
                    + text.getMessage() + (cause == null ? "" : ": " + cause)));
        }
    }
}
