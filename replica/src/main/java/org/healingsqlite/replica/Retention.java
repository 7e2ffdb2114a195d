package org.healingsqlite.replica;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.healingsqlite.replica.Leases.LeaseRecord;
import org.healingsqlite.replica.ReplicaContents.Generation;
import org.healingsqlite.replica.ReplicaContents.SegmentEntry;
import org.healingsqlite.replica.ReplicaContents.SnapshotEntry;

/** Deletes what no moment needs any more that is to be kept. The newest generation that can be restored stays, whatever its age. */
final class Retention {
    private final ReplicaStore store;

    Retention(ReplicaStore store) {
        this.store = store;
    }

    /**
     * Keeps what restores any moment from one on.
     *
     * @param current the generation that is being written
     */
    void keepFrom(Instant moment, String current) throws IOException {
        ReplicaContents contents = ReplicaContents.of(store);
        String newest = contents.newest().map(Generation::id).orElse(current);
        for (Generation each : contents.generations()) {
            boolean stays = each.id().equals(current) || each.id().equals(newest);
            if (!stays && each.to().isBefore(moment)) {
                delete(each);
            } else {
                deleteBefore(each, moment);
            }
        }
        deleteLeases(current);
    }

    private void delete(Generation generation) throws IOException {
        // What is left of it if this is cut off is never a snapshot without the log behind it.
        for (SnapshotEntry each : generation.snapshots()) {
            store.delete(each.object().key());
        }
        for (SegmentEntry each : generation.segments()) {
            store.delete(each.object().key());
        }
    }

    /** The last snapshot before the moment is the first that is needed. */
    private void deleteBefore(Generation generation, Instant moment) throws IOException {
        Optional<SnapshotEntry> first = generation.snapshots().stream()
                .filter(each -> each.object().modified().isBefore(moment))
                .reduce((before, after) -> after);
        if (first.isEmpty()) {
            return;
        }
        for (SnapshotEntry each : generation.snapshots()) {
            if (each.index() < first.get().index()) {
                store.delete(each.object().key());
            }
        }
        for (SegmentEntry each : generation.segments()) {
            if (each.index() < first.get().index()) {
                store.delete(each.object().key());
            }
        }
    }

    /** The last one stays, because the next number follows from it; so do those of generations that are there. */
    private void deleteLeases(String current) throws IOException {
        List<String> there = new ArrayList<>(List.of(current));
        ReplicaContents.of(store).generations().forEach(each -> there.add(each.id()));
        Leases leases = Leases.of(store);
        for (Map.Entry<Long, LeaseRecord> each : leases.all().entrySet()) {
            boolean last = leases.last()
                    .filter(newest -> newest.getKey().equals(each.getKey()))
                    .isPresent();
            if (!last && !there.contains(each.getValue().generation())) {
                store.delete(Layout.lease(each.getKey()));
            }
        }
    }
}
