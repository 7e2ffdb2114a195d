package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;

/** A copy of what a connection sees that was there before the damage: pages in its cache are not read from the file. For one restore. */
final class HolderCopy {
    private static final String SUFFIX = ".copy";

    private final ContentSources sources;
    private final Workshop workshop;
    private boolean whole;

    HolderCopy(ContentSources sources, Workshop workshop) {
        this.sources = sources;
        this.workshop = workshop;
    }

    /** Asks for it. Nobody may have it, and it may not be whole: the next source has its turn then. */
    void take() throws IOException {
        try {
            Path copy = workshop.preparedPart(SUFFIX);
            whole = sources.copyOfHolder(copy) && ContentCheck.isSoundAndNotEmpty(copy);
        } catch (SQLException damagedOrBusy) {
            whole = false;
        }
    }

    /** Somebody has written to the database since. */
    void distrust() {
        whole = false;
    }

    /** Where it is; empty where there is none that is whole and as new as the database. */
    Optional<Path> ifWhole() {
        return whole ? Optional.of(workshop.part(SUFFIX)) : Optional.empty();
    }

    /** It has served. */
    void removeAside() {
        workshop.removeAside(workshop.part(SUFFIX));
    }
}
