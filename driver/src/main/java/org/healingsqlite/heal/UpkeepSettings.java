package org.healingsqlite.heal;

import java.time.Duration;
import java.util.Optional;
import org.healingsqlite.api.Internal;
import org.healingsqlite.replication.ReplicaSettings;

/**
 * What is done for a database while it is in use, so that there is something to heal from.
 *
 * @param keep how fresh the archive is kept
 * @param keepInterval the most that may be lost where {@code keep} is {@link Keep#INTERVAL}
 * @param archiveHistory how long what the archive was before stays beside it
 * @param verifyEvery how often the archive is read again; empty for never
 * @param snapshotEvery how often a snapshot is taken
 * @param snapshotsKept how many of them are kept
 * @param replica where changes are shipped to; empty where they are not
 */
@Internal
public record UpkeepSettings(
        Keep keep,
        Duration keepInterval,
        Duration archiveHistory,
        Optional<Duration> verifyEvery,
        Duration snapshotEvery,
        int snapshotsKept,
        Optional<ReplicaSettings> replica) {

    /** How fresh an archive is kept. */
    public enum Keep {
        /** Nobody writes it. */
        OFF,
        /** A commit is in it when the call returns. */
        COMMIT,
        /** It is written anew, in the background, where something has changed. */
        INTERVAL
    }
}
