package org.healingsqlite.demo.report;

import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Counts what the client of one lane sees: every call of the application, and every exception it gets instead of an answer, before and after the
 * fault. Thread-safe.
 */
public final class Calls {
    private boolean faulty;
    private Tally before = Tally.NONE;
    private Tally after = Tally.NONE;

    /** A call of the application. */
    @FunctionalInterface
    public interface Call<T> {
        T run() throws SQLException;
    }

    /** Makes a call and counts it; what it throws goes on to the caller. */
    public <T> T count(Call<T> call) throws SQLException {
        long start = System.nanoTime();
        try {
            T answer = call.run();
            add(start, null);
            return answer;
        } catch (SQLException | RuntimeException e) {
            add(start, message(e));
            throw e;
        }
    }

    private synchronized void add(long start, @Nullable String error) {
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        if (faulty) {
            after = after.plus(elapsed, error);
        } else {
            before = before.plus(elapsed, error);
        }
    }

    /** From now on calls count as made after the fault. */
    public synchronized void faultBegins() {
        faulty = true;
    }

    public synchronized Tally beforeFault() {
        return before;
    }

    public synchronized Tally afterFault() {
        return after;
    }

    /** SQLite's words for an exception, without sqlite-jdbc's name of the code around them where they say more. */
    public static String message(Exception exception) {
        String message = String.valueOf(exception.getMessage());
        int open = message.indexOf('(');
        boolean wrapped = message.startsWith("[SQLITE_") && open > 0 && message.endsWith(")");
        return wrapped ? message.substring(open + 1, message.length() - 1) : message;
    }
}
