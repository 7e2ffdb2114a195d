package org.healingsqlite.schema;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** A registered schema that cannot be read or applied. The message names the source, the line, the statement and what SQLite says of it. */
public final class SchemaException extends SQLException {
    private static final long serialVersionUID = 1L;

    public SchemaException(String message, @Nullable Exception cause) {
        super(
                message,
                cause instanceof SQLException sql ? sql.getSQLState() : null,
                cause instanceof SQLException sql ? sql.getErrorCode() : 0,
                cause);
    }

    static SchemaException of(SqlScript script, SqlStatement statement, SQLException cause) {
        return new SchemaException(
                script.name() + ", line " + statement.line() + ": " + statement.excerpt() + ": " + cause.getMessage(),
                cause);
    }
}
