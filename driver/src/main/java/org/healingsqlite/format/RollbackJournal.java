package org.healingsqlite.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A rollback journal: pages as they were before the transaction. Segments begin at sector boundaries, each with its own nonce; where a
 * segment's header is damaged the nonce is what most of its records agree on.
 *
 * <p>Source: SQLite file format §3. Never changes once read; holds 13 bytes a record.
 */
public final class RollbackJournal {

    private static final long MAGIC = 0xd9d5_05f9_20a1_63d7L;
    private static final int HEADER_FIELDS = 28;
    private static final int SAMPLE_DISTANCE = 200;
    private static final int MOST_SUPER_JOURNAL_NAME = 4096;
    private static final int SMALLEST_SECTOR = 512;
    private static final long TO_THE_END = 0xffff_ffffL;

    private final FileChannel file;
    private final long size;
    private int pageSizeBytes;
    private int sectorSize = 512;
    private int[] pages = new int[64];
    private long[] offsets = new long[64];
    private boolean[] synced = new boolean[64];
    private boolean[] proven = new boolean[64];
    private int damagedRecords;
    /** Counted records that do not add up, with the sum that they should give. */
    private final List<Suspect> suspects = new ArrayList<>();

    private int count;
    private long originalPages;
    private boolean headerSound;
    private boolean headerZero;
    private Optional<String> superJournal = Optional.empty();

    /**
     * A record that does not add up.
     *
     * @param sum what the bytes of its page that count should add up to
     * @param actual what they add up to
     */
    private record Suspect(int index, int sum, int actual) {}

    /** Of more damaged records than these no pairs are looked for. */
    private static final int MOST_SUSPECTS = 64;

    private RollbackJournal(FileChannel file, int pageSizeBytes) throws IOException {
        this.file = file;
        this.size = file.size();
        this.pageSizeBytes = pageSizeBytes;
    }

    /** The page size that the journal's header gives, if it can be one. */
    public static Optional<Integer> pageSize(FileChannel file) throws IOException {
        byte[] header = readAt(file, 0, HEADER_FIELDS);
        int pageSize = Bytes.i32(header, 24);
        return Bytes.i64(header, 0) == MAGIC && Geometry.isPageSize(pageSize)
                ? Optional.of(pageSize)
                : Optional.empty();
    }

    /** Reads a journal; the page size is used where its header does not give one. */
    public static RollbackJournal read(FileChannel file, int pageSizeBytes) throws IOException {
        RollbackJournal journal = new RollbackJournal(file, pageSizeBytes);
        journal.scan();
        journal.changeBack();
        journal.readSuperJournal();
        return journal;
    }

    private static byte[] readAt(FileChannel file, long position, int length) throws IOException {
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

    private void scan() throws IOException {
        byte[] header = readAt(file, 0, HEADER_FIELDS);
        headerZero = Bytes.zero(header, 0, HEADER_FIELDS);
        headerSound = Bytes.i64(header, 0) == MAGIC
                && Geometry.isPageSize(Bytes.i32(header, 24))
                && isSectorSize(Bytes.i32(header, 20));
        if (Geometry.isPageSize(Bytes.i32(header, 24))) {
            pageSizeBytes = Bytes.i32(header, 24);
        }
        if (isSectorSize(Bytes.i32(header, 20))) {
            sectorSize = Bytes.i32(header, 20);
        }
        if (headerSound) {
            originalPages = Bytes.u32(header, 16);
        } else {
            takeGeometryFromNextHeader();
        }
        long at = 0;
        while (at + HEADER_FIELDS <= size) {
            byte[] segment = readAt(file, at, HEADER_FIELDS);
            boolean sound = Bytes.i64(segment, 0) == MAGIC;
            if (!sound && at > 0) {
                at += sectorSize;
                continue;
            }
            if (!sound) {
                at = damagedSegment(at);
                continue;
            }
            if (originalPages == 0) {
                originalPages = Bytes.u32(segment, 16);
            }
            long end = countedSegment(at + sectorSize, Bytes.i32(segment, 12), Bytes.u32(segment, 8));
            at = Math.max(at + sectorSize, (end + sectorSize - 1) / sectorSize * sectorSize);
        }
    }

    /** A count that leads neither to the next segment nor to the end is damaged; then the next header says where the segment ends. */
    private long countedSegment(long from, int nonce, long records) throws IOException {
        if (records == 0) {
            // The next segment begins only when the count of the one before is on disk.
            long follower = nextHeader(from + sectorSize);
            if (follower >= from + recordSize()) {
                segment(from, nonce, (follower - from) / recordSize());
                return follower;
            }
        }
        if (records == TO_THE_END || records == 0) {
            return segment(from, nonce, records);
        }
        long end = from + records * recordSize();
        long aligned = (end + sectorSize - 1) / sectorSize * sectorSize;
        boolean leadsOn = end <= size && (aligned >= size || Bytes.i64(readAt(file, aligned, 8), 0) == MAGIC);
        long next = leadsOn ? -1 : nextHeader(from);
        if (next < 0) {
            long last = segment(from, nonce, end <= size ? records : TO_THE_END);
            if (end > size) {
                // It promises more than is there.
                damagedRecords++;
            }
            return last;
        }
        long there = Math.max(1, (next - from) / recordSize());
        segment(from, nonce, there);
        damagedRecords += records > there ? 1 : 0;
        return next;
    }

    /** Every segment repeats the sizes. */
    private void takeGeometryFromNextHeader() throws IOException {
        long next = nextHeader(SMALLEST_SECTOR);
        if (next > 0) {
            byte[] header = readAt(file, next, HEADER_FIELDS);
            originalPages = Bytes.u32(header, 16);
            if (isSectorSize(Bytes.i32(header, 20))) {
                sectorSize = Bytes.i32(header, 20);
            }
            if (Geometry.isPageSize(Bytes.i32(header, 24))) {
                pageSizeBytes = Bytes.i32(header, 24);
            }
        }
    }

    /** Where the next segment begins, from an offset on; -1 if there is none. */
    private long nextHeader(long from) throws IOException {
        for (long at = from; at + HEADER_FIELDS <= size; at += SMALLEST_SECTOR) {
            if (Bytes.i64(readAt(file, at, 8), 0) == MAGIC) {
                return at;
            }
        }
        return -1;
    }

    /** A segment whose header is lost reaches to the next one, which tells how many records it has. Returns where it ends. */
    private long damagedSegment(long at) throws IOException {
        long next = nextHeader(at + sectorSize);
        long records = (next < 0 ? size - at - sectorSize : next - at - sectorSize) / recordSize();
        long from = at + sectorSize;
        int nonce = nonceByVote(from, records);
        if (next < 0) {
            segment(from, nonce, TO_THE_END);
            return size;
        }
        segment(from, nonce, Math.max(1, records));
        return next;
    }

    private static boolean isSectorSize(int bytes) {
        return bytes >= 32 && bytes <= 65536 && Integer.bitCount(bytes) == 1;
    }

    private int recordSize() {
        return 8 + pageSizeBytes;
    }

    /** Reads the records of a segment; returns where they end. */
    private long segment(long from, int nonce, long records) throws IOException {
        long at = from;
        for (long i = 0; at + recordSize() <= size; i++) {
            if (records != TO_THE_END && records != 0 && i == records) {
                break;
            }
            byte[] record = readAt(file, at, recordSize());
            if (Bytes.i64(record, 0) == MAGIC) {
                break;
            }
            int page = Bytes.i32(record, 0);
            if (page > 0 && Bytes.i32(record, 4 + pageSizeBytes) - samples(record) == nonce) {
                add(page, at + 4, records != 0, true);
            } else if (records != TO_THE_END
                    && records != 0
                    && page <= 0
                    && Bytes.i32(record, 4 + pageSizeBytes) - samples(record) == nonce) {
                // Only its page's number is lost.
                add(0, at + 4, true, true);
            } else if (records != TO_THE_END && records != 0) {
                // The header counts this record, so it is one; its bytes are not all right.
                damagedRecords++;
                if (page > 0) {
                    int actual = samples(record);
                    suspects.add(new Suspect(count, Bytes.i32(record, 4 + pageSizeBytes) - nonce, actual));
                    add(page, at + 4, true, false);
                }
            } else if (records == TO_THE_END || records == 0) {
                // With no count to go by the first record that does not add up ends the segment, unless the one after
                // it adds up.
                byte[] next = readAt(file, at + recordSize(), recordSize());
                if (Bytes.i32(next, 0) <= 0 || Bytes.i32(next, 4 + pageSizeBytes) - samples(next) != nonce) {
                    break;
                }
            }
            at += recordSize();
        }
        if (records != TO_THE_END && (at - from) / recordSize() < records) {
            damagedRecords++;
        }
        return at;
    }

    /** Two records of which each adds up with the other's page were exchanged, if that is so for no third. */
    private void changeBack() {
        if (suspects.size() > MOST_SUSPECTS) {
            return;
        }
        for (Suspect one : suspects) {
            List<Suspect> partners = suspects.stream()
                    .filter(other -> one.sum() == other.actual() && other.sum() == one.actual())
                    .toList();
            if (partners.size() == 1 && one.index() < partners.get(0).index()) {
                int other = partners.get(0).index();
                long offset = offsets[one.index()];
                offsets[one.index()] = offsets[other];
                offsets[other] = offset;
                proven[one.index()] = true;
                proven[other] = true;
                damagedRecords -= 2;
            }
        }
    }

    private int nonceByVote(long from, long records) throws IOException {
        Map<Integer, Integer> votes = new HashMap<>();
        long at = from;
        for (int i = 0; i < Math.min(records, 64) && at + recordSize() <= size; i++, at += recordSize()) {
            byte[] record = readAt(file, at, recordSize());
            votes.merge(Bytes.i32(record, 4 + pageSizeBytes) - samples(record), 1, Integer::sum);
        }
        int best = 0;
        int most = 0;
        for (Map.Entry<Integer, Integer> vote : votes.entrySet()) {
            if (vote.getValue() > most) {
                best = vote.getKey();
                most = vote.getValue();
            }
        }
        return best;
    }

    /** Every 200th byte of the page, counted from its end. */
    private int samples(byte[] record) {
        return samples(record, 4);
    }

    private int samples(byte[] bytes, int pageAt) {
        int sum = 0;
        for (int i = pageSizeBytes - SAMPLE_DISTANCE; i > 0; i -= SAMPLE_DISTANCE) {
            sum += Bytes.u8(bytes, pageAt + i);
        }
        return sum;
    }

    /** Whether a record whose checksum fails would hold with another page. */
    public boolean holdsWith(int index, byte[] page) {
        int sum = samples(page, 0);
        return suspects.stream().anyMatch(suspect -> suspect.index() == index && suspect.sum() == sum);
    }

    private void add(int page, long offset, boolean isSynced, boolean isProven) {
        if (count == pages.length) {
            pages = Arrays.copyOf(pages, count * 2);
            offsets = Arrays.copyOf(offsets, count * 2);
            synced = Arrays.copyOf(synced, count * 2);
            proven = Arrays.copyOf(proven, count * 2);
        }
        pages[count] = page;
        offsets[count] = offset;
        synced[count] = isSynced;
        proven[count] = isProven;
        count++;
    }

    private void readSuperJournal() throws IOException {
        if (size < 16) {
            return;
        }
        byte[] tail = readAt(file, size - 16, 16);
        int length = Bytes.i32(tail, 0);
        if (Bytes.i64(tail, 8) == MAGIC && length > 0 && length <= MOST_SUPER_JOURNAL_NAME && length <= size - 16) {
            superJournal = Optional.of(new String(readAt(file, size - 16 - length, length), StandardCharsets.UTF_8));
        }
    }

    public int pageSizeBytes() {
        return pageSizeBytes;
    }

    public boolean headerSound() {
        return headerSound;
    }

    /** Whether the header is zero: how {@code journal_mode=PERSIST} marks a journal that is done with. */
    public boolean headerZero() {
        return headerZero;
    }

    public int records() {
        return count;
    }

    /** The page of a record; 0 if its number is lost. */
    public int page(int index) {
        return pages[index];
    }

    /** Where the page of a record begins in the file. */
    public long contentOffset(int index) {
        return offsets[index];
    }

    /** Whether the segment counts this record: only then may the page have been overwritten in the database. */
    public boolean synced(int index) {
        return synced[index];
    }

    /** Whether the record's checksum holds. */
    public boolean proven(int index) {
        return proven[index];
    }

    /** How many records that the headers count are damaged or missing. */
    public int damagedRecords() {
        return damagedRecords;
    }

    /** Size of the database before the transaction, in pages; 0 if the header does not say. */
    public long originalPages() {
        return originalPages;
    }

    /** The journal that commits several databases at once, if this one names it. */
    public Optional<String> superJournal() {
        return superJournal;
    }
}
