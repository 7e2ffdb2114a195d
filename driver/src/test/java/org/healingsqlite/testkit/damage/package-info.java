/**
 * Damaged databases with a known truth: {@code Shape} makes a database, {@code Victim} knows its rows and where every byte of them lies,
 * {@code DamageKind} hurts it, {@code Oracle} says what can still be found, and {@code Scorer} compares with what a tool brought back. Knows the
 * file format by itself, on purpose: it shares no code with the salvage it judges.
 */
@NullMarked
package org.healingsqlite.testkit.damage;

import org.jspecify.annotations.NullMarked;
