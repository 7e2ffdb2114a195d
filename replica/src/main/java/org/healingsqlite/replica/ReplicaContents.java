package org.healingsqlite.replica;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a store has of one database: its generations, each of them one history, oldest first. Of two the one with the higher fencing number is the newer, whatever any clock says; one without (Litestream's
 * own) is older than those that have one.
 */
final class ReplicaContents {
    private final List<Generation> generations;

    private ReplicaContents(List<Generation> generations) {
        this.generations = generations;
    }

    /** A whole database in a generation. */
    record SnapshotEntry(int index, ReplicaStore.Entry object) {}

    /** A part of a log in a generation. */
    record SegmentEntry(int index, long offset, ReplicaStore.Entry object) {}

    /**
     * One history.
     *
     * @param fencing the number of its lease; -1 where it has none
     * @param ended whether somebody has said that it is not to come back
     * @param snapshots by index
     * @param segments by index and offset
     */
    record Generation(
            String id, long fencing, boolean ended, List<SnapshotEntry> snapshots, List<SegmentEntry> segments) {

        /** When the first moment was stored that can be restored; empty where none can. */
        Optional<Instant> from() {
            return snapshots.stream().map(each -> each.object().modified()).min(Comparator.naturalOrder());
        }

        /** When the last object was stored. */
        Instant to() {
            return java.util.stream.Stream.concat(
                            snapshots.stream().map(SnapshotEntry::object),
                            segments.stream().map(SegmentEntry::object))
                    .map(ReplicaStore.Entry::modified)
                    .max(Comparator.naturalOrder())
                    .orElse(Instant.MIN);
        }

        long sizeBytes() {
            return java.util.stream.Stream.concat(
                            snapshots.stream().map(SnapshotEntry::object),
                            segments.stream().map(SegmentEntry::object))
                    .mapToLong(ReplicaStore.Entry::sizeBytes)
                    .sum();
        }
    }

    /**
     * Looks at a store.
     *
     * @throws IOException also where what is there is of a layout that this cannot read
     */
    static ReplicaContents of(ReplicaStore store) throws IOException {
        Map<String, List<SnapshotEntry>> snapshots = new TreeMap<>();
        Map<String, List<SegmentEntry>> segments = new TreeMap<>();
        List<ReplicaStore.Entry> objects = store.list(Layout.GENERATIONS);
        for (ReplicaStore.Entry object : objects) {
            Layout.snapshotOf(object.key()).ifPresent(found -> {
                segments.computeIfAbsent(found.generation(), id -> new ArrayList<>());
                snapshots
                        .computeIfAbsent(found.generation(), id -> new ArrayList<>())
                        .add(new SnapshotEntry(found.index(), object));
            });
            Layout.segmentOf(object.key()).ifPresent(found -> {
                snapshots.computeIfAbsent(found.generation(), id -> new ArrayList<>());
                segments.computeIfAbsent(found.generation(), id -> new ArrayList<>())
                        .add(new SegmentEntry(found.index(), found.offset(), object));
            });
        }
        if (snapshots.isEmpty()) {
            refuseOther(store);
        }
        Leases leases = Leases.of(store);
        List<Generation> generations = new ArrayList<>();
        snapshots.forEach((id, of) -> {
            of.sort(Comparator.comparingInt(SnapshotEntry::index));
            List<SegmentEntry> parts = segments.getOrDefault(id, List.of());
            parts.sort(Comparator.comparingInt(SegmentEntry::index).thenComparingLong(SegmentEntry::offset));
            generations.add(new Generation(id, leases.numberOf(id), leases.isEnded(id), of, parts));
        });
        generations.sort(Comparator.comparingLong(Generation::fencing).thenComparing(Generation::to));
        return new ReplicaContents(generations);
    }

    private static void refuseOther(ReplicaStore store) throws IOException {
        if (store.list("").stream().anyMatch(object -> Layout.isLtx(object.key()))) {
            throw new IOException(store
                    + " has a replica in LTX form, as Litestream 0.5 and later write it: expected the layout of Litestream 0.3 (generations/.../snapshots, wal)."
                    + " Restore it with the release of Litestream that wrote it");
        }
    }

    /** Oldest first. */
    List<Generation> generations() {
        return generations;
    }

    /** The newest history that can be restored and that nobody has ended; empty where there is none. */
    Optional<Generation> newest() {
        Optional<Generation> last = Optional.empty();
        for (Generation each : generations) {
            if (!each.snapshots().isEmpty()) {
                last = Optional.of(each);
            }
        }
        return last.filter(each -> !each.ended());
    }

    /** The newest history that had begun by a moment, ended or not; empty where none had. */
    Optional<Generation> at(Instant moment) {
        Optional<Generation> last = Optional.empty();
        for (Generation each : generations) {
            if (each.from().isPresent() && !each.from().get().isAfter(moment)) {
                last = Optional.of(each);
            }
        }
        return last;
    }
}
