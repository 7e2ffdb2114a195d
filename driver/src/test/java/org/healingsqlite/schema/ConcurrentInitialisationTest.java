package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The applier alone, without the locks that the driver puts around it: the database's own write lock must be enough.
 *
 * <p>The file has its first page already. Before SQLite 3.50, connections that create one absent file at once may get
 * SQLITE_IOERR_DELETE_NOENT, SQLITE_IOERR_FSTAT or SQLITE_CORRUPT from SQLite itself, in every journal mode; with a first page none did in 600
 * rounds. The driver creates files under its process lock.
 */
class ConcurrentInitialisationTest {
    private static final int INITIALISERS = 6;
    private static final int ROUNDS = 6;

    @TempDir
    Path directory;

    @BeforeEach
    void writeScripts() throws IOException {
        Schemas.write(
                directory.resolve("scripts/V001__create.sql"),
                "PRAGMA journal_mode = WAL;",
                "CREATE TABLE runs (id INTEGER PRIMARY KEY, status TEXT);",
                "CREATE TRIGGER g AFTER INSERT ON runs BEGIN SELECT 1; END;");
        Schemas.write(
                directory.resolve("scripts/V002__seed.sql"), "INSERT INTO runs (status) VALUES ('a'), ('b'), ('c');");
        Schemas.write(directory.resolve("scripts/V003__more.sql"), "ALTER TABLE runs ADD COLUMN digest TEXT;");
    }

    private static void initialise(Path directory, int round) throws SQLException {
        RegisteredSchema schema = Schemas.load(directory.resolve("scripts"));
        try (Connection connection = Schemas.open(directory.resolve("round" + round + ".db"))) {
            Sql.run(connection, "PRAGMA busy_timeout = 120000");
            Schemas.apply(connection, schema);
            if (!SchemaApplier.isComplete(connection, schema, schema.expected())) {
                throw new SQLException("incomplete");
            }
        }
    }

    private void createFile(int round) throws SQLException {
        Sql.runElsewhere(directory.resolve("round" + round + ".db"), "CREATE TABLE first (x)", "DROP TABLE first");
    }

    private void assertInitialisedOnce(int round) throws SQLException {
        Path database = directory.resolve("round" + round + ".db");
        assertThat(Sql.rowsElsewhere(database, "SELECT version FROM schema_migrations ORDER BY migration_id"))
                .hasToString("[[001], [002], [003]]");
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM runs")).hasToString("[[3]]");
    }

    @Test
    @DisplayName("S1-04: threads with connections of their own")
    void threads() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(INITIALISERS);
        try {
            for (int i = 0; i < ROUNDS; i++) {
                int round = i;
                createFile(round);
                CyclicBarrier start = new CyclicBarrier(INITIALISERS);
                Callable<Void> initialiser = () -> {
                    start.await();
                    initialise(directory, round);
                    return null;
                };
                List<Future<Void>> all = new ArrayList<>();
                for (int n = 0; n < INITIALISERS; n++) {
                    all.add(threads.submit(initialiser));
                }
                for (Future<Void> one : all) {
                    one.get();
                }
                assertInitialisedOnce(round);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    @DisplayName("S1-05, S1-06: processes, all at once, and one that joins later")
    void processes() throws Exception {
        List<Process> processes = new ArrayList<>();
        try {
            List<BufferedReader> answers = new ArrayList<>();
            List<PrintStream> commands = new ArrayList<>();
            for (int n = 0; n < INITIALISERS; n++) {
                Process process = new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-cp",
                                System.getProperty("java.class.path"),
                                ConcurrentInitialisationTest.class.getName(),
                                directory.toString())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
                processes.add(process);
                answers.add(
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
                commands.add(new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8));
            }
            for (BufferedReader answer : answers) {
                assertThat(answer(answer)).isEqualTo("ready");
            }
            for (int round = 0; round < ROUNDS; round++) {
                createFile(round);
                for (PrintStream command : commands) {
                    command.println(round);
                }
                for (BufferedReader answer : answers) {
                    assertThat(answer(answer)).isEqualTo("done");
                }
                initialise(directory, round);
                assertInitialisedOnce(round);
            }
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
    }

    private static String answer(BufferedReader answers) throws IOException {
        String line = answers.readLine();
        while (line != null && !line.startsWith("ready") && !line.startsWith("done") && !line.startsWith("failed")) {
            line = answers.readLine();
        }
        return String.valueOf(line);
    }

    /** One of the processes: initialises the database of each round it is told. */
    public static void main(String[] arguments) throws IOException {
        BufferedReader rounds = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Path directory = Path.of(arguments[0]);
        answers.println("ready");
        for (String round = rounds.readLine(); round != null; round = rounds.readLine()) {
            try {
                initialise(directory, Integer.parseInt(round));
                answers.println("done");
            } catch (SQLException | RuntimeException e) {
                answers.println("failed " + e);
            }
        }
    }
}
