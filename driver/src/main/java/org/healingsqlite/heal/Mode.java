package org.healingsqlite.heal;

import org.healingsqlite.api.Internal;

/** What the healer may do. */
@Internal
public enum Mode {
    /** Heals. */
    HEAL,
    /** Diagnoses and reports, changes nothing. */
    OBSERVE,
    /** Not there at all. */
    OFF
}
