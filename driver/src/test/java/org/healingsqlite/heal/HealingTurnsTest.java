package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Waiting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One thread of a JVM heals a database, and one process; who waits in vain is told so by SQLState HYT00, with what it met as the cause. */
class HealingTurnsTest {
    private final SQLException met = new SQLException("no such table: t");

    @TempDir
    Path directory;

    private DatabaseFile file;
    private HealingTurns turns;
    private HealingSettings patient;
    private HealingSettings hasty;

    @BeforeEach
    void create() throws Exception {
        file = DatabaseFile.at(directory.resolve("app.db"));
        turns = new HealingTurns(file);
        patient = FakeDoor.options("wait", "60s");
        hasty = FakeDoor.options("wait", "1ms");
    }

    /** Has another thread do something to its end, or fail. */
    private static <T> T elsewhere(java.util.concurrent.Callable<T> work) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                result.complete(work.call());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return result.get(60, TimeUnit.SECONDS);
    }

    @Test
    void aTurnTellsWhetherSomebodyWaitsForIt() throws Exception {
        CompletableFuture<Void> waits;
        try (SingleFlight.Turn turn = turns.take(patient, met)) {
            assertThat(turn.isAwaited()).isFalse();
            waits = CompletableFuture.runAsync(() -> {
                try {
                    turns.take(patient, met).close();
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            Waiting.await().until(turn::isAwaited);
        }
        waits.get(60, TimeUnit.SECONDS);
        try (SingleFlight.Turn turn = turns.take(patient, met)) {
            assertThat(turn.isAwaited()).isFalse();
        }
    }

    @Test
    void aTurnIsTheThreadsUntilItEnds() throws Exception {
        assertThat(turns.isHeldByThisThread()).isFalse();
        try (SingleFlight.Turn turn = turns.take(patient, met)) {
            assertThat(turns.isHeldByThisThread()).isTrue();
            assertThat(turn.isNested()).isFalse();
            assertThat(elsewhere(() -> turns.isHeldByThisThread())).isFalse();
        }
        assertThat(turns.isHeldByThisThread()).isFalse();
        assertThat(elsewhere(() -> {
                    turns.take(hasty, met).close();
                    return true;
                }))
                .isTrue();
    }

    @Test
    void aTurnWithinATurnAddsToItsSteps() throws Exception {
        try (SingleFlight.Turn outer = turns.take(patient, met)) {
            outer.steps().add("first");
            try (SingleFlight.Turn inner = turns.take(Duration.ZERO, met)) {
                assertThat(inner.isNested()).isTrue();
                inner.steps().add("second");
            }
            assertThat(outer.isNested()).isFalse();
            assertThat(outer.steps()).containsExactly("first", "second");
        }
        try (SingleFlight.Turn later = turns.take(patient, met)) {
            assertThat(later.steps()).isEmpty();
        }
    }

    @Test
    void whoWaitsInVainIsToldWhoseTurnItIsAndSinceWhen() throws Exception {
        try (SingleFlight.Turn turn = turns.take(patient, met)) {
            turn.phase("salvage");
            assertThatThrownBy(() -> elsewhere(() -> turns.take(hasty, met)))
                    .hasCauseInstanceOf(SQLTransientException.class)
                    .cause()
                    .hasMessageContaining("Healing of " + file.main())
                    .hasMessageContaining("salvage since")
                    .hasCause(met)
                    .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("HYT00"));
            assertThatThrownBy(() -> elsewhere(() -> turns.take(Duration.ofMillis(1), met)))
                    .hasCauseInstanceOf(SQLTransientException.class);
            assertThatThrownBy(() -> elsewhere(() -> {
                        turns.awaitHealer(hasty);
                        return true;
                    }))
                    .hasCauseInstanceOf(SQLTransientException.class)
                    .hasStackTraceContaining("is being restored");
        }
        turns.awaitHealer(hasty);
        assertThat(turns.isHeldByThisThread()).isFalse();
    }

    @Test
    void inTheMiddleOfATurnOthersHaveTheirsAndTheStepsStayWhoseTheyAre() throws Exception {
        try (SingleFlight.Turn turn = turns.take(patient, met)) {
            turn.steps().add("mine");
            CompletableFuture<Integer> other = new CompletableFuture<>();
            Thread thread = new Thread(() -> {
                try (SingleFlight.Turn theirs = turns.take(patient, met)) {
                    theirs.steps().add("theirs");
                    other.complete(theirs.steps().size());
                } catch (SQLException e) {
                    other.completeExceptionally(e);
                }
            });
            thread.setDaemon(true);
            thread.start();
            long deadlineNanos = System.nanoTime() + Duration.ofMinutes(1).toNanos();
            while (!other.isDone() && System.nanoTime() - deadlineNanos < 0) {
                turns.letOthers(1_000_000);
            }
            assertThat(other.getNow(0)).isEqualTo(1);
            assertThat(turn.steps()).containsExactly("mine");
            assertThat(turns.isHeldByThisThread()).isTrue();
        }
    }

    @Test
    void theLockBetweenProcessesIsTakenOnceByAThread() throws Exception {
        try (ProcessLock lock = turns.lock(patient, met)) {
            assertThat(lock).isNotNull();
            assertThat(turns.lock(patient, met)).isNull();
        }
        try (ProcessLock again = turns.lock(patient, met)) {
            assertThat(again).isNotNull();
        }
    }

    @Test
    void whoWaitsForAnotherProcessInVainIsToldSo() throws Exception {
        try (ProcessLock lock = Objects.requireNonNull(turns.lock(patient, met))) {
            assertThat(lock).isNotNull();
            assertThatThrownBy(() -> elsewhere(() -> new HealingTurns(file).lock(hasty, met)))
                    .hasCauseInstanceOf(SQLTransientException.class)
                    .cause()
                    .hasMessageContaining("Another process has been healing " + file.main())
                    .hasCause(met)
                    .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("HYT00"));
        }
    }

    @Test
    void anInterruptEndsTheWaitForAnotherProcessAndIsKept() throws Exception {
        try (ProcessLock lock = Objects.requireNonNull(turns.lock(patient, met));
                var executor = new AutoClosing(Executors.newSingleThreadExecutor())) {
            assertThat(lock).isNotNull();
            CountDownLatch begun = new CountDownLatch(1);
            var waiting = executor.service.submit(() -> {
                begun.countDown();
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> new HealingTurns(file).lock(patient, met))
                        .isInstanceOf(SQLTransientException.class)
                        .hasMessageContaining("Interrupted while another process heals")
                        .hasCause(met);
                return Thread.interrupted();
            });
            begun.await();
            assertThat(waiting.get(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** An executor ends with its test. */
    private record AutoClosing(java.util.concurrent.ExecutorService service) implements AutoCloseable {
        @Override
        public void close() {
            service.shutdownNow();
        }
    }

    @Test
    void whereTheLockFileCannotBeHadHealingGoesOnWithoutIt() throws Exception {
        Files.writeString(directory.resolve("app.db.healing"), "somebody's file");
        try (LogCapture log = new LogCapture()) {
            assertThat(turns.lock(patient, met)).isNull();
            assertThat(log.at(Level.DEBUG)).anyMatch(line -> line.contains("without the lock between processes"));
        }
    }
}
