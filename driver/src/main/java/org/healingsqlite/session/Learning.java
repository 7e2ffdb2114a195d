package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.healingsqlite.heal.HealableConnection;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.heal.SchemaLearning;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.schema.NamedChanges;
import org.healingsqlite.schema.NamedLook;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * What has changed of the schema through a connection and is not learned yet. Outside of transactions it is looked at by name on the connection itself, which has the schema
 * at hand, and in one just before the commit; only where that does not tell everything, all of it is, on a connection of its own. Thread-safe.
 */
final class Learning {
    private static final Log LOG = Log.of(Learning.class);

    private final ManagedDatabase database;
    private final Opener opener;
    private final AtomicReference<NamedChanges> due = new AtomicReference<>(NamedChanges.NONE);

    /** What was seen just before the commit that is under way; null where none is. */
    private volatile @Nullable NamedLook seen;

    Learning(ManagedDatabase database, Opener opener) {
        this.database = database;
        this.opener = opener;
    }

    /** Something has changed, and nobody knows what. */
    void begin() {
        begin(NamedChanges.UNNAMED);
    }

    /** Something has changed. */
    void begin(NamedChanges changes) {
        if (!changes.isNone()) {
            seen = null;
            due.updateAndGet(before -> before.and(changes));
        }
    }

    boolean isDue() {
        return !due().isNone();
    }

    private NamedChanges due() {
        return Objects.requireNonNull(due.get());
    }

    /** Learns what the file has now. */
    void learn(Held held) throws SQLException {
        due.set(NamedChanges.NONE);
        learnElsewhere(held);
    }

    /** Learns what is committed; what is not stays due. */
    void learnElsewhere(Held held) throws SQLException {
        learning().learn(opener, held.identity(), held.connection());
    }

    private SchemaLearning learning() {
        return database.schema().learning();
    }

    /** The transaction is about to be committed: this is what it will have made of the schema. */
    void beforeCommit(HealableConnection session) {
        NamedChanges changes = due();
        seen = null;
        if (changes.isNone() || !changes.isNamed()) {
            return;
        }
        try {
            Connection connection = session.physical();
            seen = Sqlite.holding(
                            connection,
                            () -> Sqlite.unnoticed(
                                    connection, () -> learning().look(connection, session.identity(), changes)))
                    .orElse(null);
        } catch (SQLException e) {
            LOG.debug("{}: not looked at before the commit: {}", database.file().main(), Disclosure.message(e));
        }
    }

    /** The commit has not taken effect, or nobody knows. */
    void uncommitted() {
        seen = null;
    }

    /**
     * The same, unless what a transaction has changed is not committed yet; what is in the way is met by the next call.
     *
     * @param mayWait whether the last of many changes may be waited for, where all of a large schema would have to be looked at
     */
    void learnCommitted(HealableConnection session, Transaction transaction, boolean mayWait) {
        try {
            NamedChanges changes = due();
            if (changes.isNone() || session.physical().isClosed()) {
                return;
            }
            boolean isLearned = switch (transaction.state()) {
                case USED, LOST, MUST_ROLL_BACK -> true;
                case BEGUN -> isSeenBefore(session, changes);
                case NONE, UNSURE -> isSeenNow(session, changes);
            };
            if (!isLearned && !(mayWait && !learning().isSmall()) && !isInUse(session, transaction)) {
                due.compareAndSet(changes, NamedChanges.NONE);
                learning().learn(opener, session.identity(), session.physical());
            }
        } catch (SQLException e) {
            LOG.debug("{}: not learned: {}", database.file().main(), Disclosure.message(e));
        }
    }

    /** Whether what was seen just before the commit is learned now. */
    private boolean isSeenBefore(HealableConnection session, NamedChanges changes) {
        NamedLook look = seen;
        seen = null;
        return look != null
                && look.changes().equals(changes)
                && learning().learn(look, session.identity())
                && due.compareAndSet(changes, NamedChanges.NONE);
    }

    /** Whether it is learned by looking now, or has to wait for the end of a transaction. */
    private boolean isSeenNow(HealableConnection session, NamedChanges changes) throws SQLException {
        if (!changes.isNamed()) {
            return false;
        }
        Connection connection = session.physical();
        Optional<Optional<NamedLook>> look = Sqlite.readBetweenTransactions(
                connection, () -> learning().look(connection, session.identity(), changes));
        if (look.isEmpty()) {
            return true;
        }
        return look.get()
                .filter(found -> learning().learn(found, session.identity()))
                .filter(found -> due.compareAndSet(changes, NamedChanges.NONE))
                .isPresent();
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
