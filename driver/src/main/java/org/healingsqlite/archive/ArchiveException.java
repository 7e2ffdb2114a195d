package org.healingsqlite.archive;

import java.io.IOException;
import org.healingsqlite.api.Experimental;
import org.healingsqlite.log.Disclosed;

/** An archive, or a snapshot, cannot be used at all or cannot be written; what was there before is as it was. */
@Experimental
public sealed class ArchiveException extends IOException implements Disclosed permits NotOurArchiveException {
    private static final long serialVersionUID = 1;

    public ArchiveException(String message) {
        super(message);
    }

    public ArchiveException(String message, Throwable cause) {
        super(message, cause);
    }
}
