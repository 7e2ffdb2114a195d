package org.healingsqlite.demo.experiments;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A row as a map from column to value. */
record Row(Map<String, @Nullable Object> columns) {

    /** The row a result set stands on. */
    static Row read(ResultSet results) throws SQLException {
        Map<String, @Nullable Object> columns = new LinkedHashMap<>();
        for (int column = 1; column <= results.getMetaData().getColumnCount(); column++) {
            columns.put(results.getMetaData().getColumnLabel(column), results.getObject(column));
        }
        return new Row(columns);
    }

    long number(String column) {
        return ((Number) value(column)).longValue();
    }

    String text(String column) {
        return (String) value(column);
    }

    byte[] bytes(String column) {
        return (byte[]) value(column);
    }

    private Object value(String column) {
        return Objects.requireNonNull(columns.get(column), column);
    }
}
