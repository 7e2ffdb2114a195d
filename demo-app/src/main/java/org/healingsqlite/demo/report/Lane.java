package org.healingsqlite.demo.report;

/** The two ways in which every application is played at once. */
public enum Lane {
    /** {@code jdbc:sqlite:}, what the application had before. */
    PLAIN,
    /** {@code jdbc:healing:sqlite:}, the same application behind the other URL. */
    HEALING;

    /** As printed, and as the name of the lane's directory. */
    public String label() {
        return this == PLAIN ? "plain" : "healing";
    }
}
