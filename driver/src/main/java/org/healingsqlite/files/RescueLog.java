package org.healingsqlite.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Which lost files' content is safe, for every process: a line for each of the last rescues, in the side directory. Written by the holder of the
 * process lock only; each line is durable before what it speaks of happens.
 */
public final class RescueLog {
    private static final int MOST_ENTRIES = 32;
    private static final String SEPARATOR = "\t";

    private final DatabaseFile file;

    /** What this process has added: whoever deletes the directory of the database deletes the log as well. */
    private final List<Entry> own = new CopyOnWriteArrayList<>();

    public RescueLog(DatabaseFile file) {
        this.file = file;
    }

    /**
     * One rescue.
     *
     * @param lost the identity of the file that lost its name
     * @param at when nobody could commit to it any more
     * @param copy name of its content in the quarantine; no longer there once it is back at the path; empty where there was none
     * @param returns whether the copy is to go back to the path
     */
    public record Entry(String lost, Instant at, String copy, boolean returns) {
        String line() {
            return String.join(SEPARATOR, lost, at.toString(), Boolean.toString(returns), copy);
        }

        boolean isOfSameCopy(Entry other) {
            return lost.equals(other.lost) && copy.equals(other.copy);
        }

        static Optional<Entry> of(String line) {
            String[] fields = line.split(SEPARATOR, -1);
            try {
                return fields.length == 4
                        ? Optional.of(new Entry(
                                fields[0], Instant.parse(fields[1]), fields[3], Boolean.parseBoolean(fields[2])))
                        : Optional.empty();
            } catch (DateTimeParseException unreadable) {
                return Optional.empty();
            }
        }
    }

    /** Where an entry's copy is, or was. */
    public Path copy(Entry entry) {
        return file.side().quarantine().resolve(entry.copy());
    }

    /** Whether an entry's content has not come back to the path yet: its rescuer is at it, or is dead. */
    public boolean isPending(Entry entry) {
        Path copy = copy(entry);
        return entry.returns() && !entry.copy().isEmpty() && Files.exists(copy) && !isAtPath(copy);
    }

    /** Whether the copy has its name at the path already: its rescuer died before it took the other one away. */
    private boolean isAtPath(Path copy) {
        FileIdentity atPath = file.identity();
        return atPath != null && atPath.equals(FileIdentity.of(copy));
    }

    /**
     * What became of a lost file.
     *
     * @param opened when the connection that asks opened it: what was rescued before was another file with the same number
     */
    public Optional<Entry> of(FileIdentity lost, Instant opened) throws IOException {
        String name = lost.toString();
        return entries().stream()
                .filter(entry -> entry.lost().equals(name) && !entry.at().isBefore(opened))
                .reduce((earlier, later) -> later);
    }

    /** The newest rescue, if its content has not come back to the path yet. */
    public Optional<Entry> pending() throws IOException {
        return entries().stream().reduce((earlier, later) -> later).filter(this::isPending);
    }

    private List<Entry> entries() throws IOException {
        if (!Files.isRegularFile(path())) {
            return List.of();
        }
        try {
            return Files.readAllLines(path()).stream()
                    .map(Entry::of)
                    .flatMap(Optional::stream)
                    .toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    /** Adds an entry, durably; it is among those of this process from then on, even where it cannot be written now. */
    public void add(Entry entry) throws IOException {
        own.add(entry);
        if (own.size() > MOST_ENTRIES) {
            own.remove(0);
        }
        write();
    }

    /** Takes back what was said of a copy: its content is not safe after all, and whoever holds the lost file has to save it. */
    public void withdraw(Entry entry) throws IOException {
        own.removeIf(entry::isOfSameCopy);
        if (Files.isDirectory(file.side().path())) {
            List<Entry> rest = new ArrayList<>(entries());
            rest.removeIf(entry::isOfSameCopy);
            write(rest);
        }
    }

    /** Whether what this process has added is there for others to read. */
    public boolean isComplete() throws IOException {
        return entries().containsAll(own);
    }

    /** Writes what this process has added once more, where it is gone. */
    public void complete() throws IOException {
        if (!isComplete()) {
            write();
        }
    }

    private void write() throws IOException {
        file.side().create();
        Set<Entry> all = new LinkedHashSet<>(entries());
        own.forEach(all::remove);
        all.addAll(own);
        write(all);
    }

    private void write(Collection<Entry> all) throws IOException {
        StringBuilder text = new StringBuilder();
        all.stream()
                .skip(Math.max(0, all.size() - MOST_ENTRIES))
                .forEach(each -> text.append(each.line()).append('\n'));
        Path beside = path().resolveSibling(path().getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(beside, path(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private Path path() {
        return file.side().rescues();
    }
}
