package org.healingsqlite.session;

import java.sql.SQLException;
import org.healingsqlite.heal.HealableConnection;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;

/** Whether the schema has changed through a connection and the change is not yet learned. Thread-safe. */
final class Learning {
    private static final Log LOG = Log.of(Learning.class);

    private final ManagedDatabase database;
    private final Opener opener;
    private volatile boolean due;

    Learning(ManagedDatabase database, Opener opener) {
        this.database = database;
        this.opener = opener;
    }

    /** Something has changed. */
    void begin() {
        due = true;
    }

    boolean isDue() {
        return due;
    }

    /** Learns what the file has now. */
    void learn(Held held) throws SQLException {
        due = false;
        learnElsewhere(held);
    }

    /** Learns what is committed; what is not stays due. */
    void learnElsewhere(Held held) throws SQLException {
        database.schema().learn(opener, held.identity(), held.connection());
    }

    /** The same, unless what a transaction has changed is not committed yet; what is in the way is met by the next call. */
    void learnCommitted(HealableConnection session, Transaction transaction) {
        try {
            if (!session.physical().isClosed() && !isInUse(session, transaction)) {
                due = false;
                database.schema().learn(opener, session.identity(), session.physical());
            }
        } catch (SQLException e) {
            LOG.debug("{}: not learned: {}", database.file().main(), Disclosure.message(e));
        }
    }

    /** Where the recording knows, nobody asks SQLite: one statement more between two of the application's can be noticed. */
    private static boolean isInUse(HealableConnection session, Transaction transaction) throws SQLException {
        return switch (transaction.state()) {
            case BEGUN -> false;
            case USED, LOST, MUST_ROLL_BACK -> true;
            case NONE, UNSURE -> session.transactionState() == TransactionState.USED;
        };
    }
}
