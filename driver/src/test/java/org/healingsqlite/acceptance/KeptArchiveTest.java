package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveRestore;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The driver keeps an archive, and the database's files are destroyed. */
@DisplayName("S2-33: real-time archive synchronisation")
class KeptArchiveTest {
    private static final String SCHEMA = """
            CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT UNIQUE);
            CREATE TABLE w (k TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;
            CREATE TABLE child (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id) ON DELETE CASCADE);
            CREATE TABLE log (what TEXT);
            CREATE TRIGGER noted AFTER INSERT ON a BEGIN INSERT INTO log VALUES ('a ' || NEW.v); END;
            """;

    @TempDir
    Path directory;

    private Path database;
    private Path archive;
    private Properties options;

    @BeforeEach
    void create() throws Exception {
        database = directory.resolve("app.db");
        archive = directory.resolve("archive");
        options = new Properties();
        options.setProperty(
                "healing.schema",
                Files.writeString(directory.resolve("schema.sql"), SCHEMA).toString());
        options.setProperty("healing.archive", archive.toString());
        options.setProperty("healing.archiveKeep", "commit");
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database, options);
    }

    /** Opens it without keeping the archive: that has one writer. */
    private Connection look() throws SQLException {
        Properties without = new Properties();
        without.putAll(options);
        without.setProperty("healing.archiveKeep", "off");
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database, without);
    }

    private static Map<String, List<List<Object>>> content(Connection connection) throws SQLException {
        Map<String, List<List<Object>>> all = new LinkedHashMap<>();
        for (String table : Sql.names(connection, "table")) {
            all.put(table, Sql.rows(connection, "SELECT * FROM \"" + table + "\" ORDER BY 1"));
        }
        all.put("sqlite_sequence", Sql.rows(connection, "SELECT * FROM sqlite_sequence ORDER BY 1"));
        return all;
    }

    /** What the archive says now is what the database says. */
    private void same(Connection connection) throws Exception {
        Path restored = Files.createTempDirectory(directory, "restored").resolve("restored.db");
        ArchiveRestore.of(Archive.open(archive)).into(restored, ProgressListener.NONE);
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + restored)) {
            assertThat(content(plain)).isEqualTo(content(connection));
        }
    }

    private void destroy() throws Exception {
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(database + suffix));
        }
    }

    // ---- Every way to commit

    @ParameterizedTest
    @ValueSource(strings = {"DELETE", "WAL"})
    void everyWayToCommitIsInTheArchiveWhenTheCallReturns(String journalMode) throws Exception {
        options.setProperty("journal_mode", journalMode);
        try (Connection connection = open();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("INSERT INTO a (v) VALUES ('one')");
            same(connection);
            statement.execute("INSERT OR REPLACE INTO a (v) VALUES ('one')");
            same(connection);
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO w VALUES (?, ?)")) {
                insert.setString(1, "k1");
                insert.setInt(2, 1);
                assertThat(insert.executeUpdate()).isEqualTo(1);
                same(connection);
                for (int i = 2; i < 6; i++) {
                    insert.setString(1, "k" + i);
                    insert.setInt(2, i);
                    insert.addBatch();
                }
                assertThat(insert.executeBatch()).containsExactly(1, 1, 1, 1);
                same(connection);
            }
            statement.addBatch("INSERT INTO child VALUES (1, 2)");
            statement.addBatch("UPDATE w SET n = n + 100 WHERE k = 'k3'");
            statement.executeBatch();
            same(connection);
            try (ResultSet row = statement.executeQuery("INSERT INTO a (v) VALUES ('three') RETURNING id")) {
                assertThat(row.next()).isTrue();
                assertThat(row.getInt(1)).isEqualTo(3);
            }
            same(connection);

            connection.setAutoCommit(false);
            statement.executeUpdate("DELETE FROM log");
            statement.executeUpdate("INSERT INTO a (v) VALUES ('four')");
            connection.commit();
            same(connection);
            statement.executeUpdate("INSERT INTO a (v) VALUES ('not kept')");
            connection.rollback();
            statement.executeUpdate("UPDATE w SET k = 'moved' WHERE k = 'k1'");
            connection.setAutoCommit(true);
            same(connection);

            statement.execute("BEGIN");
            statement.executeUpdate("INSERT INTO w VALUES ('text', 1)");
            statement.execute("SAVEPOINT s");
            statement.executeUpdate("INSERT INTO w VALUES ('gone', 1)");
            statement.execute("ROLLBACK TO s");
            statement.execute("COMMIT");
            same(connection);
            assertThatThrownBy(() -> statement.executeUpdate("INSERT INTO w VALUES ('text', 2)"))
                    .isInstanceOf(SQLException.class);
            statement.executeUpdate("DELETE FROM w");
            same(connection);
        }
    }

    @Test
    void whatTheApplicationAsksAfterAStatementIsWhatItWouldBeWithoutTheArchive() throws Exception {
        try (Connection connection = open();
                Statement statement = connection.createStatement()) {
            for (int i = 0; i < 450; i++) {
                statement.executeUpdate("INSERT INTO a (v) VALUES ('" + i + "')", Statement.RETURN_GENERATED_KEYS);
                try (ResultSet keys = statement.getGeneratedKeys()) {
                    assertThat(keys.getInt(1)).isEqualTo(i + 1);
                }
            }
            assertThat(statement.executeUpdate("UPDATE a SET v = v || '!' WHERE id <= 300"))
                    .isEqualTo(300);
            assertThat(Sql.value(connection, "SELECT changes()")).isEqualTo(300);
            statement.executeUpdate("DELETE FROM a WHERE id > 440");
            assertThat(Sql.value(connection, "SELECT changes()")).isEqualTo(10);
            assertThat(Sql.value(connection, "SELECT last_insert_rowid()")).isEqualTo(450);
            same(connection);
        }
    }

    @Test
    void theSchemaMayChange() throws Exception {
        try (Connection connection = open()) {
            Sql.run(
                    connection,
                    "INSERT INTO a (v) VALUES ('one')",
                    "ALTER TABLE a ADD COLUMN extra DEFAULT 5",
                    "ALTER TABLE a RENAME COLUMN v TO value",
                    "CREATE TABLE later (x)",
                    "INSERT INTO later VALUES (1)");
            Sql.run(connection, "VACUUM");
            same(connection);
            connection.setAutoCommit(false);
            Sql.run(connection, "ALTER TABLE later ADD COLUMN y", "INSERT INTO later VALUES (2, 3)");
            connection.rollback();
            Sql.run(connection, "INSERT INTO later VALUES (4)", "DROP TABLE w", "CREATE TABLE w (z)");
            connection.commit();
            connection.setAutoCommit(true);
            Sql.run(connection, "INSERT INTO w VALUES (1)");
            same(connection);
        }
    }

    @Test
    void anotherProcessMayChangeTheSchemaUnderTheWatch() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO child (id) VALUES (1)");
            Sql.runElsewhere(
                    database,
                    "ALTER TABLE log RENAME COLUMN what TO word",
                    "DROP TRIGGER noted",
                    "DROP TABLE w",
                    "CREATE TABLE w (other)");
            Sql.run(connection, "INSERT INTO log (word) VALUES ('x')", "INSERT INTO w (other) VALUES (1)");
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO log VALUES ('y')")) {
                assertThat(insert.executeUpdate()).isEqualTo(1);
            }
            same(connection);
        }
    }

    @Test
    void aHealOfTheSchemaIsNotHinderedAndIsInTheArchive() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO a (v) VALUES ('one')");
            Sql.runElsewhere(database, "DROP TABLE w", "ALTER TABLE child DROP COLUMN a_id");
            Sql.run(connection, "INSERT INTO w VALUES ('k', 1)", "INSERT INTO child (a_id) VALUES (1)");
            same(connection);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"DELETE", "WAL"})
    @DisplayName("A statement that waits for another connection's transaction does not keep that one from committing")
    void nobodyWaitsInACircle(String journalMode) throws Exception {
        options.setProperty("journal_mode", journalMode);
        options.setProperty("busy_timeout", "120000");
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try (Connection holder = open();
                Connection other = open()) {
            holder.setAutoCommit(false);
            Sql.run(holder, "INSERT INTO w VALUES ('holder', 1)");
            CountDownLatch begun = new CountDownLatch(1);
            Future<?> waiting = threads.submit(() -> {
                begun.countDown();
                Sql.run(other, "INSERT INTO w VALUES ('other', 1)");
                return null;
            });
            begun.await();
            long start = System.nanoTime();
            holder.commit();
            waiting.get(90, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
            same(other);
        } finally {
            threads.shutdownNow();
        }
    }

    // ---- Loss

    @Test
    @DisplayName("S2-10, S2-13: an archive that was kept is complete: damage costs nothing, and the account says so")
    void damageCostsNothing() throws Exception {
        try (Connection connection = open()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < 2000; i++) {
                Sql.run(connection, "INSERT INTO a (v) VALUES ('" + "x".repeat(60) + i + "')");
            }
            connection.commit();
            connection.setAutoCommit(true);
            Sql.run(connection, "DELETE FROM a WHERE id % 5 = 0");
            Map<String, List<List<Object>>> before = content(connection);
            Damage.LEAVES.on(database, new Random(3));
            Sql.run(connection, "PRAGMA shrink_memory");
            Sql.value(connection, "SELECT count(v) FROM a NOT INDEXED");
            Sql.value(connection, "SELECT count(what) FROM log");

            assertThat(content(connection)).isEqualTo(before);
            assertThat(Healing.of(connection).history(1).get(0).outcome().loss().isNone())
                    .isTrue();
            Sql.run(connection, "INSERT INTO a (v) VALUES ('after')");
            same(connection);
        }
    }

    @Test
    void theFileIsDeletedUnderneathAndWorkGoesOn() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO a (v) VALUES ('one')");
            destroy();
            Healing.of(connection).verify();
            Sql.run(connection, "INSERT INTO a (v) VALUES ('two')");
            assertThat(Sql.rows(connection, "SELECT v FROM a ORDER BY id"))
                    .containsExactly(List.of("one"), List.of("two"));
            same(connection);
        }
    }

    @Test
    @DisplayName(
            "The log is deleted under live connections: what was committed to it is in the database, and in the archive")
    void aLogThatIsDeletedIsNotWrittenOverTheDatabase() throws Exception {
        options.setProperty("journal_mode", "WAL");
        try (Connection connection = open();
                Connection other = open()) {
            Sql.run(connection, "INSERT INTO a (v) VALUES ('one')");
            Files.delete(Path.of(database + "-wal"));
            Healing.of(connection).heal();
            Sql.run(connection, "INSERT INTO a (v) VALUES ('two')");
            Sql.run(other, "INSERT INTO a (v) VALUES ('three')");
            assertThat(Sql.rows(other, "SELECT v FROM a ORDER BY id"))
                    .containsExactly(List.of("one"), List.of("two"), List.of("three"));
            same(other);
        }
        for (Thread thread : threads()) {
            thread.join(30_000);
        }
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM a")).containsExactly(List.of(3));
    }

    // ---- Trouble with the archive is not the application's

    @Test
    @DisplayName("S2-33: the archive's directory cannot be made, is removed, comes back")
    void aDirectoryThatCannotBeHadIsToldAndNothingElse() throws Exception {
        Files.writeString(archive, "a file in its place");
        try (LogCapture log = new LogCapture();
                Connection connection = open()) {
            Sql.run(connection, "INSERT INTO a (v) VALUES ('one')");
            assertThat(log.at(Level.WARN)).anyMatch(line -> line.contains("the archive is not kept"));
            assertThat(Sql.value(connection, "SELECT count(*) FROM a")).isEqualTo(1);
        }
        assertThat(Files.readString(archive)).isEqualTo("a file in its place");
    }

    @Test
    void aDirectoryThatGoesAwayIsNoConcernOfTheApplication() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO a (v) VALUES ('one')");
            try (Stream<Path> all = Files.walk(archive)) {
                for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
            Sql.run(
                    connection,
                    "INSERT INTO a (v) VALUES ('two')",
                    "CREATE TABLE more (x)",
                    "INSERT INTO more VALUES (1)");
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO a (v) VALUES ('three')");
            connection.commit();
            assertThat(Sql.value(connection, "SELECT count(*) FROM a")).isEqualTo(3);
        }
    }

    @Test
    @DisplayName("S2-33: the archive's disk is full in another process: every commit is done, and the trouble is told")
    void aFullDiskIsNoConcernOfTheApplication() throws Exception {
        Process process = new ProcessBuilder(
                        "bash",
                        "-c",
                        // What a file may have at most, in units of 1024 bytes: the log of changes grows beyond it, the
                        // database does not.
                        "ulimit -f 4096; exec \"$@\"",
                        "bash",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-XX:-UsePerfData",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FullDisk.class.getName(),
                        database.toString(),
                        archive.toString(),
                        options.getProperty("healing.schema"))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(told).isEqualTo(0);
        assertThat(told).contains("done 300");
        assertThat(Sql.rowsElsewhere(database, "SELECT n FROM w")).containsExactly(List.of(300));
    }

    /** The process on a full disk: a row of 40 KB is written again and again. */
    static final class FullDisk {
        public static void main(String[] arguments) throws Exception {
            Properties options = new Properties();
            options.setProperty("healing.schema", arguments[2]);
            options.setProperty("healing.archive", arguments[1]);
            options.setProperty("healing.archiveKeep", "commit");
            try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + arguments[0], options)) {
                Sql.run(connection, "INSERT INTO w VALUES ('" + "k".repeat(40_000) + "', 0)");
                for (int i = 0; i < 300; i++) {
                    Sql.run(connection, "UPDATE w SET n = n + 1");
                }
                System.out.println("done " + Sql.value(connection, "SELECT n FROM w"));
            }
        }
    }

    @Test
    void withoutAnArchiveItCannotBeKept() {
        options.remove("healing.archive");
        assertThatThrownBy(this::open)
                .hasMessageContaining("healing.archiveKeep")
                .hasMessageContaining("healing.archive ");
    }

    @Test
    @DisplayName("The thread that keeps it ends after the last connection, and the next one finds the archive free")
    void theThreadEndsAfterTheLastConnection() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO a (v) VALUES ('one')");
            assertThat(threads()).hasSize(1).allMatch(Thread::isDaemon);
        }
        // A few seconds later; the next connection before that goes on with the same one.
        open().close();
        for (Thread thread : threads()) {
            thread.join(30_000);
        }
        assertThat(threads()).isEmpty();
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO a (v) VALUES ('two')");
            same(connection);
        }
    }

    private List<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("healing-sqlite upkeep of " + database))
                .toList();
    }

    // ---- SIGKILL, then everything destroyed

    @Test
    @DisplayName("S2-33: archiveKeep=commit, SIGKILL, all files destroyed: every acknowledged commit is back")
    void everyAcknowledgedCommitIsBack() throws Exception {
        campaign(4, System.nanoTime());
    }

    @Test
    @Tag("campaign")
    void everyAcknowledgedCommitIsBackAfterThreeHundredKills() throws Exception {
        campaign(300, System.nanoTime());
    }

    private static final int THREADS = 3;

    private void campaign(int kills, long seed) throws Exception {
        Random random = new Random(seed);
        Files.writeString(directory.resolve("schema.sql"), Worker.SCHEMA);
        long acknowledged = 0;
        for (int kill = 0; kill < kills; kill++) {
            int least = random.nextInt(100);
            Map<Integer, Integer> done =
                    work(kill * THREADS, (heard, age) -> heard > least).acknowledged();
            acknowledged += done.values().stream().mapToInt(Integer::intValue).sum();
            destroy();
            try (Connection connection = look()) {
                for (int thread = kill * THREADS; thread < (kill + 1) * THREADS; thread++) {
                    int last = done.getOrDefault(thread, 0);
                    assertThat(Worker.state(connection, thread))
                            .as("seed %d, kill %d, thread %d, %d acknowledged", seed, kill, thread, last)
                            .isIn(Worker.expected(last), Worker.expected(last + 1));
                }
            }
        }
        System.out.println(kills + " kills, " + acknowledged + " acknowledged commits, none lost (seed " + seed + ")");
        assertThat(acknowledged).isGreaterThan(kills);
    }

    @Test
    @DisplayName(
            "S2-33: archiveKeep=3s, SIGKILL at random moments, all files destroyed: nothing is lost that is older than 3 s")
    void noMoreThanTheIntervalIsLost() throws Exception {
        intervals(1, Duration.ofSeconds(3), System.nanoTime());
    }

    @Test
    @Tag("campaign")
    void noMoreThanTheIntervalIsLostInFifteenKills() throws Exception {
        intervals(15, Duration.ofSeconds(3), System.nanoTime());
    }

    @Test
    @Tag("campaign")
    @DisplayName(
            "S2-33: archiveKeep=4s where writing takes a good part of that, and the archive is read again meanwhile")
    void noMoreThanTheIntervalIsLostInFifteenKillsWhereWritingTakesLong() throws Exception {
        Files.writeString(directory.resolve("schema.sql"), Worker.SCHEMA);
        Sql.runElsewhere(
                database,
                "CREATE TABLE filler (id INTEGER PRIMARY KEY, text TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + FILLER + ")"
                        + " INSERT INTO filler SELECT i, 'filler ' || i FROM n");
        options.setProperty("healing.archiveVerify", "1s");
        intervals(15, Duration.ofSeconds(4), System.nanoTime());
    }

    private static final int FILLER = 40_000;

    private void intervals(int kills, Duration interval, long seed) throws Exception {
        Random random = new Random(seed);
        options.setProperty("healing.archiveKeep", interval.toSeconds() + "s");
        Files.writeString(directory.resolve("schema.sql"), Worker.SCHEMA);
        long acknowledged = 0;
        double oldest = 0;
        for (int kill = 0; kill < kills; kill++) {
            Duration after = interval.dividedBy(1000).multipliedBy(500 + random.nextInt(1500));
            int first = kill * THREADS;
            Worked worked = work(first, (heard, age) -> age.compareTo(after) > 0);
            destroy();
            try (Connection connection = look()) {
                for (int thread = first; thread < first + THREADS; thread++) {
                    int last = worked.acknowledged().getOrDefault(thread, 0);
                    List<Object> state = Worker.state(connection, thread);
                    int found = ((Number) state.get(0)).intValue();
                    assertThat(found)
                            .as(
                                    "seed %d, kill %d after %s, thread %d, %s",
                                    seed, kill, after, thread, worked.warnings())
                            .isBetween(worked.acknowledgedBefore(thread, interval), last + 1);
                    assertThat(state).isEqualTo(Worker.expected(found));
                    acknowledged += last;
                    oldest = Math.max(oldest, worked.ageSeconds(thread, found + 1));
                }
            }
        }
        System.out.printf(
                "%d kills, archiveKeep=%s, %d acknowledged commits, the oldest that was lost was %.2f s old (seed %d)%n",
                kills, interval, acknowledged, oldest, seed);
        assertThat(acknowledged).isGreaterThan(kills);
    }

    /** What a process acknowledged before it was killed, and when that was heard; and what it warned of. */
    private record Worked(Map<Integer, TreeMap<Integer, Long>> heardNanos, long killedNanos, List<String> warnings) {
        Map<Integer, Integer> acknowledged() {
            Map<Integer, Integer> last = new TreeMap<>();
            heardNanos.forEach((thread, heard) -> last.put(thread, heard.lastKey()));
            return last;
        }

        /** How long before the kill a commit was heard of; 0 for one that was not. */
        double ageSeconds(int thread, int commit) {
            Long heard = heardNanos.getOrDefault(thread, new TreeMap<>()).get(commit);
            return heard == null ? 0 : (killedNanos - heard) / 1e9;
        }

        int acknowledgedBefore(int thread, Duration age) {
            int last = 0;
            for (Map.Entry<Integer, Long> heard :
                    heardNanos.getOrDefault(thread, new TreeMap<>()).entrySet()) {
                if (killedNanos - heard.getValue() > age.toNanos()) {
                    last = Math.max(last, heard.getKey());
                }
            }
            return last;
        }
    }

    /** When a process is killed: asked after each acknowledgement, with their number and the time since the first. */
    private interface Moment {
        boolean hasCome(int acknowledgements, Duration sinceFirst);
    }

    private Worked work(int firstThread, Moment moment) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Worker.class.getName(),
                database.toString(),
                Integer.toString(firstThread)));
        options.stringPropertyNames().forEach(name -> command.add(name + "=" + options.getProperty(name)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Map<Integer, TreeMap<Integer, Long>> heard = new TreeMap<>();
        List<String> warnings = new ArrayList<>();
        long killed = 0;
        long first = 0;
        int count = 0;
        try (BufferedReader answers =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                if (line.startsWith("ok ") && line.endsWith(".")) {
                    String[] words = line.substring(0, line.length() - 1).split(" ", 3);
                    heard.computeIfAbsent(Integer.parseInt(words[1]), thread -> new TreeMap<>())
                            .put(Integer.parseInt(words[2]), System.nanoTime());
                    first = count == 0 ? System.nanoTime() : first;
                    count++;
                } else if (line.contains(" WARN ")) {
                    warnings.add(line);
                }
                if (killed == 0 && count > 0 && moment.hasCome(count, Duration.ofNanos(System.nanoTime() - first))) {
                    // Not Process.destroyForcibly: that closes the stream over acknowledgements that are in it.
                    killed = System.nanoTime();
                    process.toHandle().destroyForcibly();
                }
            }
        }
        process.waitFor();
        return new Worked(heard, killed, warnings);
    }

    /** The process that is killed: three threads commit in every way there is. */
    static final class Worker {
        static final String SCHEMA =
                "CREATE TABLE kept (t INTEGER, i INTEGER, text TEXT, PRIMARY KEY (t, i)) WITHOUT ROWID;\n"
                        + "CREATE TABLE sum (t INTEGER PRIMARY KEY, n INTEGER);";

        public static void main(String[] arguments) {
            PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
            Properties options = new Properties();
            options.setProperty("busy_timeout", "120000");
            for (String option : List.of(arguments).subList(2, arguments.length)) {
                options.setProperty(option.split("=", 2)[0], option.split("=", 2)[1]);
            }
            for (int t = 0; t < THREADS; t++) {
                int thread = Integer.parseInt(arguments[1]) + t;
                new Thread(() -> {
                            try (Connection connection =
                                    DriverManager.getConnection("jdbc:healing:sqlite:" + arguments[0], options)) {
                                for (int i = 1; ; i++) {
                                    step(connection, thread, i);
                                    synchronized (out) {
                                        out.println("ok " + thread + " " + i + ".");
                                    }
                                }
                            } catch (SQLException e) {
                                throw new IllegalStateException(e);
                            }
                        })
                        .start();
            }
        }

        /** Step i: a row i, which every fourth step takes the row before away, in one transaction with the number of the last step. */
        private static void step(Connection connection, int thread, int i) throws SQLException {
            connection.setAutoCommit(false);
            connection.setAutoCommit(true);
            if (i % 2 == 0) {
                connection.setAutoCommit(false);
            }
            String insert = "INSERT INTO kept VALUES (" + thread + ", " + i + ", 'text of " + i + "')";
            if (i % 2 == 0) {
                Sql.run(connection, insert);
                if (i % 4 == 0) {
                    Sql.run(connection, "DELETE FROM kept WHERE t = " + thread + " AND i = " + (i - 1));
                }
                Sql.run(connection, "INSERT OR REPLACE INTO sum VALUES (" + thread + ", " + i + ")");
                connection.commit();
                connection.setAutoCommit(true);
            } else {
                // One statement that is a commit of its own.
                Sql.rows(connection, insert + " RETURNING i");
            }
        }

        /** The highest row, the number of rows, and the sum, of a thread. */
        static List<Object> state(Connection connection, int thread) throws SQLException {
            return Sql.rows(
                            connection,
                            "SELECT coalesce(max(i), 0), count(*), coalesce((SELECT n FROM sum WHERE t = ?1), 0) FROM kept"
                                    + " WHERE t = ?1 AND text = 'text of ' || i",
                            thread)
                    .get(0);
        }

        static List<Object> expected(int steps) {
            return List.of(steps, steps - steps / 4, steps / 2 * 2);
        }
    }
}
