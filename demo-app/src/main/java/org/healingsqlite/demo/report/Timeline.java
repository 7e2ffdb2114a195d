package org.healingsqlite.demo.report;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Prints what happens in both lanes side by side, while it happens. For one thread. */
public final class Timeline {
    private static final int EVENT_WIDTH = 30;
    private static final int LANE_WIDTH = 46;
    private static final String ROW = "%8s  %-" + EVENT_WIDTH + "s  %-" + LANE_WIDTH + "s  %s";

    private final PrintStream out;
    private final LongSupplier nanos;
    private long startNanos;

    /**
     * A timeline that prints to a stream.
     *
     * @param nanos a clock in nanoseconds, such as {@link System#nanoTime}
     */
    public Timeline(PrintStream out, LongSupplier nanos) {
        this.out = out;
        this.nanos = nanos;
        this.startNanos = nanos.getAsLong();
    }

    /** Begins again at zero, under a title. */
    public void begin(String title) {
        startNanos = nanos.getAsLong();
        out.println();
        out.println(title);
        line("", "event", "plain sqlite-jdbc", "healing");
    }

    /** Something that happens to both lanes. */
    public void event(String event) {
        List<String> lines = wrap(event, EVENT_WIDTH + 2 + 2 * LANE_WIDTH);
        out.printf(Locale.ROOT, "%8s  %s%n", offset(), lines.get(0));
        lines.subList(1, lines.size()).forEach(line -> out.printf(Locale.ROOT, "%8s  %s%n", "", line));
    }

    /** What came of an event in each lane. */
    public void row(String event, Lanes<String> results) {
        List<String> events = wrap(event, EVENT_WIDTH);
        List<String> plain = wrap(results.plain(), LANE_WIDTH);
        List<String> healing = wrap(results.healing(), LANE_WIDTH);
        int lines = Math.max(events.size(), Math.max(plain.size(), healing.size()));
        for (int i = 0; i < lines; i++) {
            line(i == 0 ? offset() : "", part(events, i), part(plain, i), part(healing, i));
        }
    }

    private void line(String offset, String event, String plain, String healing) {
        out.println(
                String.format(Locale.ROOT, ROW, offset, event, plain, healing).stripTrailing());
    }

    private String offset() {
        return String.format(Locale.ROOT, "+%.3fs", (nanos.getAsLong() - startNanos) / 1e9);
    }

    private static String part(List<String> parts, int index) {
        return index < parts.size() ? parts.get(index) : "";
    }

    /** A text in lines of a width, broken at blanks where that is possible. */
    private static List<String> wrap(String text, int width) {
        List<String> lines = new ArrayList<>();
        String rest = text.replace('\n', ' ').strip();
        while (rest.length() > width) {
            int blank = rest.lastIndexOf(' ', width);
            int end = blank > 0 ? blank : width;
            lines.add(rest.substring(0, end));
            rest = rest.substring(end).strip();
        }
        lines.add(rest);
        return lines;
    }
}
