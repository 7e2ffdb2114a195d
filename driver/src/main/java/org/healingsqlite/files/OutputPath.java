package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Stream;

/** Where something is to be written that is made of what is read elsewhere: never over that. */
public final class OutputPath {
    private OutputPath() {}

    /**
     * Makes sure that an output is no input, nor any name that SQLite uses beside one: {@code -wal}, {@code -shm} and {@code -journal}. Links, other spellings of a path and
     * second names of a file are seen through. The names beside the output are the output's as well: a log that is read would be taken for that of a new database.
     *
     * @param output need not exist
     * @param input a file that is read; need not exist
     * @throws FileSystemException naming both
     */
    public static void requireApart(Path output, Path input) throws FileSystemException {
        Set<Path> read = names(input);
        for (Path written : names(output)) {
            for (Path each : read) {
                if (isSame(written, each)) {
                    throw new FileSystemException(output + ": expected a path apart from what is read, found "
                            + (each.equals(written) ? "" : written + ", the same file as ") + each
                            + belongsTo(each, input) + "; nothing is written");
                }
            }
        }
    }

    private static String belongsTo(Path each, Path input) {
        return each.endsWith(input) ? "" : ", which is of " + input;
    }

    /** As SQLite names them, which follows a link of the main file, and as who reads them beside that link does. */
    private static Set<Path> names(Path path) {
        Set<Path> names = new LinkedHashSet<>();
        Stream.of(new DatabaseFile(path.toAbsolutePath().normalize()), DatabaseFile.at(path))
                .forEach(file -> {
                    names.add(file.main());
                    names.addAll(file.companions());
                });
        return names;
    }

    private static boolean isSame(Path one, Path other) {
        if (one.equals(other)) {
            return true;
        }
        try {
            return Files.exists(one) && Files.isSameFile(one, other);
        } catch (IOException oneIsAbsent) {
            return false;
        }
    }
}
