package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests run out of time while a heal is under way, and their threads are interrupted. */
@Timeout(60)
class InterruptedCallerTest {

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void damage() throws Exception {
        database = directory.resolve("app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(
                    connection,
                    "PRAGMA page_size = " + Damage.PAGE,
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                            + " INSERT INTO t SELECT i, i || hex(randomblob(40)) FROM n");
        }
        Damage.LEAVES.on(database, new Random(11));
    }

    @Test
    void interruptsEndNoHealAndOpenNoBreaker() throws Exception {
        AtomicReference<Object> answer = new AtomicReference<>();
        AtomicBoolean wasInterrupted = new AtomicBoolean();
        CountDownLatch done = new CountDownLatch(1);
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Thread caller = new Thread(() -> {
                // Already, before anything has failed.
                Thread.currentThread().interrupt();
                try {
                    answer.set(Sql.value(connection, "SELECT count(*) FROM t WHERE v <> ''"));
                } catch (SQLException e) {
                    answer.set(e);
                }
                wasInterrupted.set(Thread.currentThread().isInterrupted());
                done.countDown();
            });
            caller.start();
            while (!done.await(1, TimeUnit.MILLISECONDS)) {
                caller.interrupt();
            }

            assertThat(answer.get()).isInstanceOf(Number.class);
            assertThat(wasInterrupted).isTrue();
            assertThat(Healing.of(connection).history(1).get(0).outcome()).isInstanceOf(Outcome.Healed.class);
        }
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check").get(0).get(0))
                .isEqualTo("ok");
    }

    @Test
    void aCallerWhoHoldsItsConnectionsMonitorIsHealedToo() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            synchronized (connection) {
                assertThat(Sql.value(connection, "SELECT count(*) FROM t WHERE v <> ''"))
                        .isInstanceOf(Number.class);
            }
        }
    }
}
