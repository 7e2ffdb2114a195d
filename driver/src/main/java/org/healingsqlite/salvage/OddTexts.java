package org.healingsqlite.salvage;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.util.Arrays;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.format.TextEncoding;

/**
 * Learns whether the texts of a table's columns are text, so that the few that are not stand out: a bit that flips in text mostly leaves something that
 * no program wrote. A column with many such values was written so, and none of them is odd. One thread at a time.
 */
final class OddTexts {

    /** One odd text among fewer sound ones proves nothing. */
    private static final int SOUND_FOR_EACH_ODD = 50;

    private final TextEncoding encoding;
    private final CharsetDecoder decoder;
    private CharBuffer decoded = CharBuffer.allocate(256);
    private long[] sound = new long[16];
    private long[] odd = new long[16];

    OddTexts(TextEncoding encoding) {
        this.encoding = encoding;
        this.decoder = encoding.charset()
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
    }

    /** Counts a row's texts in; the first field with a text that is none, or -1. */
    int learn(RecordCursor record) {
        int first = -1;
        for (int field = 0; field < record.count(); field++) {
            if (record.isText(field) && record.size(field) > 0) {
                if (field >= sound.length) {
                    sound = Arrays.copyOf(sound, field * 2);
                    odd = Arrays.copyOf(odd, field * 2);
                }
                if (isText(record.bytes(), record.offset(field), record.size(field))) {
                    sound[field]++;
                } else {
                    odd[field]++;
                    first = first < 0 ? field : first;
                }
            }
        }
        return first;
    }

    /** Whether a text that is none stands out in its column, by what was learnt so far. */
    boolean standsOut(int field) {
        return field < odd.length && odd[field] * SOUND_FOR_EACH_ODD <= sound[field];
    }

    /** Whether most texts of a column are text, by what was learnt so far. */
    boolean mostAreSound(int field) {
        return field < odd.length && odd[field] < sound[field];
    }

    /** Whether all texts of a row are texts. */
    boolean isText(RecordCursor record) {
        for (int field = 0; field < record.count(); field++) {
            if (record.isText(field)
                    && record.size(field) > 0
                    && !isText(record.bytes(), record.offset(field), record.size(field))) {
                return false;
            }
        }
        return true;
    }

    private boolean isText(byte[] bytes, int from, int size) {
        if (encoding == TextEncoding.UTF_8) {
            int end = from + size;
            int at = from;
            while (at + Long.BYTES <= end && isPrintable(Bytes.i64(bytes, at))) {
                at += Long.BYTES;
            }
            while (at < end && (bytes[at] >= ' ' && bytes[at] != 127 || isSpace(bytes[at]))) {
                at++;
            }
            if (at == end) {
                return true;
            }
        }
        if (decoded.capacity() < size) {
            decoded = CharBuffer.allocate(size);
        }
        decoded.clear();
        decoder.reset();
        if (decoder.decode(ByteBuffer.wrap(bytes, from, size), decoded, true).isError()) {
            return false;
        }
        decoded.flip();
        for (int i = 0; i < decoded.length(); i++) {
            char letter = decoded.charAt(i);
            if (Character.isISOControl(letter) && !isSpace(letter)
                    || Character.getType(letter) == Character.UNASSIGNED) {
                return false;
            }
        }
        return true;
    }

    /** Whether eight bytes all are printable ASCII: in none is the highest bit set, nor does it become so by taking a blank away or by adding one. */
    private static boolean isPrintable(long eight) {
        long lessBlank = eight - 0x2020_2020_2020_2020L;
        long oneMore = eight + 0x0101_0101_0101_0101L;
        return ((eight | lessBlank | oneMore) & 0x8080_8080_8080_8080L) == 0;
    }

    private static boolean isSpace(int letter) {
        return letter == '\n' || letter == '\r' || letter == '\t';
    }
}
