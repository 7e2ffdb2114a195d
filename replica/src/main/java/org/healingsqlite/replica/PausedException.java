package org.healingsqlite.replica;

import java.io.IOException;

/** Somebody heals the database: shipping goes on afterwards. */
final class PausedException extends IOException {
    private static final long serialVersionUID = 1L;

    PausedException() {
        super("somebody heals the database");
    }
}
