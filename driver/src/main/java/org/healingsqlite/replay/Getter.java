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

    @Nullable
    Object read(ResultSet row, int column, @Nullable String label) throws SQLException {
        return label == null ? byColumn.read(row, column) : byLabel.read(row, label);
    }
}
