package org.healingsqlite.archive;

import java.io.IOException;
import java.sql.SQLException;

/** Takes an SQLException through a parser. */
final class Refused extends IOException {
    private static final long serialVersionUID = 1;

    private final SQLException reason;

    Refused(SQLException reason) {
        super(reason);
        this.reason = reason;
    }

    SQLException reason() {
        return reason;
    }
}
