package org.healingsqlite.jdbc;

import java.sql.Connection;
import java.time.Instant;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.jspecify.annotations.Nullable;

/**
 * sqlite-jdbc's connection behind a healing one.
 *
 * @param connection takes the calls
 * @param identity the file it has open; null where it had vanished before anybody could look
 * @param opened when it had opened that
 * @param log the log it has open
 * @param generation the generation of the database's connections it belongs to
 * @param epoch the epoch of the database in which this was found to be the right file
 */
record PhysicalConnection(
        Connection connection,
        @Nullable FileIdentity identity,
        Instant opened,
        LogIdentity log,
        int generation,
        int epoch) {
    PhysicalConnection at(int laterEpoch) {
        return new PhysicalConnection(connection, identity, opened, log, generation, laterEpoch);
    }
}
