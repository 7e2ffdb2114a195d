package org.healingsqlite.completeness;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.RollbackJournal;
import org.healingsqlite.format.WriteAheadLog;
import org.jspecify.annotations.Nullable;

/**
 * The committed state of a database: the main file, with what its log has committed, or with what its hot journal takes back. Where a log or journal
 * is not whole it says so. Reads ahead; for one thread.
 */
final class Pages implements Closeable {
    private static final int CHUNK_BYTES = 1 << 16;

    /** Trees are read in about the order of their pages, of two files at once: a few megabytes of chunks hold what comes next. */
    private static final int CHUNKS = 64;

    /** How many pages are asked which page size they close with, where no header tells. */
    private static final int SAMPLED_PAGES = 256;

    private final FileChannel main;
    private final boolean written;
    private final @Nullable FileChannel log;
    private final @Nullable FileChannel journal;
    private final Geometry geometry;
    private final Optional<DatabaseHeader> header;
    private final long mainSize;
    private final int count;
    private final Map<Integer, Long> inLog = new HashMap<>();
    private final Map<Integer, Long> inJournal = new HashMap<>();
    private @Nullable WriteAheadLog frames;
    private final Set<Integer> doubtful = new HashSet<>();
    private final List<String> gaps = new ArrayList<>();
    private long lostImages;
    private final byte[][] chunks = new byte[CHUNKS][];
    private final int[] chunkNumbers = new int[CHUNKS];
    private final int pagesPerChunk;

    private Pages(Path path, boolean alone, boolean written) throws IOException {
        this.written = written;
        main = FileChannel.open(path, StandardOpenOption.READ);
        mainSize = main.size();
        log = alone ? null : beside(path, "-wal");
        journal = alone ? null : beside(path, "-journal");
        Arrays.fill(chunkNumbers, -1);
        byte[] head = read(main, 0, DatabaseHeader.SIZE);
        Optional<DatabaseHeader> first = Optional.of(DatabaseHeader.of(head)).filter(DatabaseHeader::plausible);
        Optional<Geometry> told = first.flatMap(DatabaseHeader::geometry);
        if (told.isEmpty() && log != null) {
            // The first commits of a database may be in its log alone.
            told = geometryOfLog(log);
        }
        geometry = told.isPresent() ? told.get() : geometryOfPages(main, mainSize);
        pagesPerChunk = Math.max(1, CHUNK_BYTES / geometry.pageSizeBytes());
        long committed = 0;
        if (journal != null) {
            committed = readJournal(journal, DatabaseHeader.of(head));
        }
        if (log != null) {
            committed = Math.max(committed, readLog(log));
        }
        header = Optional.of(DatabaseHeader.of(read(1))).filter(DatabaseHeader::plausible);
        long filePages = (mainSize + geometry.pageSizeBytes() - 1) / geometry.pageSizeBytes();
        long highest =
                Math.max(filePages, header.flatMap(DatabaseHeader::pageCount).orElse(0L));
        for (int page : inLog.keySet()) {
            highest = Math.max(highest, page);
        }
        count = (int) Math.min(committed > 0 && gaps.isEmpty() ? committed : highest, Integer.MAX_VALUE - 8L);
    }

    /** The state that a damaged file, with its log and journal, was in after its last commit. */
    static Pages committed(Path main) throws IOException {
        return new Pages(main, false, false);
    }

    /** A database that SQLite has just written, with everything in the one file. */
    static Pages written(Path main) throws IOException {
        return new Pages(main, true, true);
    }

    /** The main file without what lies beside it. */
    static Pages alone(Path main) throws IOException {
        return new Pages(main, true, false);
    }

    private static @Nullable FileChannel beside(Path path, String suffix) throws IOException {
        Path side = path.resolveSibling(path.getFileName() + suffix);
        return Files.isRegularFile(side) && Files.size(side) > 0
                ? FileChannel.open(side, StandardOpenOption.READ)
                : null;
    }

    /** The page size with which most of the first pages close. */
    private static Geometry geometryOfPages(FileChannel main, long size) throws IOException {
        Geometry best = new Geometry(4096, 0);
        long most = 0;
        for (int bytes = Geometry.SMALLEST_PAGE; bytes <= Geometry.LARGEST_PAGE; bytes *= 2) {
            Geometry tried = new Geometry(bytes, 0);
            CellCursor cursor = new CellCursor(tried, Math.min(size, Integer.MAX_VALUE));
            long closing = 0;
            for (int page = 2; page <= SAMPLED_PAGES && (long) page * bytes <= size; page++) {
                ClosedPage closed = ClosedPage.of(page, read(main, (long) (page - 1) * bytes, bytes), tried, cursor);
                closing += closed != null && closed.count() > 0 ? bytes : 0;
            }
            if (closing > most) {
                most = closing;
                best = tried;
            }
        }
        return best;
    }

    /** What page 1 in the log tells; where it is not there, the log's own header; empty where that is damaged. */
    private static Optional<Geometry> geometryOfLog(FileChannel file) throws IOException {
        if (file.size() <= WriteAheadLog.HEADER_SIZE) {
            return Optional.empty();
        }
        WriteAheadLog found = WriteAheadLog.read(file, Geometry.SMALLEST_PAGE);
        if (!found.headerSound()) {
            return Optional.empty();
        }
        Optional<Geometry> told = Optional.empty();
        for (int i = 0; i < found.frames(); i++) {
            if (found.page(i) == 1 && found.standing(i) == WriteAheadLog.Standing.COMMITTED) {
                told = Optional.of(DatabaseHeader.of(read(file, found.contentOffset(i), DatabaseHeader.SIZE)))
                        .filter(DatabaseHeader::plausible)
                        .flatMap(DatabaseHeader::geometry);
            }
        }
        return told.isPresent() ? told : Optional.of(new Geometry(found.pageSizeBytes(), 0));
    }

    private long readLog(FileChannel file) throws IOException {
        if (file.size() <= WriteAheadLog.HEADER_SIZE) {
            return 0;
        }
        WriteAheadLog found = WriteAheadLog.read(file, geometry.pageSizeBytes());
        frames = found;
        if (found.pageSizeBytes() != geometry.pageSizeBytes()) {
            gap("the log is of another page size", found.frames());
            return 0;
        }
        boolean open = false;
        for (int i = 0; i < found.frames(); i++) {
            switch (found.standing(i)) {
                case COMMITTED -> inLog.put(found.page(i), found.contentOffset(i));
                case CORRECTED -> {
                    // That one word explains what the checksum misses is likely, and no proof: two flipped bits can
                    // look like it.
                    inLog.put(found.page(i), found.contentOffset(i));
                    doubtful.add(found.page(i));
                }
                case DAMAGED -> {
                    if (found.page(i) > 0) {
                        doubtful.add(found.page(i));
                    }
                    lostImages++;
                }
                case UNCOMMITTED -> open = true;
                case CHECKPOINTED, OLD -> {
                    // What it had is in the main file.
                }
            }
        }
        if (found.damagedFrames() > 0) {
            gap(found.damagedFrames() + " committed frames of the log are damaged", found.damagedFrames());
        }
        if (open) {
            gap("the log ends within a transaction: nothing tells whether it was committed", 0);
        }
        if (!found.headerSound() && found.frames() > 0) {
            gap("the log's header is damaged", 0);
        }
        return found.damagedFrames() == 0 ? found.committedPages() : 0;
    }

    private long readJournal(FileChannel file, DatabaseHeader now) throws IOException {
        RollbackJournal found = RollbackJournal.read(file, geometry.pageSizeBytes());
        if (found.records() == 0) {
            return 0;
        }
        if (found.headerZero()) {
            if (!isDoneWith(file, found, now)) {
                gap(
                        "a journal whose header is zero: nothing tells whether its transaction was committed",
                        found.records());
            }
            return 0;
        }
        if (!found.headerSound() || found.pageSizeBytes() != geometry.pageSizeBytes()) {
            gap("the journal's header is damaged", found.records());
            return 0;
        }
        if (found.superJournal().isPresent()) {
            gap("the journal is of a transaction over several files", found.records());
            return 0;
        }
        for (int i = 0; i < found.records(); i++) {
            if (found.synced(i) && found.page(i) > 0) {
                if (found.proven(i)) {
                    inJournal.putIfAbsent(found.page(i), found.contentOffset(i));
                } else {
                    doubtful.add(found.page(i));
                }
            }
        }
        if (found.damagedRecords() > 0) {
            gap("records of the journal are damaged or missing", found.damagedRecords());
        }
        return found.originalPages();
    }

    /** A commit raises the change counter after page 1 was journalled. */
    private boolean isDoneWith(FileChannel file, RollbackJournal found, DatabaseHeader now) throws IOException {
        for (int i = 0; i < found.records(); i++) {
            if (found.page(i) == 1) {
                DatabaseHeader before = DatabaseHeader.of(read(file, found.contentOffset(i), DatabaseHeader.SIZE));
                return now.plausible() && now.changeCounter() != before.changeCounter();
            }
        }
        return false;
    }

    private void gap(String what, long images) {
        gaps.add(what);
        lostImages += images;
    }

    /** What is not known of the state, for a reader; empty where log and journal are whole. */
    List<String> gaps() {
        return gaps;
    }

    /** How many images of pages are missing of it, at most; 0 with a gap where that is not known. */
    long lostImages() {
        return lostImages;
    }

    Geometry geometry() {
        return geometry;
    }

    /** The header; empty where it could not have been written by SQLite. */
    Optional<DatabaseHeader> header() {
        return header;
    }

    int count() {
        return count;
    }

    CellCursor cursor() {
        return new CellCursor(geometry, Math.min(Integer.MAX_VALUE - 64L, (long) count * geometry.pageSizeBytes()));
    }

    /** Whether a checksum of the log proves the page. */
    boolean isProven(int page) {
        return inLog.containsKey(page) && !doubtful.contains(page);
    }

    /** The page as an array of its own; zeros where the files have no such page. */
    byte[] read(int page) throws IOException {
        Long journaled = inJournal.get(page);
        if (journaled != null && journal != null) {
            return read(journal, journaled, geometry.pageSizeBytes());
        }
        Long logged = inLog.get(page);
        if (logged != null && log != null) {
            byte[] bytes = read(log, logged, geometry.pageSizeBytes());
            if (frames != null) {
                frames.correct(logged, bytes);
            }
            return bytes;
        }
        int size = geometry.pageSizeBytes();
        int chunk = (page - 1) / pagesPerChunk;
        int slot = chunk % CHUNKS;
        byte[] held = chunks[slot];
        if (held == null || chunkNumbers[slot] != chunk) {
            held = read(main, (long) chunk * pagesPerChunk * size, pagesPerChunk * size);
            chunks[slot] = held;
            chunkNumbers[slot] = chunk;
        }
        int at = (page - 1) % pagesPerChunk * size;
        return Arrays.copyOfRange(held, at, at + size);
    }

    /** The page if it closes and its state is certain, else null. */
    @Nullable
    ClosedPage closed(long page, CellCursor cursor) throws IOException {
        if (page < 1 || page > count || doubtful.contains((int) page)) {
            return null;
        }
        byte[] bytes = read((int) page);
        return written
                ? ClosedPage.written((int) page, bytes, geometry)
                : ClosedPage.of((int) page, bytes, geometry, cursor);
    }

    private static byte[] read(FileChannel file, long position, int length) throws IOException {
        byte[] bytes = new byte[length];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            if (file.read(buffer, position + buffer.position()) <= 0) {
                break;
            }
        }
        return bytes;
    }

    @Override
    public void close() throws IOException {
        try (FileChannel first = main;
                FileChannel second = log;
                FileChannel third = journal) {
            // All are closed, whatever one of them says.
        }
    }
}
