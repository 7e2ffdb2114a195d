package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.files.Quarantine;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/** The application's connections as a heal of damage uses them: on the thread of whoever asked for the heal, which may have synchronised on them. For one heal. */
final class CallersConnections {
    private static final Log LOG = Log.of(CallersConnections.class);

    private final DatabaseFile file;
    private final ConnectionRegistry connections;
    private final @Nullable Connection holder;
    private final Errand errand;

    /**
     * For one heal.
     *
     * @param holder an idle connection that holds the file open; null where there is none
     */
    CallersConnections(DatabaseFile file, ConnectionRegistry connections, @Nullable Connection holder, Errand errand) {
        this.file = file;
        this.connections = connections;
        this.holder = holder;
        this.errand = errand;
    }

    /**
     * Writes a log that has lost its name into the database: any connection of this JVM may be one that has it open.
     *
     * @return what was done before, for a reader
     */
    String checkpoint(Instant moment) throws SQLException, IOException {
        String kept = keepWithoutLog(moment);
        SQLException last = new SQLException("no connection of this process holds the log");
        for (Connection connection : connections.physicals()) {
            try {
                errand.byCaller(() -> {
                    Sqlite.checkpoint(connection);
                    return true;
                });
                return kept;
            } catch (SQLException e) {
                last = e;
            }
        }
        throw last;
    }

    private String keepWithoutLog(Instant moment) {
        try {
            return "kept the database as it was without its log in "
                    + new Quarantine(file).keep(HeldFile.of(file), moment).main();
        } catch (IOException e) {
            // What is committed is in no file that has a name: saving it comes first.
            LOG.warn("{}: no copy of it as it is without its log could be kept: {}", file.main(), Disclosure.text(e));
            return "no copy of the database as it was without its log could be kept: " + Disclosure.text(e);
        }
    }

    /**
     * Copies what the holder sees.
     *
     * @return whether there is one, which sees the newest there is
     */
    boolean copyOfHolder(Path target) throws SQLException, IOException {
        Connection open = holder;
        return open != null
                && errand.byCaller(() -> {
                    // What it reads while one of its statements is in progress may be an older state.
                    if (!Sqlite.isIdle(open)) {
                        return false;
                    }
                    Sqlite.backup(open, target);
                    return true;
                });
    }

    /** A page that was read while it was damaged may be in the holder's cache still. */
    void dropCache() {
        Connection cached = holder;
        if (cached == null) {
            return;
        }
        try {
            errand.byCaller(() -> {
                Sqlite.execute(cached, "PRAGMA shrink_memory");
                return true;
            });
        } catch (SQLException | IOException e) {
            LOG.debug("{}: shrink_memory: {}", file.main(), Disclosure.message(e));
        }
    }

    /** Ends the open results of all of them: they keep locks. */
    void endResults() throws SQLException, IOException {
        errand.byCaller(() -> {
            connections.endResults();
            return true;
        });
    }
}
