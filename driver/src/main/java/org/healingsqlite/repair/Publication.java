package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileOwnership;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Puts a saved database at a path, whole or not at all, without taking anybody's file away: under a name that is free, or into an empty database that is
 * there already, as one transaction of SQLite's.
 */
public final class Publication {
    private static final Log LOG = Log.of(Publication.class);
    private static final int ATTEMPTS = 5;
    private static final int SCHEMA_LEAF_HEAD = 8;
    private static final byte TABLE_LEAF = 13;
    private static final int STEP_ATTEMPTS = 20;
    private static final int STEP_PAUSE_MILLIS = 10;

    private final DatabaseFile file;
    private final @Nullable FileOwnership ownership;
    private final Duration settling;
    private final Duration lockWait;

    /**
     * For one database.
     *
     * @param ownership the file had; null where it is not known: then the content stays as private as its copy was
     * @param settling how long the path is left alone first: whoever deletes a database deletes several files, one after the other
     * @param lockWait the longest wait for the lock of a file that is there already
     */
    public Publication(DatabaseFile file, @Nullable FileOwnership ownership, Duration settling, Duration lockWait) {
        this.file = file;
        this.ownership = ownership;
        this.settling = settling;
        this.lockWait = lockWait;
    }

    /** What to do with a database that is at the path and holds something. */
    public enum Stranger {
        /** It stays. */
        STAYS,
        /** It is copied into the quarantine and makes room. */
        MAKES_ROOM
    }

    /**
     * Publishes; the copy loses its old name where it succeeds.
     *
     * @param copy a database in the quarantine, under a name that was reserved for it
     * @param steps what is done is added, for a reader
     * @return what is at the path now, for the caller to close; empty where another database is there, which stayed
     */
    public Optional<Published> publish(Path copy, Stranger stranger, List<String> steps)
            throws SQLException, IOException {
        Optional<String> problem = file.side().problemOf(copy);
        if (problem.isPresent()) {
            throw new IOException("nothing is put back to " + file.main() + ": " + problem.get());
        }
        pause(settling.toNanos());
        try {
            return publishOrKeep(copy, stranger, steps);
        } finally {
            if (Files.exists(copy, LinkOption.NOFOLLOW_LINKS)) {
                file.side().restrict(copy);
            }
        }
    }

    private Optional<Published> publishOrKeep(Path copy, Stranger stranger, List<String> steps)
            throws SQLException, IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                if (file.createDirectory()) {
                    steps.add("created directory " + file.directory());
                }
                setStraysAside(file, steps);
                List<String> problems = file.side().give(ownership, copy);
                Published published = Published.at(copy);
                try {
                    Files.createLink(file.main(), copy);
                } catch (IOException | RuntimeException e) {
                    published.close();
                    throw e;
                }
                steps.addAll(problems);
                deleteOtherName(copy, steps);
                force(file.directory());
                return Optional.of(published);
            } catch (FileAlreadyExistsException taken) {
                if (!isNoDatabaseAtPath()) {
                    setStraysAside(file, steps);
                    return into(copy, stranger, steps);
                }
                Path kept = file.side().reserve(String.valueOf(file.main().getFileName()), "replaced", Instant.now());
                Files.move(file.main(), kept, StandardCopyOption.REPLACE_EXISTING);
                file.side().restrictMoved(kept);
                steps.add("moved what was at the path, and no database, to " + kept);
            } catch (NoSuchFileException directoryGoneAgain) {
                if (attempt == ATTEMPTS || Files.notExists(copy)) {
                    throw directoryGoneAgain;
                }
            } catch (UnsupportedOperationException | FileSystemException noLinks) {
                return into(copy, stranger, steps);
            }
        }
    }

    /** The content has its name back, whatever becomes of the one it had in the quarantine. */
    private static void deleteOtherName(Path copy, List<String> steps) {
        try {
            Files.deleteIfExists(copy);
        } catch (IOException e) {
            steps.add("could not delete its name in the quarantine: " + Disclosure.text(e));
        }
    }

    /** Whether nothing is at a path that anybody could miss: no file, an empty database, or no database at all, such as a directory, which is in the way and no more. */
    public static boolean isNothingAt(DatabaseFile file) {
        if (file.isAbsentOrEmpty() || !Files.isRegularFile(file.main())) {
            return true;
        }
        if (file.isEmptied()) {
            // Looking would delete what is left.
            return false;
        }
        try (Connection look = Sqlite.open(file.main(), Access.EXISTING)) {
            return SchemaSnapshot.read(look).isEmpty();
        } catch (SQLException e) {
            return isNoDatabase(e);
        }
    }

    private static boolean isNoDatabase(SQLException failure) {
        return Fault.of(failure) instanceof Fault.Corruption corruption
                && corruption.kind() == Fault.Corruption.Kind.NOT_A_DATABASE;
    }

    private boolean isNoDatabaseAtPath() {
        try (Connection look = Sqlite.open(file.main(), Access.EXISTING)) {
            SchemaSnapshot.read(look);
            return false;
        } catch (SQLException e) {
            return isNoDatabase(e);
        }
    }

    /**
     * Side files without a main file, and a log beside an empty one, belong to a database that is gone; SQLite would delete them, or take them for the
     * new file's, and share the index of a log with those who hold the other.
     */
    public static void setStraysAside(DatabaseFile file, List<String> steps) throws IOException {
        setAside(file, file.strayCompanions(), steps);
    }

    /** Moves side files into the quarantine; those that are not there are passed over. */
    public static void setAside(DatabaseFile file, List<Path> strays, List<String> steps) throws IOException {
        for (Path stray : strays) {
            if (Files.notExists(stray)) {
                continue;
            }
            try {
                Path kept = file.side().reserve(String.valueOf(stray.getFileName()), "stray", Instant.now());
                Files.move(stray, kept, StandardCopyOption.REPLACE_EXISTING);
                file.side().restrictMoved(kept);
                steps.add("moved " + stray + " to " + kept);
            } catch (NoSuchFileException goneInTheMeantime) {
                LOG.debug("{} is gone", stray);
            }
        }
    }

    private Optional<Published> into(Path copy, Stranger stranger, List<String> steps)
            throws SQLException, IOException {
        if (Files.notExists(file.main())) {
            Files.createFile(file.main());
        }
        Published published = Published.at(file.main());
        boolean written = false;
        FileOwnership wanted = ownership;
        try (Connection target = Sqlite.open(file.main(), Access.EXISTING)) {
            if (!published.identity().equals(file.identity())) {
                throw new NoSuchFileException(file.main().toString());
            }
            if (wanted != null && file.sizeBytes() == 0) {
                // Before there is anything in it to be read.
                steps.addAll(wanted.giveTo(file.main()));
            }
            written = into(target, copy, stranger, steps);
        } finally {
            if (!written) {
                published.close();
            }
        }
        if (written && wanted != null) {
            steps.addAll(wanted.giveTo(file.main()));
        }
        return written ? Optional.of(published) : Optional.empty();
    }

    private boolean into(Connection target, Path copy, Stranger stranger, List<String> steps)
            throws SQLException, IOException {
        try (Connection source = Sqlite.open(copy, Access.OWN)) {
            boolean wal = Sqlite.pragma(source, "journal_mode").equalsIgnoreCase("wal");
            if (wal) {
                // In WAL mode nothing keeps readers out, and being kept out is what stops the restore.
                Sqlite.pragma(source, "journal_mode = DELETE");
            }
            Arrival arrival = new Arrival(source, stranger, steps);
            long deadlineNanos = System.nanoTime() + lockWait.toNanos();
            Optional<String> reason;
            do {
                reason = Sqlite.restore(target, copy, 1, STEP_ATTEMPTS, STEP_PAUSE_MILLIS, arrival::run);
            } while (reason.isPresent() && !arrival.began && System.nanoTime() - deadlineNanos < 0);
            if (arrival.failure != null) {
                throw new IOException("what is at " + file.main() + " could not be kept", arrival.failure);
            }
            if (arrival.stays) {
                return false;
            }
            if (reason.isPresent()) {
                throw new SQLException("the content could not be written into " + file.main() + ": " + reason.get());
            }
            if (wal) {
                returnToWalMode(target, steps);
            }
        }
        Files.deleteIfExists(copy);
        return true;
    }

    /** The content is back, and must not be taken for lost again because of somebody who is reading it already. */
    private static void returnToWalMode(Connection target, List<String> steps) {
        try {
            Sqlite.pragma(target, "journal_mode = WAL");
        } catch (SQLException e) {
            steps.add("it is not in WAL mode any more: " + Disclosure.message(e));
        }
    }

    /** What happens once the write lock of the file at the path is held. */
    private final class Arrival implements Runnable {
        private final Connection source;
        private final Stranger stranger;
        private final List<String> steps;
        private boolean began;
        private boolean stays;
        private @Nullable Exception failure;

        private Arrival(Connection source, Stranger stranger, List<String> steps) {
            this.source = source;
            this.stranger = stranger;
            this.steps = steps;
        }

        @Override
        public void run() {
            began = true;
            try {
                stays = !makesRoom(stranger, steps);
                if (!stays) {
                    return;
                }
            } catch (SQLException | IOException | RuntimeException e) {
                failure = e;
            }
            try {
                // The restore stops where it finds its source locked.
                Sqlite.execute(source, "BEGIN EXCLUSIVE");
            } catch (SQLException e) {
                failure = e;
            }
        }
    }

    /** Called under the write lock of the file at the path. */
    private boolean makesRoom(Stranger stranger, List<String> steps) throws SQLException, IOException {
        try (Connection look = Sqlite.open(file.main(), Access.EXISTING)) {
            Sqlite.execute(look, "PRAGMA busy_timeout = 0");
            if (SchemaSnapshot.read(look).isEmpty()) {
                return true;
            }
            if (stranger == Stranger.STAYS) {
                return false;
            }
            Sqlite.backup(look, kept(steps));
            return true;
        } catch (SQLException e) {
            if (e.getErrorCode() != Fence.SQLITE_BUSY) {
                throw e;
            }
        }
        // In the rollback-journal modes the lock keeps readers out as well, and the file is all there is.
        HeldFile held = HeldFile.of(file);
        if (held.size() == 0 || isWithoutObjects(held.head(DatabaseHeader.SIZE + SCHEMA_LEAF_HEAD))) {
            return true;
        }
        if (stranger == Stranger.STAYS) {
            return false;
        }
        held.copyTo(kept(steps));
        return true;
    }

    private Path kept(List<String> steps) throws IOException {
        Path kept = file.side().reserve(String.valueOf(file.main().getFileName()), "replaced", Instant.now());
        steps.add("kept what was at the path in " + kept);
        return kept;
    }

    /** Source: SQLite file format §1.6: the kind of the page, and the number of its cells. */
    private static boolean isWithoutObjects(byte[] head) {
        return head.length == DatabaseHeader.SIZE + SCHEMA_LEAF_HEAD
                && head[DatabaseHeader.SIZE] == TABLE_LEAF
                && head[DatabaseHeader.SIZE + 3] == 0
                && head[DatabaseHeader.SIZE + 4] == 0;
    }

    private static void force(Path directory) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException directoriesCannotBeForcedHere) {
            LOG.debug("{}: {}", directory, directoriesCannotBeForcedHere.toString());
        }
    }

    /**
     * Stays on its processor: a virtual thread that parks here, while its lost file is fenced, may not get one back, because those who wait in SQLite for that fence keep
     * theirs.
     */
    private static void pause(long nanos) {
        long end = System.nanoTime() + nanos;
        while (System.nanoTime() - end < 0) {
            Thread.onSpinWait();
        }
    }
}
