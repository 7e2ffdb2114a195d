package org.healingsqlite.salvage;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.util.BitSet;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.format.TextEncoding;

/**
 * Tells cells whose end was overwritten. Disks lose whole sectors: a cell that runs into a lost one keeps its header and so looks whole. It is
 * believed only if the text in that part shows that it is text still.
 */
final class TornCells {

    private static final int SECTOR = 512;
    /** Less text than this proves nothing. */
    private static final int TELLING_BYTES = 4;

    private final TextEncoding encoding;
    private final int usable;
    private final CharsetDecoder decoder;

    TornCells(TextEncoding encoding, int usable) {
        this.encoding = encoding;
        this.usable = usable;
        this.decoder = encoding.charset()
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
    }

    /**
     * Whether a cell on a damaged page may be cut short by what lies behind it.
     *
     * @param covered bytes of the page that belong to readable cells or are free
     */
    boolean isTorn(RecordCursor record, int start, int end, BitSet covered) {
        if (end >= usable || covered.get(end)) {
            return false;
        }
        int boundary = (start / SECTOR + 1) * SECTOR;
        if (boundary >= end) {
            return false;
        }
        int told = 0;
        for (int field = 0; field < record.count(); field++) {
            int from = Math.max(boundary, record.offset(field));
            int to = record.offset(field) + record.size(field);
            if (from >= to || !record.isText(field)) {
                continue;
            }
            if (!isPlausible(record, field, from, to)) {
                return true;
            }
            told += to - from;
        }
        return told < TELLING_BYTES;
    }

    private boolean isPlausible(RecordCursor record, int field, int from, int to) {
        byte[] bytes = record.bytes();
        int start = record.offset(field);
        if (encoding == TextEncoding.UTF_8) {
            for (int i = from; i < to; i++) {
                if (bytes[i] == 0) {
                    return false;
                }
            }
        } else {
            // Scripts share their high bytes: one that the sound part of the text does not have gives noise away.
            int high = encoding == TextEncoding.UTF_16LE ? 1 : 0;
            boolean[] known = new boolean[256];
            known[0] = true;
            for (int i = start + high; i < from; i += 2) {
                known[bytes[i] & 0xff] = true;
            }
            for (int i = start + ((from - start) & ~1); i + 1 < to; i += 2) {
                boolean zero = bytes[i] == 0 && bytes[i + 1] == 0;
                if (zero || !known[bytes[i + high] & 0xff]) {
                    return false;
                }
            }
        }
        decoder.reset();
        CharBuffer out = CharBuffer.allocate(to - start + 1);
        return !decoder.decode(ByteBuffer.wrap(bytes, start, to - start), out, true)
                .isError();
    }
}
