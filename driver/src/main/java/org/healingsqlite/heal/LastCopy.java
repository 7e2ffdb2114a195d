package org.healingsqlite.heal;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that a lost file's content does not go with the last connection that holds it, or with the JVM. It asks no breaker, tries again as long as calls may
 * wait, and where the content cannot go back it leaves a copy wherever one can be written. Thread-safe.
 */
final class LastCopy {
    private static final Log LOG = Log.of(LastCopy.class);

    /** What was in the way is often gone in a moment, such as another process that heals. */
    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);

    /** Long beside an attempt on a small database, short beside the wait that is the default. */
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

    /** At the end of the JVM, a transaction that is about to be committed is let finish; most of them take milliseconds. */
    private static final Duration GRACE_AT_END = Duration.ofSeconds(2);

    private final DatabaseFile file;
    private final ConnectionRegistry connections;
    private final LostFileRescue rescue;
    private final PrivateCopies copies;
    private final SideTrust side;

    LastCopy(
            DatabaseFile file,
            ConnectionRegistry connections,
            LostFileRescue rescue,
            PrivateCopies copies,
            SideTrust side) {
        this.file = file;
        this.connections = connections;
        this.rescue = rescue;
        this.copies = copies;
        this.side = side;
    }

    /** A connection is about to be closed. When this returns, it may be: nobody relies on it any more. */
    void beforeClose(HealableConnection connection) {
        // One look is enough where nothing has happened to the file.
        if (!connections.mayLeaveFileAtPath(connection, file::identity) && !mayLeave(connection)) {
            save(connection);
        }
    }

    private boolean mayLeave(HealableConnection connection) {
        boolean needsLog = connection.isSaver() && isLost(connection.identity()) && mayHaveContentInLog(connection);
        return connections.mayLeave(connection, needsLog, file::identity);
    }

    /** SQLite closes the log of a lost file as it is: what is not in the file is gone with it. */
    private static boolean mayHaveContentInLog(HealableConnection connection) {
        try {
            return !connection.physical().isClosed()
                    && Sqlite.pragma(connection.physical(), "journal_mode").equalsIgnoreCase("wal");
        } catch (SQLException e) {
            return true;
        }
    }

    private void save(HealableConnection connection) {
        long deadlineNanos =
                System.nanoTime() + connection.settings().waitLimit().toNanos();
        Duration pause = FIRST_PAUSE;
        boolean isCopied = false;
        boolean isTold = false;
        Object held = PrivateCopies.key(connection);
        while (!mayLeave(connection)) {
            if (isSafe(connection)) {
                connections.leaves(connection);
                break;
            }
            String why = attempt(connection);
            if (why.isEmpty() && connection.identity() == null) {
                // It was put back, and there is no name by which that could be looked up.
                connections.leaves(connection);
                break;
            }
            if (why.isEmpty()) {
                continue;
            }
            boolean isHopeless = side.hindrance().isPresent();
            if (!isCopied) {
                isCopied = true;
                copyElsewhere(connection, why);
            }
            if (!isTold && !isHopeless) {
                isTold = true;
                LOG.warn(
                        "{}: closing waits up to {} ms for what keeps its content from going back: {}",
                        file.main(),
                        connection.settings().waitLimit().toMillis(),
                        why);
            }
            if (isHopeless || System.nanoTime() - deadlineNanos >= 0) {
                connections.leaves(connection);
                return;
            }
            LockSupport.parkNanos(pause.toNanos());
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
        if (isCopied) {
            copies.discard(held);
        }
    }

    private boolean isSafe(HealableConnection connection) {
        try {
            return connection.physical().isClosed()
                    || rescue.isForgotten(connection)
                    || side.isUsable() && rescue.isSafeAndStays(connection);
        } catch (SQLException e) {
            return false;
        }
    }

    /**
     * Moves the connection to the file at the path, or, where that cannot be, leaves its content there.
     *
     * @return why neither came about; empty where one did
     */
    private String attempt(HealableConnection connection) {
        Optional<String> hindrance = side.hindrance();
        if (hindrance.isPresent()) {
            return hindrance.get();
        }
        try {
            LockOrder.letGo(connection);
            try {
                rescue.relocateNow(connection);
            } catch (SQLException e) {
                LOG.debug("{}: not moved: {}", file.main(), Disclosure.message(e));
            }
            if (isLost(connection.identity()) && !isSafe(connection)) {
                rescue.leaveBehind(connection);
            }
            return "";
        } catch (SQLException | RuntimeException e) {
            return Disclosure.text(e);
        }
    }

    private boolean isLost(@Nullable FileIdentity held) {
        return held == null || !held.equals(file.identity());
    }

    private void copyElsewhere(HealableConnection connection, String why) {
        try {
            LockOrder.letGo(connection);
            var unused = copies.save(connection, why, true);
        } catch (SQLException | RuntimeException e) {
            LOG.error(
                    "{}: its file is no longer at the path, and its content could neither go back ({}) nor be copied elsewhere: {}",
                    file.main(),
                    why,
                    Disclosure.text(e));
        }
    }

    /** The JVM ends: no connection is closed any more, and all that are open go with it. */
    void atEnd() {
        Optional<String> hindrance = side.hindrance();
        if (hindrance.isPresent()) {
            var unused = copies.saveThrough(connections.all(), hindrance.get(), true);
            return;
        }
        awaitTransactions();
        if (rescue.rescue()) {
            return;
        }
        for (HealableConnection connection : connections.all()) {
            if (connection.isSaver() && isLost(connection.identity()) && !isSafe(connection)) {
                save(connection);
            }
        }
    }

    private void awaitTransactions() {
        long deadlineNanos = System.nanoTime() + GRACE_AT_END.toNanos();
        List<HealableConnection> lost = connections.all().stream()
                .filter(connection -> connection.isSaver() && isLost(connection.identity()))
                .toList();
        while (lost.stream().anyMatch(LastCopy::isInTransaction) && System.nanoTime() - deadlineNanos < 0) {
            LockSupport.parkNanos(FIRST_PAUSE.toNanos());
        }
        for (HealableConnection connection : lost) {
            try {
                if (LockOrder.letGo(connection)) {
                    LOG.warn("{}: a transaction on the lost file was rolled back: the JVM ends", file.main());
                }
            } catch (SQLException e) {
                LOG.debug("{}: {}", file.main(), Disclosure.message(e));
            }
        }
    }

    private static boolean isInTransaction(HealableConnection connection) {
        try {
            return connection.transactionState() == TransactionState.USED;
        } catch (SQLException e) {
            return false;
        }
    }
}
