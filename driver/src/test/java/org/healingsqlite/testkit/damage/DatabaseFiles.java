package org.healingsqlite.testkit.damage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** The bytes of a database and of the files beside it; empty arrays for files that are not there. Mutable: damage is done in place. */
public final class DatabaseFiles {

    /** Which of the files. */
    public enum Part {
        MAIN(""),
        WAL("-wal"),
        JOURNAL("-journal");

        private final String suffix;

        Part(String suffix) {
            this.suffix = suffix;
        }

        Path at(Path main) {
            return main.resolveSibling(main.getFileName() + suffix);
        }
    }

    private final Map<Part, byte[]> parts = new EnumMap<>(Part.class);

    private DatabaseFiles() {
        for (Part part : Part.values()) {
            parts.put(part, new byte[0]);
        }
    }

    /** Reads what is there now; other processes and connections may have the files open. */
    public static DatabaseFiles read(Path main) throws IOException {
        DatabaseFiles files = new DatabaseFiles();
        for (Part part : Part.values()) {
            Path file = part.at(main);
            files.set(part, Files.exists(file) ? Files.readAllBytes(file) : new byte[0]);
        }
        return files;
    }

    public DatabaseFiles copy() {
        DatabaseFiles copy = new DatabaseFiles();
        for (Part part : Part.values()) {
            copy.set(part, get(part).clone());
        }
        return copy;
    }

    /** The array itself, not a copy. */
    public byte[] get(Part part) {
        return Objects.requireNonNull(parts.get(part));
    }

    public void set(Part part, byte[] bytes) {
        parts.put(part, bytes);
    }

    public void write(Path main) throws IOException {
        for (Part part : Part.values()) {
            if (part == Part.MAIN || get(part).length > 0) {
                Files.write(part.at(main), get(part));
            }
        }
    }

    static void delete(Path main) throws IOException {
        for (Part part : Part.values()) {
            Files.deleteIfExists(part.at(main));
        }
        Files.deleteIfExists(main.resolveSibling(main.getFileName() + "-shm"));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DatabaseFiles files
                && Arrays.stream(Part.values()).allMatch(part -> Arrays.equals(get(part), files.get(part)));
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(get(Part.MAIN));
    }
}
