package org.healingsqlite.completeness;

/** Whether the values of rows are proven, beside their number. SQLite has no checksums in its database files. */
public enum Content {
    /** Every value is confirmed: each page of the table comes from a log that has a checksum for it. */
    VERIFIED,
    /** A changed byte within a value would leave pages that close: nothing speaks against the values, and nothing proves them. */
    UNVERIFIED;

    /** What holds of both. */
    public Content and(Content other) {
        return this == VERIFIED ? other : UNVERIFIED;
    }
}
