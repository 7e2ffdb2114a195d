package org.healingsqlite.fault;

/** Whether a call that failed has taken effect all the same. Only what is known not to have taken effect is ever run again. */
public enum Effect {
    NOT_APPLIED,
    APPLIED,
    UNKNOWN
}
