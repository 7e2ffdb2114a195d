package org.healingsqlite.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.archive.ArchiveKeeper;
import org.healingsqlite.heal.HealableConnection;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.heal.Upkeep;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.session.Call;
import org.jspecify.annotations.Nullable;

/** Keeps in the archive what one connection commits. Belongs to its connection; trouble with the archive never gets past it. */
final class KeptCommits {
    private static final Log LOG = Log.of(KeptCommits.class);

    /** SQLite's code for a statement that cannot be prepared. */
    private static final int ERROR = 1;

    private final HealableConnection connection;
    private final Upkeep upkeep;
    private volatile @Nullable Watched watched;

    /** A watch, and what it is of. */
    private record Watched(ArchiveKeeper keeper, Connection physical, ArchiveKeeper.Watch watch) {}

    KeptCommits(HealableConnection connection, Upkeep upkeep) {
        this.connection = connection;
        this.upkeep = upkeep;
    }

    /** Makes a call that may commit; on return the archive has what was committed. */
    <T> T call(Call<T> call) throws SQLException {
        ArchiveKeeper keeper = upkeep.commitKeeper();
        if (keeper == null) {
            return call.run();
        }
        Watched now = watch(keeper);
        if (now == null) {
            try {
                return call.run();
            } finally {
                keeper.missed();
                keeper.settle();
            }
        }
        try {
            return keeper.call(now.watch(), call::run);
        } finally {
            if (connection.physical() != now.physical()) {
                // Healing has put another connection in its place, on which nobody watched.
                keeper.missed();
                keeper.settle();
            }
        }
    }

    /** Begins to watch, so that the next transaction is watched from its first statement on. */
    void begin() {
        ArchiveKeeper keeper = upkeep.commitKeeper();
        if (keeper != null) {
            watch(keeper);
        }
    }

    /** The watch on the connection of the moment; null where there can be none now. */
    private @Nullable Watched watch(ArchiveKeeper keeper) {
        Connection physical = connection.physical();
        Watched now = watched;
        if (now != null && now.keeper() == keeper && now.physical() == physical) {
            return now;
        }
        try {
            if (physical.isClosed() || connection.transactionState() == TransactionState.USED) {
                return null;
            }
            Watched[] begun = new Watched[1];
            connection.outsideTransaction(() -> begun[0] = new Watched(keeper, physical, keeper.watch(physical)));
            watched = begun[0];
            if (now != null) {
                // Whatever the one before committed since: nobody watched the files that are at the paths now.
                keeper.missed();
            }
            return begun[0];
        } catch (SQLException e) {
            LOG.debug("{}: not watched: {}", connection, Disclosure.message(e));
            return null;
        }
    }

    /** A number that each change noted on the connection raises by one. */
    long notes() throws SQLException {
        Watched now = watched;
        return now == null || now.physical() != connection.physical()
                ? 0
                : now.watch().notes();
    }

    /** Whether a statement may have failed because somebody else has changed the schema under the watch; then the watch ends. */
    boolean wasInTheWay(SQLException failure) {
        Watched now = watched;
        if (now == null || now.physical() != connection.physical() || failure.getErrorCode() != ERROR) {
            return false;
        }
        try {
            if (now.watch().isOutdated()) {
                now.watch().suspend();
                return true;
            }
        } catch (SQLException e) {
            LOG.debug("{}: still watched: {}", connection, Disclosure.message(e));
        }
        return false;
    }

    /** Gets out of the way of a statement that changes the schema. */
    void suspend() throws SQLException {
        Watched now = watched;
        if (now != null && now.physical() == connection.physical()) {
            now.watch().suspend();
        }
    }
}
