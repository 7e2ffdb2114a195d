package org.healingsqlite.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.healingsqlite.input.InputFile;

/** A script that is named on the command line. */
final class SchemaFile {
    private SchemaFile() {}

    /**
     * Its text.
     *
     * @throws IOException naming the file, where it is none (a directory, a pipe, a device), is too long, or not UTF-8
     */
    static String text(Path script) throws IOException {
        return InputFile.named(script).text(InputFile.SCRIPT_BYTES);
    }
}
