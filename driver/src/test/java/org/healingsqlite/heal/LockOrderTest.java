package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.healingsqlite.files.DatabaseFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who waits for the healer's turn with a connection's locks lets go of them again and again: who has the turn may have begun to wait for them. */
class LockOrderTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final SQLException met = new SQLException("no such table: t");

    @TempDir
    Path directory;

    private HealingTurns turns;
    private FakeDoor door;

    @BeforeEach
    void open() throws Exception {
        DatabaseFile file = DatabaseFile.at(directory.resolve("app.db"));
        turns = new HealingTurns(file);
        door = new FakeDoor(file, FakeDoor.options());
    }

    @AfterEach
    void close() throws Exception {
        door.close();
    }

    private static <T> FutureTask<T> elsewhere(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    @Test
    void theTurnsHolderGetsTheLocksOfOneWhoWaitsForTheTurnWithThem() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        CountDownLatch hasLocks = new CountDownLatch(1);
        FutureTask<Boolean> waiting;
        try (SingleFlight.Turn mine = turns.take(LONG, met)) {
            waiting = elsewhere(() -> LockOrder.locked(door, () -> {
                attempts.incrementAndGet();
                hasLocks.countDown();
                try (SingleFlight.Turn theirs = turns.take(LONG, met)) {
                    return !theirs.isNested();
                }
            }));
            hasLocks.await();
            assertThat(LockOrder.isTakenByOthers(door)).isTrue();
            AtomicBoolean isOver = new AtomicBoolean(true);
            var unused = LockOrder.locked(door, () -> {
                isOver.set(waiting.isDone());
                return mine;
            });
            assertThat(isOver).as("whether the other one had waited to the end").isFalse();
        }
        assertThat(waiting.get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(attempts).hasValueGreaterThan(1);
        assertThat(LockOrder.isTakenByOthers(door)).isFalse();
    }

    @Test
    void allAttemptsTogetherWaitNoLongerThanOneMay() throws Exception {
        Duration wait = Duration.ofMillis(350);
        try (SingleFlight.Turn mine = turns.take(LONG, met)) {
            long beganNanos = System.nanoTime();
            FutureTask<Object> waiting = elsewhere(() -> LockOrder.locked(door, () -> turns.take(wait, met)));
            assertThatThrownBy(() -> waiting.get(60, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(SQLTransientException.class)
                    .hasCause(met);
            assertThat(System.nanoTime() - beganNanos).isGreaterThanOrEqualTo(wait.toNanos());
            assertThat(mine.isNested()).isFalse();
        }
    }

    @Test
    void aConnectionsLocksAreTheThreadsWithinThem() throws Exception {
        var unused = LockOrder.locked(
                door,
                () -> LockOrder.locked(door, () -> {
                    assertThat(LockOrder.isTakenByOthers(door))
                            .as("by this thread")
                            .isFalse();
                    try {
                        assertThat(elsewhere(() -> LockOrder.isTakenByOthers(door))
                                        .get(60, TimeUnit.SECONDS))
                                .as("seen by another")
                                .isTrue();
                    } catch (Exception e) {
                        throw new SQLException(e);
                    }
                    return door;
                }));
        assertThat(LockOrder.isTakenByOthers(door)).isFalse();
    }
}
