package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.completeness.Judge;
import org.healingsqlite.completeness.Verdict;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.files.Quarantine;
import org.healingsqlite.files.Quarantine.Evidence;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Builds anew, within the damaged database, what can be built from whole tables. It is held to what a restore is held to: the files are kept before anything is
 * written, and what comes of it is judged by them before it is committed, on a copy: nobody else can see what a transaction has done. For one heal; called in the
 * healer's turn.
 */
public final class InPlaceRepair {
    /** As for the check whether indexes agree with their tables: above this size copying and judging takes minutes, and nobody writes meanwhile. */
    private static final long MOST_BYTES_TO_JUDGE = 1L << 30;

    private final DatabaseFile file;
    private final Surroundings surroundings;
    private final Workshop workshop;
    private final long mostBytesToJudge;

    public InPlaceRepair(DatabaseFile file, Surroundings surroundings) {
        this(file, surroundings, MOST_BYTES_TO_JUDGE);
    }

    /** With another limit. */
    InPlaceRepair(DatabaseFile file, Surroundings surroundings, long mostBytesToJudge) {
        this.file = file;
        this.surroundings = surroundings;
        this.workshop = new Workshop(file);
        this.mostBytesToJudge = mostBytesToJudge;
    }

    /**
     * Builds indexes anew, all or none.
     *
     * @throws SQLException also where one of them knows what its table does not, or where rows may be lost: nothing was changed then
     * @throws IOException where the files cannot be kept, likewise
     */
    public Restored reindex(List<String> indexes) throws SQLException, IOException {
        return run(IndexRepair.INDEXES, indexes);
    }

    /**
     * Builds full-text indexes anew, all or none. Runs no trigger of the file.
     *
     * @throws SQLException also where one of them knows of texts that are gone, or has triggers on its own tables, or where rows may be lost: nothing was changed
     *     then
     * @throws IOException where the files cannot be kept, likewise
     */
    public Restored rebuildFullText(List<String> tables) throws SQLException, IOException {
        return run(IndexRepair.FULL_TEXT, tables);
    }

    private Restored run(IndexRepair repair, List<String> names) throws SQLException, IOException {
        file.side().create();
        try (Connection connection = Sqlite.open(file.main(), Access.EXISTING.waiting(surroundings.lockWait()))) {
            Sqlite.execute(connection, "BEGIN IMMEDIATE");
            try {
                return underLock(connection, repair, names);
            } catch (SQLException | IOException | RuntimeException | Error e) {
                rollBack(connection, e);
                throw e;
            }
        } finally {
            workshop.clear();
        }
    }

    private Restored underLock(Connection connection, IndexRepair repair, List<String> names)
            throws SQLException, IOException {
        repair.ask(connection, names);
        surroundings.step("quarantine");
        Evidence evidence = new Quarantine(file).keepLocked(HeldFile.of(file), null, Instant.now());
        Restored done;
        try {
            Quarantine.makeDurable(evidence);
            Verdict verdict = verdict(evidence, repair, names);
            Completeness completeness = verdict.completeness();
            done = new Restored(
                    repair.done() + ": " + String.join(", ", names),
                    evidence.main(),
                    completeness,
                    verdict.content(),
                    completeness.isWhole() ? "" : completeness.toString(),
                    List.of());
            surroundings.decided(done);
            repair.build(connection, names);
        } catch (SQLException | IOException | RuntimeException | Error e) {
            evidence.discard();
            throw e;
        }
        // Where this fails nobody knows how much of it the disk has: the evidence stays.
        Sqlite.execute(connection, "COMMIT");
        return done;
    }

    /** Whether every row is there: proven, or unknown where the database is too large for that and rows may be lost. */
    private Verdict verdict(Evidence evidence, IndexRepair repair, List<String> names)
            throws SQLException, IOException {
        long bytes = Files.size(evidence.main());
        if (bytes > mostBytesToJudge) {
            if (!surroundings.acceptsLoss()) {
                throw new SQLException(tooLarge(bytes));
            }
            return Verdict.unknown(tooLarge(bytes));
        }
        surroundings.step(repair.done());
        Path made = workshop.copy(evidence, ".made");
        try (Connection copy = Sqlite.open(made, Access.OWN)) {
            Sqlite.execute(copy, "PRAGMA synchronous = OFF");
            repair.build(copy, names);
        }
        surroundings.step("judging");
        Verdict verdict = Judge.judge(evidence.main(), made);
        if (!verdict.completeness().isWhole()) {
            throw new SQLException("it is not proven that every row is there: " + verdict.completeness());
        }
        return verdict;
    }

    private String tooLarge(long bytes) {
        return "nobody has compared the tables of a database of " + bytes + " bytes, more than " + mostBytesToJudge
                + ", with what its indexes knew of them page by page";
    }

    private static void rollBack(Connection connection, Throwable cause) {
        try {
            Sqlite.execute(connection, "ROLLBACK");
        } catch (SQLException rolledBackAlready) {
            cause.addSuppressed(rolledBackAlready);
        }
    }
}
