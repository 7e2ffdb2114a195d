package org.healingsqlite.schema;

import org.healingsqlite.api.Internal;

/**
 * The PRAGMA statements that tell of the schema of {@code main}.
 *
 * <p>The same can be read as a table, {@code pragma_table_xinfo} and its like. That is an ordinary name: a table or view of the file may have it, and is read in the
 * pragma's place. A PRAGMA statement means SQLite's own, whatever the file holds.
 *
 * <p>Source: SQLite documentation, "PRAGMA functions": they are eponymous virtual tables, which any other table or view of the name hides.
 */
@Internal
public final class PragmaStatement {
    private PragmaStatement() {}

    /** The statement without an argument. */
    public static String of(String pragma) {
        return "PRAGMA main." + pragma;
    }

    /**
     * The statement for a table or an index.
     *
     * @param name as it stands in the schema; quoted here
     */
    public static String of(String pragma, String name) {
        return of(pragma) + "('" + name.replace("'", "''") + "')";
    }
}
