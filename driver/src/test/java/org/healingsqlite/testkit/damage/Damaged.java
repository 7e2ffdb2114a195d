package org.healingsqlite.testkit.damage;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.healingsqlite.testkit.damage.DatabaseFiles.Part;
import org.healingsqlite.testkit.damage.PageCopies.Place;

/** A victim under damage: its files, changed in place, and where pages went that are whole but elsewhere. */
public final class Damaged {

    private final Victim victim;
    private final DatabaseFiles files;
    private final Random random;
    private final Map<Integer, List<Place>> moved = new HashMap<>();
    private int shift;

    Damaged(Victim victim, Random random) {
        this.victim = victim;
        this.files = victim.files().copy();
        this.random = random;
    }

    Victim victim() {
        return victim;
    }

    public DatabaseFiles files() {
        return files;
    }

    Random random() {
        return random;
    }

    /** How far the content of the main file moved towards its end. */
    int shift() {
        return shift;
    }

    void shift(int bytes) {
        shift += bytes;
    }

    /** Notes that a copy of a page now lies at a place that is not its own. */
    void moved(int page, Place place) {
        moved.computeIfAbsent(page, p -> new ArrayList<>()).add(place);
    }

    List<Place> moved(int page) {
        return moved.getOrDefault(page, List.of());
    }

    byte[] main() {
        return files.get(Part.MAIN);
    }
}
