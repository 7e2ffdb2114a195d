package org.healingsqlite.demo.report;

import java.time.Duration;
import java.util.List;

/**
 * What one lane of an act came to.
 *
 * @param before calls before the fault
 * @param after calls from the fault on
 * @param heals how long each heal took
 * @param rows rows in all tables at the end
 * @param findings what an inspection of the database at the end found wrong
 */
public record LaneResult(Tally before, Tally after, List<Duration> heals, long rows, List<String> findings) {
    public LaneResult {
        heals = heals.stream().sorted().toList();
        findings = List.copyOf(findings);
    }

    /** Shortest, median and longest time to heal. */
    String healTimes() {
        return heals.isEmpty()
                ? "-"
                : heals.get(0).toMillis() + "/" + heals.get(heals.size() / 2).toMillis() + "/"
                        + heals.get(heals.size() - 1).toMillis();
    }
}
