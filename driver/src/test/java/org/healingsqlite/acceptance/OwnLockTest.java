package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sqlite.SQLiteConnection;

/**
 * Some applications share a connection between threads, and synchronise on it, or on what it unwraps to, which sqlite-jdbc synchronises on as well. The thread
 * that holds that lock needs the healer for its next call; a thread that heals through the same connection, by whatever way in, needs that lock. Neither waits
 * for the other.
 */
class OwnLockTest {
    /** Far longer than any heal here, far shorter than the wait for a healer that never comes. */
    private static final Duration SOON = Duration.ofSeconds(15);

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void nameTheDatabase() {
        database = directory.resolve("app.db");
    }

    private Connection open() throws SQLException {
        Connection connection =
                DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?journal_mode=WAL&healing.wait=60s");
        Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, x)");
        Sql.run(connection, "CREATE INDEX t_x ON t (x)");
        Sql.run(
                connection,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                        + " INSERT INTO t SELECT i, hex(randomblob(20)) FROM n");
        Sql.run(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        return connection;
    }

    /** What happens to the database while one thread holds the lock. */
    private enum Trouble {
        NONE {
            @Override
            void strike(Path database) {
                // The other thread only looks.
            }
        },
        FILE_DELETED {
            @Override
            void strike(Path database) throws IOException {
                for (String suffix : List.of("", "-wal", "-shm")) {
                    Files.deleteIfExists(Path.of(database + suffix));
                }
            }
        },
        LOG_DELETED {
            @Override
            void strike(Path database) throws IOException {
                for (String suffix : List.of("-wal", "-shm")) {
                    Files.deleteIfExists(Path.of(database + suffix));
                }
            }
        },
        TABLE_DROPPED {
            @Override
            void strike(Path database) throws SQLException {
                Sql.runElsewhere(database, "DROP TABLE t");
            }
        },
        PAGE_DAMAGED {
            @Override
            void strike(Path database) throws IOException {
                byte[] bytes = Files.readAllBytes(database);
                java.util.Arrays.fill(bytes, 2 * 4096, 3 * 4096, (byte) 0x5a);
                Files.write(database, bytes);
            }
        };

        abstract void strike(Path database) throws IOException, SQLException;
    }

    /** How the other thread comes to the healer. */
    private enum WayIn {
        CALL {
            @Override
            void enter(Connection connection) throws SQLException {
                Sql.rows(connection, "SELECT count(*) FROM t");
            }
        },
        VERIFY {
            @Override
            void enter(Connection connection) throws SQLException {
                Healing.of(connection).verify();
            }
        },
        CHECK_AND_HEAL {
            @Override
            void enter(Connection connection) throws SQLException {
                Healing.of(connection).heal();
            }
        };

        abstract void enter(Connection connection) throws SQLException;
    }

    /** What the application synchronises on. */
    private enum Lock {
        CONNECTION {
            @Override
            Object of(Connection connection) {
                return connection;
            }
        },
        UNWRAPPED {
            @Override
            Object of(Connection connection) throws SQLException {
                return connection.unwrap(SQLiteConnection.class);
            }
        };

        abstract Object of(Connection connection) throws SQLException;
    }

    private static Stream<Arguments> locksAndTroubles() {
        return Stream.of(Lock.values())
                .flatMap(lock -> Stream.of(Trouble.values()).map(trouble -> arguments(lock, trouble)));
    }

    @ParameterizedTest
    @MethodSource("locksAndTroubles")
    void whoHoldsTheLockOfItsConnectionIsHealedWhileAnotherThreadCalls(Lock lock, Trouble trouble) throws Exception {
        neitherWaitsForTheOther(lock, trouble, WayIn.CALL);
    }

    @ParameterizedTest
    @MethodSource("locksAndTroubles")
    void whoHoldsTheLockOfItsConnectionIsHealedWhileAnotherThreadVerifies(Lock lock, Trouble trouble) throws Exception {
        neitherWaitsForTheOther(lock, trouble, WayIn.VERIFY);
    }

    @ParameterizedTest
    @MethodSource("locksAndTroubles")
    void whoHoldsTheLockOfItsConnectionIsHealedWhileAnotherThreadChecks(Lock lock, Trouble trouble) throws Exception {
        neitherWaitsForTheOther(lock, trouble, WayIn.CHECK_AND_HEAL);
    }

    private void neitherWaitsForTheOther(Lock lock, Trouble trouble, WayIn wayIn) throws Exception {
        // Not closed where the test fails: that would wait as well.
        Connection connection = open();
        Object held = lock.of(connection);
        CompletableFuture<Void> healed = new CompletableFuture<>();
        Thread other = new Thread(() -> {
            try {
                wayIn.enter(connection);
            } catch (SQLException e) {
                // It may have come in the moment in which there is no file to look at.
            } finally {
                healed.complete(null);
            }
        });
        other.setDaemon(true);
        CompletableFuture<Void> holder = CompletableFuture.runAsync(() -> {
            synchronized (held) {
                try {
                    trouble.strike(database);
                    other.start();
                    await().until(() -> healed.isDone() || other.getState() == Thread.State.BLOCKED);
                    Sql.rows(connection, "SELECT count(*) FROM t");
                    Healing.of(connection).verify();
                } catch (IOException | SQLException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        assertThat(holder).succeedsWithin(SOON);
        healed.get(SOON.toMillis(), TimeUnit.MILLISECONDS);
        connection.close();
    }
}
