package org.healingsqlite.archive;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/** Whether a copy of a database, which nobody else has open, is worth keeping. */
final class SoundDatabase {
    private SoundDatabase() {}

    /** What is wrong with the copy; empty if nothing is. */
    static String problem(Path copy) {
        try (Connection connection = connect(copy)) {
            return problem(connection);
        } catch (SQLException e) {
            return Disclosure.message(e);
        }
    }

    /** What is wrong with the pages that a connection reads; empty if nothing is. What only the application can evaluate is not asked. */
    static String problem(Connection connection) throws SQLException {
        List<String> messages = DamageCheck.messages(connection, DamageCheck.Depth.QUICK);
        return messages.isEmpty() ? "" : messages.get(0);
    }

    /** How many objects it has. A copy of a file that was emptied is sound, and has none. */
    static long objects(Path copy) {
        try (Connection connection = connect(copy)) {
            return Sql.number(connection, "SELECT count(*) FROM sqlite_schema");
        } catch (SQLException e) {
            return 0;
        }
    }

    private static Connection connect(Path copy) throws SQLException {
        return Sqlite.open(copy, Access.EXISTING.confined().looking());
    }
}
