package org.healingsqlite.testkit.damage;

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
        return row.stream().allMatch(this::hasCopy);
    }

    private boolean hasCopy(Extent part) {
        Victim victim = damaged.victim();
        for (Place place : victim.copies().of(part.page())) {
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
}
