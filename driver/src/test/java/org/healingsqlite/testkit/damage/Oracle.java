package org.healingsqlite.testkit.damage;

import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.damage.BtreeLocator.Extent;
import org.healingsqlite.testkit.damage.PageCopies.Place;

/**
 * Says which rows can still be found. A row is findable if each of its parts, the cell and every overflow page, has a copy of its page somewhere, in
 * the main file, the log or the journal, in which all bytes of the part are as they were. Nothing else is asked: the page around the cell, the way to
 * it and the schema may be gone.
 */
final class Oracle {

    private final Damaged damaged;

    Oracle(Damaged damaged) {
        this.damaged = damaged;
    }

    boolean isFindable(List<Extent> row) {
        return row.stream().allMatch(part -> hasCopy(part, false));
    }

    /** Whether a part has a copy that is in the main file, the journal, or a transaction of the log whose commit is still there. */
    boolean isCommitted(List<Extent> row) {
        return row.stream().allMatch(part -> hasCopy(part, true));
    }

    /** Whether the whole content of one page now lies where another's was, and nothing of it is missing. */
    boolean liesInPlaceOf(int page, int other) {
        return damaged.moved(page).contains(damaged.victim().place(other));
    }

    private boolean hasCopy(Extent part, boolean committed) {
        Victim victim = damaged.victim();
        for (Place place : victim.copies().of(part.page())) {
            if (committed && place.part() == DatabaseFiles.Part.WAL && !hasCommit(place)) {
                continue;
            }
            int start = place.offset() + (place.part() == DatabaseFiles.Part.MAIN ? damaged.shift() : 0);
            if (victim.matches(damaged.files().get(place.part()), start, part)) {
                return true;
            }
        }
        for (Place place : damaged.moved(part.page())) {
            if (victim.matches(damaged.files().get(place.part()), place.offset() + damaged.shift(), part)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a frame that commits is whole, this one or one behind it: without, the transaction never was. */
    private boolean hasCommit(Place frame) {
        byte[] before = damaged.victim().files().get(DatabaseFiles.Part.WAL);
        byte[] now = damaged.files().get(DatabaseFiles.Part.WAL);
        int size = 24 + damaged.victim().pageSize();
        long salts = u64(before, frame.offset() - 16);
        for (int at = frame.offset() - 24; at + size <= before.length && u64(before, at + 8) == salts; at += size) {
            boolean commits = PageCopies.u32(before, at + 4) != 0;
            if (commits && at + size <= now.length && Arrays.equals(before, at, at + size, now, at, at + size)) {
                return true;
            }
        }
        return false;
    }

    private static long u64(byte[] bytes, int at) {
        return (long) PageCopies.u32(bytes, at) << 32 | PageCopies.u32(bytes, at + 4) & 0xffff_ffffL;
    }
}
