package org.healingsqlite.archive;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.healingsqlite.api.Internal;
import org.healingsqlite.replication.ReplicaSettings;

/**
 * Where rows come from that the database's own files no longer have.
 *
 * @param archive a directory of text
 * @param policy who is right where the archive and what was recovered have a row of the same key with other values
 * @param snapshots a directory of {@link Snapshots}
 * @param restoreCommand see {@link RestoreCommand}
 * @param commandLimit the longest the command may take
 * @param replica where the database's changes were shipped to
 */
@Internal
public record RowSources(
        Optional<Path> archive,
        MergePolicy policy,
        Optional<Path> snapshots,
        Optional<String> restoreCommand,
        Duration commandLimit,
        Optional<ReplicaSource> replica) {

    /** No source at all. */
    public static final RowSources NONE = new RowSources(
            Optional.empty(),
            MergePolicy.DATABASE_WINS,
            Optional.empty(),
            Optional.empty(),
            Duration.ofMinutes(5),
            Optional.empty());

    /**
     * A replica as a source of rows.
     *
     * @param begunAfter what began before is of an earlier life
     */
    public record ReplicaSource(ReplicaSettings settings, Instant begunAfter) {
        /** The same, without what began before a moment. */
        public ReplicaSource begunAfter(Instant moment) {
            return new ReplicaSource(settings, moment);
        }
    }

    public boolean isNone() {
        return archive.isEmpty() && snapshots.isEmpty() && restoreCommand.isEmpty() && replica.isEmpty();
    }
}
