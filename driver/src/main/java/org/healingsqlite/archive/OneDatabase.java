package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.input.InputFile;

/**
 * A directory that is kept by itself has the copies of one database: with those of two, each would delete the other's, and what comes back would be of
 * either. The directory names its database in a file of its own. Whoever may choose the directory, in a URL for example, can so not harm what it has of
 * another database.
 */
final class OneDatabase {
    /** Hidden, as {@code .lock} is: no file of the archive's. */
    private static final String NAME = ".database";

    /** More than the longest path of any system. */
    private static final int MOST_BYTES = 1 << 16;

    private OneDatabase() {}

    /**
     * Takes a directory for a database; does nothing where it is that database's already. A directory that names none becomes this one's.
     *
     * @throws ArchiveException naming both databases, where the directory is another's
     */
    static void claim(Path directory, Path database) throws IOException {
        String mine = DatabaseFile.at(database).main().toString();
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            Path written = directory.resolve(NAME + ".part-" + UUID.randomUUID());
            try {
                Files.writeString(written, mine + "\n", StandardCharsets.UTF_8);
                DurableFiles.force(written);
                Files.move(written, file);
            } catch (FileAlreadyExistsException other) {
                // Another has just claimed it: whose it is, the file tells.
            } finally {
                Files.deleteIfExists(written);
            }
        }
        String owner = InputFile.found(file).text(MOST_BYTES).strip();
        if (!owner.equals(mine)) {
            throw new ArchiveException(directory + " has the copies of " + owner + ", and this is " + mine
                    + ": expected a directory of its own for each database. Where the database has moved, delete "
                    + file);
        }
    }
}
