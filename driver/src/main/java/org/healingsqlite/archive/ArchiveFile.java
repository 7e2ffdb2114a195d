package org.healingsqlite.archive;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of an archive, with what is known about its form.
 *
 * @param name relative to the archive's directory, with slashes
 * @param table the table that its rows belong to where they name none; empty if not known
 */
public record ArchiveFile(String name, Path path, String table, Settings settings) {

    /** The bytes, from the beginning. */
    public InputStream open() throws IOException {
        return new BufferedInputStream(Files.newInputStream(path), 1 << 16);
    }
}
