package org.healingsqlite.heal;

import java.time.Duration;
import java.util.List;

/**
 * What was asked for, checked and in its types.
 *
 * @param mode what the healer may do
 * @param schema where the registered schema comes from: files, directories, {@code classpath:} resources; empty where none is registered
 * @param maxAttempts heals one call may ask for before its exception goes to the application
 * @param waitLimit the longest a call waits while somebody else heals
 * @param breakerFailures heals in a row that must fail before healing is suspended
 * @param breakerDelay how long healing is suspended before one trial
 */
public record HealingSettings(
        Mode mode,
        List<String> schema,
        int maxAttempts,
        Duration waitLimit,
        int breakerFailures,
        Duration breakerDelay) {
    public HealingSettings {
        schema = List.copyOf(schema);
    }
}
