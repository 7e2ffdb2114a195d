package org.healingsqlite.archive;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/** Whether a copy of a database, which nobody else has open, is worth keeping. */
final class SoundDatabase {
    private SoundDatabase() {}

    /** What is wrong with the copy; empty if nothing is. */
    static String problem(Path copy) {
        try (Connection connection = connect(copy)) {
            String verdict = Sql.text(connection, "PRAGMA quick_check(1)");
            return verdict.equals("ok") ? "" : verdict;
        } catch (SQLException e) {
            return Disclosure.message(e);
        }
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
        return Sqlite.open(copy, Access.EXISTING.confined());
    }
}
