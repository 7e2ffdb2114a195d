/**
 * What the driver knows of replicas: that somebody may ship a database's changes to a store and bring it back from there. Who does it is found as a service, in the
 * artifact {@code healing-sqlite-replica}; nothing here is loaded where nobody asks for a replica.
 */
@Internal
@NullMarked
package org.healingsqlite.replication;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
