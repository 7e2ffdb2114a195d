package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.healingsqlite.Healing;
import org.healingsqlite.HealingDataSource;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.jdbc.HealingConnection;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

class PatienceTest {
    private final SQLException busy = new SQLiteException("[SQLITE_BUSY]", SQLiteErrorCode.SQLITE_BUSY);

    @TempDir
    Path directory;

    private Path file;
    private HealingConnection connection;

    @BeforeEach
    void open() throws SQLException {
        file = directory.resolve("app.db");
        HealingDataSource source = new HealingDataSource(
                "jdbc:healing:sqlite:" + file
                        + "?busy_timeout=1&healing.retryDelay=2ms&healing.breakerFailures=5&healing.breakerDelay=1h&healing.degradeReads=notes");
        connection = source.getConnection().unwrap(HealingConnection.class);
        Sql.run(connection, "CREATE TABLE notes (id INTEGER PRIMARY KEY, v TEXT)", "CREATE TABLE money (v)");
        Sql.run(connection, "INSERT INTO notes (v) VALUES ('one')", "INSERT INTO money VALUES (1)");
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    private int failing(int times) throws SQLException {
        AtomicInteger runs = new AtomicInteger(1);
        return connection.database().patience().retry(busy, connection.session().settings(), leftMillis -> {
            if (runs.incrementAndGet() <= times) {
                throw busy;
            }
            return runs.get();
        });
    }

    @Test
    @DisplayName("S3-01, S3-04 success at retry 3 returns normally and leaves an event that says so")
    void theThirdRetrySucceeds() throws SQLException {
        assertThat(failing(3)).isEqualTo(4);
        Incident event = Healing.of(connection).history(1).get(0);
        assertThat(event.outcome().explanation()).isEqualTo("it succeeded at retry 3");
        assertThat(event.diagnosis()).contains("severity MEDIUM");
        assertThat(event.steps()).hasSize(3);
    }

    @Test
    @DisplayName("S3-01, S3-03 attempts are retries + 1; used up, the last exception is on record with its stack")
    void retriesAreBounded() {
        assertThatThrownBy(() -> failing(100))
                .isSameAs(busy)
                .satisfies(e -> assertThat(e.getSuppressed()).isNotEmpty());
        assertThat(history()).anySatisfy(event -> {
            assertThat(event.outcome().explanation()).isEqualTo("it failed after 3 retries");
            assertThat(event.database()).hasFileName("app.db");
            assertThat(event.steps().get(3)).startsWith("thrown at org.healingsqlite");
        });
    }

    private List<Incident> history() {
        try {
            return Healing.of(connection).history(20);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @DisplayName("S3-02 what is not transient is thrown at once, unchanged")
    void whatIsNotTransientIsThrownAtOnce() {
        SQLException constraint = new SQLiteException("[SQLITE_CONSTRAINT]", SQLiteErrorCode.SQLITE_CONSTRAINT);
        AtomicInteger runs = new AtomicInteger();
        assertThatThrownBy(() -> connection
                        .database()
                        .patience()
                        .retry(busy, connection.session().settings(), leftMillis -> {
                            runs.incrementAndGet();
                            throw constraint;
                        }))
                .isSameAs(constraint);
        assertThat(runs).hasValue(1);
    }

    @Test
    @DisplayName(
            "S3-07, S3-08 the breaker opens after the fifth failure, rejects at once, is readable, and is reset by hand")
    void theBreaker() throws SQLException {
        Healing healing = Healing.of(connection);
        for (int i = 0; i < 5; i++) {
            assertThat(healing.health().availability()).isEqualTo(Health.Breaker.CLOSED);
            assertThatThrownBy(() -> failing(100)).isSameAs(busy);
        }
        assertThat(healing.health().availability()).isEqualTo(Health.Breaker.OPEN);
        AtomicInteger runs = new AtomicInteger();
        assertThatThrownBy(() -> connection
                        .database()
                        .patience()
                        .retry(busy, connection.session().settings(), leftMillis -> runs.incrementAndGet()))
                .isSameAs(busy);
        assertThat(runs).hasValue(0);
        assertThat(history()).anySatisfy(event -> assertThat(event.diagnosis()).contains("severity HIGH"));

        healing.resetBreakers();
        assertThat(healing.health().availability()).isEqualTo(Health.Breaker.CLOSED);
        assertThat(failing(2)).isEqualTo(3);
    }

    @Test
    @DisplayName(
            "S3-02 LOCKED by the application's own cursor, and BUSY after the application's own busy_timeout, are not waited for")
    void whatTheApplicationDecidedIsNotWaitedFor() throws SQLException {
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            Sql.run(other, "BEGIN IMMEDIATE");
            assertThatThrownBy(() -> Sql.run(connection, "DELETE FROM money")).hasMessageContaining("BUSY");
        }
        assertThat(history())
                .noneSatisfy(event -> assertThat(event.outcome().explanation()).contains("retries"));
    }

    @Test
    @DisplayName("S3-01 a lock that outlasts sqlite-jdbc's own busy_timeout is waited for")
    void aLongLockIsWaitedFor() throws Exception {
        try (Connection waiting = DriverManager.getConnection("jdbc:healing:sqlite:" + file, new Properties());
                Connection other = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            Sql.run(other, "BEGIN IMMEDIATE");
            Healing.of(waiting).addListener(incident -> {});
            Thread release = new Thread(() -> {
                try {
                    // Let go once SQLite has given up: its message is what comes first.
                    assertThatThrownBy(() -> Sql.runElsewhere(file, "DELETE FROM money"))
                            .hasMessageContaining("BUSY");
                    Sql.run(other, "COMMIT");
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            });
            release.start();
            Sql.run(waiting, "DELETE FROM money");
            release.join();
            assertThat(Sql.value(waiting, "SELECT count(*) FROM money")).isEqualTo(0);
        }
    }

    @Test
    @DisplayName("S3-02, S3-05 an I/O error that passes: what reads, or is in a transaction, is tried again")
    void aPassingErrorOfTheDiskIsMetWithPatience() throws SQLException {
        afterTwoRetries(
                () -> assertThat(Sql.value(connection, "SELECT v FROM money")).isEqualTo(1));
        connection.setAutoCommit(false);
        afterTwoRetries(() -> Sql.run(connection, "INSERT INTO money VALUES (2)"));
        connection.commit();
        assertThat(Sql.rowsElsewhere(file, "SELECT v FROM money")).containsExactly(List.of(1), List.of(2));
    }

    @Test
    @DisplayName("S3-05 a write of its own transaction that met an I/O error is not: it may have taken effect")
    void whatMayHaveTakenEffectIsNotTriedAgain() throws Exception {
        Path inTheWay = Files.createDirectory(directory.resolve("app.db-journal"));
        assertThatThrownBy(() -> Sql.run(connection, "DELETE FROM money")).hasMessageContaining("SQLITE_IOERR");
        Files.delete(inTheWay);
        assertThat(history())
                .noneSatisfy(event -> assertThat(event.outcome().explanation()).contains("retries"));
        assertThat(Sql.value(connection, "SELECT count(*) FROM money")).isEqualTo(1);
    }

    @FunctionalInterface
    private interface Call {
        void run() throws SQLException;
    }

    /** While a directory has the journal's name, SQLite's reads fail; it goes at the second retry. */
    private void afterTwoRetries(Call call) throws SQLException {
        File inTheWay = directory.resolve("app.db-journal").toFile();
        assertThat(inTheWay.mkdir()).isTrue();
        assertThatThrownBy(() -> Sql.runElsewhere(file, "DELETE FROM money")).hasMessageContaining("SQLITE_IOERR");
        AtomicInteger retries = new AtomicInteger();
        IncidentListener freeing = new IncidentListener() {
            @Override
            public void ended(Incident incident) {}

            @Override
            public void progressed(Path database, String step) {
                if (step.equals("retry") && retries.incrementAndGet() == 2) {
                    assertThat(inTheWay.delete()).isTrue();
                }
            }
        };
        Healing.of(connection).addListener(freeing);
        call.run();
        Healing.of(connection).removeListener(freeing);
        assertThat(retries).hasValue(2);
    }

    @Test
    @DisplayName("517: a transaction with an old snapshot begins again where it can be replayed")
    void anOldSnapshotBeginsAgain() throws SQLException {
        Sql.run(connection, "PRAGMA journal_mode = WAL");
        connection.setAutoCommit(false);
        assertThat(Sql.value(connection, "SELECT v FROM notes")).isEqualTo("one");
        Sql.runElsewhere(file, "INSERT INTO money VALUES (2)");

        Sql.run(connection, "INSERT INTO money VALUES (3)");
        connection.commit();
        assertThat(Sql.value(connection, "SELECT group_concat(v) FROM money")).isEqualTo("1,2,3");

        assertThat(Sql.value(connection, "SELECT v FROM notes")).isEqualTo("one");
        Sql.runElsewhere(file, "UPDATE notes SET v = 'another'");
        assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO money VALUES (4)"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"));
        connection.rollback();
        connection.setAutoCommit(true);
    }

    @Test
    @DisplayName(
            "S3-09, S0-19 listed tables answer empty while the database cannot be had, entered and left once, never for writes")
    void degradedReads() throws SQLException {
        Healing healing = Healing.of(connection);
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            Sql.run(other, "BEGIN EXCLUSIVE");
            for (int i = 0; i < 3; i++) {
                assertThat(Sql.rows(connection, "SELECT id, v FROM notes WHERE id = ?", 1))
                        .isEmpty();
                assertThatThrownBy(() -> Sql.value(connection, "SELECT count(*) FROM notes"))
                        .as("a number that nobody has counted")
                        .hasMessageContaining("BUSY");
            }
            assertThat(healing.health().degradedTables()).containsExactly("notes");
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM money"))
                    .hasMessageContaining("BUSY");
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM notes, money"))
                    .hasMessageContaining("BUSY");
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO notes (v) VALUES ('x')"))
                    .hasMessageContaining("BUSY");
            assertThatThrownBy(() -> Sql.rows(connection, "INSERT INTO notes (v) VALUES ('x') RETURNING id"))
                    .hasMessageContaining("BUSY");
            Sql.run(other, "ROLLBACK");
        }
        assertThat(Sql.value(connection, "SELECT v FROM notes")).isEqualTo("one");
        assertThat(healing.health().degradedTables()).isEmpty();
        assertThat(history().stream()
                        .map(event -> event.outcome().explanation())
                        .filter(words -> words.contains("notes")))
                .containsExactly(
                        "recovered: reads of notes give their rows again", "degraded: reads of notes give no rows");
    }
}
