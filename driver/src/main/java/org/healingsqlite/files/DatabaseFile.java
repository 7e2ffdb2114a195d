package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.healingsqlite.input.InputFile;
import org.jspecify.annotations.Nullable;

/**
 * The files of one database: the main file and what SQLite keeps beside it.
 *
 * <p>Only stats the live files. A JVM that opens and closes a database file while SQLite holds it drops SQLite's locks, because POSIX record
 * locks belong to the process (Source: SQLite documentation, "How To Corrupt An SQLite Database File" §2.2).
 *
 * @param main absolute path of the main file, symbolic links resolved
 */
public record DatabaseFile(Path main) {
    private static final Set<PosixFilePermission> WRITE =
            Set.of(PosixFilePermission.OWNER_WRITE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    /** As many as Linux follows. Source: path_resolution(7). */
    private static final int MOST_LINKS = 40;

    /** The main file at {@code path}, its name as SQLite sees it: through symbolic links, also through those that lead to nothing yet. */
    public static DatabaseFile at(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        try {
            return new DatabaseFile(absolute.toRealPath());
        } catch (IOException absent) {
            return new DatabaseFile(behindLinks(withRealParent(absolute), MOST_LINKS));
        }
    }

    /** Where SQLite would create the file: it follows links by itself before it opens anything. */
    private static Path behindLinks(Path path, int most) {
        try {
            return most > 0 && Files.isSymbolicLink(path)
                    ? behindLinks(
                            withRealParent(path.resolveSibling(Files.readSymbolicLink(path))
                                    .normalize()),
                            most - 1)
                    : path;
        } catch (IOException unreadable) {
            return path;
        }
    }

    private static Path withRealParent(Path absolute) {
        Path parent = absolute.getParent();
        Path name = absolute.getFileName();
        if (parent == null || name == null) {
            return absolute;
        }
        try {
            return parent.toRealPath().resolve(name);
        } catch (IOException absent) {
            return withRealParent(parent).resolve(name);
        }
    }

    public Path wal() {
        return beside("-wal");
    }

    public Path shm() {
        return beside("-shm");
    }

    public Path journal() {
        return beside("-journal");
    }

    /** The files SQLite keeps beside the main file. */
    public List<Path> companions() {
        return List.of(wal(), shm(), journal());
    }

    /** The directory that holds the files. */
    public Path directory() {
        Path parent = main.getParent();
        return parent == null ? main : parent;
    }

    /** The side directory of this database: incidents, quarantine, the lock. */
    public SideDirectory side() {
        return new SideDirectory(this);
    }

    Path beside(String suffix) {
        return main.resolveSibling(main.getFileName() + suffix);
    }

    /** Who is at the path now; null where nobody is. */
    public @Nullable FileIdentity identity() {
        return FileIdentity.of(main);
    }

    /** Whether there is no file at the path, or one of zero bytes and nothing in its WAL or journal. */
    public boolean isAbsentOrEmpty() {
        long size = sizeBytes(main);
        return size < 0 || size == 0 && sizeBytes(wal()) <= 0 && sizeBytes(journal()) <= 0;
    }

    /** Whether the main file has been cut to nothing while connections work on it, or while its log or journal holds something. */
    public boolean isEmptied() {
        return sizeBytes(main) == 0 && (Files.exists(shm()) || sizeBytes(wal()) > 0 || sizeBytes(journal()) > 0);
    }

    /** Whether SQLite finds no log beside the main file: none, or one of zero bytes. */
    public boolean isLogEmpty() {
        return sizeBytes(wal()) <= 0;
    }

    /**
     * Makes sure that whoever opens the main file, or what {@linkplain #requireFilesBeside lies beside it}, comes to an end.
     *
     * @throws FileSystemException naming what is a pipe, a socket or a device. What is not there, or cannot be looked at, is left to whoever opens it
     */
    public void requireFiles() throws FileSystemException {
        requireFile(main, "expected a database");
        requireFilesBeside();
    }

    /**
     * Makes sure that whoever opens what has the name of a log, an index or a journal comes to an end: SQLite opens whatever is there, and would wait for ever for
     * somebody at the other end of a pipe. Errors as of {@link #requireFiles}.
     */
    public void requireFilesBeside() throws FileSystemException {
        for (Path each : companions()) {
            requireFile(each, "expected a file, or none");
        }
    }

    private static void requireFile(Path path, String expected) throws FileSystemException {
        if (!Files.exists(path)) {
            // As beside most databases: to ask so costs less than an exception.
            return;
        }
        BasicFileAttributes found;
        try {
            found = Files.readAttributes(path, BasicFileAttributes.class);
        } catch (IOException unreadable) {
            return;
        }
        if (found.isOther()) {
            throw new FileSystemException(path + " is " + InputFile.kind(found) + ": " + expected);
        }
    }

    /** Whether nothing of the database lies beside the main file: no log, no journal and no side directory. */
    public boolean isAlone() {
        return companions().stream().allMatch(Files::notExists)
                && Files.notExists(side().path(), LinkOption.NOFOLLOW_LINKS);
    }

    /** Size of the main file in bytes; -1 where there is none. */
    public long sizeBytes() {
        return sizeBytes(main);
    }

    /** Sizes of the main file, its log and its journal together, in bytes: no value in them is larger. */
    public long contentBytes() {
        return Stream.of(main, wal(), journal())
                .filter(Files::isRegularFile)
                .mapToLong(path -> Math.max(0, sizeBytes(path)))
                .sum();
    }

    /**
     * Whether there is a main file that is not to be written to: this process may not, by its permissions, an attribute or how its file system is mounted; or nobody
     * may, which binds an administrator's process as well, although the system would let it.
     */
    public boolean isWriteProtected() {
        if (!Files.isWritable(main)) {
            return Files.exists(main);
        }
        try {
            return Collections.disjoint(Files.getPosixFilePermissions(main), WRITE);
        } catch (IOException | UnsupportedOperationException unknown) {
            return false;
        }
    }

    private static long sizeBytes(Path path) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return attributes.isRegularFile() ? attributes.size() : Long.MAX_VALUE;
        } catch (IOException absent) {
            return -1;
        }
    }

    /**
     * Creates the directories above the main file where they are missing.
     *
     * @return whether any had to be created
     */
    public boolean createDirectory() throws IOException {
        Path directory = directory();
        if (Files.isDirectory(directory)) {
            return false;
        }
        try {
            Files.createDirectories(directory);
        } catch (FileAlreadyExistsException inTheWay) {
            throw new IOException(
                    directory + " is needed as the directory of " + main + ", but a file is in its place", inTheWay);
        }
        return true;
    }

    /** Those of -wal, -shm and -journal at the path that are of no database there: no main file is, or one of zero bytes beside a log. */
    public List<Path> strayCompanions() {
        if (Files.notExists(main, LinkOption.NOFOLLOW_LINKS)) {
            return companions().stream().filter(Files::exists).toList();
        }
        // A database in WAL mode has its first page in the file.
        return sizeBytes(main) == 0
                ? Stream.of(wal(), shm()).filter(Files::exists).toList()
                : List.of();
    }
}
