package org.healingsqlite.archive;

import java.io.IOException;
import java.util.List;
import org.healingsqlite.api.Experimental;
import org.jspecify.annotations.Nullable;

/** Takes what a parser finds, in the order of the file. */
@Experimental
public interface RowConsumer {

    /**
     * Takes a row.
     *
     * @param table the table's name, in any case
     * @param columns the columns it has values for; empty where the values are those of the table's columns in their order. A parser passes the same
     *     list for rows of the same form
     * @param values null, String, Long, Double or byte[], in the order of the columns
     * @param line the line the row begins at, from 1
     */
    void row(String table, List<String> columns, List<@Nullable Object> values, long line) throws IOException;

    /** Takes note of something that is no row. */
    void problem(long line, String reason);
}
