package org.healingsqlite.fault;

/**
 * SQLite's result codes that mean something to the healer. Extended codes hold the primary one in their low byte.
 *
 * <p>Source: SQLite documentation, "Result and Error Codes".
 */
final class ResultCode {
    static final int ERROR = 1;
    static final int BUSY = 5;
    static final int LOCKED = 6;
    static final int READONLY = 8;
    static final int INTERRUPT = 9;
    static final int IOERR = 10;
    static final int CORRUPT = 11;
    static final int FULL = 13;
    static final int CANTOPEN = 14;
    static final int PROTOCOL = 15;
    static final int NOTADB = 26;

    /** What sqlite-jdbc gives where a query has run and had no columns. */
    static final int DONE = 101;

    static final int CORRUPT_VTAB = 267;
    static final int BUSY_SNAPSHOT = 517;
    static final int IOERR_SHORT_READ = 522;
    static final int CORRUPT_SEQUENCE = 523;
    static final int CORRUPT_INDEX = 779;
    static final int READONLY_DBMOVED = 1032;
    static final int IOERR_DELETE_NOENT = 5898;
    static final int IOERR_CORRUPTFS = 8458;

    private ResultCode() {}

    static int primary(int extended) {
        return extended & 0xff;
    }
}
