package org.healingsqlite.replay;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** 64 bits that stand for a sequence of values. Every bit of every value counts, also the order. */
final class SeenHash {
    static final long EMPTY = 0x9E3779B97F4A7C15L;

    private static final long FACTOR = 0xD6E8FEB86659FD93L;
    private static final long NULL = 0x5851F42D4C957F2DL;
    private static final int CHARS_AT_ONCE = 4;

    private SeenHash() {}

    static long with(long hash, long value) {
        long mixed = (hash ^ value) * FACTOR;
        return mixed ^ mixed >>> 32;
    }

    static long with(long hash, double value) {
        return with(hash, Double.doubleToRawLongBits(value));
    }

    static long with(long hash, @Nullable Object value) {
        if (value instanceof String text) {
            return with(hash, text);
        }
        if (value == null) {
            return with(hash, NULL);
        }
        if (value instanceof Double || value instanceof Float) {
            return with(hash, ((Number) value).doubleValue());
        }
        if (value instanceof Integer || value instanceof Long || value instanceof Short || value instanceof Byte) {
            return with(hash, ((Number) value).longValue());
        }
        if (value instanceof Boolean truth) {
            return with(hash, truth ? 1L : 0L);
        }
        if (value instanceof byte[] bytes) {
            return with(hash, bytes);
        }
        return with(hash, value.toString());
    }

    private static long with(long hash, String text) {
        int length = text.length();
        long result = with(hash, length);
        int i = 0;
        for (; i + CHARS_AT_ONCE <= length; i += CHARS_AT_ONCE) {
            result = with(
                    result,
                    text.charAt(i)
                            | (long) text.charAt(i + 1) << 16
                            | (long) text.charAt(i + 2) << 32
                            | (long) text.charAt(i + 3) << 48);
        }
        for (; i < length; i++) {
            result = with(result, text.charAt(i));
        }
        return result;
    }

    private static long with(long hash, byte[] bytes) {
        long result = with(hash, bytes.length);
        int whole = bytes.length & -8;
        for (int i = 0; i < whole; i += 8) {
            result = with(result, word(bytes, i));
        }
        return with(result, word(Arrays.copyOf(Arrays.copyOfRange(bytes, whole, bytes.length), 8), 0));
    }

    private static long word(byte[] bytes, int from) {
        long word = 0;
        for (int i = 0; i < 8; i++) {
            word |= (bytes[from + i] & 0xffL) << 8 * i;
        }
        return word;
    }
}
