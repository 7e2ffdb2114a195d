package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.OutputPath;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Whole copies of a database in a directory, the newest ones kept. Each is made by SQLite's online backup while the application works, checked, and only
 * then given its name; only then the oldest one goes. So neither a damaged database nor an emptied one pushes a good copy out. A directory
 * has the snapshots of one database. May be shared by threads.
 */
@Internal
public final class Snapshots {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final Pattern NAME = Pattern.compile("snapshot_\\d{8}T\\d{6}\\.\\d{3}Z\\.db");
    private static final Pattern UNFINISHED = Pattern.compile("snapshot_.*\\.part-[0-9a-f]{8}.*");

    /** Stands for a database that has no file. */
    private static final String IN_MEMORY = ":memory:";

    private final Path directory;
    private final int kept;

    private Snapshots(Path directory, int kept) {
        this.directory = directory;
        this.kept = kept;
    }

    /**
     * The snapshots in a directory.
     *
     * @param kept how many are kept, at least 1
     */
    public static Snapshots in(Path directory, int kept) {
        if (kept < 1) {
            throw new IllegalArgumentException("kept: expected 1 or more, found " + kept);
        }
        return new Snapshots(directory, kept);
    }

    /**
     * Takes a snapshot.
     *
     * @param database a connection of sqlite-jdbc's own, or one that leads to it, such as the driver's or a pool's; not in a write transaction
     * @param moment names it
     * @throws ArchiveException where the copy is not sound, or has nothing in it while the newest one has, or the directory has the snapshots of another
     *     database; all others stay
     */
    public Path take(Connection database, Instant moment) throws SQLException, IOException {
        return take(database, moment, Optional.empty());
    }

    /**
     * Takes a snapshot of a database that may lack rows.
     *
     * @param lossy from when on it may lack rows: the newest snapshot from before that has them, and is kept beside the others; empty where it lacks none
     */
    public synchronized Path take(Connection database, Instant moment, Optional<Instant> lossy)
            throws SQLException, IOException {
        return takeOf(Sqlite.behind(database), moment, lossy);
    }

    private Path takeOf(Connection database, Instant moment, Optional<Instant> lossy) throws SQLException, IOException {
        Optional<Path> source = Sql.file(database);
        if (source.isPresent()) {
            OutputPath.requireApart(directory, source.get());
        }
        Files.createDirectories(directory);
        Set<String> others = claim(source);
        deleteUnfinished();
        Path target = free(moment, others);
        Path written = directory.resolve(
                target.getFileName() + ".part-" + UUID.randomUUID().toString().substring(0, 8));
        try {
            Sqlite.backup(database, written);
            String problem = SoundDatabase.problem(written);
            if (!problem.isEmpty()) {
                throw new ArchiveException("The database is damaged, so no snapshot of it is kept: " + problem);
            }
            Optional<Path> newest = list().stream().findFirst();
            if (newest.isPresent() && SoundDatabase.objects(written) == 0 && SoundDatabase.objects(newest.get()) > 0) {
                throw new ArchiveException("The database is empty and the snapshot "
                        + newest.get().getFileName() + " is not; no snapshot is taken");
            }
            DurableFiles.publish(written, target);
        } finally {
            for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
                Files.deleteIfExists(written.resolveSibling(written.getFileName() + suffix));
            }
        }
        List<Path> all = list().stream()
                .filter(path -> !others.contains(path.getFileName().toString()))
                .filter(path -> source.isEmpty() || !DatabaseFile.at(path).equals(DatabaseFile.at(source.get())))
                .toList();
        Optional<Path> last = lossy.flatMap(since ->
                all.stream().filter(path -> momentOf(path).isBefore(since)).findFirst());
        for (Path old : all.subList(Math.min(kept, all.size()), all.size())) {
            if (!last.equals(Optional.of(old))) {
                Files.deleteIfExists(old);
            }
        }
        return target;
    }

    /** The names of copies that were there before the directory became this database's: they may be another's, and are not for this one to delete. */
    private Set<String> claim(Optional<Path> source) throws IOException {
        List<String> there =
                list().stream().map(path -> path.getFileName().toString()).toList();
        return OneDatabase.claim(directory, source.map(OneDatabase::name).orElse(IN_MEMORY), there);
    }

    private Path free(Instant moment, Set<String> others) {
        String name = "snapshot_" + STAMP.format(moment) + ".db";
        return others.contains(name) ? free(moment.plusMillis(1), others) : directory.resolve(name);
    }

    /** The snapshots, newest first. What has such a name and is no file (a link, a pipe) is none. */
    public List<Path> list() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> list = Files.list(directory)) {
            return list.filter(
                            path -> NAME.matcher(path.getFileName().toString()).matches())
                    .filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                    .sorted(Comparator.comparing(
                                    (Path path) -> path.getFileName().toString())
                            .reversed())
                    .toList();
        }
    }

    /** The newest snapshot that is sound now: disks damage copies too. */
    public Optional<Path> newestSound() throws IOException {
        return list().stream()
                .filter(path -> SoundDatabase.problem(path).isEmpty())
                .findFirst();
    }

    /** When a snapshot was taken. */
    public static Instant momentOf(Path snapshot) {
        String name = String.valueOf(snapshot.getFileName());
        return STAMP.parse(name.substring("snapshot_".length(), name.length() - ".db".length()), Instant::from);
    }

    /** What a process left behind that died over a snapshot. */
    private void deleteUnfinished() throws IOException {
        List<Path> unfinished;
        try (Stream<Path> list = Files.list(directory)) {
            unfinished = list.filter(path ->
                            UNFINISHED.matcher(path.getFileName().toString()).matches())
                    .toList();
        }
        for (Path path : unfinished) {
            Files.deleteIfExists(path);
        }
    }
}
