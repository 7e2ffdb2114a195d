package org.healingsqlite.salvage;

import java.io.IOException;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.salvage.PageVersion.Source;

/** Takes the rows from the pages to the new database, table by table, best version first. */
final class RowTransfer {

    private final PageStore store;
    private final Ownership ownership;
    private final TreeWalk walk;
    private final IndexEvidence evidence;
    private final NewDatabase database;
    private final LostAndFound lostAndFound;
    private final SalvageReport.Builder report;
    private final Progress progress;
    private final TextCast textCast;

    RowTransfer(
            PageStore store,
            Ownership ownership,
            TreeWalk walk,
            IndexEvidence evidence,
            NewDatabase database,
            LostAndFound lostAndFound,
            SalvageReport.Builder report,
            Progress progress)
            throws SalvageException {
        this.textCast = database.textCast();
        this.store = store;
        this.ownership = ownership;
        this.walk = walk;
        this.evidence = evidence;
        this.database = database;
        this.lostAndFound = lostAndFound;
        this.report = report;
        this.progress = progress;
    }

    /** Writes the rows of all tables, and their indexes. */
    void write(List<TableTree> tables, SchemaWriter schema) throws IOException {
        progress.phase("rows", store.pageCount());
        List<Passed> passed = new ArrayList<>();
        try (StagingFile staging = database.staging();
                WriteQueue queue = new WriteQueue()) {
            TableWriter.Sets sets = new TableWriter.Sets();
            for (TableTree table : tables) {
                if (!isSequence(table)) {
                    Optional<Handed> rows = hand(table, queue, sets, staging);
                    queue.submit(() -> schema.createIndexes(table.object().name()));
                    if (rows.isPresent()) {
                        passed.add(rows.get().passed());
                    }
                }
            }
            schema.tellOfIndexes();
            queue.drain();
            database.commit();
        }
        for (Passed rows : passed) {
            report(rows);
        }
        for (TableTree table : tables) {
            if (isSequence(table)) {
                writeSequences(table);
            }
        }
    }

    /** A table whose rows were all handed on to be written, and those that were not there to be handed on. */
    private record Passed(
            TableTree table, RowInserter.Tally tally, long lostCells, long doubtful, IndexEvidence.LostRows lost) {}

    /** A table whose rows were all handed on to be written. */
    private record Handed(
            TableTree table, RowInserter.Tally tally, long lostCells, long doubtful, IndexEvidence.RowCheck check) {
        Passed passed() throws IOException {
            return new Passed(table, tally, lostCells, doubtful, check.lostRows());
        }
    }

    private static boolean isSequence(TableTree table) {
        return table.object().name().equalsIgnoreCase("sqlite_sequence");
    }

    private Optional<Handed> hand(TableTree table, WriteQueue queue, TableWriter.Sets sets, StagingFile staging)
            throws IOException {
        TableShape shape = table.shape();
        if (shape == null) {
            if (!table.object().name().toLowerCase(Locale.ROOT).startsWith("sqlite_stat")) {
                keepApart(table);
            }
            return Optional.empty();
        }
        Tree tree = table.tree();
        DoubtfulRows doubtful = new DoubtfulRows(lostAndFound, shape);
        RowReader reader = new RowReader(
                store,
                ownership,
                doubtful.because(
                        "its key is out of order, its numbers are not as SQLite writes them, or a part of it was wiped"));
        RowInserter inserter = new RowInserter(
                database.connection(), textCast, shape, database.isRelaxed(shape.name()), lostAndFound, staging);
        TableWriter writer = new TableWriter(inserter, queue, sets, shape.withoutRowid());
        IndexEvidence.RowCheck check = evidence.check(table);
        OddTexts texts = new OddTexts(store.encoding());
        boolean[] atHand = {false};
        RowSink write = (rowid, record, page) -> {
            check.pass(rowid, record);
            writer.write(rowid, record, page);
        };
        HeldRows held = new HeldRows(texts, write, doubtful.because("a text in it is none, unlike in other rows"));
        RowSink sink = (rowid, record, page) -> {
            String contradiction = check.contradiction(rowid, record);
            if (atHand[0]) {
                // No index takes a row from a sound page, nor does what its texts look like.
                texts.learn(record);
                if (contradiction.isEmpty()) {
                    check.pass(rowid, record);
                } else {
                    check.passUnconfirmed(contradiction, rowid, record);
                }
                writer.write(rowid, record, page);
                return;
            }
            if (!contradiction.isEmpty()) {
                doubtful.keep(contradiction, rowid, record, page);
                return;
            }
            int odd = texts.learn(record);
            boolean vouched = odd < 0 || check.vouchesFor(odd);
            if (!vouched && reader.onDamagedPage() && texts.mostAreSound(odd)) {
                doubtful.keep("a text in it is none, and its page fails a checksum", rowid, record, page);
            } else if (vouched || !held.hold(rowid, record, page, odd)) {
                write.row(rowid, record, page);
            }
        };
        table.strays().sort(Comparator.comparingLong(TableTree.Stray::first));
        BitSet walked = new BitSet();
        for (Round round : rounds(tree)) {
            walk.visit(tree, image -> {
                if (round.takes(image.version().source(), image.btree())) {
                    progress.advance();
                    walked.set(image.page());
                    atHand[0] = image.sound() && image.versionIndex() == 0;
                    reader.rows(image, tree, atHand[0] ? shape::holds : shape::fits, sink);
                }
            });
            atHand[0] = false;
            strays(table, shape, reader, sink, round, walked);
        }
        held.release();
        long back = check.rowsOnlyIndexesHave(
                writer::write, doubtful.because("only one index has it, and another one knows of no such row"));
        if (back > 0) {
            report.fact(back + " rows of table " + table.object().name()
                    + " came back from an index that has all their values");
        }
        check.disagreement().ifPresent(report::doubt);
        writer.finish();
        store.noteTooLarge(reader.tooLarge());
        return Optional.of(new Handed(table, inserter.tally(), reader.lostCells(), doubtful.count(), check));
    }

    private void report(Passed rows) {
        TableTree table = rows.table();
        long missing = table.tree().holes().stream()
                .filter(hole -> hole.page() != 0)
                .filter(hole -> !ownership.exists(hole.page()) || ownership.owner(hole.page()) == Ownership.NOBODY)
                .count();
        boolean unrooted = table.object().rootPage() == 0;
        if (!rows.lost().counted()) {
            report.damage(
                    "table " + table.object().name()
                            + " has too many rows for the memory at hand to compare them with its indexes: what they know of lost rows is not counted");
        }
        report.table(new SalvageReport.TableReport(
                table.object().name(),
                rows.tally().written(),
                Math.max(rows.lostCells(), rows.lost().count()),
                rows.lost().keys(),
                rows.tally().refused() + rows.doubtful(),
                unrooted ? 0 : missing,
                Completeness.unknown("not judged"),
                Content.UNVERIFIED));
        if (unrooted) {
            report.damage("where the rows of table " + table.object().name()
                    + " began is not known; pages that no other table could own were taken for its");
        }
    }

    /** Pages whose rows go before those of others, for a row that is there already is not written again. */
    @FunctionalInterface
    private interface Round {
        boolean takes(Source source, BtreePage page);
    }

    private List<Round> rounds(Tree tree) {
        List<Round> rounds = new ArrayList<>();
        boolean uncertain = store.stateUncertain();
        if (uncertain) {
            // Pages of the log are newer than those that may stand in for lost ones.
            rounds.add((source, page) -> source.isNewestOfLog() && !page.headerLost());
        }
        rounds.add((source, page) -> !(uncertain && source.isNewestOfLog()) && !page.headerLost());
        if (tree.hasUnsoundPages()) {
            // What lies on a page without header may be what is left of rows that were moved elsewhere.
            rounds.add((source, page) -> page.headerLost());
        }
        return rounds;
    }

    /** @param walked pages whose rows were handed out already: a stray that came back to its place is one */
    private void strays(TableTree table, TableShape shape, RowReader reader, RowSink sink, Round round, BitSet walked)
            throws IOException {
        for (TableTree.Stray stray : table.strays()) {
            if (walked.get(stray.page())) {
                continue;
            }
            PageVersion version = store.versions(stray.page()).get(stray.versionIndex());
            byte[] bytes = store.read(stray.page(), version);
            CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
            BtreePage btree = bestReading(bytes, stray.page(), shape, cursor);
            if (!round.takes(version.source(), btree)) {
                continue;
            }
            progress.advance();
            PageImage image = new PageImage(
                    stray.page(),
                    version,
                    stray.versionIndex(),
                    btree,
                    store.available(version),
                    stray.hole().above(),
                    stray.hole().upTo());
            reader.rows(image, table.tree(), shape::fits, sink);
        }
    }

    private BtreePage bestReading(byte[] bytes, int page, TableShape shape, CellCursor cursor) {
        if (shape.withoutRowid()) {
            BtreePage interior = BtreePage.read(bytes, page, PageKind.INDEX_INTERIOR, store.geometry(), cursor);
            if (interior.exact() || bytes[0] == PageKind.INDEX_INTERIOR.flag()) {
                return interior;
            }
            return BtreePage.read(bytes, page, PageKind.INDEX_LEAF, store.geometry(), cursor);
        }
        return BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
    }

    /** Rows of a table that could not be created. */
    private void keepApart(TableTree table) throws IOException {
        RowReader reader = new RowReader(store, ownership);
        walk.visit(
                table.tree(),
                image -> reader.rows(
                        image,
                        table.tree(),
                        record -> true,
                        (rowid, record, page) -> lostAndFound.keep(
                                table.object().name(),
                                "the table's statement is damaged",
                                table.object().rootPage(),
                                page,
                                rowid,
                                record)));
        store.noteTooLarge(reader.tooLarge());
    }

    /** Rows on pages that no table can claim. */
    void keepUnclaimed(List<Integer> pages, Tree nobodys) throws IOException {
        RowReader reader = new RowReader(store, ownership);
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        for (int page : pages) {
            List<PageVersion> versions = store.versions(page);
            PageVersion version = versions.get(0);
            byte[] bytes = store.read(page, version);
            Optional<PageKind> kind = PageKind.of(Bytes.u8(bytes, BtreePage.headerOffset(page)));
            if (kind.isEmpty() || kind.get() != PageKind.TABLE_LEAF) {
                continue;
            }
            BtreePage btree = BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
            PageImage image =
                    new PageImage(page, version, 0, btree, store.available(version), Long.MIN_VALUE, Long.MAX_VALUE);
            reader.rows(
                    image,
                    nobodys,
                    record -> true,
                    (rowid, record, at) ->
                            lostAndFound.keep("", "no table can claim this page alone", 0, at, rowid, record));
        }
        store.noteTooLarge(reader.tooLarge());
    }

    /**
     * Rows of tables without rowid whose statements are lost.
     *
     * @param pages each with the root of its tree
     */
    void keepEntries(Map<Integer, Integer> pages, Tree nobodys) throws IOException {
        RowReader reader = new RowReader(store, ownership);
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        for (Map.Entry<Integer, Integer> page : pages.entrySet()) {
            int number = page.getKey();
            PageVersion version = store.versions(number).get(0);
            byte[] bytes = store.read(number, version);
            PageKind kind =
                    PageKind.of(Bytes.u8(bytes, BtreePage.headerOffset(number))).orElse(PageKind.INDEX_LEAF);
            BtreePage btree = BtreePage.read(bytes, number, kind, store.geometry(), cursor);
            PageImage image =
                    new PageImage(number, version, 0, btree, store.available(version), Long.MIN_VALUE, Long.MAX_VALUE);
            reader.rows(
                    image,
                    nobodys,
                    record -> true,
                    (rowid, record, at) -> lostAndFound.keep(
                            "",
                            "a row of a table without rowid whose statement is lost, or an entry of an index",
                            page.getValue(),
                            at,
                            null,
                            record));
        }
        store.noteTooLarge(reader.tooLarge());
    }

    /** SQLite keeps the highest rowid itself while rows are written; a higher stored one must come back. */
    private void writeSequences(TableTree table) throws IOException {
        Map<String, Long> stored = new LinkedHashMap<>();
        RowReader reader = new RowReader(store, ownership);
        RowReader.Acceptance isSequence =
                record -> record.count() == 2 && record.isText(0) && record.kind(1) == RecordCursor.Kind.INTEGER;
        walk.visit(
                table.tree(),
                image -> reader.rows(
                        image,
                        table.tree(),
                        isSequence,
                        (rowid, record, page) -> stored.put(
                                new String(record.copy(0), store.encoding().charset()), record.integer(1))));
        try (PreparedStatement update = database.connection()
                        .prepareStatement("UPDATE sqlite_sequence SET seq=max(seq,?2) WHERE name=?1");
                PreparedStatement insert =
                        database.connection().prepareStatement("INSERT INTO sqlite_sequence VALUES(?1,?2)")) {
            for (Map.Entry<String, Long> entry : stored.entrySet()) {
                update.setString(1, entry.getKey());
                update.setLong(2, entry.getValue());
                if (update.executeUpdate() == 0) {
                    insert.setString(1, entry.getKey());
                    insert.setLong(2, entry.getValue());
                    insert.executeUpdate();
                }
            }
        } catch (SQLException e) {
            throw new SalvageException("Cannot write sqlite_sequence: " + Disclosure.message(e), e);
        }
    }
}
