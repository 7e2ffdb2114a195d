package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.input.InputFile;
import org.jspecify.annotations.Nullable;

/**
 * A directory that is kept by itself has the copies of one database: with those of two, each would delete the other's, and what comes back would be of
 * either. The directory names its database in a file of its own. Whoever may choose the directory, in a URL for example, can so not harm what it has of
 * another database.
 */
final class OneDatabase {
    /** Hidden, as {@code .lock} is: no file of the archive's. */
    static final String NAME = ".database";

    /** Room for the names of some forty thousand copies. */
    private static final int MOST_BYTES = 1 << 20;

    private OneDatabase() {}

    /** As {@link #claim(Path, String, List)}, for a directory whose content needs no record. */
    static void claim(Path directory, Path database) throws IOException {
        claim(directory, name(database), List.of());
    }

    /** What the directory calls a database. */
    static String name(Path database) {
        return DatabaseFile.at(database).main().toString();
    }

    /**
     * Takes a directory for a database. A directory that names none becomes this one's; what is in it then came from elsewhere, perhaps from another database, and the
     * directory remembers that.
     *
     * @param database its {@link #name}
     * @param there the names of what is in the directory now
     * @return the names of what was in it when it became this database's; empty where nobody wrote them down
     * @throws ArchiveException naming both databases, where the directory is another's
     */
    static Set<String> claim(Path directory, String database, List<String> there) throws IOException {
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            write(file, database, there);
        }
        List<String> lines =
                InputFile.found(file).text(MOST_BYTES).strip().lines().toList();
        String owner = lines.isEmpty() ? "" : lines.get(0);
        if (!owner.equals(database)) {
            throw new ArchiveException(directory + " has the copies of " + owner + ", and this is " + database
                    + ": expected a directory of its own for each database. Where the database has moved, delete "
                    + file);
        }
        return Set.copyOf(lines.subList(1, lines.size()));
    }

    /**
     * Makes sure that a directory is not kept for another database than this one.
     *
     * @param database null where it is in memory
     * @return whether it is kept
     * @throws ArchiveException naming the database whose it is
     */
    static boolean requireNotAnothers(Path directory, @Nullable Path database) throws IOException {
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            return false;
        }
        String owner = InputFile.found(file)
                .text(MOST_BYTES)
                .strip()
                .lines()
                .findFirst()
                .orElse("");
        if (database == null || !owner.equals(name(database))) {
            throw new ArchiveException(directory + " is kept for " + owner
                    + ", and this is another database: nothing of it is written there. Expected another directory");
        }
        return true;
    }

    private static void write(Path file, String database, List<String> there) throws IOException {
        StringBuilder text = new StringBuilder(database).append('\n');
        there.forEach(name -> text.append(name).append('\n'));
        if (text.length() > MOST_BYTES) {
            throw new ArchiveException(
                    file.getParent() + " has " + there.size()
                            + " copies that may be another database's, more than it can remember: expected a directory of its own for each database");
        }
        Path written = file.resolveSibling(NAME + ".part-" + UUID.randomUUID());
        try {
            Files.writeString(written, text, StandardCharsets.UTF_8);
            DurableFiles.force(written);
            Files.move(written, file);
        } catch (FileAlreadyExistsException other) {
            // Another has just claimed it: whose it is, the file tells.
        } finally {
            Files.deleteIfExists(written);
        }
    }
}
