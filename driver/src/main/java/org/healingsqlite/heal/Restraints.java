package org.healingsqlite.heal;

import dev.failsafe.CircuitBreaker;
import java.util.function.BooleanSupplier;

/**
 * What may keep a database from being healed, or its calls from being waited for.
 *
 * @param breaker of healing
 * @param patience has that of retries
 * @param degradation knows whose reads are answered without the database
 * @param observing whether somebody has switched healing off
 */
record Restraints(
        CircuitBreaker<Object> breaker, Patience patience, Degradation degradation, BooleanSupplier observing) {}
