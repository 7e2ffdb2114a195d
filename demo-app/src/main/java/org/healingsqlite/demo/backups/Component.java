package org.healingsqlite.demo.backups;

import java.util.Map;

/**
 * How a part of the application is.
 *
 * @param facts what else the endpoint says of it: text and numbers
 */
record Component(String name, HealthStatus status, Map<String, Object> facts) {
    private static final long MOST_UNRESOLVED = 10;
    private static final long MOST_RECENT = 20;
    private static final String ERROR_TRACKING = "error_tracking";

    Component {
        facts = Map.copyOf(facts);
    }

    /** Error tracking, by what the event store counts: degraded by a critical event, more than 10 unresolved ones, or more than 20 within a day. */
    static Component errorTracking(ErrorStatistics statistics) {
        boolean degraded = statistics.critical() > 0
                || statistics.unresolved() > MOST_UNRESOLVED
                || statistics.recent() > MOST_RECENT;
        return new Component(
                ERROR_TRACKING,
                degraded ? HealthStatus.DEGRADED : HealthStatus.HEALTHY,
                Map.of(
                        "total_errors",
                        statistics.total(),
                        "unresolved_errors",
                        statistics.unresolved(),
                        "recent_24h",
                        statistics.recent(),
                        "critical_errors",
                        statistics.critical()));
    }

    /** Error tracking whose event store cannot be read. */
    static Component withoutErrorTracking(String why) {
        return new Component(ERROR_TRACKING, HealthStatus.UNHEALTHY, Map.of("error", why));
    }

    /** The background thread: degraded while its last round failed. */
    static Component background(boolean lastRoundFailed, long failedRounds) {
        return new Component(
                "background",
                lastRoundFailed ? HealthStatus.DEGRADED : HealthStatus.HEALTHY,
                Map.of("failed_rounds", failedRounds));
    }
}
