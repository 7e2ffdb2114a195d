package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.Arrays;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.format.Varint;

/**
 * Rows of one table as a small SQLite database: one table whose leaves hold their records byte for byte, so that SQLite can take them all with one
 * statement and no value passes through an object. Its columns have no type, so that nothing is converted before the table itself does.
 *
 * <p>Source: SQLite file format §1.3, §1.6. Takes rows until it is full, then is read, then cleared. One thread at a time.
 */
final class StagedRows {

    /** The one table, with columns {@code c0}, {@code c1} and so on. */
    static final String TABLE = "s";

    /** More columns would not fit the schema page whatever the encoding. */
    static final int MOST_COLUMNS = 1000;

    private static final int PAGE = 1 << 16;
    private static final int LEAVES = 16;
    private static final int LEAF_HEADER = 8;
    private static final int INTERIOR_HEADER = 12;
    private static final int POINTER = 2;
    private static final int LONGEST_VARINT = 9;
    /** With a longer one a payload continues on overflow pages. */
    private static final int LONGEST_PAYLOAD = PAGE - 35;

    private static final int FIRST_LEAF = 2;
    private static final int SCHEMA_FORMAT = 4;
    private static final int SQLITE_VERSION = 3_041_000;

    private final byte[] image = new byte[(1 + LEAVES + 1) * PAGE];
    private final long[] lastRowids = new long[LEAVES];
    private int[] origins = new int[1024];
    private int count;
    private int leaf;
    private int cells;
    private int contentStart;
    private boolean bySequence;
    private int fields;
    private long last;

    /** How many rows there are. */
    int count() {
        return count;
    }

    /** How many fields each row has. */
    int fields() {
        return fields;
    }

    /**
     * Lets all rows go.
     *
     * @param numbered rows have no rowid, or none that matters: they are numbered as they come
     */
    void clear(boolean numbered) {
        bySequence = numbered;
        count = 0;
        leaf = 0;
        cells = 0;
        contentStart = PAGE;
    }

    /** Whether a record is short enough for any set of rows. */
    static boolean canHold(RecordCursor record) {
        return record.payloadSize() <= LONGEST_PAYLOAD;
    }

    /** Adds a row; false if it must go to another set: this one is full, its rows have another number of fields, or rowids up to this one. */
    boolean add(long rowid, RecordCursor record, int page) {
        long key = bySequence ? count + 1L : rowid;
        if (count > 0 && (record.count() != fields || key <= last)) {
            return false;
        }
        int size = record.payloadSize();
        int most = size + 2 * LONGEST_VARINT;
        if (contentStart - most < LEAF_HEADER + POINTER * (cells + 1)) {
            if (leaf + 1 == LEAVES) {
                return false;
            }
            endLeaf();
            leaf++;
            cells = 0;
            contentStart = PAGE;
        }
        int base = (FIRST_LEAF - 1 + leaf) * PAGE;
        int start = contentStart - size - Varint.length(key) - Varint.length(size);
        int at = Varint.put(image, base + start, size);
        at = Varint.put(image, at, key);
        record.copyPayload(image, at);
        contentStart = start;
        Bytes.put16(image, base + LEAF_HEADER + POINTER * cells, start);
        cells++;
        if (count == origins.length) {
            origins = Arrays.copyOf(origins, count * 2);
        }
        origins[count++] = page;
        fields = record.count();
        last = key;
        return true;
    }

    private void endLeaf() {
        int at = (FIRST_LEAF - 1 + leaf) * PAGE;
        header(at, PageKind.TABLE_LEAF, cells, contentStart);
        lastRowids[leaf] = last;
    }

    private void header(int at, PageKind kind, int cellCount, int content) {
        Arrays.fill(image, at, at + LEAF_HEADER, (byte) 0);
        image[at] = (byte) kind.flag();
        Bytes.put16(image, at + 3, cellCount);
        // 65536 is written as 0.
        Bytes.put16(image, at + 5, content);
    }

    /** The database; the array belongs to this object, and only {@link #imageSize} bytes of it count. */
    byte[] image() {
        return image;
    }

    /**
     * Makes the database whole.
     *
     * @param columns of the table
     * @param version another number for each content of one file, so that SQLite knows that the file has changed
     * @return how many bytes of {@link #image} the database takes
     */
    int imageSize(int columns, int version, TextEncoding encoding) {
        endLeaf();
        int root = FIRST_LEAF;
        int pages = FIRST_LEAF + leaf;
        if (leaf > 0) {
            pages++;
            root = pages;
            endRoot((root - 1) * PAGE);
        }
        firstPage(columns, root, pages, version, encoding);
        return pages * PAGE;
    }

    private void endRoot(int base) {
        int start = PAGE;
        for (int i = 0; i < leaf; i++) {
            start -= 4 + Varint.length(lastRowids[i]);
            Bytes.put32(image, base + start, FIRST_LEAF + i);
            Varint.put(image, base + start + 4, lastRowids[i]);
            Bytes.put16(image, base + INTERIOR_HEADER + POINTER * i, start);
        }
        header(base, PageKind.TABLE_INTERIOR, leaf, start);
        Bytes.put32(image, base + LEAF_HEADER, FIRST_LEAF + leaf);
    }

    private void firstPage(int columns, int root, int pages, int version, TextEncoding encoding) {
        Arrays.fill(image, 0, DatabaseHeader.SIZE, (byte) 0);
        byte[] magic = "SQLite format 3\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        System.arraycopy(magic, 0, image, 0, magic.length);
        Bytes.put16(image, 16, 1);
        image[18] = 1;
        image[19] = 1;
        image[21] = 64;
        image[22] = 32;
        image[23] = 32;
        Bytes.put32(image, 24, version);
        Bytes.put32(image, 28, pages);
        Bytes.put32(image, 40, version);
        Bytes.put32(image, 44, SCHEMA_FORMAT);
        Bytes.put32(image, 56, encoding.code());
        Bytes.put32(image, 92, version);
        Bytes.put32(image, 96, SQLITE_VERSION);

        StringBuilder sql = new StringBuilder("CREATE TABLE ").append(TABLE).append('(');
        for (int i = 0; i < columns; i++) {
            sql.append(i == 0 ? "c" : ",c").append(i);
        }
        byte[][] texts = {
            "table".getBytes(encoding.charset()),
            TABLE.getBytes(encoding.charset()),
            TABLE.getBytes(encoding.charset()),
            sql.append(')').toString().getBytes(encoding.charset())
        };
        int headerSize = 1 + 1;
        int bodySize = 4;
        for (byte[] text : texts) {
            headerSize += Varint.length(textType(text));
            bodySize += text.length;
        }
        int size = headerSize + bodySize;
        int start = PAGE - size - Varint.length(size) - 1;
        int at = Varint.put(image, start, size);
        at = Varint.put(image, at, 1);
        int body = at + headerSize;
        at = Varint.put(image, at, headerSize);
        for (int i = 0; i < texts.length; i++) {
            if (i == texts.length - 1) {
                // The root's number, in four bytes.
                at = Varint.put(image, at, 4);
                Bytes.put32(image, body, root);
                body += 4;
            }
            at = Varint.put(image, at, textType(texts[i]));
            System.arraycopy(texts[i], 0, image, body, texts[i].length);
            body += texts[i].length;
        }
        header(DatabaseHeader.SIZE, PageKind.TABLE_LEAF, 1, start);
        Bytes.put16(image, DatabaseHeader.SIZE + LEAF_HEADER, start);
    }

    private static long textType(byte[] text) {
        return 13 + 2L * text.length;
    }

    /** Hands out the rows in their order. */
    void each(RowSink sink) throws IOException {
        RecordCursor record = new RecordCursor();
        int row = 0;
        for (int page = 0; page <= leaf; page++) {
            int base = (FIRST_LEAF - 1 + page) * PAGE;
            int inLeaf = page == leaf ? cells : Bytes.u16(image, base + 3);
            for (int cell = 0; cell < inLeaf; cell++) {
                int at = base + Bytes.u16(image, base + LEAF_HEADER + POINTER * cell);
                int size = (int) Varint.value(image, at);
                at += Varint.length(size);
                long key = Varint.value(image, at);
                at += Varint.length(key);
                if (!record.moveTo(image, at, size)) {
                    throw new IllegalStateException("a row that was taken in whole is none now");
                }
                sink.row(bySequence ? 0 : key, record, origins[row++]);
            }
        }
    }
}
