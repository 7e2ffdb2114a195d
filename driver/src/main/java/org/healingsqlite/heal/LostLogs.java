package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Set;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.OpenFiles;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.repair.Publication;
import org.jspecify.annotations.Nullable;

/**
 * The logs of lost files, as far as connections have them open. A connection that has not read in WAL mode has not: it holds the file, and SQLite opens the log
 * only when it reads, by name, with the permissions of the file at the path. Without a file there it reads nothing at all. Called in the healer's turn only.
 *
 * @param presence tells whose the log at the path is
 */
record LostLogs(
        DatabaseFile file,
        ConnectionRegistry connections,
        FilePresence presence,
        PlaceAtPath place,
        HealingTurns turns) {
    private static final Log LOG = Log.of(LostLogs.class);

    /** Source: SQLite documentation, "Result and Error Codes" (1802). */
    private static final int SQLITE_IOERR_FSTAT = 1802;

    /** The log that a connection to a lost file has open, after it was helped to open it where nothing is at the path; null where it has none, or nobody knows. */
    @Nullable
    FileIdentity openedBy(HealableConnection connection) {
        FileIdentity known = connection.log().log();
        FileIdentity lost = connection.identity();
        if (known != null || lost == null || Files.exists(file.main(), LinkOption.NOFOLLOW_LINKS)) {
            return known;
        }
        try {
            if (canRead(connection.physical())) {
                return null;
            }
            SQLException context = new SQLException("the file of " + file.main() + " is no longer at its path");
            try (ProcessLock lock = turns.lock(connection.settings(), context)) {
                if (!isLogOf(lost)) {
                    Publication.setStraysAside(file, new ArrayList<>());
                }
                return readWithName(connection.physical()) ? FileIdentity.of(file.wal()) : null;
            }
        } catch (SQLException | IOException e) {
            LOG.debug("{}: the log is not open: {}", file.main(), Disclosure.text(e));
            return null;
        }
    }

    /** Whether what lies at the path without a database is the log of this one: it was the last one there, and nobody uses that log for another. */
    private boolean isLogOf(FileIdentity lost) {
        FileIdentity log = FileIdentity.of(file.wal());
        return log != null
                && presence.wasLastThere(lost)
                && !connections.any(other -> !lost.equals(other.identity()) && log.equals(other.log().log()))
                && !OpenFiles.areUsedWithout(lost, Set.of(log));
    }

    /** A directory lends its name for the moment: SQLite takes permissions from it, and nobody takes it for a database. */
    private boolean readWithName(Connection connection) throws SQLException, IOException {
        try {
            Files.createDirectory(file.main());
        } catch (FileAlreadyExistsException somebodyIsThere) {
            return false;
        }
        try {
            return canRead(connection);
        } finally {
            Files.deleteIfExists(file.main());
        }
    }

    private static boolean canRead(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM sqlite_schema")) {
            return row.next();
        } catch (SQLException e) {
            if (Fault.of(e).symptom().resultCode() == SQLITE_IOERR_FSTAT) {
                return false;
            }
            throw e;
        }
    }
}
