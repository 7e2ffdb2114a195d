package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * The directory beside a database that holds what healing leaves behind: {@code app.db.healing/}. Created when it is first needed, for its
 * owner only.
 *
 * @param path where it is, or would be
 */
public record SideDirectory(Path path) {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss", Locale.ROOT).withZone(ZoneId.systemDefault());
    private static final int MAX_COPIES_PER_SECOND = 10_000;

    public Path lock() {
        return path.resolve("lock");
    }

    public Path incidents() {
        return path.resolve("incidents.db");
    }

    /** The steps of a heal that is under way, or that was when its process ended. */
    public Path journal() {
        return path.resolve("heal.journal");
    }

    /** Which lost files' content is safe. */
    public Path rescues() {
        return path.resolve("rescues");
    }

    /** Where a heal makes what it will put into the database. */
    public Path workshop() {
        return path.resolve("healing.tmp");
    }

    public Path quarantine() {
        return path.resolve("quarantine");
    }

    /** Creates the directory, mode 0700 where the file system knows modes. The database's own directory must be there: it may be gone on purpose. */
    public void create() throws IOException {
        create(path);
    }

    private static void create(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        try {
            Files.createDirectory(directory, ownerOnly(directory, "rwx------"));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw new IOException(directory + " is needed as a directory, but a file is in its place", e);
            }
        }
    }

    /**
     * Reserves a name in the quarantine, for example {@code app_rescued_20261121_101112.db}, by creating the empty file, mode 0600; a number is
     * added where the name is taken.
     *
     * @param database name of the database file the evidence comes from
     * @param what what the copy is: {@code corrupted}, {@code rescued}
     */
    public Path reserve(String database, String what, Instant moment) throws IOException {
        create();
        create(quarantine());
        int dot = database.lastIndexOf('.');
        String stem = dot > 0 ? database.substring(0, dot) : database;
        String extension = dot > 0 ? database.substring(dot) : ".db";
        String name = stem + '_' + what + '_' + STAMP.format(moment);
        for (int copy = 1; copy <= MAX_COPIES_PER_SECOND; copy++) {
            Path candidate = quarantine().resolve(copy == 1 ? name + extension : name + '_' + copy + extension);
            try {
                return Files.createFile(candidate, ownerOnly(candidate, "rw-------"));
            } catch (FileAlreadyExistsException taken) {
                // the next number
            }
        }
        throw new IOException("no free name for " + name + extension + " in " + quarantine());
    }

    /** Takes everybody's rights away but the owner's. */
    static void restrict(Path path) throws IOException {
        if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        }
    }

    static FileAttribute<?>[] ownerOnly(Path path, String permissions) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
