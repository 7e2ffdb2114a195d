package org.healingsqlite.demo.backups;

/** How bad an event is. */
public enum Severity {
    LOW,
    MEDIUM,
    HIGH,
    CRITICAL;

    /** Whether somebody is told of it at once. */
    boolean isAlarming() {
        return compareTo(HIGH) >= 0;
    }
}
