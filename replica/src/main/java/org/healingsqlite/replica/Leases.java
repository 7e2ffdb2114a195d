package org.healingsqlite.replica;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The leases of a replica, each with its number and the generation that its owner writes to. Immutable. */
final class Leases {
    private static final int LONGEST_BYTES = 4096;

    private final TreeMap<Long, LeaseRecord> leases;

    private Leases(Map<Long, LeaseRecord> leases) {
        this.leases = new TreeMap<>(leases);
    }

    /**
     * What a lease object says.
     *
     * @param generation whose only writer the owner is
     * @param owner who took it, for a reader and to find out whether that process is gone
     * @param expires until when nobody else takes the next one; 1970 where it was given back
     * @param ended whether somebody has said that the generation is not to come back
     */
    record LeaseRecord(String generation, String owner, Instant expires, boolean ended) {
        byte[] bytes() {
            return ("generation=" + generation + "\nowner=" + owner + "\nexpires=" + expires + "\nended=" + ended
                            + "\n")
                    .getBytes(StandardCharsets.UTF_8);
        }

        /** What cannot be read is a lease that is over: its number counts all the same. */
        static LeaseRecord of(String text) {
            Map<String, String> values = new TreeMap<>();
            text.lines()
                    .map(line -> line.split("=", 2))
                    .filter(pair -> pair.length == 2)
                    .forEach(pair -> values.put(pair[0], pair[1]));
            return new LeaseRecord(
                    values.getOrDefault("generation", ""),
                    values.getOrDefault("owner", "unknown"),
                    moment(values.getOrDefault("expires", "")),
                    Boolean.parseBoolean(values.getOrDefault("ended", "false")));
        }

        private static Instant moment(String text) {
            try {
                return Instant.parse(text);
            } catch (DateTimeParseException unreadable) {
                return Instant.EPOCH;
            }
        }
    }

    static Leases of(ReplicaStore store) throws IOException {
        Map<Long, LeaseRecord> leases = new TreeMap<>();
        for (ReplicaStore.Entry object : store.list(Layout.LEASES)) {
            Optional<Long> number = Layout.leaseOf(object.key());
            if (number.isPresent()) {
                try (InputStream in = store.get(object.key())) {
                    leases.put(
                            number.get(),
                            LeaseRecord.of(new String(in.readNBytes(LONGEST_BYTES), StandardCharsets.UTF_8)));
                } catch (NoSuchFileException deletedMeanwhile) {
                    // Then it is none.
                }
            }
        }
        return new Leases(leases);
    }

    /** All of them, by number. */
    Map<Long, LeaseRecord> all() {
        return new TreeMap<>(leases);
    }

    /** The one with the highest number; empty where there is none. */
    Optional<Map.Entry<Long, LeaseRecord>> last() {
        return Optional.ofNullable(leases.lastEntry());
    }

    /** The number of the lease of a generation; -1 where it has none. */
    long numberOf(String generation) {
        return leases.entrySet().stream()
                .filter(each -> each.getValue().generation().equals(generation))
                .mapToLong(Map.Entry::getKey)
                .max()
                .orElse(-1);
    }

    /** Whether somebody has said that a generation is not to come back. */
    boolean isEnded(String generation) {
        return leases.values().stream().anyMatch(each -> each.generation().equals(generation) && each.ended());
    }
}
