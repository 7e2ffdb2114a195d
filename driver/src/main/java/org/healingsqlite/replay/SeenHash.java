package org.healingsqlite.replay;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** 64 bits that stand for a sequence of values. Every bit of every value counts, also the order. */
final class SeenHash {
    static final long EMPTY = 0x9E3779B97F4A7C15L;

    private static final long FACTOR = 0xD6E8FEB86659FD93L;
    private static final long NULL = 0x5851F42D4C957F2DL;
    private static final int CHARS_AT_ONCE = 4;

    /** From this length on, two sums cost less than a step for each word. */
    private static final int LONG = 256;

    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

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
        if (length >= LONG) {
            // What SQLite has given is well-formed: in UTF-8, nothing of it is lost.
            return withSums(result, text.getBytes(StandardCharsets.UTF_8));
        }
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
        if (bytes.length >= LONG) {
            return withSums(result, bytes);
        }
        int whole = bytes.length & -Long.BYTES;
        for (int i = 0; i < whole; i += Long.BYTES) {
            result = with(result, (long) WORDS.get(bytes, i));
        }
        long rest = 0;
        for (int i = whole; i < bytes.length; i++) {
            rest = rest << Byte.SIZE | bytes[i] & 0xffL;
        }
        return with(result, rest);
    }

    /** By two sums of 32 bits, each of another polynomial, which processors have instructions for. */
    private static long withSums(long hash, byte[] bytes) {
        CRC32 one = new CRC32();
        one.update(bytes, 0, bytes.length);
        CRC32C other = new CRC32C();
        other.update(bytes, 0, bytes.length);
        return with(hash, one.getValue() << Integer.SIZE | other.getValue());
    }
}
