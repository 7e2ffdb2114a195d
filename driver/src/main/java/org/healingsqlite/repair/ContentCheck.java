package org.healingsqlite.repair;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/**
 * What SQLite says of new content.
 *
 * @param messages of the integrity check; empty where it is sound
 * @param orphans rows that refer to rows that are not there; 0 where it is not sound
 */
record ContentCheck(List<String> messages, long orphans) {
    /** The check looks up each row in each index: with SQLite's own cache of 2 MB it reads the pages of a large index many times. */
    private static final String ROOM_FOR_INDEXES = "PRAGMA cache_size = -32768";

    /** On a connection of its own, so that nothing is taken from a cache. */
    static ContentCheck of(Path database) throws SQLException {
        try (Connection connection = Sqlite.open(database, Access.IMMUTABLE.confined())) {
            Sqlite.execute(connection, ROOM_FOR_INDEXES);
            // A connection of ours keeps it locked while it is made.
            List<String> messages = messages(connection, database, Access.UNLOCKED);
            return new ContentCheck(messages, messages.isEmpty() ? foreignKeyViolations(connection) : 0);
        }
    }

    /** Whether a database is sound and has anything in it. */
    static boolean isSoundAndNotEmpty(Path database) throws SQLException {
        try (Connection connection = Sqlite.open(database, Access.IMMUTABLE.confined())) {
            return messages(connection, database, Access.OWN).isEmpty()
                    && !SchemaSnapshot.read(connection).isEmpty();
        }
    }

    private static List<String> messages(Connection connection, Path database, Access writing) throws SQLException {
        List<String> messages = DamageCheck.messages(connection, DamageCheck.Depth.FULL);
        if (!messages.isEmpty() || !DamageCheck.leavesOutFullText(connection)) {
            return messages;
        }
        try (Connection writer = Sqlite.open(database, writing.distrusting())) {
            return DamageCheck.fullTextMessages(writer);
        }
    }

    private static long foreignKeyViolations(Connection connection) throws SQLException {
        long count = 0;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA foreign_key_check")) {
            while (row.next()) {
                count++;
            }
        } catch (SQLException mismatch) {
            // A declaration that never worked says nothing of rows.
            return 0;
        }
        return count;
    }

    /** Notes in the account what the check says of rows. */
    void addTo(LossAccount loss) throws SQLException {
        if (!messages.isEmpty()) {
            throw new SQLException("the recovered content is not sound: " + messages.get(0));
        }
        if (orphans > 0 && !loss.isNone()) {
            // Where nothing is lost they were there before.
            loss.add(orphans + " rows refer to rows that are not there");
        }
    }
}
