package org.healingsqlite.completeness;

import java.io.IOException;
import java.util.Arrays;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.RecordCursor;

/**
 * The payload of a row, read in pieces: one that is larger than the memory at hand is compared all the same. For one thread.
 *
 * <p>Source: SQLite file format §1.7.
 */
final class Payload {
    private static final int PIECE_BYTES = 1 << 14;

    /** Up to this size two payloads that differ are compared value by value. */
    private static final int MOST_DECODED = 1 << 20;

    private final Pages pages;
    private final byte[] page;
    private final int localFrom;
    private final int localSize;
    private final long size;
    private final long firstOverflow;
    private long left;
    private long nextOverflow;
    private byte[] current;
    private int from;
    private int to;

    private Payload(Pages pages, byte[] page, CellCursor cell) {
        this.pages = pages;
        this.page = page;
        localFrom = cell.payloadOffset();
        localSize = cell.localSize();
        size = cell.payloadSize();
        firstOverflow = cell.overflowPage();
        current = page;
        rewind();
    }

    /** The payload of the row that a cursor stands on. */
    static Payload of(TreeCursor row) {
        return new Payload(row.pages(), row.page().bytes(), row.cell());
    }

    private void rewind() {
        current = page;
        from = localFrom;
        to = localFrom + localSize;
        left = size - localSize;
        nextOverflow = firstOverflow;
    }

    private int read(byte[] target, int most) throws IOException {
        int got = 0;
        while (got < most) {
            if (from == to) {
                if (left <= 0 || nextOverflow == 0) {
                    break;
                }
                current = pages.read((int) nextOverflow);
                nextOverflow = Bytes.u32(current, 0);
                from = 4;
                to = from + (int) Math.min(left, pages.geometry().overflowCapacity());
                left -= to - from;
            }
            int length = Math.min(most - got, to - from);
            System.arraycopy(current, from, target, got, length);
            got += length;
            from += length;
        }
        return got;
    }

    /**
     * Whether it continues on just as many pages as it needs, none of which has another use; they are noted.
     *
     * @param uses null where they are not to be noted again
     */
    static boolean isWhole(TreeCursor row, Uses uses) throws IOException {
        CellCursor cell = row.cell();
        Pages pages = row.pages();
        if (cell.overflowPage() == 0) {
            return true;
        }
        long needed = pages.geometry().overflowPages(cell.payloadSize(), cell.localSize());
        long next = cell.overflowPage();
        for (long i = 0; i < needed; i++) {
            if (next < 2 || next > pages.count() || !uses.take(next, Uses.OVERFLOW)) {
                return false;
            }
            next = Bytes.u32(pages.read((int) next), 0);
        }
        return next == 0;
    }

    /** Whether the row's record can be one, as far as it is on its page. */
    static boolean isRecord(TreeCursor row, RecordCursor record) {
        CellCursor cell = row.cell();
        byte[] bytes = row.page().bytes();
        return record.readHeader(bytes, cell.payloadOffset(), cell.localSize(), cell.payloadSize())
                || RecordCursor.headerContinues(bytes, cell.payloadOffset(), cell.localSize(), cell.payloadSize());
    }

    /** A digest of the whole payload, the same wherever it lies. */
    long digest() throws IOException {
        if (left == 0) {
            return Bytes.digest(page, localFrom, localFrom + localSize);
        }
        rewind();
        byte[] piece = new byte[PIECE_BYTES];
        long digest = size;
        for (int got = read(piece, PIECE_BYTES); got > 0; got = read(piece, PIECE_BYTES)) {
            digest = digest * 0x9E3779B97F4A7C15L ^ Bytes.digest(piece, 0, got);
        }
        return digest;
    }

    /** A digest of the first values, the same however a whole number is stored; of all bytes where it is large. */
    long digest(int fields, RecordCursor record) throws IOException {
        byte[] bytes = bytes();
        if (bytes.length == 0 || !record.moveTo(bytes, 0, bytes.length)) {
            return digest();
        }
        long digest = 17;
        for (int field = 0; field < Math.min(fields, record.count()); field++) {
            long value = switch (record.kind(field)) {
                case NULL -> 3;
                case INTEGER, REAL ->
                    Double.doubleToLongBits(number(record, field))
                            ^ (record.kind(field) == RecordCursor.Kind.INTEGER
                                    ? record.integer(field) << 1
                                    : wholeOf(record, field));
                case TEXT -> 7 + Bytes.digest(bytes, record.offset(field), record.offset(field) + record.size(field));
                case BLOB -> 9 + Bytes.digest(bytes, record.offset(field), record.offset(field) + record.size(field));
            };
            digest = (digest ^ value) * 0x9E3779B97F4A7C15L;
            digest ^= digest >>> 32;
        }
        return digest;
    }

    private static long wholeOf(RecordCursor record, int field) {
        double value = record.real(field);
        return value == (long) value ? (long) value << 1 : 0;
    }

    /**
     * Whether two payloads hold the same values. The other may have more of them, for columns that the row was older than, and may store a whole
     * number in another way.
     */
    boolean isSame(Payload other) throws IOException {
        if (size == other.size && isEqual(other)) {
            return true;
        }
        if (size > MOST_DECODED || other.size > MOST_DECODED) {
            return false;
        }
        RecordCursor old = new RecordCursor();
        RecordCursor fresh = new RecordCursor();
        byte[] oldBytes = whole();
        byte[] freshBytes = other.whole();
        if (!old.moveTo(oldBytes, 0, oldBytes.length)
                || !fresh.moveTo(freshBytes, 0, freshBytes.length)
                || fresh.count() < old.count()) {
            return false;
        }
        for (int field = 0; field < old.count(); field++) {
            if (!isSame(old, fresh, field)) {
                return false;
            }
        }
        return true;
    }

    /** Whether both have the same bytes. */
    boolean isEqual(Payload other) throws IOException {
        if (size != other.size) {
            return false;
        }
        if (left == 0 && other.left == 0) {
            return Arrays.equals(
                    page, localFrom, localFrom + localSize, other.page, other.localFrom, other.localFrom + localSize);
        }
        rewind();
        other.rewind();
        byte[] one = new byte[PIECE_BYTES];
        byte[] two = new byte[PIECE_BYTES];
        while (true) {
            int got = read(one, PIECE_BYTES);
            if (got != other.read(two, PIECE_BYTES) || !Arrays.equals(one, 0, got, two, 0, got)) {
                return false;
            }
            if (got < PIECE_BYTES) {
                return true;
            }
        }
    }

    /** All of it, as one array: for what is known to be small. */
    byte[] bytes() throws IOException {
        return size > MOST_DECODED ? new byte[0] : whole();
    }

    private byte[] whole() throws IOException {
        rewind();
        byte[] bytes = new byte[(int) size];
        int got = read(bytes, bytes.length);
        return got == bytes.length ? bytes : Arrays.copyOf(bytes, got);
    }

    private static boolean isSame(RecordCursor old, RecordCursor fresh, int field) {
        RecordCursor.Kind one = old.kind(field);
        RecordCursor.Kind two = fresh.kind(field);
        if (isNumber(one) && isNumber(two)) {
            if (one == two && one == RecordCursor.Kind.INTEGER) {
                return old.integer(field) == fresh.integer(field);
            }
            // The bits, because a number that is none equals nothing.
            return Double.doubleToLongBits(number(old, field)) == Double.doubleToLongBits(number(fresh, field));
        }
        if (one != two) {
            return false;
        }
        return one == RecordCursor.Kind.NULL
                || Arrays.equals(
                        old.bytes(),
                        old.offset(field),
                        old.offset(field) + old.size(field),
                        fresh.bytes(),
                        fresh.offset(field),
                        fresh.offset(field) + fresh.size(field));
    }

    private static boolean isNumber(RecordCursor.Kind kind) {
        return kind == RecordCursor.Kind.INTEGER || kind == RecordCursor.Kind.REAL;
    }

    private static double number(RecordCursor record, int field) {
        double value = record.kind(field) == RecordCursor.Kind.INTEGER ? record.integer(field) : record.real(field);
        // SQLite stores 0.0 as 0, and so loses the sign of -0.0.
        return value == 0 ? 0 : value;
    }
}
