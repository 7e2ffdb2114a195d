package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.Glance;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * Opens a database without a look at it: the last opening with the same settings has looked at everything and found nothing to do, with nothing beside the file, and a
 * {@link Glance} is still the same. Thread-safe.
 */
final class UnchangedOpening {
    /** An application opens a database with one or two sets of options. */
    private static final int MOST_SETTINGS = 4;

    private static final Log LOG = Log.of(UnchangedOpening.class);

    private final DatabaseFile file;
    private final SchemaKnowledge schema;
    private final PlaceAtPath place;
    private volatile @Nullable Found found;

    private record Found(Glance glance, List<HealingSettings> by) {
        boolean isBy(HealingSettings settings) {
            for (HealingSettings each : by) {
                if (isSame(each, settings)) {
                    return true;
                }
            }
            return false;
        }

        /** Options are resolved once; to compare two dozen of them costs more than to look. */
        @SuppressWarnings("ReferenceEquality")
        static boolean isSame(HealingSettings one, HealingSettings other) {
            return one == other;
        }
    }

    UnchangedOpening(DatabaseFile file, SchemaKnowledge schema, PlaceAtPath place) {
        this.file = file;
        this.schema = schema;
        this.place = place;
    }

    /** What is to be seen at the path now, where that is what a connection with these settings has left; else null. */
    @Nullable
    Glance seen(HealingSettings settings) {
        Found before = found;
        if (before == null || !before.isBy(settings)) {
            return null;
        }
        Glance now = Glance.of(file);
        return now != null && before.glance().isSameAs(now) ? now : null;
    }

    /**
     * A connection with these settings has looked at everything.
     *
     * @param before taken before it did
     */
    void foundNothing(@Nullable Glance before, HealingSettings settings) {
        if (before == null || !before.isSettled() || !file.isAlone()) {
            return;
        }
        List<HealingSettings> by = new ArrayList<>(List.of(settings));
        Found earlier = found;
        if (earlier != null && earlier.glance().isSameAs(before)) {
            earlier.by().stream()
                    .filter(each -> !Found.isSame(each, settings))
                    .limit(MOST_SETTINGS - 1L)
                    .forEach(by::add);
        }
        found = new Found(before, by);
    }

    /**
     * Opens a physical connection to a file that was looked at before, with these settings, and that nobody has changed since.
     *
     * @param now as of {@link #seen}
     * @return null where it has to be looked at
     * @throws SQLException sqlite-jdbc's own, where a look would be in vain as well
     */
    @Nullable
    Unchanged open(HealingSettings settings, Opener opener, Glance now) throws SQLException {
        if (opener.only() != null
                || opener.isReadOnly()
                || !schema.learning().isSeen(now.file(), settings)
                || place.isReturned()
                || !(opener.toExisting(file, now.file()) instanceof ExistingFile seen)) {
            return null;
        }
        try {
            Connection connection = seen.openSeen();
            return new Unchanged(
                    connection, now.file(), seen.journalMode().isEmpty() ? LogIdentity.NONE : LogIdentity.of(file));
        } catch (SQLException e) {
            if (!(e instanceof TakenAwayException) && Fault.of(e) instanceof Fault.Unavailable) {
                throw e;
            }
            LOG.debug("{}: looked at, because it was not opened: {}", file.main(), Disclosure.message(e));
            return null;
        }
    }
}
