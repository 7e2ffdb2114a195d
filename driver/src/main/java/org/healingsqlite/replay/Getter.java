package org.healingsqlite.replay;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** How an application reads one value of a row: to read it again in the same way. */
@SuppressWarnings("deprecation")
public enum Getter {
    BIG_DECIMAL(ResultSet::getBigDecimal, ResultSet::getBigDecimal),
    BOOLEAN(ResultSet::getBoolean, ResultSet::getBoolean),
    BYTE(ResultSet::getByte, ResultSet::getByte),
    BYTES(ResultSet::getBytes, ResultSet::getBytes),
    DATE(ResultSet::getDate, ResultSet::getDate),
    DOUBLE(ResultSet::getDouble, ResultSet::getDouble),
    FLOAT(ResultSet::getFloat, ResultSet::getFloat),
    INT(ResultSet::getInt, ResultSet::getInt),
    LONG(ResultSet::getLong, ResultSet::getLong),
    OBJECT(ResultSet::getObject, ResultSet::getObject),
    SHORT(ResultSet::getShort, ResultSet::getShort),
    STRING(ResultSet::getString, ResultSet::getString),
    TIME(ResultSet::getTime, ResultSet::getTime),
    TIMESTAMP(ResultSet::getTimestamp, ResultSet::getTimestamp),
    /** Which of SQLite's types a value has, as SQLite numbers them. */
    TYPE((row, column) -> typeOf(row.getObject(column)), (row, label) -> typeOf(row.getObject(label))),
    /** Whether the value read last was NULL; of no column. */
    WAS_NULL((row, column) -> row.wasNull(), (row, label) -> row.wasNull());

    private final ByColumn byColumn;
    private final ByLabel byLabel;

    Getter(ByColumn byColumn, ByLabel byLabel) {
        this.byColumn = byColumn;
        this.byLabel = byLabel;
    }

    @FunctionalInterface
    private interface ByColumn {
        @Nullable
        Object read(ResultSet row, int column) throws SQLException;
    }

    @FunctionalInterface
    private interface ByLabel {
        @Nullable
        Object read(ResultSet row, String label) throws SQLException;
    }

    private static int typeOf(@Nullable Object value) {
        if (value == null) {
            return 5;
        }
        return value instanceof Integer || value instanceof Long
                ? 1
                : value instanceof Double ? 2 : value instanceof byte[] ? 4 : 3;
    }

    @Nullable
    Object read(ResultSet row, int column, @Nullable String label) throws SQLException {
        return label == null ? byColumn.read(row, column) : byLabel.read(row, label);
    }
}
