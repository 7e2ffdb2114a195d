package org.healingsqlite.repair;

import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/**
 * A database that was put at the path. Held open, and never read from, until it is closed: as long as it is, its identity is that of no other file,
 * even where it is deleted at once.
 */
public final class Published implements AutoCloseable {
    private static final int MOST_ATTEMPTS = 5;
    private static final Log LOG = Log.of(Published.class);

    private final FileIdentity identity;
    private final Connection holder;

    private Published(FileIdentity identity, Connection holder) {
        this.identity = identity;
        this.holder = holder;
    }

    /**
     * Takes hold of the file at a path.
     *
     * @throws NoSuchFileException where it is not there, or another one every time
     */
    static Published at(Path path) throws SQLException, NoSuchFileException {
        for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
            FileIdentity before = FileIdentity.of(path);
            if (before == null) {
                break;
            }
            Connection holder = Sqlite.open(path, Access.EXISTING);
            if (before.equals(FileIdentity.of(path))) {
                return new Published(before, holder);
            }
            holder.close();
        }
        throw new NoSuchFileException(path.toString());
    }

    /** Which file it is. */
    public FileIdentity identity() {
        return identity;
    }

    /** Lets go of it. */
    @Override
    public void close() {
        try {
            holder.close();
        } catch (SQLException e) {
            LOG.debug("Closing what was published: {}", Disclosure.message(e));
        }
    }
}
