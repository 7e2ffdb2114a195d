package org.healingsqlite.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;

/** How one parameter was set. */
@FunctionalInterface
interface Binding {
    void on(PreparedStatement statement) throws SQLException;

    /** About how much memory it takes. */
    default long sizeBytes() {
        return 256;
    }

    /** This one, known to hold so much. */
    default Binding holding(long bytes) {
        Binding inner = this;
        return new Binding() {
            @Override
            public void on(PreparedStatement statement) throws SQLException {
                inner.on(statement);
            }

            @Override
            public long sizeBytes() {
                return bytes;
            }
        };
    }
}
