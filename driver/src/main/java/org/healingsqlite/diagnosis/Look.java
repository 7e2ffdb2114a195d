package org.healingsqlite.diagnosis;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import org.healingsqlite.api.Internal;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.files.OpenFiles;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/** A look into a database, through a connection that is closed with it. Not thread-safe. */
@Internal
public final class Look implements AutoCloseable {
    private static final Log LOG = Log.of(Look.class);

    private final Connection connection;
    private final @Nullable Path copy;

    private Look(Connection connection, @Nullable Path copy) {
        this.connection = connection;
        this.copy = copy;
    }

    /** Through a connection that may do more. */
    static Look through(Connection connection) {
        return new Look(connection, null);
    }

    /**
     * A look that changes nothing in the least: no log, index or journal is begun, written back, rolled back or removed beside the database, and nothing of it need be
     * writable. Who has it open is read beside, under SQLite's locks. What nobody has open is read as it is; where SQLite would have to recover a log or roll a journal
     * back first, it does so in a copy among the temporary files, which needs room there for the database.
     *
     * @param access what may be done with it otherwise; its mode is of no moment
     * @throws SQLException where it cannot be opened, or there is no room for a copy; damage may be met later
     */
    public static Look withoutChange(DatabaseFile file, Access access) throws SQLException {
        refuseWhatWouldNotEnd(file);
        if (file.isLogEmpty() && !hasJournal(file)) {
            // Beside a database in WAL mode even who only reads begins a log.
            Access.Mode mode = isInWalMode(file) ? Access.Mode.IMMUTABLE : Access.Mode.READ_ONLY;
            return new Look(Sqlite.open(file.main(), access.in(mode)), null);
        }
        if (!isOpen(file)) {
            return copyOf(file, access);
        }
        Connection connection = Sqlite.open(file.main(), access.in(Access.Mode.READ_ONLY));
        if (isReadable(connection)) {
            return new Look(connection, null);
        }
        connection.close();
        return copyOf(file, access);
    }

    /** Before anything of it is opened or copied. */
    private static void refuseWhatWouldNotEnd(DatabaseFile file) throws SQLException {
        try {
            file.requireFiles();
        } catch (FileSystemException e) {
            throw new SQLException("Cannot look at " + file.main() + ": " + Disclosure.message(e), "08001", e);
        }
    }

    /** Reads from it. */
    public Connection connection() {
        return connection;
    }

    @Override
    public void close() throws SQLException {
        try {
            connection.close();
        } finally {
            remove(copy);
        }
    }

    private static boolean hasJournal(DatabaseFile file) {
        try {
            return Files.size(file.journal()) > 0;
        } catch (IOException absent) {
            return false;
        }
    }

    private static boolean isInWalMode(DatabaseFile file) {
        try {
            return DatabaseHeader.of(HeldFile.headOf(file, DatabaseHeader.SIZE)).walMode();
        } catch (IOException unreadable) {
            // SQLite says why.
            return false;
        }
    }

    private static boolean isOpen(DatabaseFile file) {
        FileIdentity main = file.identity();
        return main != null
                && (OpenFiles.areOpenHere(Set.of(main))
                        || !OpenFiles.holders(main).isEmpty());
    }

    /** False where a journal has to be rolled back first, or a log recovered that cannot be written to; damage is for the caller to meet. */
    private static boolean isReadable(Connection connection) {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM sqlite_schema")) {
            return row.next();
        } catch (SQLException e) {
            return !(Fault.of(e) instanceof Fault.Unavailable unavailable
                    && (unavailable.kind() == Fault.Unavailable.Kind.READ_ONLY
                            || unavailable.kind() == Fault.Unavailable.Kind.CANNOT_OPEN));
        }
    }

    private static Look copyOf(DatabaseFile file, Access access) throws SQLException {
        Path directory = null;
        try {
            directory = Files.createTempDirectory("healing-sqlite-look");
            DatabaseFile copy = DatabaseFile.at(directory.resolve(file.main().getFileName()));
            HeldFile.copy(file, copy.main());
            for (Path beside : file.companions()) {
                if (Files.exists(beside) && !beside.equals(file.shm())) {
                    Files.copy(beside, directory.resolve(beside.getFileName()));
                }
            }
            return new Look(
                    Sqlite.open(copy.main(), access.in(Access.Mode.EXISTING).looking()), directory);
        } catch (IOException e) {
            remove(directory);
            throw new SQLException(
                    file.main()
                            + ": it cannot be looked at without changing it: its log or journal needs recovery, and it cannot be copied for that: "
                            + Disclosure.text(e),
                    e);
        } catch (SQLException | RuntimeException e) {
            remove(directory);
            throw e;
        }
    }

    private static void remove(@Nullable Path directory) {
        if (directory == null) {
            return;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path each : all) {
                Files.deleteIfExists(each);
            }
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            LOG.warn("{} stays: {}", directory, Disclosure.text(e));
        }
    }
}
