package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.archive.RowSupply;
import org.healingsqlite.archive.RowSupply.Supplied;
import org.healingsqlite.archive.RowSupply.WholeCopy;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.Quarantine.Evidence;
import org.healingsqlite.repair.ContentRestore.Restored;
import org.healingsqlite.repair.ContentRestore.Surroundings;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.salvage.SalvageReport;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.sqlite.Sqlite;

/** The best content there is for a damaged database: of a connection whose cache is whole, salvaged, or the schema alone. */
final class Content {
    private static final int WHOLE = -1;
    private static final String OF_HOLDER = "a connection whose cache was whole";

    private final Surroundings surroundings;
    private final DatabaseFile file;
    private final Path workshop;
    private final Path salvaged;
    private final Path fromHolder;
    private boolean holderIsWhole;

    /**
     * New content, in the source of the restore.
     *
     * @param source where it came from, for a reader
     */
    record Made(String source, LossAccount loss) {
        Restored restored(Evidence evidence) {
            return new Restored(
                    source,
                    evidence.main(),
                    loss.rows(),
                    loss.isNone() ? "" : loss + "; the damaged database is kept in " + evidence.main());
        }
    }

    Content(DatabaseFile file, Surroundings surroundings) {
        this.surroundings = surroundings;
        this.file = file;
        this.workshop = file.side().workshop();
        this.salvaged = part(file, ".salvaged");
        this.fromHolder = part(file, ".copy");
    }

    private static Path part(DatabaseFile file, String suffix) {
        Path workshop = file.side().workshop();
        return workshop.resolveSibling(workshop.getFileName() + suffix);
    }

    /** The file that the restore reads from. */
    Path file() {
        return workshop;
    }

    /** Makes the file, with nothing in it yet but pages enough for the restore to begin. */
    Connection placeholder(int pageSizeBytes, int pages) throws SQLException, IOException {
        discard(workshop);
        Connection connection = Sqlite.open(workshop, Sqlite.OpenMode.CREATE);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size = " + pageSizeBytes);
            statement.execute("PRAGMA synchronous = off");
            statement.execute("CREATE TABLE placeholder (x)");
            statement.execute("INSERT INTO placeholder VALUES (zeroblob(" + (long) pageSizeBytes * pages + "))");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    // ---- A connection whose cache is whole

    /** Asks a connection that was there before the damage: pages in its cache are not read from the file. */
    void copyOfHolder() throws IOException {
        Connection holder = surroundings.holder();
        if (holder == null) {
            return;
        }
        try {
            discard(fromHolder);
            if (!Sqlite.isIdle(holder)) {
                // What it reads may be an older state that one of its statements holds on to.
                return;
            }
            Sqlite.backup(holder, fromHolder);
            holderIsWhole = isSound(fromHolder);
        } catch (SQLException damagedOrBusy) {
            // The next source has its turn.
            holderIsWhole = false;
        }
    }

    /** Somebody has written to the database since. */
    void discardCopyOfHolder() {
        holderIsWhole = false;
    }

    private static boolean isSound(Path database) throws SQLException {
        try (Connection connection = Sqlite.open(database, Sqlite.OpenMode.IMMUTABLE)) {
            return DamageCheck.messages(connection, DamageCheck.Depth.FULL).isEmpty()
                    && !SchemaSnapshot.read(connection).isEmpty();
        }
    }

    // ---- Making it

    /**
     * Makes the content, puts it into the source of the restore, completes and checks it.
     *
     * @param framesGone of the log: a connection whose cache is whole may have them, nobody else has
     */
    Made make(Evidence evidence, Connection source, long framesGone) throws SQLException, IOException {
        Made made = fill(evidence, source, framesGone);
        surroundings.step("completing the schema");
        surroundings.complete(source, !made.loss().isNone());
        surroundings.step("verifying");
        Sqlite.execute(source, "PRAGMA journal_mode = delete");
        List<String> messages = DamageCheck.messages(source, DamageCheck.Depth.FULL);
        if (!messages.isEmpty()) {
            throw new SQLException("the recovered content is not sound: " + messages.get(0));
        }
        long orphans = foreignKeyViolations(source);
        if (orphans > 0) {
            made.loss().add(orphans + " rows refer to rows that are not there");
        }
        return made;
    }

    private Made fill(Evidence evidence, Connection source, long framesGone) throws SQLException, IOException {
        if (holderIsWhole) {
            copy(fromHolder, source);
            return new Made(OF_HOLDER, LossAccount.none());
        }
        LossAccount loss;
        String from;
        surroundings.step("salvage");
        discard(salvaged);
        Salvage salvage = Salvage.of(evidence.main())
                .lostAndFound(evidence.lostAndFound())
                .progress(surroundings::salvaged);
        String schema = surroundings.schema();
        SalvageReport report = (schema.isEmpty() ? salvage : salvage.schema(schema)).into(salvaged);
        boolean nothing = report.outcome() == SalvageReport.Outcome.NOTHING
                || report.outcome() == SalvageReport.Outcome.LOSSES && report.recoveredRows() == 0 && !schema.isEmpty();
        if (nothing) {
            Optional<WholeCopy> whole = wholeCopy(source);
            if (whole.isPresent()) {
                return completed(whole.get(), source);
            }
            if (schema.isEmpty()) {
                throw new SQLException("nothing can be recovered from it, and no schema is known");
            }
            try (Statement statement = source.createStatement()) {
                statement.execute("DROP TABLE placeholder");
            }
            loss = LossAccount.ofEverything("whatever was in the damaged file: none of it could be read");
            from = "the schema alone";
        } else {
            copy(salvaged, source);
            loss = LossAccount.of(report);
            from = "salvage of " + report.recoveredRows() + " rows";
        }
        if (framesGone > 0) {
            loss.addUnknown("the changes of " + framesGone + " frames that are gone from the log");
        }
        return loss.isNone() ? new Made(from, loss) : supplied(from, loss, source, nothing);
    }

    private Optional<WholeCopy> wholeCopy(Connection source) throws SQLException, IOException {
        Path copy = part(file, ".whole");
        discard(copy);
        surroundings.step("a whole copy");
        Optional<WholeCopy> whole = surroundings.supply().wholeCopy(file.main(), copy);
        if (whole.isPresent()) {
            copy(copy, source);
        }
        return whole;
    }

    /** A whole copy, and what the archive has that is newer. */
    private Made completed(WholeCopy whole, Connection source) throws SQLException, IOException {
        LossAccount loss = LossAccount.ofEverything(whole.missing());
        RowSupply supply = surroundings.supply();
        if (whole.ofArchive() || !supply.mayAddTo(whole.asOf())) {
            supply.problems().forEach(loss::add);
            return new Made(
                    whole.source(), surroundings.archiveIsCurrent() && whole.ofArchive() ? LossAccount.none() : loss);
        }
        return supplied(whole.source(), loss, source, false);
    }

    /** What was recovered, and the archive's rows in the tables that may have lost some. */
    private Made supplied(String from, LossAccount loss, Connection source, boolean nothing)
            throws SQLException, IOException {
        RowSupply supply = surroundings.supply();
        if (!supply.mayAddTo(Optional.empty())) {
            supply.problems().forEach(loss::add);
            return new Made(from, loss);
        }
        surroundings.step("rows of the archive");
        surroundings.completeSchema(source);
        Optional<Supplied> supplied = supply.addTo(source, loss::concerns, nothing);
        supplied.ifPresent(rows -> loss.supplied(rows, surroundings.archiveIsCurrent()));
        supply.problems().forEach(loss::add);
        return new Made(from + supplied.map(rows -> " and " + rows.source()).orElse(""), loss);
    }

    /** Copies a database over the source; where its pages have another size they are made to fit, because a log's cannot change. */
    private void copy(Path from, Connection source) throws SQLException, IOException {
        surroundings.step("copying");
        String wanted = Sqlite.pragma(source, "page_size");
        Path fitting = from;
        try (Connection connection = Sqlite.open(from, Sqlite.OpenMode.EXISTING)) {
            if (!Sqlite.pragma(connection, "page_size").equals(wanted)) {
                fitting = part(file, ".fitted");
                discard(fitting);
                Sqlite.execute(connection, "PRAGMA page_size = " + wanted);
                Sqlite.execute(connection, "VACUUM INTO '" + fitting.toString().replace("'", "''") + "'");
            }
        }
        Optional<String> reason = Sqlite.restore(source, fitting, WHOLE, 1, 1, () -> {});
        if (!fitting.equals(from)) {
            discard(fitting);
        }
        if (reason.isPresent()) {
            throw new SQLException("the recovered content could not be copied: " + reason.get());
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

    /** Keeps the restore from going on. */
    static void block(Connection source, Exception why) {
        try {
            if (!Sqlite.inTransaction(source)) {
                Sqlite.execute(source, "BEGIN EXCLUSIVE");
            }
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    // ---- The workshop

    /** Removes what was made. */
    void discard() throws IOException {
        discardAll(file);
    }

    static void discardAll(DatabaseFile file) throws IOException {
        Path side = file.side().path();
        if (!Files.isDirectory(side)) {
            return;
        }
        try (DirectoryStream<Path> parts =
                Files.newDirectoryStream(side, file.side().workshop().getFileName() + "*")) {
            for (Path part : parts) {
                Files.deleteIfExists(part);
            }
        }
    }

    private static void discard(Path database) throws IOException {
        for (String suffix : List.of("", "-journal", "-wal", "-shm")) {
            Files.deleteIfExists(database.resolveSibling(database.getFileName() + suffix));
        }
    }
}
