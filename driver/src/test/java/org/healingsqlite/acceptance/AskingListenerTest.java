package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A listener that is told of a step and asks the database at once: no heal begins within another, and none waits for itself. */
class AskingListenerTest {
    private static final int ROWS = 2_000;

    @TempDir
    Path directory;

    private enum Calamity {
        DELETED {
            @Override
            void strike(Path database) throws Exception {
                Files.delete(database);
            }
        },
        DAMAGED {
            @Override
            void strike(Path database) throws Exception {
                try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "rw")) {
                    file.seek(5 * 4096L);
                    file.write(new byte[4096]);
                }
            }
        };

        abstract void strike(Path database) throws Exception;
    }

    /** Asks, at each step, through a connection that it has kept and through one that it opens. */
    private static final class Asking implements IncidentListener {
        final List<Incident> ended = new CopyOnWriteArrayList<>();
        final AtomicInteger asked = new AtomicInteger();
        private final String url;
        private final Connection kept;

        Asking(String url) throws SQLException {
            this.url = url;
            this.kept = DriverManager.getConnection(url);
            Sql.value(kept, "SELECT count(*) FROM t");
        }

        @Override
        public void ended(Incident incident) {
            ended.add(incident);
        }

        @Override
        public void progressed(Path database, String step) {
            asked.incrementAndGet();
            ask(() -> Sql.value(kept, "SELECT count(a) FROM t"));
            ask(() -> {
                try (Connection opened = DriverManager.getConnection(url)) {
                    Sql.value(opened, "SELECT count(a) FROM t");
                }
            });
        }

        private static void ask(Question question) {
            try {
                question.ask();
            } catch (SQLException itIsBeingHealed) {
                assertThat(itIsBeingHealed.getSQLState()).isNotEqualTo("HYT00");
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        private interface Question {
            void ask() throws Exception;
        }
    }

    @Timeout(60)
    @ParameterizedTest
    @CsvSource({"WAL, DELETED", "DELETE, DELETED", "WAL, DAMAGED", "DELETE, DAMAGED"})
    void whatItAsksBeginsNoHealWithinTheOneThatItIsToldOf(String journalMode, Calamity calamity) throws Exception {
        Path database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA journal_mode = " + journalMode,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                        + ") INSERT INTO t SELECT i, hex(randomblob(40)) FROM n",
                "PRAGMA wal_checkpoint(TRUNCATE)");
        String url = "jdbc:healing:sqlite:" + database;
        Asking listener = new Asking(url + "?busy_timeout=0");
        try (Connection connection = DriverManager.getConnection(url);
                Connection kept = listener.kept) {
            Healing.of(connection).addListener(listener);
            calamity.strike(database);

            Sql.run(connection, "INSERT INTO t VALUES (" + (ROWS + 1) + ", 'after')");
            Sql.value(connection, "SELECT count(a) FROM t");

            assertThat(listener.asked).hasPositiveValue();
            assertThat(listener.ended)
                    .isNotEmpty()
                    .allSatisfy(incident -> assertThat(incident.outcome()).isInstanceOf(Outcome.Healed.class));
            assertThat(Sql.value(kept, "SELECT a FROM t WHERE id = " + (ROWS + 1)))
                    .isEqualTo("after");
            if (calamity == Calamity.DELETED) {
                assertThat(Sql.value(kept, "SELECT count(*) FROM t")).isEqualTo(ROWS + 1);
            }
        }
    }
}
