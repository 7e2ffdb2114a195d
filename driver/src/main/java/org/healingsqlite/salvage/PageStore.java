package org.healingsqlite.salvage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.RollbackJournal;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.format.WriteAheadLog;
import org.healingsqlite.salvage.PageVersion.Source;
import org.jspecify.annotations.Nullable;

/**
 * Every page in every version there is, newest first. Pages of the main file are read ahead in chunks of which a few megabytes are kept; the
 * other versions cost an entry each. One thread at a time.
 */
final class PageStore {

    private static final int CHUNK_BYTES = 1 << 17;
    private static final int CACHE_BYTES = 8 << 20;

    private final DamagedFiles files;
    private final Progress progress;
    private final Geometry geometry;
    private final long origin;
    private final int filePages;
    private final long mainSize;
    private final int pageCount;
    private final Map<Integer, List<PageVersion>> others = new HashMap<>();
    /** Where in the journal pages of the main file lie that changed places with images. */
    private final Map<Integer, Long> movedToJournal = new HashMap<>();

    private final List<String> doubts = new ArrayList<>();
    private final boolean hotJournal;
    private final Optional<WriteAheadLog> log;
    private final Optional<RollbackJournal> journal;

    private TextEncoding encoding = TextEncoding.UTF_8;
    private long tooLarge;
    private final int pagesPerChunk;
    private final byte[][] chunks;
    private final int[] chunkNumbers;

    /**
     * @param origin where page 1 begins or would begin in the main file; negative if the file lost its front
     */
    PageStore(DamagedFiles files, Geometry geometry, long origin, Progress progress) throws IOException {
        this.files = files;
        this.progress = progress;
        this.geometry = geometry;
        this.origin = origin;
        int size = geometry.pageSizeBytes();
        mainSize = files.main().size();
        long bytes = Math.max(0, mainSize - origin);
        // A page that is cut off still has the cells of its first part.
        filePages = (int) Math.min((bytes + size - 1) / size, Integer.MAX_VALUE - 8);
        pagesPerChunk = Math.max(1, CHUNK_BYTES / size);
        int slots = Math.max(4, CACHE_BYTES / (pagesPerChunk * size));
        chunks = new byte[slots][];
        chunkNumbers = new int[slots];
        Arrays.fill(chunkNumbers, -1);

        log = readLog(size);
        journal = readJournal(size);
        hotJournal = journal.isPresent() && isHot(journal.get());
        if (journal.isPresent()) {
            addJournal(journal.get());
        }
        if (log.isPresent()) {
            addLog(log.get());
        }
        others.forEach((page, versions) -> {
            if (page <= filePages) {
                versions.add(mainVersion(page));
            }
            versions.sort(Comparator.comparingInt(version -> version.source().age()));
        });
        // A page behind the main file's end of which the log has nothing but frames that were never committed.
        others.values().removeIf(List::isEmpty);
        int highest = filePages;
        for (int page : others.keySet()) {
            highest = Math.max(highest, page);
        }
        long committed = committedSize();
        pageCount = committed > 0 ? (int) Math.min(committed, highest) : highest;
    }

    /**
     * Whether a journal is to be rolled back. One whose header is zero is done with in {@code journal_mode=PERSIST}; but damage can zero a header too. A commit
     * raises the change counter on page 1 after journalling that page: only where the two copies of it are the same is such a journal one of a transaction
     * that was not committed.
     */
    private boolean isHot(RollbackJournal found) throws IOException {
        if (found.records() == 0) {
            return false;
        }
        if (found.superJournal().isPresent() && !isThere(found.superJournal().get())) {
            doubts.add(
                    "the journal names a super-journal that is not there: its transaction counts as committed, and is not rolled back");
            return false;
        }
        if (!found.headerZero()) {
            return isOfThisFile(found);
        }
        Optional<DatabaseHeader> before = imageOfFirstPage(found);
        DatabaseHeader now = DatabaseHeader.of(files.main().read(origin, DatabaseHeader.SIZE));
        if (before.isPresent() && now.hasMagic()) {
            return now.changeCounter() == before.get().changeCounter();
        }
        doubts.add(
                "the journal's header is zeros, as after a commit: nothing is rolled back, and nothing tells whether that is right");
        return false;
    }

    /** A name that no file can have is that of none. */
    private boolean isThere(String name) {
        try {
            return Files.exists(files.path().resolveSibling(name));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private Optional<DatabaseHeader> imageOfFirstPage(RollbackJournal found) throws IOException {
        for (int i = 0; i < found.records(); i++) {
            if (found.page(i) == 1 && found.proven(i)) {
                return Optional.of(DatabaseHeader.of(
                        DamagedFiles.read(files.journal().orElseThrow(), found.contentOffset(i), DatabaseHeader.SIZE)));
            }
        }
        return Optional.empty();
    }

    /**
     * Whether a journal can be one of this file. The page 1 that it has is from before the last change of the main file's: the change counter has moved by one at most. A
     * page 1 that it does not have was not written yet, and says how many pages there were.
     */
    private boolean isOfThisFile(RollbackJournal found) throws IOException {
        DatabaseHeader now = DatabaseHeader.of(files.main().read(origin, DatabaseHeader.SIZE));
        if (!isVouchedFor(now) || found.damagedRecords() > 0 || !found.headerSound()) {
            return true;
        }
        Optional<DatabaseHeader> before = imageOfFirstPage(found);
        boolean same;
        if (before.isPresent()) {
            long changes = now.changeCounter() - before.get().changeCounter();
            same = !before.get().plausible()
                    || (changes == 0 || changes == 1)
                            && now.encoding().equals(before.get().encoding());
        } else {
            same = now.pageCount().equals(Optional.of(found.originalPages()));
        }
        if (!same) {
            doubts.add("the journal is of another file, or of another state of this one: it is not rolled back");
        }
        return same;
    }

    /** Whether the change counter of a header is the one that was written: SQLite writes it twice. */
    private static boolean isVouchedFor(DatabaseHeader header) {
        return header.plausible() && header.pageCount().isPresent();
    }

    /** Whether the log can be one of this file: the change counter of its page 1 is not lower, and its text is encoded in the same way. */
    private boolean isOfThisFile(WriteAheadLog found) throws IOException {
        DatabaseHeader now = DatabaseHeader.of(files.main().read(origin, DatabaseHeader.SIZE));
        if (!isVouchedFor(now)) {
            return true;
        }
        for (int i = found.frames() - 1; i >= 0; i--) {
            if (found.page(i) == 1
                    && found.standing(i) == WriteAheadLog.Standing.COMMITTED
                    && found.elsewhere(i) == 0) {
                DatabaseHeader newest = DatabaseHeader.of(
                        DamagedFiles.read(files.log().orElseThrow(), found.contentOffset(i), DatabaseHeader.SIZE));
                return !newest.plausible()
                        || newest.encoding().equals(now.encoding()) && newest.changeCounter() >= now.changeCounter();
            }
        }
        return true;
    }

    private Optional<WriteAheadLog> readLog(int pageSizeBytes) throws IOException {
        if (files.log().isEmpty()) {
            return Optional.empty();
        }
        WriteAheadLog found = WriteAheadLog.read(files.log().get(), pageSizeBytes, mainPages());
        if (found.frames() > 0 && (found.pageSizeBytes() != pageSizeBytes || !isOfThisFile(found))) {
            doubts.add("the write-ahead log is of another file, or of another state of this one: its " + found.frames()
                    + " frames are not read");
            return Optional.empty();
        }
        if (found.endsInTransaction()) {
            doubts.add("the write-ahead log ends within a transaction: its last "
                    + found.framesWithoutCommit()
                    + " frames are not read, and nothing tells whether it had been committed");
        }
        return Optional.of(found);
    }

    private Optional<RollbackJournal> readJournal(int pageSizeBytes) throws IOException {
        if (files.journal().isEmpty()) {
            return Optional.empty();
        }
        RollbackJournal found = RollbackJournal.read(files.journal().get(), pageSizeBytes);
        if (found.records() > 0 && found.pageSizeBytes() != pageSizeBytes) {
            doubts.add("the journal is of another file: it has pages of " + found.pageSizeBytes() + " bytes");
            return Optional.empty();
        }
        return Optional.of(found);
    }

    /** What of the log and the journal can be understood in more than one way, and how it was. */
    List<String> doubts() {
        return doubts;
    }

    private void addJournal(RollbackJournal found) throws IOException {
        StrayImages strays = new StrayImages(found, files.journal().orElseThrow(), mainPages());
        for (int i = 0; i < found.records(); i++) {
            int page = found.page(i);
            if (hotJournal && found.synced(i) && strays.isUnnumbered(i)) {
                int like = strays.pageOf(i);
                page = like > 0 ? like : page;
            }
            if (hotJournal && found.synced(i) && !found.proven(i) && page > 0) {
                int place = strays.placeOf(i);
                if (place > 0) {
                    versionsFor(page)
                            .add(new PageVersion(
                                    Source.JOURNAL_IN_MAIN,
                                    mainVersionInPlace(place).offset()));
                    movedToJournal.put(place, found.contentOffset(i));
                    versionsFor(place);
                    continue;
                }
            }
            if (page > 0 && page < plausibleLimit()) {
                Source source = !hotJournal || !found.synced(i)
                        ? Source.OLD_JOURNAL
                        : found.proven(i) ? Source.JOURNAL : Source.DAMAGED_JOURNAL;
                List<PageVersion> versions = versionsFor(page);
                // Only the first image of a page is from before the transaction.
                if (versions.stream().noneMatch(v -> v.source().isJournal())) {
                    versions.add(new PageVersion(source, found.contentOffset(i)));
                }
            }
        }
    }

    private void addLog(WriteAheadLog found) {
        for (int i = found.frames() - 1; i >= 0; i--) {
            int page = found.page(i);
            if (page <= 0 || page >= plausibleLimit()) {
                continue;
            }
            List<PageVersion> versions = versionsFor(page);
            boolean superseded = versions.stream().anyMatch(v -> v.source().isNewestOfLog());
            int elsewhere = found.elsewhere(i);
            if (elsewhere > 0 && found.standing(i) == WriteAheadLog.Standing.COMMITTED) {
                versionsFor(elsewhere);
                if (!superseded) {
                    versions.add(new PageVersion(
                            Source.LOG_IN_MAIN, mainVersionInPlace(elsewhere).offset()));
                }
                continue;
            }
            @Nullable
            Source source = switch (found.standing(i)) {
                case COMMITTED, CORRECTED -> superseded ? Source.SUPERSEDED_LOG : Source.LOG;
                case DAMAGED ->
                    found.holdsForeignPage(i) ? null : superseded ? Source.SUPERSEDED_LOG : Source.DAMAGED_LOG;
                case CHECKPOINTED -> isInMainFile(versions) ? Source.CHECKPOINTED_LOG : Source.OLD_LOG;
                case OLD -> Source.OLD_LOG;
                case UNCOMMITTED -> null;
            };
            if (source != null) {
                versions.add(new PageVersion(source, found.contentOffset(i)));
            }
        }
    }

    /** Whether the main file has the page as the last frame of the generation before has it: this is that frame, and nothing has changed since. */
    private boolean isInMainFile(List<PageVersion> versions) {
        return !stateUncertain() && versions.stream().noneMatch(v -> v.source().isLog());
    }

    /** The pages of the main file, for the log to look for its own among them. */
    private WriteAheadLog.OtherPages mainPages() {
        return new WriteAheadLog.OtherPages() {
            @Override
            public int count() {
                return filePages;
            }

            @Override
            public byte[] page(int number) throws IOException {
                return files.main().read(mainVersionInPlace(number).offset(), geometry.pageSizeBytes());
            }
        };
    }

    /** How large the database was after the last commit, where the log or the journal says so; pages beyond are not its. */
    private long committedSize() {
        if (hotJournal) {
            return journal.orElseThrow().originalPages();
        }
        return log.isPresent() && log.get().damagedFrames() == 0 ? log.get().committedPages() : 0;
    }

    /** Whether pages of the current state are missing from the log or the journal, so that older ones stand in for them. */
    boolean stateUncertain() {
        return (log.isPresent() && log.get().damagedFrames() > 0)
                || (hotJournal && journal.orElseThrow().damagedRecords() > movedToJournal.size());
    }

    /** Damaged frames name any page; what lies far beyond everything known is no page of this database. */
    private long plausibleLimit() {
        long known = filePages
                + log.map(l -> (long) l.frames()).orElse(0L)
                + journal.map(j -> (long) j.records()).orElse(0L);
        return Math.min(known + 1024, Integer.MAX_VALUE - 8L);
    }

    private List<PageVersion> versionsFor(int page) {
        return others.computeIfAbsent(page, p -> new ArrayList<>(2));
    }

    /** Settles the encoding of text, once it is known. */
    void encoding(TextEncoding found) {
        encoding = found;
    }

    TextEncoding encoding() {
        return encoding;
    }

    /** Notes rows that are larger than the memory at hand. */
    void noteTooLarge(long rows) {
        tooLarge += rows;
    }

    /** How many rows were left out because they are larger than the memory at hand. */
    long tooLarge() {
        return tooLarge;
    }

    /** How many bytes of a version the file has. */
    int available(PageVersion version) throws IOException {
        long size = version.source() == Source.MAIN
                ? mainSize
                : file(version.source()).size();
        return (int) Math.max(0, Math.min(geometry.pageSizeBytes(), size - version.offset()));
    }

    private ByteSource file(Source source) {
        if (source == Source.MAIN || source == Source.LOG_IN_MAIN || source == Source.JOURNAL_IN_MAIN) {
            return files.main();
        }
        return DamagedFiles.source(
                source.isLog() ? files.log().orElseThrow() : files.journal().orElseThrow());
    }

    Geometry geometry() {
        return geometry;
    }

    /** No page has a higher number. */
    int pageCount() {
        return pageCount;
    }

    int filePages() {
        return filePages;
    }

    boolean hotJournal() {
        return hotJournal;
    }

    Optional<WriteAheadLog> log() {
        return log;
    }

    Optional<RollbackJournal> journal() {
        return journal;
    }

    /** No payload can be longer than everything there is. */
    long largestPayload() {
        return Math.min(Integer.MAX_VALUE - 64, (long) pageCount * geometry.pageSizeBytes());
    }

    boolean hasOtherVersions() {
        return !others.isEmpty();
    }

    /** All versions of a page, newest state first; empty if there is no such page. */
    List<PageVersion> versions(int page) {
        List<PageVersion> found = others.get(page);
        if (found == null) {
            return page >= 1 && page <= filePages ? List.of(mainVersion(page)) : List.of();
        }
        return found;
    }

    private PageVersion mainVersion(int page) {
        Long inJournal = movedToJournal.get(page);
        if (inJournal != null) {
            return new PageVersion(Source.MAIN_IN_JOURNAL, inJournal);
        }
        long moved = log.isPresent() ? log.get().placeOfOther(page) : -1;
        return moved < 0 ? mainVersionInPlace(page) : new PageVersion(Source.MAIN_IN_LOG, moved);
    }

    private PageVersion mainVersionInPlace(int page) {
        return new PageVersion(Source.MAIN, origin + (long) (page - 1) * geometry.pageSizeBytes());
    }

    /** The newest version of a page; zeros if there is none. */
    byte[] newest(int page) throws IOException {
        if (!others.containsKey(page)) {
            return page >= 1 && page <= filePages ? mainPage(page) : new byte[geometry.pageSizeBytes()];
        }
        return read(page, versions(page).get(0));
    }

    /** The first byte of the newest version of a page; 0 if there is none. */
    int firstByte(int page) throws IOException {
        if (others.containsKey(page) || page < 1 || page > filePages) {
            return newest(page)[0] & 0xff;
        }
        return chunkOf(page)[placeInChunk(page)] & 0xff;
    }

    /** The first four bytes of the newest version of a page; 0 if there is none. */
    long firstWord(int page) throws IOException {
        if (others.containsKey(page) || page < 1 || page > filePages) {
            return Bytes.u32(newest(page), 0);
        }
        progress.pageRead();
        return Bytes.u32(chunkOf(page), placeInChunk(page));
    }

    byte[] read(int page, PageVersion version) throws IOException {
        if (version.source() == Source.MAIN) {
            return mainPage(page);
        }
        progress.pageRead();
        byte[] bytes = file(version.source()).read(version.offset(), geometry.pageSizeBytes());
        if (version.source().isLog()) {
            log.ifPresent(found -> found.correct(version.offset(), bytes));
        }
        return bytes;
    }

    private byte[] mainPage(int page) throws IOException {
        progress.pageRead();
        int at = placeInChunk(page);
        return Arrays.copyOfRange(chunkOf(page), at, at + geometry.pageSizeBytes());
    }

    private int placeInChunk(int page) {
        return (page - 1) % pagesPerChunk * geometry.pageSizeBytes();
    }

    private byte[] chunkOf(int page) throws IOException {
        int size = geometry.pageSizeBytes();
        int chunk = (page - 1) / pagesPerChunk;
        int slot = chunk % chunks.length;
        if (chunkNumbers[slot] != chunk) {
            int length = pagesPerChunk * size;
            if (chunks[slot] == null) {
                chunks[slot] = new byte[length];
            }
            // Whatever happens while it is read, it is no other chunk any more.
            chunkNumbers[slot] = -1;
            files.main().read(origin + (long) chunk * length, chunks[slot]);
            chunkNumbers[slot] = chunk;
        }
        return chunks[slot];
    }
}
