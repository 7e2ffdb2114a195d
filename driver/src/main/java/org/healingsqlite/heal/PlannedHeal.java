package org.healingsqlite.heal;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.diagnosis.Diagnosis;

/**
 * What a heal would do with a database now, and why. Immutable.
 *
 * @param file the main file
 * @param verdict whether anything would be done
 * @param diagnosis what was found; empty where nobody looked into the file, because it is no database and never was one here
 * @param steps what would be done, in order; of a damaged content until one of them holds. Empty unless the verdict is {@link Verdict#HEAL}
 * @param why what speaks for the verdict, for a reader; where a heal is held back also how to opt in, if that is possible
 */
public record PlannedHeal(Path file, Verdict verdict, Optional<Diagnosis> diagnosis, List<Step> steps, String why) {
    public PlannedHeal {
        steps = List.copyOf(steps);
    }

    /** Whether anything would be done. */
    public enum Verdict {
        /** Nothing is missing or damaged. */
        NOTHING,
        HEAL,
        /** Something is, and it is left as it is. */
        HELD_BACK
    }

    /**
     * One thing that would be done.
     *
     * @param rung its name in the plan
     * @param words what it does, for a reader
     */
    public record Step(String rung, String words) {}
}
