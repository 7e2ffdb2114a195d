package org.healingsqlite.schema;

import java.sql.SQLException;
import java.util.regex.Pattern;
import org.healingsqlite.api.Internal;
import org.healingsqlite.log.Disclosed;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/** A registered schema that cannot be read or applied. The message names the source, the line, the statement and what SQLite says of it. */
@Internal
public final class SchemaException extends SQLException implements Disclosed {
    private static final long serialVersionUID = 1L;

    /** What SQLite says of a text that is no SQL. */
    private static final Pattern MALFORMED = Pattern.compile("syntax error|incomplete input|unrecognized token");

    private final boolean ofRunning;

    public SchemaException(String message, @Nullable Exception cause) {
        super(
                message,
                cause instanceof SQLException sql ? sql.getSQLState() : null,
                cause instanceof SQLException sql ? sql.getErrorCode() : 0,
                cause);
        this.ofRunning = false;
    }

    private SchemaException(String message, SQLException told, boolean withCause, boolean ofRunning) {
        super(message, told.getSQLState(), told.getErrorCode(), withCause ? told : null);
        this.ofRunning = ofRunning;
    }

    /** A script was run to its end, and what it has done cannot stay. */
    static SchemaException ofEnd(String message, SQLException cause) {
        return new SchemaException(message, cause, true, true);
    }

    /** Whether a script that can be read has failed as it ran, rather than being missing or malformed. */
    public boolean isOfRunning() {
        return ofRunning;
    }

    /**
     * What SQLite says of a statement. Of a script with limits neither the statement nor what SQLite quotes of it is shown, and so there is no cause:
     * the option may name any file of the machine.
     */
    static SchemaException of(SqlScript script, SqlStatement statement, SQLException cause) {
        boolean limited = script.limits() == Scripts.Limits.OF_FILES;
        String reason = limited ? Disclosure.messageWithoutNames(cause) : Disclosure.message(cause);
        boolean malformed = MALFORMED.matcher(Disclosure.message(cause)).find();
        return new SchemaException(place(script, statement) + ": " + reason, cause, !limited, !malformed);
    }

    /** File, line and how the statement begins. */
    static String place(SqlScript script, SqlStatement statement) {
        String begins = script.limits() == Scripts.Limits.OF_FILES ? statement.firstWords() : statement.excerpt();
        return script.name() + ", line " + statement.line() + ": " + begins;
    }
}
