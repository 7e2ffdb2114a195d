package org.healingsqlite.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.log.Printable;
import org.healingsqlite.log.ShellWord;
import org.jspecify.annotations.Nullable;

/**
 * Where evidence is kept: copies of damaged files, and what lost files held. Owner-only, durable before anything else happens.
 */
public final class Quarantine {
    private static final Pattern KEPT = Pattern.compile(
            ".+_(corrupted|dropped|rescued(_[0-9a-f]{6})?|replaced|stray)_\\d{8}_\\d{6}(_\\d{1,5})?(\\.[^.]*)?(-wal|-journal|-journal\\.before|\\.RECOVERY\\.txt|\\.lost\\.db|-archive\\.zip)?");

    private static final int COPY_BYTES = 1 << 20;

    /** The copy of a main file, not what lies beside it. */
    private static final Pattern DAMAGED =
            Pattern.compile(".+_(corrupted|dropped)_(\\d{8}_\\d{6})(?:_(\\d{1,5}))?(\\.[^.-]*)?");

    /** What a copy is that was made before dropped tables were made again. */
    private static final String DROPPED = "dropped";

    /** What a copy is of which the database does not have the rows: of dropped tables, deleted and replaced files, logs without a database; and what was found without a place. */
    private static final Pattern ELSEWHERE_GONE =
            Pattern.compile(".+(_(dropped|rescued(_[0-9a-f]{6})?|replaced|stray)_\\d{8}_\\d{6}.*|\\.lost\\.db)");

    /** What a copy is of what a deleted file held. */
    private static final Pattern RESCUED = Pattern.compile(".+_rescued_[0-9a-f]{6}_\\d{8}_\\d{6}.*");

    private final DatabaseFile file;

    public Quarantine(DatabaseFile file) {
        this.file = file;
    }

    /**
     * A copy of a database and what SQLite keeps beside it.
     *
     * @param main the copy of the main file; its -wal and -journal, where there were any, lie beside it
     */
    public record Evidence(Path main) {

        /** The copy of the -wal, where there was one. */
        public Path log() {
            return main.resolveSibling(main.getFileName() + "-wal");
        }

        /** The copy of the -journal, where there was one. */
        public Path journal() {
            return main.resolveSibling(main.getFileName() + "-journal");
        }

        /** The text that tells how to go on by hand. */
        public Path instructions() {
            return main.resolveSibling(main.getFileName() + ".RECOVERY.txt");
        }

        /** Where rows go that no table can claim. */
        public Path lostAndFound() {
            return main.resolveSibling(main.getFileName() + ".lost.db");
        }

        /** Removes the copy again: it has turned out to be of no use. */
        public void discard() throws IOException {
            Files.deleteIfExists(log());
            Files.deleteIfExists(journal());
            Files.deleteIfExists(instructions());
            Files.deleteIfExists(main);
        }
    }

    /**
     * Copies the main file, the -wal and the -journal as they are now.
     *
     * @throws IOException where one cannot be read or the copy cannot be written; nothing is left behind then
     */
    public Evidence keep(HeldFile main, Instant moment) throws IOException {
        return keep(main, reserve("corrupted", moment));
    }

    private Evidence keep(HeldFile main, Evidence evidence) throws IOException {
        try {
            copy(file.wal(), evidence.log());
            copy(file.journal(), evidence.journal());
            main.copyTo(evidence.main());
            return evidence;
        } catch (IOException e) {
            evidence.discard();
            throw e;
        }
    }

    /**
     * Copies the main file, the -wal and the -journal as they are now, before tables that are gone are made again: their pages may still hold their rows. Where the
     * newest such copy is just like it there is no second one.
     *
     * @return the copy, durable
     * @throws IOException where one cannot be read or the copy cannot be written; nothing is left behind then
     */
    public Evidence keepDropped(HeldFile main, Instant moment) throws IOException {
        Optional<Evidence> newest = newestDropped();
        Evidence evidence = keep(main, reserve(DROPPED, moment));
        if (newest.isPresent() && isSame(evidence, newest.get())) {
            evidence.discard();
            return newest.get();
        }
        return evidence;
    }

    /** The newest copy that was made before dropped tables were made again; empty where there is none. */
    public Optional<Evidence> newestDropped() throws IOException {
        return damagedCopies(entries()).stream()
                .filter(evidence ->
                        String.valueOf(evidence.main().getFileName()).contains("_" + DROPPED + "_"))
                .findFirst();
    }

    /**
     * Copies the main file and the -wal as they are under a write lock. A -journal is the lock holder's own then; one that was copied before has
     * been rolled back or was none, and is kept under another name. The copy is complete, and durable only after {@link #makeDurable}.
     *
     * @param earlier what was kept before the lock; null where nothing was
     */
    public Evidence keepLocked(HeldFile main, @Nullable Evidence earlier, Instant moment) throws IOException {
        Evidence evidence = earlier == null ? reserve("corrupted", moment) : earlier;
        try {
            if (Files.exists(evidence.journal())) {
                Files.move(
                        evidence.journal(),
                        evidence.main().resolveSibling(evidence.main().getFileName() + "-journal.before"),
                        StandardCopyOption.REPLACE_EXISTING);
            }
            copyBytes(file.wal(), evidence.log());
            main.copyBytesTo(evidence.main());
            return evidence;
        } catch (IOException e) {
            if (earlier == null) {
                evidence.discard();
            }
            throw e;
        }
    }

    /** Makes a copy durable: before it is, nothing of what was copied may be overwritten. Reads and writes nothing itself, and may run beside what reads it. */
    public static void makeDurable(Evidence evidence) throws IOException {
        if (Files.exists(evidence.log())) {
            force(evidence.log());
        }
        force(evidence.main());
    }

    private Evidence reserve(String what, Instant moment) throws IOException {
        Evidence evidence =
                new Evidence(file.side().reserve(String.valueOf(file.main().getFileName()), what, moment));
        Files.writeString(file.side().prepare(evidence.instructions()), instructions(evidence.main()));
        return evidence;
    }

    private void copy(Path from, Path to) throws IOException {
        copyBytes(from, to);
        if (Files.exists(to)) {
            force(to);
        }
    }

    /** What is no file, as a pipe that somebody has put there, is none of SQLite's. */
    private void copyBytes(Path from, Path to) throws IOException {
        Files.deleteIfExists(to);
        if (!Files.isRegularFile(from)) {
            return;
        }
        file.side().prepare(to);
        try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ);
                FileChannel target = FileChannel.open(to, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            // Not by transferTo: that may map a log which SQLite cuts off meanwhile.
            ByteBuffer buffer = ByteBuffer.allocateDirect(COPY_BYTES);
            while (source.read(buffer) > 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    target.write(buffer);
                }
                buffer.clear();
            }
        } catch (NoSuchFileException gone) {
            Files.deleteIfExists(to);
        }
    }

    private static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    private String instructions(Path copy) {
        Path main = file.main();
        String warning = ShellWord.isExact(copy) && ShellWord.isExact(main)
                ? ""
                : "The name holds characters that are not shown as they are: the commands below need the true name.\n";
        return """
                This is %s as it was when damage was found in it, with its -wal and -journal if it had any.
                Nothing here is needed by the application; it is evidence, and the last resort.
                %s
                To see what can be recovered from it, into a new database:

                    java -jar healing-sqlite.jar salvage %s -o recovered.db --lost-and-found lost.db --report report.json

                or, with SQLite's own tool (work on a copy, it may change its input):

                    cp %s* /some/other/directory/
                    sqlite3 %s .recover | sqlite3 recovered.db

                To put a recovered database in place: stop every application that uses %s, then

                    rm -f %s %s %s
                    cp recovered.db %s
                """.formatted(
                        Printable.of(main.toString()),
                        warning,
                        ShellWord.of(copy),
                        ShellWord.of(copy),
                        ShellWord.of("/some/other/directory/" + copy.getFileName()),
                        Printable.of(main.toString()),
                        ShellWord.of(main + "-wal"),
                        ShellWord.of(main + "-shm"),
                        ShellWord.of(main + "-journal"),
                        ShellWord.of(main));
    }

    /**
     * Deletes what was kept for longer than wanted, and nothing else. What a deleted file held stays, however old: nobody else has it.
     *
     * @return what was deleted
     */
    public List<Path> purge(Duration retention, Instant now) throws IOException {
        List<Path> purged = new ArrayList<>();
        for (Path entry : entries()) {
            if (!RESCUED.matcher(String.valueOf(entry.getFileName())).matches()
                    && Files.getLastModifiedTime(entry, LinkOption.NOFOLLOW_LINKS)
                            .toInstant()
                            .isBefore(now.minus(retention))) {
                Files.deleteIfExists(entry);
                purged.add(entry);
            }
        }
        return purged;
    }

    /**
     * Deletes the oldest copies of the damaged database, until what is left takes no more than some times its size, and one of which the next one is just like it. The newest
     * copy stays, and what deleted or replaced files held.
     *
     * @param times the size of the database, as it is or as it was in the newest copy
     * @return what was deleted
     */
    public List<Path> bound(int times) throws IOException {
        List<Path> deleted = new ArrayList<>();
        List<Path> entries = entries();
        List<Evidence> newestFirst = damagedCopies(entries);
        long bytes = 0;
        long size = file.sizeBytes();
        Evidence newer = null;
        for (Evidence evidence : newestFirst) {
            List<Path> parts = entries.stream()
                    .filter(entry -> String.valueOf(entry.getFileName())
                            .startsWith(String.valueOf(evidence.main().getFileName())))
                    .toList();
            for (Path part : parts) {
                bytes += Files.size(part);
            }
            if (newer == null) {
                size = Math.max(size, bytes);
            } else if (bytes > times * size || isSame(evidence, newer)) {
                for (Path part : parts) {
                    bytes -= Files.size(part);
                    Files.deleteIfExists(part);
                    deleted.add(part);
                }
                continue;
            }
            newer = evidence;
        }
        return deleted;
    }

    /** Whether something that is kept may have rows that are nowhere else, whatever the incidents say. */
    public static boolean isOfContentElsewhereGone(Path kept) {
        return ELSEWHERE_GONE.matcher(String.valueOf(kept.getFileName())).matches();
    }

    /** All that is kept. */
    public List<Path> kept() throws IOException {
        return entries().stream().sorted().toList();
    }

    private List<Path> entries() throws IOException {
        List<Path> entries = new ArrayList<>();
        Path directory = file.side().quarantine();
        if (!file.side().isOurs() || !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return entries;
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory)) {
            for (Path entry : found) {
                if (KEPT.matcher(String.valueOf(entry.getFileName())).matches()
                        && Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
                    entries.add(entry);
                }
            }
        }
        return entries;
    }

    /** Newest first, by the moment in the name and, within a second, by its number. */
    private static List<Evidence> damagedCopies(List<Path> entries) {
        return entries.stream()
                .filter(entry ->
                        DAMAGED.matcher(String.valueOf(entry.getFileName())).matches())
                .sorted(Comparator.comparing(Quarantine::momentOf).reversed())
                .map(Evidence::new)
                .toList();
    }

    private static String momentOf(Path copy) {
        Matcher name = DAMAGED.matcher(String.valueOf(copy.getFileName()));
        if (!name.matches()) {
            return "";
        }
        int number = name.group(3) == null ? 1 : Integer.parseInt(name.group(3));
        return name.group(2) + String.format(Locale.ROOT, "_%05d", number);
    }

    private static boolean isSame(Evidence one, Evidence other) throws IOException {
        return Files.exists(one.log()) == Files.exists(other.log())
                && Files.size(one.main()) == Files.size(other.main())
                && Files.mismatch(one.main(), other.main()) < 0
                && (Files.notExists(one.log()) || Files.mismatch(one.log(), other.log()) < 0);
    }
}
