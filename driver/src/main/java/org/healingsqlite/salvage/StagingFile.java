package org.healingsqlite.salvage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * A file of a few megabytes beside the new database, attached to its connection: {@link StagedRows} are written to it again and again, and SQLite reads them
 * from there. Each content has a change counter of its own, which is how SQLite notices that somebody else wrote a file. One thread at a time.
 */
final class StagingFile implements Closeable {

    /** What the connection calls it. */
    static final String SCHEMA = "salvage_staged";

    private final Path path;
    private final Connection connection;
    private final TextEncoding encoding;
    private @Nullable FileChannel channel;
    private int version;

    /** @param path must not exist; is created when first needed */
    StagingFile(Path path, Connection connection, TextEncoding encoding) {
        this.path = path;
        this.connection = connection;
        this.encoding = encoding;
    }

    /** Puts rows there for SQLite to read as a table. No transaction that has read the former ones is open. */
    void put(StagedRows rows, int columns) throws IOException, SQLException {
        FileChannel open = channel;
        boolean isNew = open == null;
        if (open == null) {
            open = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            channel = open;
        }
        ByteBuffer content = ByteBuffer.wrap(rows.image(), 0, rows.imageSize(columns, ++version, encoding));
        while (content.hasRemaining()) {
            open.write(content, content.position());
        }
        if (isNew) {
            Sqlite.attachOwn(connection, path, SCHEMA);
        }
    }

    /** Takes the file away. No transaction that has read it is open. */
    @Override
    public void close() throws IOException {
        FileChannel open = channel;
        if (open == null) {
            return;
        }
        try (open) {
            if (!connection.isClosed()) {
                try (PreparedStatement detach = connection.prepareStatement("DETACH " + SCHEMA)) {
                    detach.execute();
                }
            }
        } catch (SQLException e) {
            throw new SalvageException("Cannot let go of " + path + ": " + Disclosure.message(e), e);
        } finally {
            Files.deleteIfExists(path);
        }
    }
}
