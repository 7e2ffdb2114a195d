package org.healingsqlite.archive;

import java.nio.file.Path;
import org.healingsqlite.api.Experimental;

/** An archive cannot be written because people have described the directory's files in a manifest of their own, which would be lost. */
@Experimental
public final class NotOurArchiveException extends ArchiveException {
    private static final long serialVersionUID = 1;

    NotOurArchiveException(Path archive) {
        super(archive.resolve(Manifest.FILE) + " was not written by this library: it has no line " + FormatLine.START
                + ", so it is not replaced, and no archive is written there; rows are still restored from it. Expected a directory of its own for an archive that is"
                + " written: name another one, or switch the writing off");
    }
}
