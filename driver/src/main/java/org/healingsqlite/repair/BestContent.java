package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import org.healingsqlite.archive.RowSupply;
import org.healingsqlite.archive.RowSupply.Supplied;
import org.healingsqlite.archive.RowSupply.WholeCopy;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.Quarantine.Evidence;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.salvage.SalvageReport;

/**
 * Fills the source of a restore with the best content there is: of a connection whose cache is whole, salvaged, of a whole copy, or the schema alone, and
 * with the archive's rows where any may be lost. For one restore.
 */
final class BestContent {
    private static final String OF_HOLDER = "a connection whose cache was whole";

    private final DatabaseFile file;
    private final Workshop workshop;
    private final ContentSources sources;
    private final RestoreProgress progress;
    private final RestoreSource target;

    /**
     * For one restore.
     *
     * @param target filled
     */
    BestContent(
            DatabaseFile file,
            Workshop workshop,
            ContentSources sources,
            RestoreProgress progress,
            RestoreSource target) {
        this.file = file;
        this.workshop = workshop;
        this.sources = sources;
        this.progress = progress;
        this.target = target;
    }

    /**
     * Fills it.
     *
     * @param holder what a connection saw whose cache may be whole
     * @param evidence the damaged files
     * @param framesGone frames of the log that were committed and are not in the evidence; a whole cache has them
     * @throws SQLException where there is no content, or not enough memory for all of it
     */
    Recovered fill(HolderCopy holder, Evidence evidence, long framesGone) throws SQLException, IOException {
        Optional<Path> seen = holder.ifWhole();
        if (seen.isPresent()) {
            target.put(seen.get());
            return new Recovered(OF_HOLDER, LossAccount.none());
        }
        String schema = sources.schema();
        SalvageReport report = salvage(evidence, schema);
        if (isNothing(report, schema)) {
            Optional<WholeCopy> whole = putWholeCopy();
            return whole.isPresent()
                    ? completed(whole.get())
                    : schemaAlone(schema, framesGone, unread(report, evidence));
        }
        target.accept();
        Recovered salvaged =
                supplied("salvage of " + report.recoveredRows() + " rows", LossAccount.of(report), framesGone, false);
        return new Recovered(salvaged.source(), salvaged.loss(), report.forApplication());
    }

    private SalvageReport salvage(Evidence evidence, String schema) throws SQLException, IOException {
        progress.step("salvage");
        Salvage salvage = Salvage.of(evidence.main())
                .lostAndFound(evidence.lostAndFound())
                .progress(progress::salvaged);
        SalvageReport report = (schema.isEmpty() ? salvage : salvage.schema(schema)).over(target.file());
        file.side().restrict(evidence.lostAndFound());
        if (report.tooLargeRows() > 0) {
            throw new RowsTooLargeException(report.tooLargeRows());
        }
        return report;
    }

    private static boolean isNothing(SalvageReport report, String schema) {
        return report.outcome() == SalvageReport.Outcome.NOTHING
                || report.outcome() == SalvageReport.Outcome.LOSSES
                        && report.recoveredRows() == 0
                        && (!schema.isEmpty() || report.objects().stream().noneMatch(SalvageReport.ObjectReport::kept));
    }

    /** What became of it where no table has anything; rows that no table could claim were read all the same. */
    private static String unread(SalvageReport report, Evidence evidence) {
        return report.lostAndFoundRows() == 0
                ? "none of it could be read"
                : "no table could claim any of the " + report.lostAndFoundRows()
                        + " rows that were read: they are in lost and found, in " + evidence.lostAndFound();
    }

    private Recovered schemaAlone(String schema, long framesGone, String unread) throws SQLException, IOException {
        if (schema.isEmpty()) {
            throw new SQLException("no schema is known, and " + unread);
        }
        target.putEmpty();
        LossAccount loss = LossAccount.ofEverything("whatever was in the damaged file: " + unread);
        return supplied("the schema alone", loss, framesGone, true);
    }

    private Optional<WholeCopy> putWholeCopy() throws SQLException, IOException {
        Path copy = workshop.vacantPart(".whole");
        progress.step("a whole copy");
        Optional<WholeCopy> whole = sources.supply().wholeCopy(file.main(), copy);
        if (whole.isPresent()) {
            target.put(copy);
        }
        return whole;
    }

    /** A whole copy, and what the archive has that is newer. */
    private Recovered completed(WholeCopy whole) throws SQLException, IOException {
        LossAccount loss = LossAccount.ofEverything(whole.missing());
        RowSupply supply = sources.supply();
        if (whole.ofArchive() || !supply.mayAddTo(whole.asOf())) {
            supply.problems().forEach(loss::add);
            return new Recovered(
                    whole.source(), sources.archiveIsCurrent() && whole.ofArchive() ? LossAccount.none() : loss);
        }
        return withRowsOfArchive(whole.source(), loss, false);
    }

    /** What was recovered of the damaged files; where rows may be lost, with those of the archive. */
    private Recovered supplied(String from, LossAccount loss, long framesGone, boolean nothing)
            throws SQLException, IOException {
        if (framesGone > 0) {
            loss.addUnknown("the changes of " + framesGone + " frames that are gone from the log");
        }
        return loss.isNone() ? new Recovered(from, loss) : withRowsOfArchive(from, loss, nothing);
    }

    /** Adds the archive's rows to the tables that may have lost some. */
    private Recovered withRowsOfArchive(String from, LossAccount loss, boolean nothing)
            throws SQLException, IOException {
        RowSupply supply = sources.supply();
        if (!supply.mayAddTo(Optional.empty())) {
            supply.problems().forEach(loss::add);
            return new Recovered(from, loss);
        }
        progress.step("rows of the archive");
        sources.completeSchema(target.content());
        Optional<Supplied> supplied = supply.addTo(target.content(), loss::concerns, nothing);
        supplied.ifPresent(rows -> loss.supplied(rows, sources.archiveIsCurrent()));
        supply.problems().forEach(loss::add);
        return new Recovered(
                from + supplied.map(rows -> " and " + rows.source()).orElse(""), loss);
    }
}
