package org.healingsqlite.testkit;

import java.time.Duration;
import org.healingsqlite.incident.IncidentLog;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Incidents are written in the background: a test's directory is deleted only after the last one. Registered for every test. */
public final class IncidentsWritten implements AfterEachCallback {
    private static final Duration LONGEST = Duration.ofMinutes(1);

    @Override
    public void afterEach(ExtensionContext context) {
        IncidentLog.await(LONGEST);
    }
}
