package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
import org.healingsqlite.files.Quarantine;
import org.healingsqlite.files.Quarantine.Evidence;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.repair.ContentRestore.Restored;
import org.healingsqlite.repair.ContentRestore.Surroundings;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.salvage.SalvageReport;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/** The best content there is for a damaged database: of a connection whose cache is whole, salvaged, or the schema alone. */
final class Content {
    /** The check looks up each row in each index: with SQLite's own cache of 2 MB it reads the pages of a large index many times. */
    private static final String ROOM_FOR_INDEXES = "PRAGMA cache_size = -32768";

    private static final int COPY_BYTES = 1 << 16;
    private static final int WRITE_VERSION = 18;
    private static final int CHANGE_COUNTER = 24;
    private static final int VERSION_VALID_FOR = 92;
    private static final byte ROLLBACK_JOURNAL = 1;
    private static final String OF_HOLDER = "a connection whose cache was whole";

    private final Surroundings surroundings;
    private final DatabaseFile file;
    private final Path workshop;
    private final Path fromHolder;
    private boolean holderIsWhole;
    private int pageSizeBytes;

    /** The highest change counter that the source of the restore may have been seen with. */
    private int counterSeen;

    private @Nullable Connection content;
    private @Nullable Aside<Boolean> tidied;

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
                    loss.completeness(),
                    loss.values(),
                    loss.isNone() ? "" : loss + "; the damaged database is kept in " + evidence.main());
        }
    }

    /**
     * What the check of new content says.
     *
     * @param messages of the integrity check; empty where it is sound
     * @param orphans rows that refer to rows that are not there
     */
    private record Verdict(List<String> messages, long orphans) {}

    Content(DatabaseFile file, Surroundings surroundings) {
        this.surroundings = surroundings;
        this.file = file;
        this.workshop = file.side().workshop();
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
        this.pageSizeBytes = pageSizeBytes;
        discard(workshop);
        Connection connection = Sqlite.open(file.side().prepare(workshop), Access.OWN);
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
        try (FileChannel channel = FileChannel.open(workshop, StandardOpenOption.READ)) {
            ByteBuffer header = ByteBuffer.allocate(DatabaseHeader.SIZE);
            channel.read(header, 0);
            return header.getInt(CHANGE_COUNTER);
        }
    }

    // ---- A connection whose cache is whole

    /** Asks a connection that was there before the damage: pages in its cache are not read from the file. */
    void copyOfHolder() throws IOException {
        try {
            discard(fromHolder);
            holderIsWhole = surroundings.copyOfHolder(file.side().prepare(fromHolder)) && isSound(fromHolder);
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
        try (Connection connection = Sqlite.open(database, Access.IMMUTABLE.confined())) {
            return DamageCheck.messages(connection, DamageCheck.Depth.FULL).isEmpty()
                    && !SchemaSnapshot.read(connection).isEmpty();
        }
    }

    // ---- Making it

    /**
     * Makes the content, puts it into the source of the restore, completes it and checks it. The source is locked meanwhile, by the caller.
     *
     * @param evidence complete; made durable before this returns
     * @param framesGone of the log: a connection whose cache is whole may have them, nobody else has
     */
    Made make(Evidence evidence, long framesGone) throws SQLException, IOException {
        Aside<Boolean> durable = Aside.begin("evidence", () -> {
            Quarantine.makeDurable(evidence);
            return true;
        });
        try {
            Made made = fill(evidence, framesGone);
            surroundings.step("completing the schema");
            surroundings.complete(content(), !made.loss().isNone());
            Sqlite.execute(content(), "PRAGMA journal_mode = delete");
            closeContent();
            tidied = Aside.begin("tidying", this::discardWhatWasCopied);
            surroundings.step("verifying");
            requireSound(made);
            durable.await();
            return made;
        } finally {
            closeContent();
            durable.awaitEnd();
        }
    }

    /** On a connection of its own, so that nothing is taken from a cache. */
    private Verdict look() throws SQLException {
        try (Connection connection = Sqlite.open(workshop, Access.IMMUTABLE.confined())) {
            Sqlite.execute(connection, ROOM_FOR_INDEXES);
            List<String> messages = DamageCheck.messages(connection, DamageCheck.Depth.FULL);
            return new Verdict(messages, messages.isEmpty() ? foreignKeyViolations(connection) : 0);
        }
    }

    private void requireSound(Made made) throws SQLException {
        Verdict said = look();
        if (!said.messages().isEmpty()) {
            throw new SQLException(
                    "the recovered content is not sound: " + said.messages().get(0));
        }
        if (said.orphans() > 0 && !made.loss().isNone()) {
            // Where nothing is lost they were there before.
            made.loss().add(said.orphans() + " rows refer to rows that are not there");
        }
    }

    /** A connection to the source of the restore that has seen nothing of the placeholder. */
    private Connection content() throws SQLException {
        Connection open = content;
        if (open == null) {
            open = Sqlite.open(workshop, Access.UNLOCKED);
            content = open;
            Sqlite.execute(open, "PRAGMA synchronous = off");
        }
        return open;
    }

    private void closeContent() throws SQLException {
        Connection open = content;
        content = null;
        if (open != null) {
            open.close();
        }
    }

    private Made fill(Evidence evidence, long framesGone) throws SQLException, IOException {
        if (holderIsWhole) {
            copy(fromHolder);
            return new Made(OF_HOLDER, LossAccount.none());
        }
        LossAccount loss;
        String from;
        surroundings.step("salvage");
        Salvage salvage = Salvage.of(evidence.main())
                .lostAndFound(evidence.lostAndFound())
                .progress(surroundings::salvaged);
        String schema = surroundings.schema();
        SalvageReport report = (schema.isEmpty() ? salvage : salvage.schema(schema)).over(workshop);
        file.side().restrict(evidence.lostAndFound());
        if (report.tooLargeRows() > 0) {
            throw new SQLException(
                    report.tooLargeRows()
                            + " rows are larger than the memory at hand, and would be lost: expected a heap of some times the largest value");
        }
        boolean nothing = report.outcome() == SalvageReport.Outcome.NOTHING
                || report.outcome() == SalvageReport.Outcome.LOSSES && report.recoveredRows() == 0 && !schema.isEmpty();
        if (nothing) {
            Optional<WholeCopy> whole = wholeCopy();
            if (whole.isPresent()) {
                return completed(whole.get());
            }
            if (schema.isEmpty()) {
                throw new SQLException("nothing can be recovered from it, and no schema is known");
            }
            copy(empty());
            loss = LossAccount.ofEverything("whatever was in the damaged file: none of it could be read");
            from = "the schema alone";
        } else {
            fit();
            loss = LossAccount.of(report);
            from = "salvage of " + report.recoveredRows() + " rows";
        }
        if (framesGone > 0) {
            loss.addUnknown("the changes of " + framesGone + " frames that are gone from the log");
        }
        return loss.isNone() ? new Made(from, loss) : supplied(from, loss, nothing);
    }

    private Optional<WholeCopy> wholeCopy() throws SQLException, IOException {
        Path copy = part(file, ".whole");
        discard(copy);
        surroundings.step("a whole copy");
        Optional<WholeCopy> whole = surroundings.supply().wholeCopy(file.main(), copy);
        if (whole.isPresent()) {
            copy(copy);
        }
        return whole;
    }

    /** A whole copy, and what the archive has that is newer. */
    private Made completed(WholeCopy whole) throws SQLException, IOException {
        LossAccount loss = LossAccount.ofEverything(whole.missing());
        RowSupply supply = surroundings.supply();
        if (whole.ofArchive() || !supply.mayAddTo(whole.asOf())) {
            supply.problems().forEach(loss::add);
            return new Made(
                    whole.source(), surroundings.archiveIsCurrent() && whole.ofArchive() ? LossAccount.none() : loss);
        }
        return supplied(whole.source(), loss, false);
    }

    /** What was recovered, and the archive's rows in the tables that may have lost some. */
    private Made supplied(String from, LossAccount loss, boolean nothing) throws SQLException, IOException {
        RowSupply supply = surroundings.supply();
        if (!supply.mayAddTo(Optional.empty())) {
            supply.problems().forEach(loss::add);
            return new Made(from, loss);
        }
        surroundings.step("rows of the archive");
        surroundings.completeSchema(content());
        Optional<Supplied> supplied = supply.addTo(content(), loss::concerns, nothing);
        supplied.ifPresent(rows -> loss.supplied(rows, surroundings.archiveIsCurrent()));
        supply.problems().forEach(loss::add);
        return new Made(from + supplied.map(rows -> " and " + rows.source()).orElse(""), loss);
    }

    /** Makes a database without anything in it. */
    private Path empty() throws SQLException, IOException {
        Path empty = part(file, ".empty");
        discard(empty);
        try (Connection connection = Sqlite.open(file.side().prepare(empty), Access.OWN)) {
            Sqlite.execute(connection, "PRAGMA page_size = " + pageSizeBytes);
            Sqlite.execute(connection, "PRAGMA synchronous = off");
            Sqlite.execute(connection, "CREATE TABLE placeholder (x)");
            Sqlite.execute(connection, "DROP TABLE placeholder");
        }
        return empty;
    }

    /** Puts a database into the source of the restore. */
    private void copy(Path from) throws SQLException, IOException {
        surroundings.step("copying");
        overwrite(fitting(from));
    }

    /** What was written to the source of the restore itself. */
    private void fit() throws SQLException, IOException {
        Path fitting = fitting(workshop);
        if (fitting.equals(workshop)) {
            try (FileChannel target = FileChannel.open(workshop, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                renew(target);
            }
        } else {
            surroundings.step("copying");
            overwrite(fitting);
        }
    }

    /** The database itself, or, where its pages have another size, one that was made to fit, because a log's cannot change. */
    private Path fitting(Path database) throws SQLException, IOException {
        Access access = database.equals(workshop) ? Access.UNLOCKED : Access.OWN;
        try (Connection connection = Sqlite.open(database, access)) {
            Sqlite.execute(connection, "PRAGMA synchronous = off");
            // Everything is in the one file then.
            Sqlite.execute(connection, "PRAGMA journal_mode = delete");
            if (Sqlite.pragma(connection, "page_size").equals(Integer.toString(pageSizeBytes))) {
                return database;
            }
            Path fitting = part(file, ".fitted");
            discard(fitting);
            file.side().prepare(fitting);
            Sqlite.execute(connection, "PRAGMA page_size = " + pageSizeBytes);
            Sqlite.execute(connection, "VACUUM INTO '" + fitting.toString().replace("'", "''") + "'");
            return fitting;
        }
    }

    /** Byte by byte, because SQLite would take three times as long for it. */
    private void overwrite(Path from) throws SQLException, IOException {
        try (FileChannel target = FileChannel.open(workshop, StandardOpenOption.READ, StandardOpenOption.WRITE);
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
     * Nobody else knows of the source of the restore, and between the steps of the restore nobody has a lock on it. What was written there behind SQLite's back
     * gets a counter that SQLite has not seen, so that it keeps nothing of what was there before.
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

    /** Large files take their time to go. */
    private boolean discardWhatWasCopied() throws IOException {
        discard(fromHolder);
        return true;
    }

    /** Removes what was made. */
    void discard() throws IOException {
        Aside<Boolean> tidying = tidied;
        if (tidying != null) {
            tidying.awaitEnd();
        }
        discardAll(file);
    }

    static void discardAll(DatabaseFile file) throws IOException {
        Path side = file.side().path();
        if (!file.side().isOurs()) {
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
