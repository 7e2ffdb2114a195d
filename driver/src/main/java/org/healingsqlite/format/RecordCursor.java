package org.healingsqlite.format;

import java.util.Arrays;

/**
 * One record, decoded strictly: the header ends exactly where it says, and header and values make up the payload exactly. A cursor is moved
 * from record to record; it belongs to one thread.
 *
 * <p>Source: SQLite file format §2.1.
 */
public final class RecordCursor {

    /** What kind of value a field holds. */
    public enum Kind {
        NULL,
        INTEGER,
        REAL,
        TEXT,
        BLOB
    }

    /** SQLite's own limit on columns. */
    public static final int MOST_FIELDS = 32767;

    private static final int[] FIXED_SIZE = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};

    private byte[] bytes = {};
    private int count;
    private int from;
    private int length;
    private boolean shortHeader;
    private long[] types = new long[32];
    private int[] offsets = new int[32];

    /** Decodes a payload that is whole in the array; false if it is no record. */
    public boolean moveTo(byte[] payload, int from, int length) {
        return readHeader(payload, from, length, length);
    }

    /**
     * Checks the header of a payload of which only the beginning is at hand. The values of fields that lie in that beginning may be read.
     *
     * @param local bytes at hand
     * @param payloadSize bytes of the whole payload
     * @return false if the payload is no record, or if its header is not at hand whole
     */
    public boolean readHeader(byte[] payload, int from, int local, long payloadSize) {
        int limit = from + local;
        this.from = from;
        length = local;
        int lengthSize = Varint.size(payload, from, limit);
        if (lengthSize == 0) {
            return false;
        }
        long headerSize = Varint.value(payload, from);
        if (headerSize <= lengthSize || headerSize > local) {
            return false;
        }
        int headerEnd = from + (int) headerSize;
        int at = from + lengthSize;
        long body = headerEnd;
        long end = from + payloadSize;
        int fields = 0;
        boolean isShort = Varint.isShortest(payload, from);
        while (at < headerEnd) {
            int size = Varint.size(payload, at, headerEnd);
            if (size == 0 || fields == MOST_FIELDS) {
                return false;
            }
            isShort &= Varint.isShortest(payload, at);
            long type = Varint.value(payload, at);
            long valueSize = sizeOf(type);
            if (valueSize < 0 || valueSize > end - body) {
                return false;
            }
            if (fields == types.length) {
                types = Arrays.copyOf(types, fields * 2);
                offsets = Arrays.copyOf(offsets, fields * 2);
            }
            types[fields] = type;
            offsets[fields] = (int) Math.min(body, Integer.MAX_VALUE);
            fields++;
            body += valueSize;
            at += size;
        }
        bytes = payload;
        count = fields;
        shortHeader = isShort;
        return body == end;
    }

    /**
     * Whether a payload may be a record of so many fields that its header itself continues elsewhere: as far as it is at hand, it is one. The cursor stays where it
     * is.
     *
     * @param local bytes at hand
     * @param payloadSize bytes of the whole payload
     */
    public static boolean headerContinues(byte[] payload, int from, int local, long payloadSize) {
        int limit = from + local;
        long headerSize = headerSize(payload, from, limit);
        if (headerSize <= local || headerSize > payloadSize) {
            return false;
        }
        long size = headerSize;
        int at = from + Varint.size(payload, from, limit);
        while (at < limit) {
            int length = Varint.size(payload, at, limit);
            if (length == 0) {
                // It continues elsewhere too.
                return true;
            }
            long valueSize = sizeOf(Varint.value(payload, at));
            if (valueSize < 0 || valueSize > payloadSize - size) {
                return false;
            }
            size += valueSize;
            at += length;
        }
        return true;
    }

    /** Bytes of a value; -1 for a serial type that is not one. */
    private static long sizeOf(long type) {
        if (type < 0 || type == 10 || type == 11) {
            return -1;
        }
        return type < 10 ? FIXED_SIZE[(int) type] : (type - 12) / 2;
    }

    /** Bytes of a record header that says so itself, or 0 if its length is not at hand. */
    public static long headerSize(byte[] payload, int from, int limit) {
        return Varint.size(payload, from, limit) == 0 ? 0 : Varint.value(payload, from);
    }

    /**
     * Whether the record is as SQLite writes it: each number of its header in as few bytes as it takes, and each integer too. A whole record is asked,
     * one that {@link #moveTo} accepted.
     */
    public boolean asWritten() {
        if (!shortHeader) {
            return false;
        }
        for (int field = 0; field < count; field++) {
            long type = types[field];
            // What the next smaller width lacks would only repeat its sign: one byte, or two from 48 bits on.
            if (type >= 2 && type <= 6) {
                int at = offsets[field];
                boolean repeats = bytes[at] == bytes[at + 1] >> 7;
                if (type >= 5) {
                    repeats = bytes[at] == bytes[at + 1] && bytes[at] == bytes[at + 2] >> 7;
                }
                if (repeats) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The bytes of the record, copied; of one that continues elsewhere those at hand. */
    public byte[] payload() {
        return Arrays.copyOfRange(bytes, from, from + length);
    }

    /**
     * A record of some values of this one, byte for byte.
     *
     * @param fields their positions, in the order of the new record; negative for NULL
     */
    public byte[] pick(int[] fields) {
        int typesSize = 0;
        int bodySize = 0;
        for (int field : fields) {
            typesSize += field < 0 ? 1 : Varint.length(types[field]);
            bodySize += field < 0 ? 0 : size(field);
        }
        int headerSize = typesSize + 1;
        while (typesSize + Varint.length(headerSize) != headerSize) {
            headerSize = typesSize + Varint.length(headerSize);
        }
        byte[] picked = new byte[headerSize + bodySize];
        int at = Varint.put(picked, 0, headerSize);
        int body = headerSize;
        for (int field : fields) {
            at = Varint.put(picked, at, field < 0 ? 0 : types[field]);
            if (field >= 0) {
                System.arraycopy(bytes, offsets[field], picked, body, size(field));
                body += size(field);
            }
        }
        return picked;
    }

    /** Bytes of the record; of one that continues elsewhere those at hand. */
    public int payloadSize() {
        return length;
    }

    /** Copies the bytes of the record to a place that has room for {@link #payloadSize} of them. */
    public void copyPayload(byte[] target, int at) {
        System.arraycopy(bytes, from, target, at, length);
    }

    public int count() {
        return count;
    }

    public Kind kind(int field) {
        long type = types[field];
        if (type == 0) {
            return Kind.NULL;
        }
        if (type == 7) {
            return Kind.REAL;
        }
        if (type < 10) {
            return Kind.INTEGER;
        }
        return (type & 1) == 1 ? Kind.TEXT : Kind.BLOB;
    }

    public boolean isNull(int field) {
        return types[field] == 0;
    }

    public boolean isText(int field) {
        return types[field] >= 13 && (types[field] & 1) == 1;
    }

    /** Bytes of the value. */
    public int size(int field) {
        return (int) sizeOf(types[field]);
    }

    /** Where the value begins in {@link #bytes}. */
    public int offset(int field) {
        return offsets[field];
    }

    public byte[] bytes() {
        return bytes;
    }

    /** Whether the value may be read: of a record that continues elsewhere only the beginning is at hand, and other bytes follow it. */
    public boolean isAtHand(int field) {
        return (long) offsets[field] + sizeOf(types[field]) <= (long) from + length;
    }

    public long integer(int field) {
        int type = (int) types[field];
        return switch (type) {
            case 8 -> 0;
            case 9 -> 1;
            case 1 -> bytes[offsets[field]];
            case 2 -> (short) Bytes.u16(bytes, offsets[field]);
            case 4 -> Bytes.i32(bytes, offsets[field]);
            case 6 -> Bytes.i64(bytes, offsets[field]);
            default -> Bytes.signed(bytes, offsets[field], FIXED_SIZE[type]);
        };
    }

    public double real(int field) {
        return Double.longBitsToDouble(Bytes.i64(bytes, offsets[field]));
    }

    /** The bytes of a text or blob. */
    public byte[] copy(int field) {
        return Arrays.copyOfRange(bytes, offsets[field], offsets[field] + size(field));
    }
}
