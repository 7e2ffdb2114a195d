package org.healingsqlite.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.healingsqlite.api.Experimental;
import org.healingsqlite.input.InputFile;

/**
 * A file of an archive, with what is known about its form.
 *
 * @param name relative to the archive's directory, with slashes
 * @param table the table that its rows belong to where they name none; empty if not known
 */
@Experimental
public record ArchiveFile(String name, Path path, String table, Settings settings) {

    /** Whether its last line may be one that has no end: where the manifest does not say so, the file may be cut. */
    boolean mayBeUnended() {
        return settings.flag("unended");
    }

    /** The bytes, from the beginning, buffered. What is no file (a link, a pipe, a device) is not opened. */
    public InputStream open() throws IOException {
        return InputFile.found(path).open();
    }
}
