package org.healingsqlite.differential;

import java.io.InputStream;
import java.io.Reader;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.sql.BatchUpdateException;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** What a call gave, in words that are equal exactly where the two sides behaved alike. */
final class Outcome {
    /** The kinds of object that calls give and later calls are made on, the most special first. */
    static final List<Class<?>> KINDS = List.of(
            PreparedStatement.class,
            Statement.class,
            ResultSet.class,
            Connection.class,
            DatabaseMetaData.class,
            ParameterMetaData.class,
            ResultSetMetaData.class,
            Savepoint.class);

    private Outcome() {}

    static String of(Class<?> type, Object value, Lane lane) throws Exception {
        if (value == null) {
            return "null";
        }
        if (value instanceof Connection) {
            return value == lane.connection() ? "the connection" : "another connection";
        }
        if (KINDS.contains(type)) {
            return "a " + type.getSimpleName();
        }
        if (value instanceof byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }
        if (value instanceof int[] counts) {
            return Arrays.toString(counts);
        }
        if (value instanceof long[] counts) {
            return Arrays.toString(counts);
        }
        if (value instanceof InputStream stream) {
            return "stream of " + HexFormat.of().formatHex(stream.readAllBytes());
        }
        if (value instanceof Reader reader) {
            StringWriter text = new StringWriter();
            reader.transferTo(text);
            return "reader of " + text;
        }
        if (value instanceof Blob blob) {
            return "blob of " + HexFormat.of().formatHex(blob.getBytes(1, (int) blob.length()));
        }
        if (value instanceof Clob clob) {
            return "clob of " + clob.getSubString(1, (int) clob.length());
        }
        return value.getClass().getSimpleName() + " " + lane.withoutPaths(value.toString());
    }

    static String ofFailure(Throwable thrown, Lane lane) {
        Throwable failure = thrown instanceof InvocationTargetException ? thrown.getCause() : thrown;
        if (failure instanceof NullPointerException
                || failure instanceof IndexOutOfBoundsException
                || failure instanceof ClassCastException) {
            // Their messages tell of the code that threw them.
            return failure.getClass().getSimpleName();
        }
        StringBuilder text = new StringBuilder(failure.getClass().getName());
        text.append(": ").append(lane.withoutPaths(String.valueOf(failure.getMessage())));
        if (failure instanceof SQLException sql) {
            text.append(" code ").append(sql.getErrorCode()).append(" state ").append(sql.getSQLState());
            text.append(" suppressed ").append(sql.getSuppressed().length);
        }
        if (failure instanceof BatchUpdateException batch) {
            text.append(" counts ").append(Arrays.toString(batch.getUpdateCounts()));
        }
        return text.toString();
    }
}
