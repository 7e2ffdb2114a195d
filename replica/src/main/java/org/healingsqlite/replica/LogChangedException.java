package org.healingsqlite.replica;

import java.io.IOException;

/** The history that is shipped does not go on where it was: what comes next is another generation. */
final class LogChangedException extends IOException {
    private static final long serialVersionUID = 1L;

    LogChangedException(String message) {
        super(message);
    }
}
