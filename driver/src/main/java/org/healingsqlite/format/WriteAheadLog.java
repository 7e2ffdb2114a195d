package org.healingsqlite.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A write-ahead log, frame by frame. SQLite stops at the first frame whose checksum does not follow from the first frame on; here each frame
 * is proven from the sums that its predecessor <em>stores</em>, so that one damaged frame costs one frame.
 *
 * <p>Source: SQLite file format §4 and SQLite: WAL-mode file format §2. Never changes once read; holds a few bytes a frame.
 */
public final class WriteAheadLog {

    /** What a frame is worth. */
    public enum Standing {
        /** Of the current generation, committed, checksum proven. */
        COMMITTED,
        /** As {@link #COMMITTED}, but for one word of the page that is damaged and that the checksum gives back: {@link #correct} puts it in. */
        CORRECTED,
        /** Of the current generation and committed, but some byte of the frame or of its neighbourhood is damaged. */
        DAMAGED,
        /** Of the current generation, with no commit behind it. */
        UNCOMMITTED,
        /**
         * Of the generation before, committed, checksum proven. A log begins anew only when all of it is in the main file: there the page is still as
         * the last such frame has it, unless the current generation has it too.
         */
        CHECKPOINTED,
        /** Of an earlier generation, and no more is known. */
        OLD
    }

    /** Pages that lie elsewhere, among which the content of a frame may be that changed places with one of them. */
    public interface OtherPages {
        OtherPages NONE = new OtherPages() {
            @Override
            public int count() {
                return 0;
            }

            @Override
            public byte[] page(int number) {
                throw new IllegalArgumentException("there are no other pages");
            }
        };

        int count();

        /** The bytes of a page, as many as a frame has. Numbered from 1. */
        byte[] page(int number) throws IOException;
    }

    public static final int HEADER_SIZE = 32;
    public static final int FRAME_HEADER_SIZE = 24;
    private static final int MAGIC = 0x377f0682;
    private static final int VERSION = 3007000;
    private static final int VOTING_FRAMES = 32;
    /** Page numbers that a header gives back may lie this far above the known ones. */
    private static final int MOST_PAGES_BEYOND = 1 << 20;
    /** Of more damaged frames than these none is looked for elsewhere. */
    private static final int MOST_MOVED = 64;
    /** How much of other pages is looked at for contents of frames. */
    private static final long MOST_SOUGHT_BYTES = 256L << 20;

    private final int pageSizeBytes;
    private int[] pages = new int[64];
    private Standing[] standings = {};
    private boolean[] provenCommits = {};
    private int count;
    private long committedPages;
    private boolean headerSound;
    private boolean[] restored = {};
    private int damagedFrames;
    private int framesWithoutCommit;
    private boolean endsInTransaction;
    private final Map<Integer, WordCorrection> corrections = new HashMap<>();
    /** Frames whose content lies in another frame's place, and in which. */
    private final Map<Integer, Integer> contentFrames = new HashMap<>();
    /** Frames whose content lies in the place of one of the other pages, and of which. */
    private final Map<Integer, Integer> contentElsewhere = new HashMap<>();

    private WriteAheadLog(int pageSizeBytes) {
        this.pageSizeBytes = pageSizeBytes;
    }

    /** The page size of a log: what its header gives, or the one with which frames prove each other. */
    public static Optional<Integer> pageSize(FileChannel file) throws IOException {
        byte[] header = read(file, 0, HEADER_SIZE);
        if (headerHolds(header)) {
            return Optional.of(headerPageSize(header));
        }
        for (int size = Geometry.SMALLEST_PAGE; size <= Geometry.LARGEST_PAGE; size *= 2) {
            if (provesFrames(file, size)) {
                return Optional.of(size);
            }
        }
        return Optional.empty();
    }

    private static boolean provesFrames(FileChannel file, int pageSize) throws IOException {
        int frameSize = FRAME_HEADER_SIZE + pageSize;
        byte[] previous = read(file, HEADER_SIZE, frameSize);
        for (int i = 1; i <= VOTING_FRAMES && HEADER_SIZE + (i + 1L) * frameSize <= file.size(); i++) {
            byte[] frame = read(file, HEADER_SIZE + (long) i * frameSize, frameSize);
            long start = Bytes.i64(previous, 16);
            long stored = Bytes.i64(frame, 16);
            if (namesPage(frame)
                    && (checksum(frame, start, true) == stored || checksum(frame, start, false) == stored)) {
                return true;
            }
            previous = frame;
        }
        return false;
    }

    /** Reads a log. A header that holds overrules the page size given. */
    public static WriteAheadLog read(FileChannel file, int pageSizeBytes) throws IOException {
        return read(file, pageSizeBytes, OtherPages.NONE);
    }

    /**
     * Reads a log, and looks among other pages for those that changed places with pages of the log.
     *
     * @param others pages of the size given; not asked for if the log's header gives another size
     */
    public static WriteAheadLog read(FileChannel file, int pageSizeBytes, OtherPages others) throws IOException {
        byte[] header = read(file, 0, HEADER_SIZE);
        boolean holds = headerHolds(header);
        int pageSize = holds ? headerPageSize(header) : pageSizeBytes;
        WriteAheadLog log = new WriteAheadLog(pageSize);
        log.headerSound = holds;
        log.scan(file, header, holds, pageSize == pageSizeBytes ? others : OtherPages.NONE);
        return log;
    }

    /** Whether a log begins with a header that SQLite takes: it ignores any other log, and all commits in it, without a word. */
    public static boolean isHeaderSound(byte[] header) {
        return header.length >= HEADER_SIZE && headerHolds(header);
    }

    private static boolean headerHolds(byte[] header) {
        int magic = Bytes.i32(header, 0);
        if ((magic & ~1) != MAGIC || Bytes.i32(header, 4) != VERSION || !Geometry.isPageSize(headerPageSize(header))) {
            return false;
        }
        long sums = checksum(header, 0, 24, 0, (magic & 1) == 1);
        return sums == Bytes.i64(header, 24);
    }

    /** The page size in bytes that a log's header gives. */
    public static int headerPageSize(byte[] header) {
        int size = Bytes.i32(header, 8);
        return size == 1 ? Geometry.LARGEST_PAGE : size;
    }

    private void scan(FileChannel file, byte[] header, boolean holds, OtherPages others) throws IOException {
        int frameSize = FRAME_HEADER_SIZE + pageSizeBytes;
        long bytes = file.size() - HEADER_SIZE;
        // A last frame that is cut off still says in its header which page it is and whether it commits.
        long frames = bytes < FRAME_HEADER_SIZE ? 0 : (bytes - FRAME_HEADER_SIZE) / frameSize + 1;
        if (frames > Integer.MAX_VALUE - 8) {
            frames = Integer.MAX_VALUE - 8;
        }
        boolean bigEndian = holds ? (Bytes.i32(header, 0) & 1) == 1 : bigEndianByVote(file, frames);
        long salts = holds ? Bytes.i64(header, 16) : saltsByVote(file, frames, bigEndian);
        boolean[] proven = new boolean[(int) Math.min(frames, 64)];
        boolean[] current = new boolean[proven.length];
        int[] commits = new int[proven.length];
        long[] generations = new long[proven.length];
        pages = new int[proven.length];
        long previousStored = Bytes.i64(header, 24);
        long previousComputed = previousStored;
        boolean previousCurrent = true;
        boolean previousProven = holds;
        int lastCurrent = -1;
        Frames reader = new Frames(file, frameSize);
        for (int i = 0; i < frames; i++) {
            byte[] frame = reader.frame(i);
            if (i == pages.length) {
                int grown = (int) Math.min(frames, i * 2L);
                pages = Arrays.copyOf(pages, grown);
                proven = Arrays.copyOf(proven, grown);
                current = Arrays.copyOf(current, grown);
                commits = Arrays.copyOf(commits, grown);
                generations = Arrays.copyOf(generations, grown);
            }
            long stored = Bytes.i64(frame, 16);
            boolean sameSalts = Bytes.i64(frame, 8) == salts;
            boolean whole = (i + 1L) * frameSize <= bytes;
            long computed = checksum(frame, previousStored, bigEndian);
            boolean chained = whole && computed == stored && namesPage(frame);
            if (!chained && !previousProven && whole) {
                long other = checksum(frame, previousComputed, bigEndian);
                if (other == stored) {
                    // The predecessor's content gives the sums that this frame goes on from: only its stored sums were
                    // damaged.
                    chained = true;
                    if (i > 0) {
                        proven[i - 1] = true;
                        current[i - 1] |= sameSalts;
                        previousCurrent = current[i - 1];
                    }
                }
            }
            boolean isCurrent = sameSalts || (chained && previousCurrent);
            pages[i] = Bytes.i32(frame, 0);
            commits[i] = Bytes.i32(frame, 4);
            generations[i] = Bytes.i64(frame, 8);
            proven[i] = chained;
            current[i] = isCurrent;
            if (isCurrent) {
                lastCurrent = i;
            }
            previousStored = stored;
            previousComputed = computed;
            previousCurrent = isCurrent;
            previousProven = chained;
        }
        count = (int) frames;
        restored = new boolean[count];
        List<Integer> suspects = new ArrayList<>();
        for (int i = 0; i <= lastCurrent; i++) {
            if (!proven[i] && (i + 1L) * frameSize <= bytes && pages[i] > 0 && generations[i] == salts) {
                suspects.add(i);
            }
        }
        findMoved(file, suspects, bigEndian, proven, others);
        for (int i = 0; i <= lastCurrent; i++) {
            boolean isWhole = (i + 1L) * frameSize <= bytes;
            boolean ownPage = pages[i] > 0 && generations[i] == salts;
            boolean pageHit = !proven[i] && isWhole && ownPage && findCorrection(file, i, bigEndian, proven);
            if (!proven[i] && i < lastCurrent && !pageHit) {
                restoreHeader(file, i, bigEndian, proven, current, commits);
            }
        }
        classify(proven, current, commits, lastCurrent);
        boolean cut = count > 0 && bytes % frameSize != 0;
        markCheckpointed(proven, commits, generations, salts, lastCurrent, cut);
        framesWithoutCommit = (int)
                Arrays.stream(standings).filter(Standing.UNCOMMITTED::equals).count();
        // A log that goes on with frames of an earlier generation was not cut there.
        endsInTransaction = framesWithoutCommit > 0 && lastCurrent == count - 1;
    }

    /** Finds the contents of frames that changed places: a frame's checksum holds with the content that belongs to it, wherever that lies. */
    private void findMoved(
            FileChannel file, List<Integer> suspects, boolean bigEndian, boolean[] proven, OtherPages others)
            throws IOException {
        if (suspects.isEmpty() || suspects.size() > MOST_MOVED) {
            return;
        }
        Map<Integer, Long> sumsBefore = new HashMap<>();
        Map<Integer, Long> sums = new HashMap<>();
        for (int suspect : suspects) {
            long at = contentAt(suspect);
            byte[] header = read(file, at - FRAME_HEADER_SIZE, FRAME_HEADER_SIZE);
            long before =
                    Bytes.i64(read(file, suspect == 0 ? 24 : at - 2L * FRAME_HEADER_SIZE - pageSizeBytes + 16, 8), 0);
            sumsBefore.put(suspect, checksum(header, 0, 8, before, bigEndian));
            sums.put(suspect, Bytes.i64(header, 16));
        }
        for (int place : suspects) {
            byte[] content = read(file, contentAt(place), pageSizeBytes);
            for (int suspect : suspects) {
                if (suspect != place
                        && !proven[suspect]
                        && checksum(content, 0, pageSizeBytes, sumsBefore.getOrDefault(suspect, 0L), bigEndian)
                                == sums.getOrDefault(suspect, 0L)) {
                    contentFrames.put(suspect, place);
                    proven[suspect] = true;
                }
            }
        }
        List<Integer> open =
                suspects.stream().filter(suspect -> !proven[suspect]).toList();
        if (open.isEmpty() || (long) others.count() * pageSizeBytes * open.size() > MOST_SOUGHT_BYTES) {
            return;
        }
        for (int number = 1; number <= others.count(); number++) {
            byte[] content = others.page(number);
            for (int suspect : open) {
                if (!proven[suspect]
                        && checksum(content, 0, pageSizeBytes, sumsBefore.getOrDefault(suspect, 0L), bigEndian)
                                == sums.getOrDefault(suspect, 0L)) {
                    contentElsewhere.put(suspect, number);
                    proven[suspect] = true;
                }
            }
        }
    }

    private long contentAt(int frame) {
        return HEADER_SIZE + (long) frame * (FRAME_HEADER_SIZE + pageSizeBytes) + FRAME_HEADER_SIZE;
    }

    /** Whether one damaged word of the page is all that the checksum of a frame misses, even if it does not tell which. */
    private boolean findCorrection(FileChannel file, int index, boolean bigEndian, boolean[] proven)
            throws IOException {
        int frameSize = FRAME_HEADER_SIZE + pageSizeBytes;
        long at = HEADER_SIZE + (long) index * frameSize;
        byte[] frame = read(file, at, frameSize);
        long before = Bytes.i64(read(file, index == 0 ? 24 : at - frameSize + 16, 8), 0);
        long computed = checksum(frame, before, bigEndian);
        long stored = Bytes.i64(frame, 16);
        int first = (int) (stored >>> 32) - (int) (computed >>> 32);
        int second = (int) stored - (int) computed;
        boolean sumsSound = index + 1 < count && proven[index + 1];
        List<WordCorrection> found =
                WordCorrection.find(frame, ((long) first << 32) | (second & 0xffff_ffffL), bigEndian, sumsSound);
        if (found.size() == 1) {
            corrections.put(index, found.get(0));
            proven[index] = true;
        }
        return !found.isEmpty();
    }

    /**
     * The checksum runs backwards as well as forwards: from the sums of the next frame to those behind this frame's header, and from its
     * predecessor's to those before it. What lies between is the page number and the commit size, whatever the header says now. That they
     * come out as such numbers proves the page too.
     */
    private void restoreHeader(
            FileChannel file, int index, boolean bigEndian, boolean[] proven, boolean[] current, int[] commits)
            throws IOException {
        int frameSize = FRAME_HEADER_SIZE + pageSizeBytes;
        long at = HEADER_SIZE + (long) index * frameSize;
        byte[] frame = read(file, at, frameSize);
        byte[] next = read(file, at + frameSize, frameSize);
        long before = Bytes.i64(read(file, index == 0 ? 24 : at - frameSize + 16, 8), 0);
        long after = reversed(next, FRAME_HEADER_SIZE, frameSize, Bytes.i64(next, 16), bigEndian);
        after = reversed(next, 0, 8, after, bigEndian);
        after = reversed(frame, FRAME_HEADER_SIZE, frameSize, after, bigEndian);
        int first = (int) (after >>> 32);
        int second = (int) after;
        int page = first - (int) (before >>> 32) - (int) before;
        int commit = second - (int) before - first;
        if (!bigEndian) {
            page = Integer.reverseBytes(page);
            commit = Integer.reverseBytes(commit);
        }
        int most = MOST_PAGES_BEYOND;
        for (int i = 0; i < count; i++) {
            if (proven[i]) {
                most = Math.max(most, Math.max(pages[i], commits[i]) + MOST_PAGES_BEYOND);
            }
        }
        if (page > 0 && page <= most && commit >= 0 && commit <= most) {
            pages[index] = page;
            commits[index] = commit;
            proven[index] = true;
            current[index] = true;
            restored[index] = true;
        }
    }

    /** The sums from which a range of bytes leads to given sums. */
    private static long reversed(byte[] bytes, int from, int to, long end, boolean bigEndian) {
        int first = (int) (end >>> 32);
        int second = (int) end;
        for (int at = to - 8; at >= from; at -= 8) {
            int left = Bytes.i32(bytes, at);
            int right = Bytes.i32(bytes, at + 4);
            second -= (bigEndian ? right : Integer.reverseBytes(right)) + first;
            first -= (bigEndian ? left : Integer.reverseBytes(left)) + second;
        }
        return ((long) first << 32) | (second & 0xffff_ffffL);
    }

    private void classify(boolean[] proven, boolean[] current, int[] commits, int lastCurrent) {
        standings = new Standing[count];
        provenCommits = new boolean[count];
        int lastCommit = -1;
        for (int i = lastCurrent; i >= 0; i--) {
            if (current[i] && commits[i] != 0 && pages[i] > 0) {
                lastCommit = i;
                break;
            }
        }
        for (int i = 0; i < count; i++) {
            Standing standing;
            if (i <= lastCommit) {
                // A frame with foreign salts before the last commit is a damaged one: generations do not mix there.
                boolean corrected = corrections.containsKey(i);
                standing = !proven[i] ? Standing.DAMAGED : corrected ? Standing.CORRECTED : Standing.COMMITTED;
                provenCommits[i] = proven[i] && commits[i] != 0;
                damagedFrames += proven[i] ? 0 : 1;
                if (commits[i] != 0 && proven[i]) {
                    committedPages = commits[i] & 0xffff_ffffL;
                }
            } else {
                standing = i <= lastCurrent ? Standing.UNCOMMITTED : Standing.OLD;
            }
            standings[i] = standing;
        }
        if (committedPages == 0 && lastCommit >= 0) {
            committedPages = commits[lastCommit] & 0xffff_ffffL;
        }
    }

    /**
     * Finds what is left of the generation before: SQLite adds one to the first salt each time the log begins anew. Where the end of that generation is
     * lost, the main file may be newer than what is left of it.
     */
    private void markCheckpointed(
            boolean[] proven, int[] commits, long[] generations, long salts, int lastCurrent, boolean cut) {
        int before = (int) (salts >>> 32) - 1;
        int last = count - 1;
        while (last > lastCurrent && (int) (generations[last] >>> 32) != before) {
            last--;
        }
        if (last > lastCurrent && (!proven[last] || commits[last] == 0 || (cut && last == count - 1))) {
            return;
        }
        boolean committed = false;
        for (int i = last; i > lastCurrent; i--) {
            boolean isBefore = (int) (generations[i] >>> 32) == before;
            committed = isBefore && proven[i] && (committed || commits[i] != 0);
            if (committed) {
                standings[i] = Standing.CHECKPOINTED;
            }
        }
    }

    /** Which byte order proves more of the first frames from their predecessors. */
    private boolean bigEndianByVote(FileChannel file, long frames) throws IOException {
        int frameSize = FRAME_HEADER_SIZE + pageSizeBytes;
        int big = 0;
        int little = 0;
        int voting = 0;
        byte[] previous = {};
        for (int i = 0; i < frames && voting < VOTING_FRAMES; i++) {
            byte[] frame = read(file, HEADER_SIZE + (long) i * frameSize, frameSize);
            if (i > 0 && namesPage(frame)) {
                voting++;
                long start = Bytes.i64(previous, 16);
                long stored = Bytes.i64(frame, 16);
                big += checksum(frame, start, true) == stored ? 1 : 0;
                little += checksum(frame, start, false) == stored ? 1 : 0;
            }
            previous = frame;
        }
        return big > little;
    }

    /** The salts of the first frames that are proven: the log is always written from its beginning. */
    private long saltsByVote(FileChannel file, long frames, boolean bigEndian) throws IOException {
        int frameSize = FRAME_HEADER_SIZE + pageSizeBytes;
        byte[] previous = {};
        long first = 0;
        int voting = 0;
        for (int i = 0; i < frames && voting < VOTING_FRAMES; i++) {
            byte[] frame = read(file, HEADER_SIZE + (long) i * frameSize, frameSize);
            if (!namesPage(frame)) {
                previous = frame;
                continue;
            }
            voting++;
            if (voting == 1) {
                first = Bytes.i64(frame, 8);
            } else if (checksum(frame, Bytes.i64(previous, 16), bigEndian) == Bytes.i64(frame, 16)
                    && Bytes.i64(frame, 8) == Bytes.i64(previous, 8)) {
                return Bytes.i64(frame, 8);
            }
            previous = frame;
        }
        return first;
    }

    /** Zeros prove each other: their checksum is zero. */
    private static boolean namesPage(byte[] frame) {
        return Bytes.i32(frame, 0) > 0;
    }

    private static long checksum(byte[] frame, long start, boolean bigEndian) {
        long sums = checksum(frame, 0, 8, start, bigEndian);
        return checksum(frame, FRAME_HEADER_SIZE, frame.length, sums, bigEndian);
    }

    /**
     * The two running sums of a log, the first in the high half. Source: SQLite file format §4.2.
     *
     * @param start the sums before
     * @param bigEndian how the log reads its words
     */
    public static long checksum(byte[] bytes, int from, int to, long start, boolean bigEndian) {
        int first = (int) (start >>> 32);
        int second = (int) start;
        for (int at = from; at + 8 <= to; at += 8) {
            int left = Bytes.i32(bytes, at);
            int right = Bytes.i32(bytes, at + 4);
            first += (bigEndian ? left : Integer.reverseBytes(left)) + second;
            second += (bigEndian ? right : Integer.reverseBytes(right)) + first;
        }
        return ((long) first << 32) | (second & 0xffff_ffffL);
    }

    private static byte[] read(FileChannel file, long position, int length) throws IOException {
        byte[] bytes = new byte[length];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            int got = file.read(buffer, position + buffer.position());
            if (got <= 0) {
                break;
            }
        }
        return bytes;
    }

    /** Frames in order, read many at a time. */
    private static final class Frames {
        private static final int READ_AHEAD_BYTES = 1 << 20;
        private final FileChannel file;
        private final int frameSize;
        private final int perRead;
        private byte[] chunk = {};
        private int first = -1;

        Frames(FileChannel file, int frameSize) {
            this.file = file;
            this.frameSize = frameSize;
            this.perRead = Math.max(1, READ_AHEAD_BYTES / frameSize);
        }

        byte[] frame(int index) throws IOException {
            if (first < 0 || index < first || index >= first + perRead) {
                first = index;
                chunk = read(file, HEADER_SIZE + (long) index * frameSize, perRead * frameSize);
            }
            int at = (index - first) * frameSize;
            return Arrays.copyOfRange(chunk, at, at + frameSize);
        }
    }

    public int pageSizeBytes() {
        return pageSizeBytes;
    }

    /** Whether the log's own header is whole. */
    public boolean headerSound() {
        return headerSound;
    }

    public int frames() {
        return count;
    }

    /** The page a frame carries, as its header says; not positive if that is no page number. */
    public int page(int frame) {
        return pages[frame];
    }

    /** Whether a frame ends a transaction, and is proven. */
    public boolean isCommit(int frame) {
        return provenCommits[frame];
    }

    public Standing standing(int frame) {
        return standings[frame];
    }

    /** Whether the frame's header was lost and came back from the checksums around it. */
    public boolean restored(int frame) {
        return restored[frame];
    }

    /** How many committed frames are damaged; what they held may be known from nowhere else. */
    public int damagedFrames() {
        return damagedFrames;
    }

    /** How many frames of the current generation have no commit behind them. */
    public int framesWithoutCommit() {
        return framesWithoutCommit;
    }

    /**
     * Whether the file ends with frames that no commit follows: the transaction was never committed, or the log was cut within it. Where frames of an earlier
     * generation follow, it was never committed.
     */
    public boolean endsInTransaction() {
        return endsInTransaction;
    }

    /** Where the page of a frame begins in the file; without meaning if it lies {@linkplain #elsewhere elsewhere}. */
    public long contentOffset(int frame) {
        return contentAt(contentFrames.getOrDefault(frame, frame));
    }

    /** The number of the other page in whose place the content of a frame lies; 0 if it lies in the log. */
    public int elsewhere(int frame) {
        return contentElsewhere.getOrDefault(frame, 0);
    }

    /** Where in the file the page lies that changed places with one of the other pages; -1 if none did. */
    public long placeOfOther(int number) {
        for (Map.Entry<Integer, Integer> moved : contentElsewhere.entrySet()) {
            if (moved.getValue() == number && pages[moved.getKey()] != number) {
                return contentAt(moved.getKey());
            }
        }
        return -1;
    }

    /** Whether what lies in a frame's place is the page of another frame. */
    public boolean holdsForeignPage(int frame) {
        return contentFrames.containsValue(frame) || contentElsewhere.containsKey(frame);
    }

    /**
     * Gives a page back the word that damage took from it, if its frame is {@link Standing#CORRECTED}.
     *
     * @param contentOffset where the page begins in the file
     */
    public void correct(long contentOffset, byte[] page) {
        int frame = (int) ((contentOffset - HEADER_SIZE) / (FRAME_HEADER_SIZE + pageSizeBytes));
        WordCorrection correction = corrections.get(frame);
        if (correction != null) {
            correction.apply(page);
        }
    }

    /** The size of the database after the last commit, in pages; 0 if there is none. */
    public long committedPages() {
        return committedPages;
    }
}
