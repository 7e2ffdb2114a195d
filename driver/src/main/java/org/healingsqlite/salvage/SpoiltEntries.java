package org.healingsqlite.salvage;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.salvage.TableShape.IndexShape;

/**
 * Entries of an index that were hit themselves: out of order, with a text that is none, or with an end that is lost. A row which the index knows but for one
 * value of such an entry, or for that end, is not contradicted by it. One thread at a time.
 */
final class SpoiltEntries {

    private static final int MOST_ENTRIES = 10_000;

    private final OddTexts texts;
    private final List<long[]> entries = new ArrayList<>();
    private final List<int[]> broken = new ArrayList<>();

    SpoiltEntries(TextEncoding encoding) {
        this.texts = new OddTexts(encoding);
    }

    /** Notes an entry that shows damage. */
    void add(long[] digests) {
        if (entries.size() < MOST_ENTRIES) {
            entries.add(digests);
        }
    }

    /** Notes an entry if a text in it is none. */
    void look(RecordCursor entry, long[] digests) {
        if (texts.learn(entry) >= 0) {
            add(digests);
        }
    }

    /** Notes an entry of which only the beginning is left: so long are its values. */
    void addBroken(RecordCursor entry) {
        if (broken.size() < MOST_ENTRIES) {
            broken.add(IntStream.range(0, entry.count()).map(entry::size).toArray());
        }
    }

    /** Whether the entry for a row that looks sound may have become one of these: all its values but one are the same. */
    boolean mayBeOf(IndexShape index, TableShape table, long rowid, RecordCursor row) {
        if (broken.stream().anyMatch(sizes -> isAsLong(sizes, index, table, row))) {
            return true;
        }
        if (entries.isEmpty() || !texts.isText(row)) {
            return false;
        }
        long[] digests = IndexEvidence.fieldDigests(index, table, rowid, row);
        return entries.stream().anyMatch(entry -> isOneOff(entry, digests));
    }

    /** Whether the values of a row that an index has too are as long as those of an entry. The rowid is of no telling length. */
    private static boolean isAsLong(int[] sizes, IndexShape index, TableShape table, RecordCursor row) {
        if (sizes.length != index.fields().size()) {
            return false;
        }
        for (int i = 0; i < sizes.length; i++) {
            int field = index.fields().get(i);
            boolean isRowid =
                    field == IndexShape.ROWID || table.stored().get(field).rowidAlias();
            if (!isRowid && (field >= row.count() || row.size(field) != sizes[i])) {
                return false;
            }
        }
        return true;
    }

    private static boolean isOneOff(long[] entry, long[] row) {
        int same = 0;
        for (int i = 0; i < row.length; i++) {
            same += entry[i] == row[i] ? 1 : 0;
        }
        return entry.length == row.length && same == row.length - 1;
    }
}
