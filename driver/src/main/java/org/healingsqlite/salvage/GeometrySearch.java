package org.healingsqlite.salvage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.RollbackJournal;
import org.healingsqlite.format.WriteAheadLog;

/**
 * Page size, reserved bytes and where page 1 begins. The header is believed only if pages look right through it; else the size under which
 * most bytes lie in pages whose accounting closes wins.
 */
final class GeometrySearch {

    /**
     * What the file turned out to be.
     *
     * @param origin where page 1 begins or would begin
     * @param fromHeader whether the file's own header said so
     */
    record Found(Geometry geometry, long origin, boolean fromHeader) {}

    private static final int SAMPLE_BYTES = 4 << 20;
    private static final int SAMPLE_PARTS = 16;
    private static final int UNALIGNED_SAMPLE_BYTES = 1 << 20;

    private final ByteSource main;
    private final Optional<FileChannel> log;
    private final Optional<FileChannel> journal;

    GeometrySearch(DamagedFiles files) {
        this(files.main(), files.log(), files.journal());
    }

    private GeometrySearch(ByteSource main, Optional<FileChannel> log, Optional<FileChannel> journal) {
        this.main = main;
        this.log = log;
        this.journal = journal;
    }

    /** How many bytes of a sample lie in pages whose accounting closes where pages of the best size would begin. */
    static long bytesThatClose(ByteSource main) throws IOException {
        return new GeometrySearch(main, Optional.empty(), Optional.empty()).bestAligned().bytes;
    }

    Found search() throws IOException {
        byte[] front = main.read(0, DatabaseHeader.SIZE);
        DatabaseHeader header = DatabaseHeader.of(front);
        Optional<Geometry> said = header.geometry();
        if (said.isPresent() && (header.plausible() || header.hasMagic())) {
            if (main.size() <= 2L * said.get().pageSizeBytes() && header.plausible()) {
                return new Found(said.get(), 0, true);
            }
            Vote vote = vote(said.get().pageSizeBytes(), 0);
            if (vote.bytes > 0 && vote.reserved == said.get().reservedBytes()) {
                return new Found(said.get(), 0, true);
            }
        }
        long magic = magicOffset();
        if (magic > 0) {
            DatabaseHeader there = DatabaseHeader.of(main.read(magic, DatabaseHeader.SIZE));
            Optional<Geometry> moved = there.geometry();
            if (moved.isPresent()) {
                Vote vote = vote(moved.get().pageSizeBytes(), magic);
                Vote unmoved = vote(moved.get().pageSizeBytes(), 0);
                // Moved by whole pages, only page 1 tells the difference.
                boolean byPages = there.plausible() && magic % moved.get().pageSizeBytes() == 0;
                if (vote.bytes > unmoved.bytes || (byPages && vote.bytes == unmoved.bytes)) {
                    return new Found(moved.get(), magic, true);
                }
            }
        }
        Vote best = bestAligned();
        if (best.bytes * 4 < sampled()) {
            Vote unaligned = bestUnaligned();
            if (unaligned.bytes > best.bytes) {
                best = unaligned;
            }
        }
        best = ofLogsSize(best);
        Optional<Geometry> beside = geometryBeside(said);
        if (best.bytes > 0) {
            return new Found(new Geometry(best.pageSize, best.reserved), origin(best), false);
        }
        if (header.plausible()) {
            return new Found(said.orElseThrow(), 0, true);
        }
        return new Found(beside.or(() -> said).orElse(new Geometry(4096, 0)), 0, false);
    }

    /** Where few pages vote another size may win by chance; a log's checksums prove its own. */
    private Vote ofLogsSize(Vote best) throws IOException {
        Optional<Integer> size = log.isPresent() ? WriteAheadLog.pageSize(log.get()) : Optional.empty();
        if (size.isEmpty() || size.get() == best.pageSize) {
            return best;
        }
        Vote ofSize = vote(size.get(), 0);
        return ofSize.bytes > 0 ? ofSize : best;
    }

    /** The log and the journal know the page size too. */
    private Optional<Geometry> geometryBeside(Optional<Geometry> said) throws IOException {
        Optional<Integer> size = log.isPresent() ? WriteAheadLog.pageSize(log.get()) : Optional.empty();
        if (size.isEmpty() && journal.isPresent()) {
            size = RollbackJournal.pageSize(journal.get());
        }
        if (size.isEmpty()) {
            return Optional.empty();
        }
        int pageSize = size.get();
        if (said.isPresent() && said.get().pageSizeBytes() == pageSize) {
            return said;
        }
        if (log.isPresent()) {
            // The page itself says how much of it is reserved.
            int frame = pageSize + WriteAheadLog.FRAME_HEADER_SIZE;
            Map<Integer, Integer> votes = new HashMap<>();
            for (int i = 0; i < 64; i++) {
                byte[] page = DamagedFiles.read(
                        log.get(),
                        WriteAheadLog.HEADER_SIZE + (long) i * frame + WriteAheadLog.FRAME_HEADER_SIZE,
                        pageSize);
                int usable = usableThatCloses(page, 0, pageSize, 0);
                if (usable > 0) {
                    votes.merge(pageSize - usable, 1, Integer::sum);
                }
            }
            int reserved = winner(votes);
            if (reserved >= 0) {
                return Optional.of(new Geometry(pageSize, reserved));
            }
        }
        return Optional.of(new Geometry(pageSize, 0));
    }

    private static int winner(Map<Integer, Integer> votes) {
        int best = -1;
        int most = 0;
        for (Map.Entry<Integer, Integer> vote : votes.entrySet()) {
            if (vote.getValue() > most) {
                best = vote.getKey();
                most = vote.getValue();
            }
        }
        return best;
    }

    private long sampled() throws IOException {
        return Math.min(main.size(), SAMPLE_BYTES);
    }

    private static final class Vote {
        private final int pageSize;
        private final long phase;
        private int reserved;
        private long bytes;

        Vote(int pageSize, long phase) {
            this.pageSize = pageSize;
            this.phase = phase;
        }
    }

    private Vote bestAligned() throws IOException {
        Vote best = new Vote(4096, 0);
        for (int size = Geometry.SMALLEST_PAGE; size <= Geometry.LARGEST_PAGE; size *= 2) {
            Vote vote = vote(size, 0);
            if (vote.bytes > best.bytes) {
                best = vote;
            }
        }
        return best;
    }

    /** Counts the sampled bytes that lie in pages whose accounting closes. */
    private Vote vote(int pageSize, long origin) throws IOException {
        Vote vote = new Vote(pageSize, origin);
        Map<Integer, Integer> votes = new HashMap<>();
        long pages = (main.size() - origin) / pageSize;
        long perPart = Math.max(1, SAMPLE_BYTES / SAMPLE_PARTS / pageSize);
        boolean all = pages <= perPart * SAMPLE_PARTS;
        int parts = all ? 1 : SAMPLE_PARTS;
        long step = all ? pages : pages / SAMPLE_PARTS;
        long each = all ? pages : perPart;
        for (int part = 0; part < parts; part++) {
            long first = part * step;
            byte[] chunk = main.read(origin + first * pageSize, (int) (each * pageSize));
            for (int i = 0; i < each; i++) {
                int header = first + i == 0 ? DatabaseHeader.SIZE : 0;
                int usable = usableThatCloses(chunk, i * pageSize, pageSize, header);
                if (usable > 0) {
                    votes.merge(pageSize - usable, 1, Integer::sum);
                }
            }
        }
        vote.reserved = winner(votes);
        if (vote.reserved >= 0) {
            vote.bytes = (long) votes.getOrDefault(vote.reserved, 0) * pageSize;
        }
        return vote;
    }

    /**
     * The usable size for which the page's accounting closes, or 0. Without overflowing cells that size follows from the page alone.
     */
    private static int usableThatCloses(byte[] bytes, int at, int pageSize, int headerAt) {
        int header = at + headerAt;
        Optional<PageKind> kind = PageKind.of(Bytes.u8(bytes, header));
        if (kind.isEmpty()) {
            return 0;
        }
        int cells = Bytes.u16(bytes, header + 3);
        int pointers = headerAt + kind.get().headerSize();
        if (cells == 0 || pointers + 6 * cells > pageSize) {
            return 0;
        }
        // The first cell ever written ends where the usable part does; it is found through the highest pointer.
        int highest = 0;
        for (int i = 0; i < cells; i++) {
            highest = Math.max(highest, Bytes.u16(bytes, at + pointers + 2 * i));
        }
        if (highest + 4 > pageSize) {
            return 0;
        }
        byte[] page = Arrays.copyOfRange(bytes, at, at + pageSize);
        for (int reserved : new int[] {0, reservedAfter(page, highest, kind.get(), pageSize)}) {
            if (reserved < 0 || reserved > 255 || pageSize - reserved < Geometry.SMALLEST_USABLE) {
                continue;
            }
            Geometry geometry = new Geometry(pageSize, reserved);
            CellCursor cursor = new CellCursor(geometry, Integer.MAX_VALUE - 64);
            BtreePage read = BtreePage.read(page, headerAt == 0 ? 2 : 1, kind.get(), geometry, cursor);
            if (read.exact() && read.count() == cells) {
                return geometry.usable();
            }
        }
        return 0;
    }

    private static int reservedAfter(byte[] page, int highest, PageKind kind, int pageSize) {
        CellCursor cursor = new CellCursor(new Geometry(pageSize, 0), Integer.MAX_VALUE - 64);
        if (!cursor.moveTo(page, highest, kind) || cursor.overflowPage() != 0) {
            return -1;
        }
        return pageSize - cursor.end();
    }

    private long magicOffset() throws IOException {
        byte[] magic = DatabaseHeader.magic();
        byte[] chunk = main.read(0, (int) Math.min(main.size(), UNALIGNED_SAMPLE_BYTES));
        for (int at = 1; at + DatabaseHeader.SIZE <= chunk.length; at++) {
            if (Arrays.equals(chunk, at, at + magic.length, magic, 0, magic.length)) {
                return at;
            }
        }
        return -1;
    }

    /** Looks for pages at every byte: a file that lost some bytes at its front has its pages anywhere. */
    private Vote bestUnaligned() throws IOException {
        long size = main.size();
        int length = (int) Math.min(size, UNALIGNED_SAMPLE_BYTES);
        long start = Math.max(0, (size - length) / 2);
        byte[] chunk = main.read(start, length);
        Map<Long, Integer> votes = new HashMap<>();
        Map<Long, Integer> reservedOf = new HashMap<>();
        for (int pageSize = Geometry.SMALLEST_PAGE; pageSize <= Geometry.LARGEST_PAGE; pageSize *= 2) {
            for (int at = 0; at + pageSize <= length; at++) {
                if (!couldBegin(chunk, at, pageSize)) {
                    continue;
                }
                int usable = usableThatCloses(chunk, at, pageSize, 0);
                if (usable > 0) {
                    long phase = Math.floorMod(start + at, pageSize);
                    long key = ((long) pageSize << 32) | phase;
                    votes.merge(key, pageSize, Integer::sum);
                    reservedOf.putIfAbsent(key, pageSize - usable);
                }
            }
        }
        Vote best = new Vote(4096, 0);
        for (Map.Entry<Long, Integer> vote : votes.entrySet()) {
            if (vote.getValue() > best.bytes) {
                best = new Vote((int) (vote.getKey() >>> 32), vote.getKey() & 0xffff_ffffL);
                best.bytes = vote.getValue();
                best.reserved = reservedOf.getOrDefault(vote.getKey(), 0);
            }
        }
        return best;
    }

    static boolean couldBegin(byte[] bytes, int at, int pageSize) {
        int flag = bytes[at];
        if (flag != 13 && flag != 5 && flag != 10 && flag != 2) {
            return false;
        }
        int cells = Bytes.u16(bytes, at + 3);
        int content = Bytes.u16(bytes, at + 5);
        return cells > 0
                && cells <= pageSize / 6
                && (content == 0 ? pageSize == Geometry.LARGEST_PAGE : (content < pageSize && content >= 8 + 2 * cells))
                && bytes[at + 7] >= 0
                && bytes[at + 7] <= 60;
    }

    /**
     * Where page 1 would begin. Children that interior pages name, compared with where pages with the right last rowid are, tell how many
     * pages the front lost.
     */
    private long origin(Vote vote) throws IOException {
        Geometry geometry = new Geometry(vote.pageSize, Math.max(0, vote.reserved));
        CellCursor cursor = new CellCursor(geometry, Integer.MAX_VALUE - 64);
        int size = vote.pageSize;
        long pages = Math.min((main.size() - vote.phase) / size, 20_000);
        Map<Long, List<Long>> childrenByKey = new HashMap<>();
        Map<Long, List<Long>> placesByKey = new HashMap<>();
        for (long i = 0; i < pages; i++) {
            byte[] page = main.read(vote.phase + i * size, size);
            if (page[0] == PageKind.TABLE_INTERIOR.flag()) {
                BtreePage read = BtreePage.read(page, 2, PageKind.TABLE_INTERIOR, geometry, cursor);
                for (int c = 0; read.exact() && c < read.count(); c++) {
                    if (cursor.moveTo(page, read.cell(c), PageKind.TABLE_INTERIOR)) {
                        note(childrenByKey, cursor.rowid(), cursor.leftChild());
                    }
                }
            } else if (page[0] == PageKind.TABLE_LEAF.flag()) {
                BtreePage read = BtreePage.read(page, 2, PageKind.TABLE_LEAF, geometry, cursor);
                if (read.exact()
                        && read.count() > 0
                        && cursor.moveTo(page, read.cell(read.count() - 1), PageKind.TABLE_LEAF)) {
                    note(placesByKey, cursor.rowid(), i);
                }
            }
        }
        Map<Integer, Integer> votes = new HashMap<>();
        childrenByKey.forEach((key, children) -> {
            for (long place : placesByKey.getOrDefault(key, List.of())) {
                for (long child : children) {
                    votes.merge((int) (child - place), 1, Integer::sum);
                }
            }
        });
        int winner = winner(votes);
        // A vote of one may be chance.
        boolean decided = votes.getOrDefault(winner, 0) > (vote.phase == 0 ? 1 : 0) && winner > 0;
        // With nothing to go by, the front lost part of page 1 at most.
        int number = decided ? winner : vote.phase == 0 ? 1 : 2;
        return vote.phase - (long) (number - 1) * size;
    }

    /** Tables that look alike have many pages with the same last row; a few of them are enough. */
    private static void note(Map<Long, List<Long>> byKey, long key, long value) {
        List<Long> values = byKey.computeIfAbsent(key, k -> new ArrayList<>());
        if (values.size() < 100) {
            values.add(value);
        }
    }
}
