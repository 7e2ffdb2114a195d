package org.healingsqlite.demo.backups;

import java.util.Locale;

/** How a component, or all of them, are; the later the worse. */
enum HealthStatus {
    HEALTHY,
    DEGRADED,
    UNHEALTHY;

    /** As the endpoint says it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
