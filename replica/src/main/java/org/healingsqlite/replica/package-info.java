/**
 * Ships a database's log behind its writers to a store, in the layout of Litestream 0.3, and brings the database back from there. docs/replica.md tells what it
 * guarantees.
 */
@Internal
@NullMarked
package org.healingsqlite.replica;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
