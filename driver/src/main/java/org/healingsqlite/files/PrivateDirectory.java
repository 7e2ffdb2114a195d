package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** Makes a directory for a last copy, where the side directory is not to be used: new, of this user's alone, in a place where nobody else can take it away. */
public final class PrivateDirectory {
    /** Source: inode(7), S_ISVTX: names are deleted by their owners only. */
    private static final int STICKY = 01000;

    private PrivateDirectory() {}

    /**
     * Makes one: beside the database, else in the user's home, else where temporary files go, which may not outlive the next start of the machine.
     *
     * @throws IOException where none of these takes it
     */
    public static Path make(DatabaseFile file) throws IOException {
        IOException failure = new IOException("no place for a private directory");
        for (Path place : places(file)) {
            try {
                return Files.createTempDirectory(
                        place, file.main().getFileName() + ".saved-", mode(place, "rwx------"));
            } catch (IOException | RuntimeException e) {
                failure.addSuppressed(e);
            }
        }
        throw failure;
    }

    private static List<Path> places(DatabaseFile file) {
        List<Path> places = new ArrayList<>();
        if (isKeptByOwners(file.directory())) {
            places.add(file.directory());
        }
        Path home = Path.of(System.getProperty("user.home", ""));
        if (home.isAbsolute() && isKeptByOwners(home)) {
            places.add(home);
        }
        places.add(Path.of(System.getProperty("java.io.tmpdir")));
        return places;
    }

    /** Whether nobody but its owner can take a name away in a directory. */
    private static boolean isKeptByOwners(Path directory) {
        try {
            EntryFacts facts = EntryFacts.of(directory);
            if (facts == null || facts.kind() != EntryFacts.Kind.DIRECTORY) {
                return false;
            }
            return !facts.othersMayWrite() && !facts.groupMayWrite() || isSticky(directory);
        } catch (IOException | RuntimeException unknown) {
            return false;
        }
    }

    private static boolean isSticky(Path directory) throws IOException {
        return Files.getAttribute(directory, "unix:mode", LinkOption.NOFOLLOW_LINKS) instanceof Integer mode
                && (mode & STICKY) != 0;
    }

    /** Creates an empty file in it, of this user's alone. */
    public static void createFile(Path file) throws IOException {
        Files.createFile(file, mode(file, "rw-------"));
    }

    /** Removes the directory again that a file would have been in. */
    public static void removeAround(Path file) throws IOException {
        Path directory = file.getParent();
        if (directory != null) {
            Files.deleteIfExists(directory);
        }
    }

    private static FileAttribute<?>[] mode(Path place, String permissions) {
        return Platform.hasPermissions(place)
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
