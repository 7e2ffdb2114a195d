package org.healingsqlite.files;

import java.io.IOException;
import org.healingsqlite.log.Disclosed;

/** A side directory, or something in it, is not this database's own: nothing in it is believed, and nothing is written there. */
public final class SideDirectoryException extends IOException implements Disclosed {
    private static final long serialVersionUID = 1L;

    SideDirectoryException(String message) {
        super(message);
    }
}
