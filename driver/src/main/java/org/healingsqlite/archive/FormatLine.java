package org.healingsqlite.archive;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.healingsqlite.input.InputFile;

/** The line by which a manifest tells that this library has written it, and may write it anew. What people have written has none. */
final class FormatLine {
    /** How it begins; the version follows. */
    static final String START = "format=healing-sqlite-archive";

    private FormatLine() {}

    /**
     * Makes sure that a manifest may be replaced: that there is none, or this library's, or one with nothing in it, as a crash of the system leaves it.
     *
     * @throws NotOurArchiveException where it is somebody else's
     */
    static void require(Path archive) throws IOException {
        Path manifest = archive.resolve(Manifest.FILE);
        if (Files.notExists(manifest, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        boolean blank = true;
        try (BufferedReader lines = new BufferedReader(InputFile.found(manifest).reader(Bounds.piece()))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(START)) {
                    return;
                }
                blank = blank && line.chars().allMatch(c -> c <= ' ');
            }
        }
        if (!blank) {
            throw new NotOurArchiveException(archive);
        }
    }
}
