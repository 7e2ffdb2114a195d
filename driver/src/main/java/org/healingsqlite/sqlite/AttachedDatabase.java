package org.healingsqlite.sqlite;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A database that an application has attached to a connection.
 *
 * @param name of its schema
 * @param file as SQLite names it; empty for one in memory, and for a temporary one
 */
public record AttachedDatabase(String name, String file) {

    /** Those of a connection, in the order in which they were attached. */
    public static List<AttachedDatabase> to(Connection connection) throws SQLException {
        return Sqlite.unnoticed(connection, () -> read(connection));
    }

    private static List<AttachedDatabase> read(Connection connection) throws SQLException {
        List<AttachedDatabase> attached = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA database_list")) {
            while (row.next()) {
                String name = row.getString("name");
                if (!name.equals("main") && !name.equals("temp")) {
                    attached.add(new AttachedDatabase(name, Objects.toString(row.getString("file"), "")));
                }
            }
        }
        return List.copyOf(attached);
    }

    /**
     * Attaches it to another connection; a file that is not there is created only where the connection creates files.
     *
     * @throws SQLException sqlite-jdbc's own
     */
    public void attachTo(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "ATTACH DATABASE '" + file.replace("'", "''") + "' AS \"" + name.replace("\"", "\"\"") + '"');
        }
    }
}
