package org.healingsqlite.salvage;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.salvage.SchemaObject.Origin;
import org.healingsqlite.schema.NamesUsed;
import org.healingsqlite.schema.Scripts;
import org.healingsqlite.schema.SqlScript;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.sqlite.Sqlite;

/** The schema that the caller knows, run in a database in memory and read back as schema objects. */
final class GivenSchema {

    private GivenSchema() {}

    /** The objects of the schema that the caller gave, as SQLite understands it. */
    static List<SchemaObject> read(String script, TextEncoding encoding) throws SalvageException {
        List<SchemaObject> objects = new ArrayList<>();
        try (Connection memory = Sqlite.openScratch();
                Statement statement = memory.createStatement()) {
            statement.execute("PRAGMA encoding='" + encoding.pragma() + "'");
            try {
                // Only executeUpdate runs a script to its end.
                statement.executeUpdate(script);
            } catch (SQLException e) {
                oneByOne(script, memory, e);
            }
            try (ResultSet rows = statement.executeQuery("SELECT type, name, tbl_name, sql FROM sqlite_schema")) {
                while (rows.next()) {
                    ObjectType type = ObjectType.of(rows.getString(1));
                    if (type != null) {
                        objects.add(new SchemaObject(
                                type, rows.getString(2), rows.getString(3), 0, rows.getString(4), Origin.GIVEN));
                    }
                }
            }
        } catch (SQLException e) {
            throw new SalvageException("Cannot read the given schema: " + Disclosure.message(e), e);
        }
        return objects;
    }

    /** What calls functions, collations or modules that are not here is left out, as far as nothing else is wrong with the script. */
    private static void oneByOne(String script, Connection memory, SQLException reason)
            throws SQLException, SalvageException {
        if (!isUnknown(reason)) {
            throw new SalvageException("The given schema does not run: " + Disclosure.message(reason), reason);
        }
        for (SqlStatement one : new SqlScript("the given schema", script, Scripts.Limits.NONE).statements()) {
            try (Statement statement = memory.createStatement()) {
                statement.executeUpdate(one.text());
            } catch (SQLException e) {
                boolean there = String.valueOf(e.getMessage()).contains("already exists");
                if (!there && !isUnknown(e)) {
                    throw new SalvageException("The given schema does not run: " + Disclosure.message(e), e);
                }
            }
        }
    }

    private static boolean isUnknown(SQLException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("no such ") || message.contains("unsafe use of ") || NamesUsed.isUnknown(message);
    }
}
