package org.healingsqlite.salvage;

import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.RecordCursor;

/**
 * Finds sectors of zeros that a disk left where there was something else. Zeros that were written seldom begin and end with a sector, but values may have
 * zeros anywhere: on a page whose accounting closes, and on those where values continue, zeros count only where they stand out. One thread at a time.
 */
final class WipedSectors {

    private static final int SECTOR = 512;

    /** Of a last sector that a value shares with what lies behind it, fewer zeros say nothing. */
    private static final int FEWEST_AT_END = 128;

    /** Zeros before a page of zeros make it likely that they were written. */
    private static final int TELLING_ZEROS = 8;

    /** So many zeros in a row are no chance in compressed data, and come in everything else. */
    private static final int NATURAL_ZEROS = 4;

    /** Values without any zeros for each with a sector of them: where zeros are rarer, they stand out. As {@link OddTexts} asks of texts. */
    private static final int WITHOUT_FOR_EACH_WITH = 50;

    private long without;
    private long with;

    /** Bytes of a payload that may have been wiped. */
    record Range(int from, int to) {}

    /**
     * Whether sectors within a cell of a page are zeros, behind a byte of the cell that is none.
     *
     * @param page as it lies in the file, so that its sectors are the disk's
     */
    static boolean isAmong(byte[] page, int from, int to) {
        return !among(page, from, to).isEmpty();
    }

    private static List<Range> among(byte[] page, int from, int to) {
        List<Range> wiped = new ArrayList<>();
        int sector = from / SECTOR * SECTOR;
        while (sector < to) {
            int end = sector;
            while (end + SECTOR <= page.length && page[end] == 0 && Bytes.zero(page, end, end + SECTOR)) {
                end += SECTOR;
            }
            boolean begins = sector > from ? page[sector - 1] != 0 : sector == 0;
            boolean whole = sector == 0 && end == page.length;
            boolean ends = end >= to ? whole || to - sector >= FEWEST_AT_END : page[end] != 0;
            if (end > sector && begins && ends) {
                wiped.add(new Range(Math.max(from, sector), Math.min(end, to)));
            }
            sector = Math.max(end, sector + SECTOR);
        }
        return wiped;
    }

    /**
     * Adds what may have been wiped of a payload that continues on a page.
     *
     * @param content the page, with the number of the next one before the payload's bytes
     * @param length how many bytes of the payload are on it
     * @param at where they go in the payload
     */
    static void addOf(byte[] content, int length, byte[] payload, int at, List<Range> wiped) {
        for (Range range : among(content, 4, 4 + length)) {
            int from = at + range.from() - 4;
            boolean goesOn = range.from() == 4 && Bytes.zero(payload, at - Math.min(at, TELLING_ZEROS), at);
            if (!goesOn) {
                wiped.add(new Range(from, from + range.to() - range.from()));
            }
        }
    }

    /** Whether a text within a cell of a page has a wiped sector: texts have no zeros. */
    static boolean isAmongTexts(byte[] page, RecordCursor record) {
        for (int field = 0; field < record.count(); field++) {
            if (record.isText(field) && record.size(field) > SECTOR) {
                int from = record.offset(field);
                int to = from + record.size(field);
                for (Range range : among(page, from, to)) {
                    if (range.to() < to && isText(page, from, to, range)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** Whether bytes have no zeros, as characters of a text, but those in a range. */
    private static boolean isText(byte[] bytes, int from, int to, Range but) {
        for (int i = from; i + 1 < to; i++) {
            if (bytes[i] == 0 && bytes[i + 1] == 0 && (i < but.from() - 1 || i >= but.to())) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether a payload that continues on other pages was wiped somewhere. Learns from each what is usual.
     *
     * @param record the payload
     * @param ranges where it may have been
     */
    boolean standOut(RecordCursor record, List<Range> ranges) {
        boolean natural = false;
        boolean inText = false;
        boolean inBlob = false;
        for (int field = 0; field < record.count(); field++) {
            boolean text = record.isText(field);
            if (!text && record.kind(field) != RecordCursor.Kind.BLOB) {
                continue;
            }
            int from = record.offset(field);
            int to = from + record.size(field);
            boolean zeros = hasZeros(record.bytes(), from, to, ranges);
            natural |= zeros;
            boolean hit = !zeros && ranges.stream().anyMatch(range -> range.from() < to && range.to() > from);
            inText |= hit && text;
            inBlob |= hit && !text;
        }
        if (natural || !ranges.isEmpty()) {
            with++;
        } else {
            without++;
        }
        return inText || inBlob && with * WITHOUT_FOR_EACH_WITH <= without;
    }

    /** Whether zeros come in a value in other places, too. */
    private static boolean hasZeros(byte[] payload, int from, int to, List<Range> but) {
        int at = from;
        for (Range range : but) {
            if (hasRun(payload, at, Math.min(to, range.from()))) {
                return true;
            }
            at = Math.max(at, range.to());
        }
        return hasRun(payload, at, to);
    }

    private static boolean hasRun(byte[] bytes, int from, int to) {
        int at = from + NATURAL_ZEROS - 1;
        while (at < to) {
            int back = 0;
            while (back < NATURAL_ZEROS && bytes[at - back] == 0) {
                back++;
            }
            if (back == NATURAL_ZEROS) {
                return true;
            }
            // No run of them has the byte that is none.
            at += NATURAL_ZEROS - back;
        }
        return false;
    }
}
