package org.healingsqlite.session;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.heal.HealableConnection.Arrival;
import org.healingsqlite.heal.HealableConnection.Crossing;
import org.healingsqlite.heal.HealableConnection.SqlAction;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.heal.TakenAwayException;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Which file a session has open, and the only way to another one. What it holds changes by compare-and-set: who has found out something about a file that the session
 * has left meanwhile changes nothing. Thread-safe.
 */
final class Whereabouts {
    private final ManagedDatabase database;
    private final Opener opener;
    private final Door door;
    private final Learning learning;
    private final AtomicReference<Held> held;

    /** Held by whoever moves the connection, or keeps it from being moved. */
    private final ReentrantLock moving = new ReentrantLock();

    Whereabouts(Held held, ManagedDatabase database, Opener opener, Door door, Learning learning) {
        this.held = new AtomicReference<>(held);
        this.database = database;
        this.opener = opener;
        this.door = door;
        this.learning = learning;
    }

    Held held() {
        return Objects.requireNonNull(held.get());
    }

    /**
     * The file was found to be the right one.
     *
     * @param looked what was held when somebody looked; where it is held no more, nothing is known
     */
    void found(Held looked, int epoch) {
        held.compareAndSet(looked, looked.at(epoch));
    }

    void hasLostItsFile(@Nullable FileIdentity was) {
        held.updateAndGet(now -> now.ofLostFile(was));
    }

    // ---- Who moves it

    /** Runs something unless the connection is being moved. */
    void unlessMoving(SqlAction action) throws SQLException {
        if (moving.tryLock()) {
            try {
                action.run();
            } finally {
                moving.unlock();
            }
        }
    }

    boolean isMovedByAnother() {
        return moving.isLocked() && !moving.isHeldByCurrentThread();
    }

    /**
     * Runs something when nobody moves the connection, or after the wait.
     *
     * @param longest bounds it: a function that SQLite calls may use its own connection, whose lock the one who moves it waits for
     */
    void afterMove(Duration longest, SqlAction action) throws SQLException {
        boolean nobodyMoves = awaitMove(longest);
        try {
            action.run();
        } finally {
            if (nobodyMoves) {
                moving.unlock();
            }
        }
    }

    private boolean awaitMove(Duration longest) {
        try {
            return moving.tryLock(longest.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    // ---- The way to another file

    /** See {@link org.healingsqlite.heal.HealableConnection#move}. */
    Connection move(Crossing crossing, HealingSettings settings) throws SQLException, IOException {
        moving.lock();
        try {
            refuseWhatCannotBeTakenAlong();
            Connection lost = held().connection();
            Baggage[] baggage = new Baggage[1];
            crossing.read(() -> {
                if (learning.isDue()) {
                    learning.learn(held());
                }
                baggage[0] = Baggage.of(lost);
            });
            try (Fresh fresh = new Fresh(baggage[0], settings)) {
                crossing.leave(lost, fresh);
                return fresh.arrive();
            }
        } finally {
            moving.unlock();
        }
    }

    /**
     * Opens the same file again, with the log that is at the path now.
     *
     * @return what has the log open that has lost its name; null where nothing was opened
     */
    @Nullable
    Connection reopen(HealingSettings settings) throws SQLException {
        moving.lock();
        try {
            Held now = held();
            Connection lost = now.connection();
            if (now.generation() == database.presence().generation()) {
                return null;
            }
            if (!Sqlite.pragma(lost, "journal_mode").equalsIgnoreCase("wal")) {
                // The log went because the application left WAL mode.
                held.compareAndSet(now, now.withLogOf(database));
                return null;
            }
            refuseWhatCannotBeTakenAlong();
            Baggage baggage = Baggage.of(lost);
            if (DamageCheck.isLogDeleted(database.file())) {
                // Nobody has begun another log: what this connection's log holds is what its index speaks of.
                Sqlite.checkpoint(lost);
            }
            try (Fresh fresh = new Fresh(baggage, settings)) {
                // Else the file was taken away meanwhile, with what only this connection may hold.
                return Objects.equals(fresh.open(now.identity()), now.identity()) ? fresh.arrive() : null;
            } catch (TakenAwayException e) {
                // The same, in the middle of opening: whoever calls next finds the file lost, and moves.
                return null;
            }
        } finally {
            moving.unlock();
        }
    }

    private void refuseWhatCannotBeTakenAlong() throws SQLException {
        String obstacle = door.obstacle();
        if (obstacle != null) {
            throw new SQLException("The connection stays with the file that has lost its name: " + obstacle);
        }
    }

    /** What goes along to another connection. */
    private record Baggage(SessionState state, LastChange change) {
        static Baggage of(Connection connection) throws SQLException {
            return new Baggage(SessionState.of(connection), LastChange.of(connection));
        }
    }

    /** The connection that takes the place of the one of now. */
    private final class Fresh implements Arrival, AutoCloseable {
        private final Baggage baggage;
        private final HealingSettings settings;
        private @Nullable Held opened;

        Fresh(Baggage baggage, HealingSettings settings) {
            this.baggage = baggage;
            this.settings = settings;
        }

        @Override
        public @Nullable FileIdentity open(@Nullable FileIdentity only) throws SQLException {
            close();
            Held after =
                    Held.open(database, settings, only == null ? opener : opener.toExisting(database.file(), only));
            opened = after;
            door.equip(after.connection());
            baggage.change().applyTo(after.connection());
            door.takenAlong(baggage.state()).applyTo(after.connection());
            return after.identity();
        }

        /** Puts it in place, and gives what was left. */
        Connection arrive() throws SQLException {
            Held after = opened;
            if (after == null) {
                throw new SQLException("no connection was opened");
            }
            Door.Exchange exchange = door.exchange(held().connection(), after.connection());
            opened = null;
            held.set(after.through(exchange.now()));
            return exchange.left();
        }

        @Override
        public void close() throws SQLException {
            Held before = opened;
            opened = null;
            if (before != null) {
                before.connection().close();
            }
        }
    }
}
