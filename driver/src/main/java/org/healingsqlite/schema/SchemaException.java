package org.healingsqlite.schema;

import java.sql.SQLException;
import org.healingsqlite.log.Disclosed;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/** A registered schema that cannot be read or applied. The message names the source, the line, the statement and what SQLite says of it. */
public final class SchemaException extends SQLException implements Disclosed {
    private static final long serialVersionUID = 1L;

    public SchemaException(String message, @Nullable Exception cause) {
        super(
                message,
                cause instanceof SQLException sql ? sql.getSQLState() : null,
                cause instanceof SQLException sql ? sql.getErrorCode() : 0,
                cause);
    }

    private SchemaException(String message, SQLException told, boolean withCause) {
        super(message, told.getSQLState(), told.getErrorCode(), withCause ? told : null);
    }

    /**
     * What SQLite says of a statement. Of a script with limits neither the statement nor what SQLite quotes of it is shown, and so there is no cause:
     * the option may name any file of the machine.
     */
    static SchemaException of(SqlScript script, SqlStatement statement, SQLException cause) {
        boolean limited = script.limits() == Scripts.Limits.OF_FILES;
        String reason = limited ? Disclosure.messageWithoutNames(cause) : Disclosure.message(cause);
        return new SchemaException(place(script, statement) + ": " + reason, cause, !limited);
    }

    /** File, line and how the statement begins. */
    static String place(SqlScript script, SqlStatement statement) {
        String begins = script.limits() == Scripts.Limits.OF_FILES ? statement.firstWords() : statement.excerpt();
        return script.name() + ", line " + statement.line() + ": " + begins;
    }
}
