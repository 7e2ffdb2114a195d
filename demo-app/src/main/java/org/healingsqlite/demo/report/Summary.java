package org.healingsqlite.demo.report;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The counts of a run, lane under lane, and whether it went as it must. */
public record Summary(List<ActResult> acts) {
    private static final String ROW = "%-46s %-8s %7s %7s %9s %9s %6s %12s %11s %6s%n";

    public Summary {
        acts = List.copyOf(acts);
    }

    /** Whether no act failed. */
    public boolean isGood() {
        return acts.stream().allMatch(act -> act.failures().isEmpty());
    }

    /** Prints the table and the verdict. */
    public void print(PrintStream out) {
        out.println();
        out.printf(Locale.ROOT, ROW, "", "", "", "", "failed", "failed", "", "time to heal", "slowest", "rows at");
        out.printf(
                Locale.ROOT,
                ROW,
                "act",
                "lane",
                "calls",
                "errors",
                "before",
                "after",
                "heals",
                "min/med/max",
                "call",
                "the end");
        for (ActResult act : acts) {
            for (Lane lane : Lane.values()) {
                print(
                        out,
                        lane == Lane.PLAIN ? act.act() : "",
                        lane,
                        act.lanes().get(lane));
            }
        }
        if (acts.size() > 1) {
            for (Lane lane : Lane.values()) {
                print(out, lane == Lane.PLAIN ? "all" : "", lane, total(lane));
            }
        }
        out.println();
        for (ActResult act : acts) {
            act.failures().forEach(failure -> out.println("FAILED " + act.act() + ": " + failure));
        }
        out.printf(
                Locale.ROOT,
                "%s: after the fault %s of the calls failed with plain sqlite-jdbc, %s with healing.%n",
                isGood() ? "As it must be" : "NOT as it must be",
                percent(total(Lane.PLAIN).after()),
                percent(total(Lane.HEALING).after()));
    }

    private LaneResult total(Lane lane) {
        List<LaneResult> results =
                acts.stream().map(act -> act.lanes().get(lane)).toList();
        return new LaneResult(
                results.stream().map(LaneResult::before).reduce(Tally.NONE, Tally::plus),
                results.stream().map(LaneResult::after).reduce(Tally.NONE, Tally::plus),
                results.stream().flatMap(result -> result.heals().stream()).toList(),
                results.stream().mapToLong(LaneResult::rows).sum(),
                results.stream().flatMap(result -> result.findings().stream()).toList());
    }

    private static void print(PrintStream out, String act, Lane lane, LaneResult result) {
        Tally all = result.before().plus(result.after());
        out.printf(
                Locale.ROOT,
                ROW,
                act,
                lane.label(),
                all.calls(),
                all.errors(),
                percent(result.before()),
                percent(result.after()),
                result.heals().size(),
                result.heals().isEmpty() ? "-" : result.healTimes() + " ms",
                millis(all.slowest()),
                result.rows());
    }

    private static String percent(Tally tally) {
        return tally.calls() == 0 ? "-" : String.format(Locale.ROOT, "%.1f %%", 100 * tally.failureRate());
    }

    private static String millis(Duration duration) {
        return String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
    }
}
