package org.healingsqlite.demo.backups;

import java.util.Map;

/**
 * Counts of events.
 *
 * @param total all of them
 * @param unresolved those nobody has seen to
 * @param bySeverity those nobody has seen to, by severity; what is not there is none
 * @param recent those of the last 24 hours
 */
record ErrorStatistics(long total, long unresolved, Map<Severity, Long> bySeverity, long recent) {
    ErrorStatistics {
        bySeverity = Map.copyOf(bySeverity);
    }

    long critical() {
        return bySeverity.getOrDefault(Severity.CRITICAL, 0L);
    }
}
