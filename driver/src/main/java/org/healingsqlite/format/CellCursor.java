package org.healingsqlite.format;

/**
 * One cell of a b-tree page, decoded in place. A cursor is moved from cell to cell so that a page costs no objects; it belongs to one thread.
 *
 * <p>Source: SQLite file format §1.6.
 */
public final class CellCursor {

    private static final int SMALLEST_CELL = 4;

    private final Geometry geometry;
    private final long largestPayload;

    private int offset;
    private int size;
    private long leftChild;
    private long rowid;
    private long payloadSize;
    private int payloadOffset;
    private int localSize;
    private long overflowPage;
    private boolean shortNumbers;

    /**
     * @param largestPayload no payload is longer: the size of the file, so that a length is checked before anything is allocated for it
     */
    public CellCursor(Geometry geometry, long largestPayload) {
        this.geometry = geometry;
        this.largestPayload = largestPayload;
    }

    /** Decodes the cell at an offset; false if no cell of that kind can be there. */
    public boolean moveTo(byte[] page, int at, PageKind kind) {
        int usable = geometry.usable();
        if (at < 0 || at + SMALLEST_CELL > usable) {
            return false;
        }
        int next = at;
        leftChild = 0;
        rowid = 0;
        payloadSize = 0;
        localSize = 0;
        overflowPage = 0;
        shortNumbers = true;
        if (!kind.isLeaf()) {
            leftChild = Bytes.u32(page, next);
            next += 4;
        }
        if (kind.hasPayload()) {
            int length = Varint.size(page, next, usable);
            if (length == 0) {
                return false;
            }
            payloadSize = Varint.value(page, next);
            shortNumbers = Varint.isShortest(page, next);
            // A record has at least its header length and one serial type.
            if (payloadSize < 2 || payloadSize > largestPayload) {
                return false;
            }
            next += length;
        }
        if (kind.isTable()) {
            int length = Varint.size(page, next, usable);
            if (length == 0) {
                return false;
            }
            rowid = Varint.value(page, next);
            shortNumbers &= Varint.isShortest(page, next);
            next += length;
        }
        payloadOffset = next;
        if (kind.hasPayload()) {
            localSize = geometry.localSize(payloadSize, kind);
            next += localSize;
            if (localSize < payloadSize) {
                if (next + 4 > usable) {
                    return false;
                }
                overflowPage = Bytes.u32(page, next);
                next += 4;
            }
        }
        if (next > usable) {
            return false;
        }
        offset = at;
        size = Math.max(SMALLEST_CELL, next - at);
        return true;
    }

    /** Whether payload size and rowid take as few bytes as SQLite would have used for them. */
    public boolean asWritten() {
        return shortNumbers;
    }

    public int offset() {
        return offset;
    }

    /** Bytes on this page, at least 4 because a freed cell must hold a freeblock. */
    public int size() {
        return size;
    }

    public int end() {
        return offset + size;
    }

    public long leftChild() {
        return leftChild;
    }

    /** The rowid, or the key of an interior cell of a table. */
    public long rowid() {
        return rowid;
    }

    public long payloadSize() {
        return payloadSize;
    }

    public int payloadOffset() {
        return payloadOffset;
    }

    /** Payload bytes on this page. */
    public int localSize() {
        return localSize;
    }

    /** The first overflow page; 0 if the payload is whole on this page. */
    public long overflowPage() {
        return overflowPage;
    }
}
