package org.healingsqlite.salvage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.BitSet;
import org.healingsqlite.format.RollbackJournal;
import org.healingsqlite.format.WriteAheadLog;

/**
 * Finds images of a journal that lie elsewhere, or whose page's number is lost. What a transaction leaves of a page is mostly what was there before: an
 * image and the page as it is now have most of their bytes in common. One thread at a time.
 */
final class StrayImages {

    /** So many pages are looked at for all records together. */
    private static final long MOST_READS = 1_000_000;

    private final RollbackJournal journal;
    private final FileChannel file;
    private final WriteAheadLog.OtherPages main;
    private final BitSet recorded = new BitSet();
    private long readsLeft = MOST_READS;

    /** @param main the pages of the main file, as they are now */
    StrayImages(RollbackJournal journal, FileChannel file, WriteAheadLog.OtherPages main) {
        this.journal = journal;
        this.file = file;
        this.main = main;
        for (int i = 0; i < journal.records(); i++) {
            if (journal.page(i) > 0 && journal.page(i) <= main.count()) {
                recorded.set(journal.page(i));
            }
        }
    }

    /**
     * The one page of the main file in whose place the image of a record lies: the record's checksum holds with it, and it is like the page of the record.
     *
     * @param record one whose checksum fails
     * @return 0 if there is none, or more than one
     */
    int placeOf(int record) throws IOException {
        int page = journal.page(record);
        if (page > main.count() || !mayRead()) {
            return 0;
        }
        byte[] now = main.page(page);
        int found = 0;
        for (int other = 2; other <= main.count(); other++) {
            if (other == page || recorded.get(other)) {
                continue;
            }
            byte[] image = main.page(other);
            if (journal.holdsWith(record, image) && likeness(image, now) * 2 > 1) {
                if (found != 0) {
                    return 0;
                }
                found = other;
            }
        }
        return found;
    }

    /** Whether the number of a record's page is that of no page. */
    boolean isUnnumbered(int record) {
        int page = journal.page(record);
        return page == 0 || (page > journal.originalPages() && page > main.count());
    }

    /**
     * The one page that a record without a number is the image of: one that no record names, and that is more like it by far than any other.
     *
     * @return 0 if there is none
     */
    int pageOf(int record) throws IOException {
        if (!mayRead()) {
            return 0;
        }
        byte[] image = DamagedFiles.read(file, journal.contentOffset(record), journal.pageSizeBytes());
        double best = 0;
        double second = 0;
        int found = 0;
        for (int page = 1; page <= main.count(); page++) {
            if (!recorded.get(page)) {
                double likeness = likeness(image, main.page(page));
                if (likeness > best) {
                    second = best;
                    best = likeness;
                    found = page;
                } else {
                    second = Math.max(second, likeness);
                }
            }
        }
        return best * 2 > 1 && (1 - best) * 2 < 1 - second ? found : 0;
    }

    private boolean mayRead() {
        readsLeft -= main.count();
        return readsLeft >= 0;
    }

    /** How many of the bytes of an image that are not zero the page still has; 0 for pages of different kinds. */
    private static double likeness(byte[] image, byte[] now) {
        if (image[0] != now[0]) {
            return 0;
        }
        int known = 0;
        int same = 0;
        for (int i = 0; i < image.length; i++) {
            if (image[i] != 0) {
                known++;
                same += image[i] == now[i] ? 1 : 0;
            }
        }
        return known == 0 ? 0 : (double) same / known;
    }
}
