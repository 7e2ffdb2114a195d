package org.healingsqlite.testkit;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Waits for what has to happen. */
public final class Waiting {
    /** Nothing that happens at all takes so long, on a machine that is busy with ten other things either. */
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private Waiting() {}

    public static ConditionFactory await() {
        return Awaitility.await().atMost(LONGEST);
    }
}
