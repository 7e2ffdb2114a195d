package org.healingsqlite.demo.report;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What happened when, in all lanes of one scenario. Thread-safe. */
public final class Timeline {
    private final long startNanos = System.nanoTime();
    private final List<Entry> entries = new ArrayList<>();

    /**
     * One event.
     *
     * @param sinceStart when
     * @param lane where
     * @param text what
     */
    public record Entry(Duration sinceStart, String lane, String text) {}

    public synchronized void add(String lane, String text) {
        entries.add(new Entry(Duration.ofNanos(System.nanoTime() - startNanos), lane, text));
    }

    public synchronized List<Entry> entries() {
        return List.copyOf(entries);
    }

    /** Prints the lanes side by side. */
    public void print(PrintStream out, List<String> lanes, int width) {
        out.printf("%9s", "");
        lanes.forEach(lane -> out.print("  " + fit(lane.toUpperCase(java.util.Locale.ROOT), width)));
        out.println();
        for (Entry entry : entries()) {
            out.printf("%7.3f s", entry.sinceStart().toNanos() / 1e9);
            for (String lane : lanes) {
                out.print("  " + fit(lane.equals(entry.lane()) ? entry.text() : "", width));
            }
            out.println();
        }
    }

    private static String fit(String text, int width) {
        String oneLine = text.replace('\n', ' ');
        return oneLine.length() > width
                ? oneLine.substring(0, width - 3) + "..."
                : oneLine + " ".repeat(width - oneLine.length());
    }
}
