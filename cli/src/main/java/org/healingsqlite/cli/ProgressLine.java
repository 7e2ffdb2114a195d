package org.healingsqlite.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.healingsqlite.salvage.ProgressListener;

/** How far a command is, on one line of a terminal that is written over: the phase, its share, how much a second, and how long it still takes at that rate. For one thread. */
final class ProgressLine implements ProgressListener {
    /** A rate of less than a second is none. */
    private static final double FIRST_RATE_SECONDS = 1;

    private static final int SECONDS_OF_A_MINUTE = 60;

    private final PrintWriter err;
    private final LongSupplier nanos;
    private String phase = "";
    private long startNanos;

    /** @param nanos a clock such as {@link System#nanoTime} */
    ProgressLine(PrintWriter err, LongSupplier nanos) {
        this.err = err;
        this.nanos = nanos;
    }

    /** One where somebody looks, else nothing. */
    static ProgressListener on(PrintWriter err) {
        return isTerminal() ? new ProgressLine(err, System::nanoTime) : ProgressListener.NONE;
    }

    /** From Java 22 on there is always a console, and it is asked whether somebody sees it; Java 17 has no such question. */
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    @Override
    public void progressed(String now, long done, long total) {
        if (!now.equals(phase)) {
            phase = now;
            startNanos = nanos.getAsLong();
        }
        double seconds = (double) (nanos.getAsLong() - startNanos) / TimeUnit.SECONDS.toNanos(1);
        StringBuilder line = new StringBuilder(phase);
        if (total > 0) {
            line.append(' ').append(Math.min(100, 100 * done / total)).append(" %");
        }
        if (done > 0 && seconds >= FIRST_RATE_SECONDS) {
            line.append(String.format(Locale.ROOT, ", %.0f/s", done / seconds));
            if (total > done) {
                line.append(", ")
                        .append(length(Math.round((total - done) * seconds / done)))
                        .append(" left");
            }
        }
        err.print("\r\u001b[K" + line + "\r");
        err.flush();
    }

    private static String length(long seconds) {
        return seconds < SECONDS_OF_A_MINUTE
                ? seconds + " s"
                : seconds / SECONDS_OF_A_MINUTE + " min " + seconds % SECONDS_OF_A_MINUTE + " s";
    }
}
