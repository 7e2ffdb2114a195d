package org.healingsqlite.heal;

/** What the healer may do. */
public enum Mode {
    /** Heals. */
    HEAL,
    /** Diagnoses and reports, changes nothing. */
    OBSERVE,
    /** Not there at all. */
    OFF
}
