package org.healingsqlite.replica;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.healingsqlite.replica.ReplicaContents.Generation;
import org.healingsqlite.replica.ReplicaContents.SegmentEntry;
import org.healingsqlite.replica.ReplicaContents.SnapshotEntry;
import org.jspecify.annotations.Nullable;

/**
 * Makes a database from a snapshot and the log behind it. Reads one log at a time into a file beside the target, and writes each page once for each log: memory is bounded by the number of pages in one
 * log. What is missing, cut off or damaged is an error, and leaves nothing behind.
 */
final class Restorer {
    private static final int COPY_BYTES = 1 << 20;

    private final ReplicaStore store;
    private final Generation generation;
    private final Instant until;

    private Restorer(ReplicaStore store, Generation generation, Instant until) {
        this.store = store;
        this.generation = generation;
        this.until = until;
    }

    /**
     * What was restored.
     *
     * @param index of the log of the last part
     * @param segments how many parts of logs
     */
    record Result(String generation, Instant asOf, int index, int segments) {}

    /** Restores the newest state of a generation. */
    static Result newest(ReplicaStore store, Generation generation, Path target) throws IOException {
        return new Restorer(store, generation, Instant.MAX).into(target);
    }

    /** Restores the state at a moment: what was stored by then. */
    static Result at(ReplicaStore store, Generation generation, Instant moment, Path target) throws IOException {
        return new Restorer(store, generation, moment).into(target);
    }

    private Result into(Path target) throws IOException {
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(target + ": expected nothing there");
        }
        SnapshotEntry snapshot = snapshot();
        List<SegmentEntry> segments = segments(snapshot);
        Path part = target.resolveSibling(
                target.getFileName() + ".part-" + UUID.randomUUID().toString().substring(0, 8));
        Path log = part.resolveSibling(part.getFileName() + ".log");
        try {
            try (FileChannel database = FileChannel.open(
                    part, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                fetch(snapshot.object(), part);
                int from = 0;
                while (from < segments.size()) {
                    int to = from;
                    while (to < segments.size()
                            && segments.get(to).index() == segments.get(from).index()) {
                        to++;
                    }
                    apply(segments.subList(from, to), log, database);
                    from = to;
                }
                database.force(true);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(log);
            Files.deleteIfExists(part);
        }
        SegmentEntry last = segments.isEmpty() ? null : segments.get(segments.size() - 1);
        return new Result(
                generation.id(),
                last == null ? snapshot.object().modified() : last.object().modified(),
                last == null ? snapshot.index() : last.index(),
                segments.size());
    }

    private SnapshotEntry snapshot() throws IOException {
        return generation.snapshots().stream()
                .filter(each -> !each.object().modified().isAfter(until))
                .reduce((before, after) -> after)
                .orElseThrow(() -> new IOException(store + ": generation " + generation.id() + " has no snapshot"
                        + (until.equals(Instant.MAX) ? "" : " of " + until + " or before")));
    }

    /** The parts behind a snapshot, up to the moment; each follows the one before. */
    private List<SegmentEntry> segments(SnapshotEntry snapshot) throws IOException {
        List<SegmentEntry> behind = generation.segments().stream()
                .filter(each -> each.index() >= snapshot.index())
                .takeWhile(each -> !each.object().modified().isAfter(until))
                .toList();
        int expected = snapshot.index();
        @Nullable SegmentEntry before = null;
        for (SegmentEntry each : behind) {
            boolean sameLog = before != null && before.index() == each.index();
            if (!sameLog && (each.index() != expected || each.offset() != 0)) {
                throw missing(String.format(java.util.Locale.ROOT, "%08x_%08x", expected, 0));
            }
            expected = each.index() + 1;
            before = each;
        }
        return behind;
    }

    private IOException missing(String what) {
        return new IOException(store + ": generation " + generation.id() + " lacks the part " + what
                + " of its log: nothing behind it can be restored");
    }

    private void fetch(ReplicaStore.Entry object, Path target) throws IOException {
        try (InputStream in = Lz4.from(store.get(object.key()));
                OutputStream out = Files.newOutputStream(target, StandardOpenOption.WRITE)) {
            copy(in, out);
        } catch (IOException e) {
            throw new IOException(store + ": " + object.key() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static long copy(InputStream in, OutputStream out) throws IOException {
        byte[] buffer = new byte[COPY_BYTES];
        long all = 0;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            out.write(buffer, 0, read);
            all += read;
        }
        return all;
    }

    private void apply(List<SegmentEntry> parts, Path log, FileChannel database) throws IOException {
        long size = 0;
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(log), 1 << 16)) {
            for (SegmentEntry part : parts) {
                if (part.offset() != size) {
                    throw missing(String.format(java.util.Locale.ROOT, "%08x_%08x", part.index(), size));
                }
                try (InputStream in = Lz4.from(store.get(part.object().key()))) {
                    size += copy(in, out);
                } catch (IOException e) {
                    throw new IOException(store + ": " + part.object().key() + " cannot be read: " + e.getMessage(), e);
                }
            }
        }
        try (FileChannel read = FileChannel.open(log, StandardOpenOption.READ)) {
            LogReader reader = new LogReader(read);
            Optional<LogPosition> begin = reader.begin();
            if (begin.isEmpty()) {
                throw new IOException(store + ": " + parts.get(0).object().key() + " does not begin as a log does");
            }
            Map<Integer, Long> pages = new TreeMap<>();
            Map<Integer, Long> open = new TreeMap<>();
            int[] databasePages = {0};
            LogPosition end = reader.end(begin.get(), (page, commits, contentOffset) -> {
                open.put(page, contentOffset);
                if (commits != 0) {
                    pages.putAll(open);
                    open.clear();
                    databasePages[0] = commits;
                }
            });
            if (end.offset() != size && generation.fencing() >= 0) {
                throw new IOException(store + ": generation " + generation.id() + ", log "
                        + parts.get(0).index() + ": byte " + end.offset() + " of " + size
                        + " does not follow from what is before it");
            }
            int pageSize = begin.get().pageSizeBytes();
            ByteBuffer buffer = ByteBuffer.allocate(pageSize);
            for (Map.Entry<Integer, Long> page : pages.entrySet()) {
                buffer.clear();
                while (buffer.hasRemaining() && read.read(buffer, page.getValue() + buffer.position()) > 0) {
                    // until it is full
                }
                buffer.flip();
                long at = (page.getKey() - 1L) * pageSize;
                while (buffer.hasRemaining()) {
                    at += database.write(buffer, at);
                }
            }
            if (databasePages[0] != 0) {
                database.truncate(databasePages[0] * (long) pageSize);
            }
        }
    }
}
