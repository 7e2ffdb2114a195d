package org.healingsqlite.repair;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.archive.RowSupply;
import org.healingsqlite.archive.RowSupply.Supplied;
import org.healingsqlite.archive.RowSupply.WholeCopy;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Content for a database of which there is no file, or an empty one: made beside it of what other sources have, checked, and put in place as one
 * transaction. A process that dies over it leaves no file, an empty one, or the whole content. For one heal, under the lock between processes.
 */
public final class NewContent {
    private static final int PAGES_A_STEP = 1;
    private static final int PAUSE_MILLIS = 10;

    private final DatabaseFile file;
    private final RowSupply supply;
    private final Workshop workshop;
    private boolean wal;

    /** Gives a new database the schema that is known. */
    @FunctionalInterface
    public interface Schema {
        void complete(Connection content) throws SQLException;
    }

    /**
     * What was made.
     *
     * @param source where it came from, for a reader
     * @param missing what it cannot have, for a reader
     */
    public record Made(String source, String missing) {}

    public NewContent(DatabaseFile file, RowSupply supply) {
        this.file = file;
        this.supply = supply;
        this.workshop = new Workshop(file);
    }

    /**
     * Makes the content beside the database.
     *
     * @return empty where no source has anything
     */
    public Optional<Made> make(Schema schema) throws SQLException, IOException {
        file.side().create();
        workshop.clear();
        Optional<WholeCopy> whole = supply.wholeCopy(file.main(), workshop.source());
        file.side().restrict(workshop.source());
        try (Connection content = Sqlite.open(file.side().prepare(workshop.source()), Access.OWN)) {
            Sqlite.execute(content, "PRAGMA synchronous = off");
            schema.complete(content);
            Optional<Supplied> supplied = Optional.empty();
            if (whole.isEmpty()
                    || !whole.get().ofArchive() && supply.mayAddTo(whole.get().asOf())) {
                supplied = supply.addTo(content, table -> true, whole.isEmpty());
            }
            List<String> sources = new ArrayList<>();
            whole.ifPresent(copy -> sources.add(copy.source()));
            supplied.filter(rows -> rows.totalRows() > 0).ifPresent(rows -> sources.add(rows.source()));
            if (sources.isEmpty()) {
                return Optional.empty();
            }
            List<String> messages = DamageCheck.messages(content, DamageCheck.Depth.FULL);
            if (!messages.isEmpty()) {
                throw new SQLException("what the other sources gave is not sound: " + messages.get(0));
            }
            // A database in WAL mode cannot keep readers out, which is what stops the copying.
            wal = Sqlite.pragma(content, "journal_mode").equalsIgnoreCase("wal");
            Sqlite.execute(content, "PRAGMA journal_mode = delete");
            List<String> missing = new ArrayList<>();
            missing.add(whole.map(WholeCopy::missing).orElse("whatever the archive does not have"));
            missing.addAll(supply.problems());
            return Optional.of(new Made(String.join(" and ", sources), String.join("; ", missing)));
        }
    }

    /**
     * Puts the content where there is no file, or an empty one.
     *
     * @return false where somebody has written a database there meanwhile; it is as it was
     */
    public boolean put(Duration lockWait) throws SQLException {
        try (Connection source = Sqlite.open(workshop.source(), Access.OWN);
                Connection target = Sqlite.open(file.main(), Access.CREATE.waiting(lockWait))) {
            int attempts = (int) Math.max(1, Math.min(10_000, lockWait.toMillis() / PAUSE_MILLIS));
            boolean[] taken = {false};
            Optional<String> reason =
                    Sqlite.restore(target, workshop.source(), PAGES_A_STEP, attempts, PAUSE_MILLIS, () -> {
                        taken[0] = file.sizeBytes() > 0;
                        if (taken[0]) {
                            block(source, new SQLException("somebody was quicker"));
                        }
                    });
            if (taken[0]) {
                return false;
            }
            if (reason.isPresent()) {
                throw new SQLException("the content of other sources could not be put in place: " + reason.get());
            }
            if (wal) {
                Sqlite.execute(target, "PRAGMA journal_mode = wal");
            }
            return true;
        }
    }

    /** Keeps the copying from going on. */
    private static void block(Connection source, Exception why) {
        try {
            if (!Sqlite.inTransaction(source)) {
                Sqlite.execute(source, "BEGIN EXCLUSIVE");
            }
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    /** Removes what was made beside the database. */
    public void discard() throws IOException {
        workshop.clear();
    }
}
