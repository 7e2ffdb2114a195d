package org.healingsqlite.demo.report;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What one lane's client saw. Thread-safe. */
public final class Counts {
    private long calls;
    private long errors;
    private final List<Duration> heals = new ArrayList<>();

    public synchronized void call() {
        calls++;
    }

    public synchronized void error() {
        errors++;
    }

    public synchronized void heal(Duration time) {
        heals.add(time);
    }

    public synchronized long calls() {
        return calls;
    }

    public synchronized long errors() {
        return errors;
    }

    public synchronized int heals() {
        return heals.size();
    }

    /** The share of calls that failed, from 0 to 1. */
    public synchronized double failureRate() {
        return calls == 0 ? 0 : (double) errors / calls;
    }

    /** For the table: minimum, median and maximum time to heal in milliseconds; {@code -} where nothing was healed. */
    public synchronized String timeToHeal() {
        if (heals.isEmpty()) {
            return "-";
        }
        List<Long> sorted = heals.stream().map(Duration::toMillis).sorted().toList();
        return sorted.get(0) + " / " + sorted.get(sorted.size() / 2) + " / " + sorted.get(sorted.size() - 1) + " ms";
    }
}
