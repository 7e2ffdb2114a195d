package org.healingsqlite.repair;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Triggers on the shadow tables of a virtual table. A command that builds the virtual table anew writes its shadow tables, and SQLite runs the triggers that are on them: what
 * they say comes out of the file. Stateless.
 *
 * <p>Source: SQLite documentation, "The Virtual Table Mechanism Of SQLite", "Shadow Tables": their names begin with the virtual table's and an underscore.
 */
final class ShadowTriggers {
    private ShadowTriggers() {}

    /**
     * The triggers on tables that are, or by their name may be, shadow tables of a virtual table.
     *
     * @return their names; empty where nothing of the file would run
     */
    static List<String> of(Connection connection, String virtualTable) throws SQLException {
        List<String> names = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement("SELECT name FROM main.sqlite_schema"
                + " WHERE type = 'trigger' AND substr(tbl_name, 1, length(?1)) = ?1 COLLATE NOCASE ORDER BY rowid")) {
            query.setString(1, virtualTable + "_");
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
        }
        return names;
    }
}
