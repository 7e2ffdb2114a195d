package org.healingsqlite.replication;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * What was asked for of one database's replica.
 *
 * @param url of the store, with its scheme; one database in each
 * @param eachCommit whether a commit is in the store when the call that made it returns
 * @param every how often changes are shipped that no call waits for
 * @param retention how far back any moment can be restored
 * @param snapshotEvery how often the whole database is stored again; in the rollback-journal modes, where there is no log, the most that is lost
 * @param verifyEvery how often the replica is restored and compared; empty for never
 * @param limitBytes how long the log may grow while the store cannot be reached
 */
public record ReplicaSettings(
        URI url,
        boolean eachCommit,
        Duration every,
        Duration retention,
        Duration snapshotEvery,
        Optional<Duration> verifyEvery,
        long limitBytes) {}
