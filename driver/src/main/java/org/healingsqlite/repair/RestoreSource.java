package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * The database that a restore copies from: a placeholder until the restore has its lock, then the new content, which is written behind SQLite's back.
 * For one restore.
 *
 * <p>Source of the places in the header: SQLite file format §1.3.
 */
final class RestoreSource {
    private static final int COPY_BYTES = 1 << 16;
    private static final int WRITE_VERSION = 18;
    private static final int CHANGE_COUNTER = 24;
    private static final int VERSION_VALID_FOR = 92;
    private static final byte ROLLBACK_JOURNAL = 1;

    private final Workshop workshop;
    private final RestoreProgress progress;
    private final int pageSizeBytes;

    /** The highest change counter that the file may have been seen with. */
    private int counterSeen;

    private @Nullable Connection content;

    /**
     * A source of which there is no file yet.
     *
     * @param pageSizeBytes of the database that is restored
     */
    RestoreSource(Workshop workshop, RestoreProgress progress, int pageSizeBytes) {
        this.workshop = workshop;
        this.progress = progress;
        this.pageSizeBytes = pageSizeBytes;
    }

    Path file() {
        return workshop.source();
    }

    /** Makes the file, with nothing in it yet but pages enough for the restore to begin. */
    Connection placeholder(int pages) throws SQLException, IOException {
        Connection connection = Sqlite.open(workshop.preparedSource(), Access.OWN);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size = " + pageSizeBytes);
            statement.execute("PRAGMA synchronous = off");
            statement.execute("CREATE TABLE placeholder (x)");
            statement.execute("INSERT INTO placeholder VALUES (zeroblob(" + (long) pageSizeBytes * pages + "))");
            counterSeen = counter();
            return connection;
        } catch (SQLException | IOException e) {
            connection.close();
            throw e;
        }
    }

    private int counter() throws IOException {
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.READ)) {
            ByteBuffer header = ByteBuffer.allocate(DatabaseHeader.SIZE);
            channel.read(header, 0);
            return header.getInt(CHANGE_COUNTER);
        }
    }

    /** A connection to the new content that has seen nothing of the placeholder; the same until it is closed. */
    Connection content() throws SQLException {
        Connection open = content;
        if (open == null) {
            open = Sqlite.open(file(), Access.UNLOCKED);
            content = open;
            Sqlite.execute(open, "PRAGMA synchronous = off");
        }
        return open;
    }

    /** Ends the work on the content: all of it is in the file. */
    void finishContent() throws SQLException {
        Sqlite.execute(content(), "PRAGMA journal_mode = delete");
        closeContent();
    }

    void closeContent() throws SQLException {
        Connection open = content;
        content = null;
        if (open != null) {
            open.close();
        }
    }

    /** Puts a database into it. */
    void put(Path database) throws SQLException, IOException {
        progress.step("copying");
        overwrite(fitting(database));
    }

    /** Puts a database into it that has nothing in it. */
    void putEmpty() throws SQLException, IOException {
        Path empty = workshop.preparedPart(".empty");
        try (Connection connection = Sqlite.open(empty, Access.OWN)) {
            Sqlite.execute(connection, "PRAGMA page_size = " + pageSizeBytes);
            Sqlite.execute(connection, "PRAGMA synchronous = off");
            Sqlite.execute(connection, "CREATE TABLE placeholder (x)");
            Sqlite.execute(connection, "DROP TABLE placeholder");
        }
        put(empty);
    }

    /** Takes for the content what somebody has written to the file itself. */
    void accept() throws SQLException, IOException {
        Path fitting = fitting(file());
        if (fitting.equals(file())) {
            try (FileChannel target = FileChannel.open(file(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                renew(target);
            }
        } else {
            progress.step("copying");
            overwrite(fitting);
        }
    }

    /** The database itself, or, where its pages have another size, one that was made to fit, because a log's cannot change. */
    private Path fitting(Path database) throws SQLException, IOException {
        Access access = database.equals(file()) ? Access.UNLOCKED : Access.OWN;
        try (Connection connection = Sqlite.open(database, access)) {
            Sqlite.execute(connection, "PRAGMA synchronous = off");
            // Everything is in the one file then.
            Sqlite.execute(connection, "PRAGMA journal_mode = delete");
            if (Sqlite.pragma(connection, "page_size").equals(Integer.toString(pageSizeBytes))) {
                return database;
            }
            Path fitting = workshop.preparedPart(".fitted");
            Sqlite.execute(connection, "PRAGMA page_size = " + pageSizeBytes);
            Sqlite.execute(connection, "VACUUM INTO '" + fitting.toString().replace("'", "''") + "'");
            return fitting;
        }
    }

    /** Byte by byte, because SQLite would take three times as long for it. */
    private void overwrite(Path from) throws SQLException, IOException {
        try (FileChannel target = FileChannel.open(file(), StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileChannel source = FileChannel.open(from, StandardOpenOption.READ)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(COPY_BYTES);
            long position = 0;
            while (source.read(buffer, position) > 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    position += target.write(buffer, position);
                }
                buffer.clear();
            }
            target.truncate(position);
            renew(target);
        }
    }

    /**
     * Nobody else knows of this file, and between the steps of the restore nobody has a lock on it. What was written there behind SQLite's back gets a
     * counter that SQLite has not seen, so that it keeps nothing of what was there before.
     */
    private void renew(FileChannel target) throws SQLException, IOException {
        if (target.size() < pageSizeBytes) {
            throw new SQLException("the recovered content is empty");
        }
        ByteBuffer header = ByteBuffer.allocate(DatabaseHeader.SIZE);
        target.read(header, 0);
        header.put(WRITE_VERSION, ROLLBACK_JOURNAL);
        header.put(WRITE_VERSION + 1, ROLLBACK_JOURNAL);
        counterSeen = Math.max(counterSeen, header.getInt(CHANGE_COUNTER)) + 1;
        header.putInt(CHANGE_COUNTER, counterSeen);
        header.putInt(VERSION_VALID_FOR, counterSeen);
        header.flip();
        target.write(header, 0);
    }
}
