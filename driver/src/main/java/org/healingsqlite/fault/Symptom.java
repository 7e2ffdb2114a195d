package org.healingsqlite.fault;

import java.sql.SQLException;

/**
 * An exception as far as it is of interest.
 *
 * @param exception what the call threw
 * @param resultCode SQLite's extended result code; the primary one where nothing more is known, 0 where sqlite-jdbc itself complained
 * @param text SQLite's own message, without what sqlite-jdbc puts around it
 * @param batchEntry the failed entry of a batch of SQL texts, from 0; -1 where unknown
 */
public record Symptom(SQLException exception, int resultCode, String text, int batchEntry) {
    /** SQLITE_ERROR. */
    private static final int PLAIN_ERROR = 1;

    public int primaryCode() {
        return ResultCode.primary(resultCode);
    }

    /** Whether SQLite may have ended a transaction with it: not where it could not compile a statement, nor where sqlite-jdbc itself complained. */
    public boolean mayEndTransaction() {
        return primaryCode() > PLAIN_ERROR;
    }
}
