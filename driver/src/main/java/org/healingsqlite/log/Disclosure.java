package org.healingsqlite.log;

import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Whether values of rows, literals of statements and commands may be shown, and what is shown in their place. They may not, unless a thread works for a
 * database whose {@code healing.logValues} is true: {@link #ofValues} says so for as long as its scope is open. A thread that was not told shows none.
 */
public final class Disclosure {
    /** What stands in place of a value. */
    public static final String HIDDEN = "?";

    private static final ThreadLocal<@Nullable Boolean> SHOWN = new ThreadLocal<>();

    private Disclosure() {}

    /** Ends what {@link #ofValues} has begun. */
    public interface Scope extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * What this thread may show until the scope is closed.
     *
     * @param shown whether values may be shown
     */
    public static Scope ofValues(boolean shown) {
        Boolean before = SHOWN.get();
        SHOWN.set(shown);
        return () -> {
            if (before == null) {
                SHOWN.remove();
            } else {
                SHOWN.set(before);
            }
        };
    }

    /** Whether this thread may show values. */
    public static boolean showsValues() {
        return Boolean.TRUE.equals(SHOWN.get());
    }

    /** The same work for another thread, which may show what this one may. */
    public static <T> Callable<T> carried(Callable<T> work) {
        boolean shown = showsValues();
        return () -> {
            try (Scope ignored = ofValues(shown)) {
                return work.call();
            }
        };
    }

    /** A value of a row, a literal, a line of somebody's file, a command: itself where values may be shown, else {@code ?}. */
    public static String value(@Nullable Object value) {
        return showsValues() ? Printable.of(String.valueOf(value)) : HIDDEN;
    }

    /**
     * What an exception says, on one line. SQLite quotes statements and values, other libraries what they could not read: of those only what holds none
     * is shown. What this library says itself is made of harmless parts already.
     */
    public static String message(@Nullable Throwable exception) {
        if (exception == null) {
            return "no reason";
        }
        String text = String.valueOf(exception.getMessage());
        if (showsValues() || exception instanceof Disclosed) {
            return Printable.of(text);
        }
        if (exception instanceof SQLException sql) {
            return sql.getClass().getName().startsWith("org.sqlite.")
                    ? SqliteMessage.withNames(text)
                    : SqliteMessage.mayBe(text) ? SqliteMessage.withNames(text) : Printable.of(text);
        }
        // The message of a file's exception is its path.
        return exception instanceof IOException io && io.getClass().getName().startsWith("java.")
                ? Printable.of(text)
                : exception.getClass().getSimpleName();
    }

    /** What SQLite itself says of an error: its names, and values where they may be shown. */
    public static String sqliteText(String text) {
        return showsValues() ? Printable.of(text) : SqliteMessage.withNames(text);
    }

    /** What SQLite says, without values and without names, whatever may be shown otherwise: for statements of a file of which nothing is known. */
    public static String messageWithoutNames(SQLException exception) {
        return SqliteMessage.withoutNames(String.valueOf(exception.getMessage()));
    }

    /** Kind and message, as {@link Throwable#toString}. */
    public static String text(@Nullable Throwable exception) {
        if (exception == null) {
            return message(null);
        }
        String kind = exception.getClass().getSimpleName();
        String message = exception.getMessage() == null ? "" : message(exception);
        return message.isEmpty() || message.equals(kind) ? kind : kind + ": " + message;
    }
}
