package org.healingsqlite.jdbc;

import java.sql.Connection;
import org.healingsqlite.files.FileIdentity;
import org.jspecify.annotations.Nullable;

/**
 * sqlite-jdbc's connection behind a healing one.
 *
 * @param connection takes the calls
 * @param identity the file it has open; null where it had vanished before anybody could look
 * @param epoch the epoch of the database in which this was found to be the right file
 */
record PhysicalConnection(Connection connection, @Nullable FileIdentity identity, int epoch) {
    PhysicalConnection at(int laterEpoch) {
        return new PhysicalConnection(connection, identity, laterEpoch);
    }
}
