package org.healingsqlite.salvage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.completeness.Judge;
import org.healingsqlite.completeness.Verdict;
import org.healingsqlite.files.OutputPath;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.salvage.SalvageReport.PageFate;

/** One salvage from beginning to end: the outline of the work as one readable method. */
final class SalvageRun {

    private final Path damaged;
    private final boolean alone;
    private final Optional<String> givenSchema;
    private final Optional<Path> lostAndFoundPath;
    private final Progress progress;
    private final SalvageReport.Builder report = new SalvageReport.Builder();
    private boolean schemaWhole;

    SalvageRun(
            Path damaged,
            boolean alone,
            Optional<String> givenSchema,
            Optional<Path> lostAndFound,
            ProgressListener progress) {
        this.damaged = damaged;
        this.alone = alone;
        this.givenSchema = givenSchema;
        this.lostAndFoundPath = lostAndFound;
        this.progress = new Progress(progress);
    }

    SalvageReport into(Path output) throws IOException {
        requireApart(output);
        NewDatabase.requireAbsent(output);
        return to(NewDatabase.beside(output));
    }

    SalvageReport over(Path output) throws IOException {
        requireApart(output);
        return to(NewDatabase.over(output));
    }

    /** Before anything is written: what is read stays as it is. */
    private void requireApart(Path output) throws IOException {
        OutputPath.requireApart(output, damaged);
        if (lostAndFoundPath.isPresent()) {
            OutputPath.requireApart(lostAndFoundPath.get(), damaged);
            OutputPath.requireApart(lostAndFoundPath.get(), output);
        }
    }

    private SalvageReport to(NewDatabase.Place place) throws IOException {
        if (lostAndFoundPath.isPresent()) {
            NewDatabase.requireAbsent(lostAndFoundPath.get());
        }
        try (DamagedFiles files = DamagedFiles.open(damaged, alone)) {
            GeometrySearch.Found found = new GeometrySearch(files).search();
            PageStore store = new PageStore(files, found.geometry(), found.origin(), progress);
            Optional<DatabaseHeader> header = header(store);
            TextEncoding encoding = encoding(header, store);
            store.encoding(encoding);
            tellOfFiles(files, found, store, header, encoding);
            if (isFirstPageReplaced(store, header)) {
                report.damage("the newest page 1 is none; an older one stands in for it");
            }

            Ownership ownership = new Ownership(
                    store.pageCount(), header.flatMap(DatabaseHeader::pageCount).orElse(0L));
            TreeWalk walk = new TreeWalk(store, ownership);
            SchemaSearch search = new SchemaSearch(store, ownership, encoding);
            List<SchemaObject> objects = schema(search, walk, store);
            try (SchemaCatalog catalog = SchemaCatalog.of(objects);
                    NewDatabase database = NewDatabase.create(
                            place,
                            found.geometry(),
                            store.pageCount() * (long) found.geometry().pageSizeBytes(),
                            encoding,
                            header,
                            SchemaCatalog.namesIn(objects));
                    LostAndFound lostAndFound = new LostAndFound(lostAndFoundPath, encoding)) {
                keepTexts(objects, search.unknown(), lostAndFound);
                Forest forest = new Forest(store);
                forest.plant(catalog, database, objects, report);
                forest.survey(walk, progress);
                IndexEvidence evidence = new IndexEvidence(
                        store, ownership, walk, forest.indexes(), forest.partialIndexes(), schemaWhole);
                List<Integer> unclaimed = reunite(forest, store, ownership, walk, header, evidence);

                RowTransfer transfer =
                        new RowTransfer(store, ownership, walk, evidence, database, lostAndFound, report, progress);
                SchemaWriter schema = new SchemaWriter(
                        database,
                        objects,
                        lostAndFound,
                        report,
                        progress,
                        new KeptOrder(store, ownership, catalog, database, forest.tables()));
                transfer.write(forest.tables(), schema);
                transfer.keepUnclaimed(unclaimed, forest.nobodys());
                if (!search.whole()) {
                    transfer.keepEntries(
                            new LooseEntries(store, ownership).rowsAmong(unclaimed), forest.nobodysEntries());
                }
                schema.finish();

                report.lostAndFound(lostAndFound.rows());
                report.tooLarge(store.tooLarge());
                tellOfPages(forest, ownership, unclaimed.size());
                SalvageReport done = report.build();
                if (done.outcome() == SalvageReport.Outcome.NOTHING) {
                    return done.judged(Verdict.unknown("nothing could be recovered"), false);
                }
                database.finish(header.isPresent() && header.get().walMode());
                progress.phase("proof", 0);
                // Whoever judges shares nothing with this.
                Verdict verdict =
                        Judge.judge(damaged, alone, database.written()).and(report.unjudged());
                progress.phase("publication", 0);
                database.publish();
                lostAndFound.publish();
                return done.judged(verdict, report.objectsWhole());
            }
        }
    }

    /** Whether what a log or journal has as the newest page 1 is none, so that an older one stands in for it. */
    private static boolean isFirstPageReplaced(PageStore store, Optional<DatabaseHeader> header) throws IOException {
        List<PageVersion> versions = store.versions(1);
        return header.isPresent()
                && !versions.isEmpty()
                && !DatabaseHeader.of(store.read(1, versions.get(0))).plausible();
    }

    /** The header of the newest version of page 1 that has one. */
    private static Optional<DatabaseHeader> header(PageStore store) throws IOException {
        for (PageVersion version : store.versions(1)) {
            DatabaseHeader header = DatabaseHeader.of(store.read(1, version));
            if (header.plausible()) {
                return Optional.of(header);
            }
        }
        return Optional.empty();
    }

    private static TextEncoding encoding(Optional<DatabaseHeader> header, PageStore store) throws IOException {
        Optional<TextEncoding> said = header.flatMap(DatabaseHeader::encoding);
        return said.isPresent() ? EncodingVote.confirm(said.get(), store) : EncodingVote.take(store);
    }

    private List<SchemaObject> schema(SchemaSearch search, TreeWalk walk, PageStore store) throws IOException {
        List<SchemaObject> given = new ArrayList<>();
        if (givenSchema.isPresent()) {
            given.addAll(GivenSchema.read(givenSchema.get(), store.encoding()));
        }
        List<SchemaObject> found = search.search(walk);
        given.addAll(SchemaCatalog.shadows(found));
        schemaWhole = search.whole() || givenSchema.isPresent();
        if (!search.whole()) {
            report.damage("the schema table is damaged; objects may be missing that nothing tells of");
        }
        return SchemaSearch.merged(SchemaCatalog.mended(found, given, store), given);
    }

    /** What is in the schema table, and is no CREATE of its object, is data. */
    private static void keepTexts(
            List<SchemaObject> objects, List<SchemaSearch.Unknown> unknown, LostAndFound lostAndFound)
            throws IOException {
        for (SchemaObject object : objects) {
            Optional<String> refusal =
                    object.sql() == null || object.isInternal() ? Optional.empty() : object.refusal();
            if (refusal.isPresent()) {
                lostAndFound.keepText(
                        refusal.get(),
                        object.type().type().toString(),
                        object.name(),
                        object.table(),
                        object.rootPage(),
                        object.sql());
            }
        }
        for (SchemaSearch.Unknown row : unknown) {
            lostAndFound.keepText("no such type of object", row.type(), row.name(), row.table(), 0, row.sql());
        }
    }

    /** Gives stray pages back to their tables; returns those that nobody can claim. */
    private List<Integer> reunite(
            Forest forest,
            PageStore store,
            Ownership ownership,
            TreeWalk walk,
            Optional<DatabaseHeader> header,
            IndexEvidence evidence)
            throws IOException {
        progress.phase("stray pages", 0);
        boolean freeKnown = FreePages.mark(store, ownership, header);
        boolean freelistWhole = freeKnown && header.isPresent();
        if (freelistWhole) {
            evidence.trustStrays();
        }
        new ExchangedRoots(store, ownership, walk, forest.tables()).changeBack();
        new SunkenRoots(store, ownership, walk, forest.tables()).raise();
        boolean strays = hasStrays(store, ownership);
        MisplacedPages misplaced = new MisplacedPages(store, ownership, forest.tables(), evidence, strays);
        misplaced.release();
        boolean holes = forest.tables().stream().anyMatch(TableTree::hasHoles) || strays;
        if (!holes && !report.damaged() && !store.stateUncertain()) {
            return misplaced.ambiguous();
        }
        if (header.isEmpty()) {
            FreePages.markScattered(store, ownership);
        }
        boolean autoVacuum = header.isPresent() && header.get().largestRoot() != 0;
        OrphanPages orphans = new OrphanPages(
                store,
                ownership,
                forest.tables(),
                forest.trees(),
                autoVacuum,
                evidence,
                freeKnown,
                freelistWhole,
                schemaWhole);
        orphans.attribute();
        List<Integer> unclaimed = new ArrayList<>(orphans.unclaimed());
        unclaimed.addAll(misplaced.ambiguous());
        return unclaimed;
    }

    /** Whether a whole leaf with rows is in no tree although no tree misses one. */
    private static boolean hasStrays(PageStore store, Ownership ownership) throws IOException {
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        for (int page = 2; page <= store.pageCount(); page++) {
            if (ownership.owner(page) == Ownership.NOBODY && !ownership.isFree(page)) {
                byte[] bytes = store.newest(page);
                if (Bytes.u8(bytes, 0) == PageKind.TABLE_LEAF.flag()) {
                    BtreePage leaf = BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
                    if (leaf.exact() && leaf.count() > 0) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private void tellOfFiles(
            DamagedFiles files,
            GeometrySearch.Found found,
            PageStore store,
            Optional<DatabaseHeader> header,
            TextEncoding encoding) {
        report.fact("page size " + found.geometry().pageSizeBytes() + ", "
                + found.geometry().reservedBytes() + " reserved bytes, " + encoding.pragma()
                + (found.fromHeader() ? "" : ", told by the pages themselves"));
        if (files.lineEndsUndone()) {
            report.damage(
                    "every LF of the file had become CR LF, as a transfer in text mode does; it is read as it was before");
        }
        if (files.displacementUndone()) {
            report.damage(
                    "bytes were lost or added in the middle of the file; the pages behind are read where they lie now");
        }
        if (header.isEmpty()) {
            report.damage("the database header is lost, and user_version and application_id with it");
        }
        if (found.origin() != 0) {
            report.damage("page 1 begins, or would begin, at byte " + found.origin() + " of the file");
        }
        if (store.hotJournal()) {
            report.fact("the journal is hot: its "
                    + store.journal().orElseThrow().records() + " pages replace those of the unfinished transaction");
        }
        store.log().ifPresent(log -> {
            report.fact("write-ahead log of " + log.frames() + " frames");
            if (log.damagedFrames() > 0) {
                report.damage(log.damagedFrames() + " committed frames of the write-ahead log are damaged");
            }
        });
        store.doubts().forEach(report::damage);
        if (store.hotJournal() && store.journal().orElseThrow().damagedRecords() > 0) {
            report.damage("records of the journal are damaged or missing");
        }
    }

    private void tellOfPages(Forest forest, Ownership ownership, int unclaimed) {
        long damagedPages = 0;
        long lost = 0;
        for (Tree tree : forest.trees()) {
            damagedPages += tree.damagedPages().cardinality();
            lost += tree.holes().stream()
                    .filter(hole -> hole.page() != 0)
                    .filter(hole -> !ownership.exists(hole.page()) || ownership.owner(hole.page()) == Ownership.NOBODY)
                    .count();
        }
        long reunited = forest.tables().stream()
                .mapToLong(table -> table.strays().size())
                .sum();
        long owned = 0;
        long overflow = 0;
        long free = 0;
        for (int page = 1; page <= ownership.pageCount(); page++) {
            if (ownership.owner(page) != Ownership.NOBODY) {
                owned++;
            } else if (ownership.isOverflow(page)) {
                overflow++;
            } else if (ownership.isFree(page)) {
                free++;
            }
        }
        report.pages(PageFate.SOUND, owned - damagedPages - reunited);
        report.pages(PageFate.DAMAGED, damagedPages);
        report.pages(PageFate.REUNITED, reunited);
        report.pages(PageFate.UNCLAIMED, unclaimed);
        report.pages(PageFate.OVERFLOW, overflow);
        report.pages(PageFate.FREE, free);
        report.pages(PageFate.LOST, lost);
        report.pages(PageFate.UNUSED, Math.max(0, ownership.pageCount() - owned - overflow - free - unclaimed - lost));
    }
}
