package org.healingsqlite.format;

/**
 * The variable-length integer: seven bits a byte, high bit for "more follows", a ninth byte with all eight bits.
 *
 * <p>Source: SQLite file format §1.6.
 */
public final class Varint {

    private static final int LONGEST = 9;

    private Varint() {}

    /** How many bytes the integer takes, or 0 if it runs past {@code limit}. */
    public static int size(byte[] bytes, int at, int limit) {
        for (int i = 0; i < LONGEST; i++) {
            if (at + i >= limit) {
                return 0;
            }
            if (bytes[at + i] >= 0) {
                return i + 1;
            }
        }
        return LONGEST;
    }

    /** Whether an integer that {@link #size} has found takes as few bytes as it can, as all that SQLite writes. */
    public static boolean isShortest(byte[] bytes, int at) {
        // A first byte without value would not be there; nine bytes are needed from the 57th bit on.
        return bytes[at] != (byte) 0x80 || (size(bytes, at, bytes.length) == LONGEST && (bytes[at + 1] & 0x40) != 0);
    }

    /** The value of an integer that {@link #size} has found to end before the limit. */
    public static long value(byte[] bytes, int at) {
        byte first = bytes[at];
        if (first >= 0) {
            return first;
        }
        long value = first & 0x7f;
        for (int i = 1; i < LONGEST - 1; i++) {
            byte next = bytes[at + i];
            value = (value << 7) | (next & 0x7f);
            if (next >= 0) {
                return value;
            }
        }
        return (value << 8) | (bytes[at + LONGEST - 1] & 0xff);
    }

    /** How many bytes SQLite writes for a value. */
    public static int length(long value) {
        int bits = Long.SIZE - Long.numberOfLeadingZeros(value | 1);
        return bits > 56 ? LONGEST : (bits + 6) / 7;
    }

    /** Writes a value as SQLite does; returns where the next begins. */
    public static int put(byte[] bytes, int at, long value) {
        int length = length(value);
        long rest = value;
        int last = at + length - 1;
        if (length == LONGEST) {
            bytes[last--] = (byte) rest;
            rest >>>= 8;
        } else {
            bytes[last--] = (byte) (rest & 0x7f);
            rest >>>= 7;
        }
        for (int i = last; i >= at; i--) {
            bytes[i] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        return at + length;
    }
}
