package org.healingsqlite.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/**
 * Which lost files' content is safe, for every process: a line for each of the last rescues, in the side directory. Written by the holder of the
 * process lock only; each line is durable before what it speaks of happens.
 */
public final class RescueLog {
    private static final int MOST_ENTRIES = 32;
    private static final String SEPARATOR = "\t";

    /** An entry has a name of at most 255 bytes, a moment and an identity; a log that is longer was not written by this library. */
    private static final int MOST_BYTES = MOST_ENTRIES * 2048;

    /** What is forgotten, a line for each file. Who deletes a database does it soon after saying so; what happens to the file later was not meant. */
    public static final Duration FORGETTING = Duration.ofMinutes(10);

    private static final String FORGOTTEN = "forgotten";
    private static final int FORGOTTEN_FIELDS = 3;
    private static final int MOST_FORGOTTEN = 8;

    private static final String OWNERSHIP = "ownership";
    private static final int OWNERSHIP_FIELDS = 5;

    /** Source: {@code toString} of a file key, and of a moment where the system has no file keys. */
    private static final Pattern IDENTITY = Pattern.compile("[A-Za-z0-9()=,:.-]{1,100}|null");

    private final DatabaseFile file;

    /** What the lost files belonged to, by the names of their copies. In lines of their own, which releases that do not know them pass over. */
    private final Map<String, FileOwnership> owners = new ConcurrentHashMap<>();

    /** What this process has added: whoever deletes the directory of the database deletes the log as well. */
    private final List<Entry> own = new CopyOnWriteArrayList<>();

    /** What this process has said to be forgotten. */
    private final List<Forgotten> ownForgotten = new CopyOnWriteArrayList<>();

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

        /** Out of a line of the log. What is no entry, or names a file outside of the quarantine, is none. */
        static Optional<Entry> of(String line, SideDirectory side) {
            String[] fields = line.split(SEPARATOR, -1);
            try {
                return fields.length == 4
                                && IDENTITY.matcher(fields[0]).matches()
                                && (fields[3].isEmpty() || side.isNameOfRescued(fields[3]))
                        ? Optional.of(new Entry(
                                fields[0], Instant.parse(fields[1]), fields[3], Boolean.parseBoolean(fields[2])))
                        : Optional.empty();
            } catch (DateTimeParseException unreadable) {
                return Optional.empty();
            }
        }
    }

    /**
     * Somebody has said that nothing of a file is to come back. In lines of their own, which releases that do not know them pass over.
     *
     * @param file its identity; {@code null} as a text where there was none at the path
     * @param at when it was said
     */
    private record Forgotten(String file, Instant at) {
        String line() {
            return String.join(SEPARATOR, FORGOTTEN, at.toString(), file);
        }

        static Optional<Forgotten> of(String line) {
            String[] fields = line.split(SEPARATOR, -1);
            try {
                return fields.length == FORGOTTEN_FIELDS
                                && fields[0].equals(FORGOTTEN)
                                && IDENTITY.matcher(fields[2]).matches()
                        ? Optional.of(new Forgotten(fields[2], Instant.parse(fields[1])))
                        : Optional.empty();
            } catch (DateTimeParseException unreadable) {
                return Optional.empty();
            }
        }
    }

    /**
     * Notes, durably, that nothing of what was at the path is to come back.
     *
     * @param files the file that is there, and those that have lost their name and are open still; none where there is no file
     */
    public void forget(List<FileIdentity> files, Instant at) throws IOException {
        List<Forgotten> more = files.isEmpty()
                ? List.of(new Forgotten("null", at))
                : files.stream()
                        .map(identity -> new Forgotten(identity.toString(), at))
                        .toList();
        ownForgotten.addAll(more);
        write();
    }

    /**
     * Whether a lost file was meant to go: so was said after a connection had opened it, and less than {@link #FORGETTING} ago.
     *
     * @param opened when the connection that asks opened it: what was forgotten before was another file with the same number
     */
    public boolean isForgotten(FileIdentity lost, Instant opened, Instant now) throws IOException {
        String name = lost.toString();
        return forgotten().stream()
                .anyMatch(said -> said.file().equals(name) && !said.at().isBefore(opened) && isRecent(said, now));
    }

    /** Whether somebody has said so less than {@link #FORGETTING} ago. */
    public boolean isForgetting(Instant now) throws IOException {
        return forgotten().stream().anyMatch(said -> isRecent(said, now));
    }

    /** When somebody has said so last; empty where nobody has. */
    public Optional<Instant> forgottenAt() throws IOException {
        return forgotten().stream().map(Forgotten::at).max(Comparator.naturalOrder());
    }

    private static boolean isRecent(Forgotten said, Instant now) {
        return said.at().plus(FORGETTING).isAfter(now);
    }

    private Collection<Forgotten> forgotten() throws IOException {
        Set<Forgotten> all = new LinkedHashSet<>(ownForgotten);
        lines().forEach(line -> Forgotten.of(line).ifPresent(all::add));
        return all;
    }

    /** Where an entry's copy is, or was. */
    public Path copy(Entry entry) {
        return file.side().quarantine().resolve(entry.copy());
    }

    /** Whether an entry's content has not come back to the path yet: its rescuer is at it, or is dead. */
    public boolean isPending(Entry entry) {
        Path copy = copy(entry);
        return entry.returns()
                && !entry.copy().isEmpty()
                && Files.exists(copy, LinkOption.NOFOLLOW_LINKS)
                && !isAtPath(copy);
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
        Instant forgotten = forgottenAt().orElse(Instant.MIN);
        return entries().stream()
                .reduce((earlier, later) -> later)
                .filter(entry -> entry.at().isAfter(forgotten) && isPending(entry));
    }

    private List<Entry> entries() throws IOException {
        return lines().stream()
                .map(line -> Entry.of(line, file.side()))
                .flatMap(Optional::stream)
                .toList();
    }

    private List<String> lines() throws IOException {
        byte[] bytes = file.side().read(path(), MOST_BYTES);
        return bytes == null
                ? List.of()
                : new String(bytes, StandardCharsets.UTF_8).lines().toList();
    }

    /** Notes whom the lost file of an entry belonged to, before that is added. */
    public void note(Entry entry, FileOwnership ownership) {
        if (!entry.copy().isEmpty()) {
            owners.put(entry.copy(), ownership);
        }
    }

    /** Whom the lost file of an entry belonged to; empty where nobody has noted it. */
    public Optional<FileOwnership> ownership(Entry entry) throws IOException {
        FileOwnership own = owners.get(entry.copy());
        return own != null
                ? Optional.of(own)
                : lines().stream()
                        .filter(line -> line.startsWith(OWNERSHIP + SEPARATOR + entry.copy() + SEPARATOR))
                        .reduce((earlier, later) -> later)
                        .flatMap(RescueLog::ownershipOf);
    }

    private static Optional<FileOwnership> ownershipOf(String line) {
        String[] fields = line.split(SEPARATOR, -1);
        if (fields.length != OWNERSHIP_FIELDS) {
            return Optional.empty();
        }
        try {
            UserPrincipalLookupService names = FileSystems.getDefault().getUserPrincipalLookupService();
            return Optional.of(new FileOwnership(
                    names.lookupPrincipalByName(fields[2]),
                    names.lookupPrincipalByGroupName(fields[3]),
                    PosixFilePermissions.fromString(fields[4]),
                    List.of()));
        } catch (IOException | RuntimeException notHere) {
            return Optional.empty();
        }
    }

    private Optional<String> ownershipLine(Entry entry) throws IOException {
        return ownership(entry)
                .filter(known -> known.group() != null)
                .map(known -> String.join(
                        SEPARATOR,
                        OWNERSHIP,
                        entry.copy(),
                        known.owner().getName(),
                        known.group() == null ? "" : known.group().getName(),
                        PosixFilePermissions.toString(known.permissions())));
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
        if (file.side().isOurs()) {
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
        List<String> written = new ArrayList<>();
        for (Entry each : List.copyOf(all).subList(Math.max(0, all.size() - MOST_ENTRIES), all.size())) {
            ownershipLine(each).ifPresent(written::add);
            written.add(each.line());
        }
        forgotten().stream()
                .sorted(Comparator.comparing(Forgotten::at).reversed())
                .limit(MOST_FORGOTTEN)
                .forEach(said -> written.add(said.line()));
        String text = String.join("\n", written) + "\n";
        file.side().replace(path(), text.getBytes(StandardCharsets.UTF_8));
    }

    private Path path() {
        return file.side().rescues();
    }
}
