package org.healingsqlite.heal;

import org.healingsqlite.api.Internal;

/** Where a connection is in its transaction. */
@Internal
public enum TransactionState {
    /** No transaction is open. */
    NONE,
    /** JDBC has begun one that no statement has used: SQLite holds no lock and no snapshot for it yet. */
    UNUSED,
    /** Statements have run in it. */
    USED
}
