package org.healingsqlite.demo.experiments;

/** The states of experiments, runs and tasks. */
public enum Status {
    NEW,
    ONGOING,
    COMPLETED,
    FAILED,
    STOPPED,
    KILLED
}
