package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.testkit.Appender;
import org.healingsqlite.testkit.Planted;
import org.healingsqlite.testkit.Removal;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * S0-13, S0-23, S0-24, S0-26, C-01: threads and processes append numbered rows, and note each acknowledged commit outside of the database, while its files are
 * deleted, renamed, replaced by an empty file or another database, or lost with their directory, at random moments. No acknowledged row is missing, and nobody sees an error.
 */
class RescueOracleTest {
    private static final long SEED = Long.getLong("test.seed", 20261121);
    private static final String ONLY = System.getProperty("test.only");

    /** A run of the tests takes one pair of journal mode and calamity in so many. */
    private static final int PART = 3;

    private static final Duration PATIENCE = Duration.ofMinutes(4);

    @TempDir
    Path directory;

    /** What happens to the files. */
    private enum Calamity {
        DELETED {
            @Override
            void strike(Path database, int number) throws IOException {
                for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
                    Files.deleteIfExists(Path.of(database + suffix));
                }
            }
        },
        ONLY_THE_MAIN_FILE_DELETED {
            @Override
            void strike(Path database, int number) throws IOException {
                Files.delete(database);
            }
        },
        RENAMED {
            @Override
            void strike(Path database, int number) throws IOException {
                Files.move(database, Path.of(database + ".old"), StandardCopyOption.REPLACE_EXISTING);
            }
        },
        REPLACED_BY_AN_EMPTY_FILE {
            @Override
            void strike(Path database, int number) throws IOException {
                Path empty = Files.write(Path.of(database + ".empty"), new byte[0]);
                Files.move(empty, database, StandardCopyOption.REPLACE_EXISTING);
            }
        },
        DIRECTORY_DELETED {
            @Override
            void strike(Path database, int number) throws IOException {
                Removal.tree(database.getParent());
            }
        },
        /** It is adopted; what the lost one had is kept aside. */
        REPLACED_BY_ANOTHER_DATABASE {
            @Override
            void strike(Path database, int number) throws IOException, SQLException {
                Path other = Path.of(database + ".other");
                try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + other)) {
                    Sql.run(
                            connection,
                            Appender.SCHEMA,
                            "INSERT INTO log VALUES (" + ofStranger(number) + ", 'stranger')");
                }
                Files.move(other, database, StandardCopyOption.ATOMIC_MOVE);
            }
        };

        abstract void strike(Path database, int number) throws IOException, SQLException;

        static long ofStranger(int number) {
            return -1L - number;
        }
    }

    @Test
    void noAcknowledgedRowIsMissing() throws Exception {
        play("jdbc:healing:sqlite:", 2 * Calamity.values().length, PART, false);
    }

    @Test
    @Tag("campaign")
    void noAcknowledgedRowIsMissingIn200Rounds() throws Exception {
        play("jdbc:healing:sqlite:", 200, 1, false);
    }

    /** The negative control: the same on plain sqlite-jdbc loses rows. */
    @Test
    void plainSqliteJdbcLosesRows() throws Exception {
        play("jdbc:sqlite:", 2, 1, true);
    }

    private void play(String scheme, int rounds, int parts, boolean losesRows) throws Exception {
        Random random = new Random(SEED);
        List<String> failures = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            String mode = round % 2 == 0 ? "WAL" : "DELETE";
            Calamity calamity =
                    losesRows ? Calamity.DELETED : Calamity.values()[(round / 2) % Calamity.values().length];
            if (ONLY != null && !ONLY.equals(mode + calamity) || !Rotation.takes(round, parts)) {
                continue;
            }
            Round each = new Round(directory.resolve("round" + round), scheme, mode, calamity);
            try {
                each.play(random);
            } catch (Exception | AssertionError e) {
                java.io.StringWriter trace = new java.io.StringWriter();
                e.printStackTrace(new java.io.PrintWriter(trace));
                failures.add("round " + round + " " + each + ": " + trace);
            }
        }
        if (losesRows) {
            assertThat(failures).as("rounds that lost rows").isNotEmpty();
        } else {
            assertThat(failures)
                    .as("seed %d, %d rounds, %s", SEED, rounds, Rotation.option())
                    .isEmpty();
        }
    }

    private record Round(Path directory, String scheme, String mode, Calamity calamity) {
        private static final int THREADS = 3;
        private static final int PROCESSES = 2;
        private static final int ROWS_BETWEEN = 15;
        private static final int STRIKES = 2;

        Path database() {
            return directory.resolve("var").resolve("app.db");
        }

        void play(Random random) throws Exception {
            Files.createDirectories(database().getParent());
            String url = scheme + database() + "?journal_mode=" + mode + "&busy_timeout=120000&synchronous=OFF";
            try (Connection connection = DriverManager.getConnection(url)) {
                Sql.run(connection, Appender.SCHEMA);
            }
            List<Incident> incidents = new ArrayList<>();
            List<Appender> appenders = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            List<Process> processes = new ArrayList<>();
            try (Connection idle = DriverManager.getConnection(url)) {
                if (scheme.contains("healing")) {
                    Healing.of(idle).addListener(incidents::add);
                }
                for (int i = 0; i < THREADS; i++) {
                    Appender appender = new Appender(url, (i + 1) * 10_000_000L, notes(i), i == 0);
                    appenders.add(appender);
                    Thread thread = new Thread(appender);
                    threads.add(thread);
                    thread.start();
                }
                for (int i = THREADS; i < THREADS + PROCESSES; i++) {
                    processes.add(Appender.start(url, (i + 1) * 10_000_000L, notes(i), i % 2 == 0));
                }
                awaitRows();
                for (int strike = 0; strike < STRIKES; strike++) {
                    java.util.concurrent.locks.LockSupport.parkNanos(random.nextInt(20_000_000));
                    calamity.strike(database(), strike);
                    awaitRows();
                }
            } finally {
                appenders.forEach(Appender::end);
                for (Thread thread : threads) {
                    thread.join(PATIENCE.toMillis());
                }
                for (Process process : processes) {
                    process.getOutputStream().close();
                    process.waitFor();
                }
            }
            check(incidents);
        }

        private Path notes(int appender) {
            return directory.resolve("notes" + appender);
        }

        private List<String> lines(int appender) throws IOException {
            return Files.exists(notes(appender)) ? Files.readAllLines(notes(appender)) : List.of();
        }

        /** Everybody goes on writing. */
        private void awaitRows() throws IOException {
            int[] before = new int[THREADS + PROCESSES];
            for (int i = 0; i < before.length; i++) {
                before[i] = lines(i).size();
            }
            await().atMost(PATIENCE).until(() -> {
                for (int i = 0; i < before.length; i++) {
                    if (lines(i).size() < before[i] + ROWS_BETWEEN) {
                        return false;
                    }
                }
                return true;
            });
        }

        private void check(List<Incident> incidents) throws IOException, SQLException {
            Set<Long> acknowledged = new HashSet<>();
            List<String> errors = new ArrayList<>();
            for (int i = 0; i < THREADS + PROCESSES; i++) {
                for (String line : lines(i)) {
                    if (line.startsWith("+ ")) {
                        acknowledged.add(Long.parseLong(line.substring(2)));
                    } else {
                        errors.add(line);
                    }
                }
            }
            Set<Long> found = ids(database());
            if (calamity == Calamity.REPLACED_BY_ANOTHER_DATABASE) {
                assertThat(found).as("the last one to take its place").contains(Calamity.ofStranger(STRIKES - 1));
                for (Path copy : rescued()) {
                    found.addAll(ids(copy));
                    assertThat(Sql.rowsElsewhere(copy, "PRAGMA integrity_check"))
                            .containsExactly(List.of("ok"));
                }
                for (int strike = 0; strike < STRIKES; strike++) {
                    acknowledged.add(Calamity.ofStranger(strike));
                }
            }
            Set<Long> missing = new HashSet<>(acknowledged);
            missing.removeAll(found);
            if (scheme.contains("healing")) {
                // Those of the other processes as well.
                incidents = Healing.of(database(), new Properties()).history(100);
            }
            assertThat(missing)
                    .as(
                            "acknowledged rows that are missing of %d; errors %s; incidents %s; files %s",
                            acknowledged.size(), errors, incidents, files())
                    .isEmpty();
            assertThat(errors).as("what callers saw; incidents %s", incidents).isEmpty();
            found.removeAll(acknowledged);
            assertThat(found).as("rows nobody has written").isEmpty();
            assertThat(Sql.rowsElsewhere(database(), "PRAGMA integrity_check")).containsExactly(List.of("ok"));
        }

        private static Set<Long> ids(Path database) throws SQLException {
            return Sql.rowsElsewhere(database, "SELECT id FROM log").stream()
                    .map(row -> ((Number) row.get(0)).longValue())
                    .collect(Collectors.toSet());
        }

        private List<Path> rescued() throws IOException {
            return files().stream()
                    .filter(path -> path.getFileName().toString().matches("app_rescued_.*\\.db"))
                    .toList();
        }

        private List<Path> files() throws IOException {
            return Planted.all(directory);
        }
    }
}
