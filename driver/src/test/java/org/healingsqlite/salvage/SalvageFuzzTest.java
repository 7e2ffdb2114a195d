package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.ByteBuffer;
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
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever the bytes are, a salvage ends, soon, with a report and a database that passes its integrity check. Mutations follow the structure of the
 * format, for random ones are refused at the first check: lengths, page numbers, kinds, counts and pointers take extreme values.
 */
class SalvageFuzzTest {

    private static final Duration LONGEST = Duration.ofSeconds(5);

    @TempDir
    private Path directory;

    private final List<byte[]> databases = new ArrayList<>();
    private byte[] log = {};
    private byte[] journal = {};

    @BeforeEach
    void makeDatabases() throws SQLException, IOException {
        databases.add(database(512, "UTF-8", "NONE"));
        databases.add(database(1024, "UTF-16le", "FULL"));
        databases.add(database(4096, "UTF-8", "INCREMENTAL"));
        makeLog();
        makeJournal();
    }

    @Test
    void endsWithASoundDatabaseForAFewHundredMutations() throws Exception {
        runMutations(20_261_121L, 200);
    }

    @Test
    @Tag("campaign")
    void endsWithASoundDatabaseForTenThousandMutations() throws Exception {
        runMutations(Long.getLong("fuzz.seed", 1L), Integer.getInteger("fuzz.count", 10_000));
    }

    @Test
    void findsNothingInNoise() throws Exception {
        Random random = new Random(7);
        for (int i = 0; i < 20; i++) {
            byte[] noise = new byte[random.nextInt(60_000)];
            random.nextBytes(noise);
            SalvageReport report = salvage(i, noise, new byte[0], new byte[0]);
            assertThat(report.recoveredRows()).isZero();
        }
    }

    private void runMutations(long seed, int count) throws Exception {
        System.out.println("seed " + seed + ", " + count + " mutations");
        for (int i = 0; i < count; i++) {
            Random random = new Random(seed * 1_000_003 + i);
            byte[] main = databases.get(random.nextInt(databases.size())).clone();
            byte[] besideLog = {};
            byte[] besideJournal = {};
            int kind = random.nextInt(10);
            if (kind == 0) {
                random.nextBytes(main);
            } else if (kind == 1) {
                besideLog = mutated(log, random);
                main = databases.get(2).clone();
            } else if (kind == 2) {
                besideJournal = mutated(journal, random);
            } else {
                main = mutated(main, random);
            }
            int run = i;
            byte[] mutatedMain = main;
            byte[] mutatedLog = besideLog;
            byte[] mutatedJournal = besideJournal;
            long start = System.nanoTime();
            assertThatCode(() -> salvage(run, mutatedMain, mutatedLog, mutatedJournal))
                    .as("seed %d, mutation %d", seed, i)
                    .doesNotThrowAnyException();
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as("seed %d, mutation %d", seed, i)
                    .isLessThan(LONGEST);
        }
    }

    private SalvageReport salvage(int run, byte[] main, byte[] besideLog, byte[] besideJournal) throws Exception {
        Path damaged = directory.resolve("damaged" + run + ".db");
        Path output = directory.resolve("output" + run + ".db");
        Path apart = directory.resolve("apart" + run + ".db");
        Path logFile = directory.resolve("damaged" + run + ".db-wal");
        Path journalFile = directory.resolve("damaged" + run + ".db-journal");
        Files.write(damaged, main);
        if (besideLog.length > 0) {
            Files.write(logFile, besideLog);
        }
        if (besideJournal.length > 0) {
            Files.write(journalFile, besideJournal);
        }
        SalvageReport report = Salvage.of(damaged).lostAndFound(apart).into(output);
        assertThat(Files.readAllBytes(damaged)).isEqualTo(main);
        if (Files.exists(output)) {
            assertThat(integrity(output)).isEqualTo("ok");
        }
        assertThat(report.toJson()).startsWith("{");
        assertThat(report.toText()).isNotBlank();
        for (Path file : List.of(damaged, output, apart, logFile, journalFile)) {
            Files.deleteIfExists(file);
        }
        return report;
    }

    private static String integrity(Path database) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA integrity_check")) {
            return row.getString(1);
        }
    }

    /** A few places of the file take values that lead somewhere else. */
    private static byte[] mutated(byte[] original, Random random) {
        byte[] bytes = original.clone();
        if (bytes.length == 0) {
            return bytes;
        }
        int mutations = 1 + random.nextInt(6);
        for (int i = 0; i < mutations; i++) {
            int page = random.nextInt(Math.max(1, bytes.length / 512)) * 512;
            int at = Math.min(bytes.length - 1, random.nextInt(3) == 0 ? random.nextInt(bytes.length) : page);
            switch (random.nextInt(9)) {
                case 0 -> bytes[at] = (byte) new int[] {0, 2, 5, 10, 13, 255}[random.nextInt(6)];
                case 1 -> put(bytes, at + 3, 2, random.nextBoolean() ? 0xffff : random.nextInt(512));
                case 2 -> put(bytes, at + 5, 2, random.nextInt(65536));
                case 3 -> put(bytes, at + 8 + 2 * random.nextInt(20), 2, random.nextInt(65536));
                case 4 -> put(bytes, at, 4, extreme(random, bytes.length / 512));
                case 5 -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(9)), (byte) 0xff);
                case 6 -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(1024)), (byte) 0);
                case 7 -> {
                    int from = random.nextInt(Math.max(1, bytes.length / 512)) * 512;
                    int length = Math.min(512, Math.min(bytes.length - from, bytes.length - at));
                    System.arraycopy(bytes, from, bytes, at, length);
                }
                default -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
        }
        return random.nextInt(8) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
    }

    private static int extreme(Random random, int pages) {
        return switch (random.nextInt(5)) {
            case 0 -> 0;
            case 1 -> -1;
            case 2 -> Integer.MAX_VALUE;
            case 3 -> 1;
            default -> random.nextInt(Math.max(1, pages));
        };
    }

    private static void put(byte[] bytes, int at, int size, int value) {
        byte[] four = ByteBuffer.allocate(4).putInt(value).array();
        for (int i = 0; i < size && at + i < bytes.length; i++) {
            bytes[at + i] = four[4 - size + i];
        }
    }

    private byte[] database(int pageSize, String encoding, String autoVacuum) throws SQLException, IOException {
        Path file = directory.resolve("whole-" + pageSize + ".db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size=" + pageSize);
            statement.execute("PRAGMA encoding='" + encoding + "'");
            statement.execute("PRAGMA auto_vacuum=" + autoVacuum);
            fill(connection, 60);
        }
        return Files.readAllBytes(file);
    }

    private static void fill(Connection connection, int rows) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT UNIQUE, n INT, r REAL, b BLOB)");
            statement.execute("CREATE TABLE w(k TEXT, v INT, PRIMARY KEY(k)) WITHOUT ROWID");
            statement.execute("CREATE TABLE g(x INT, y AS (x + 1), z TEXT)");
            statement.execute("CREATE INDEX a_n ON a(n)");
            statement.execute("CREATE VIEW v AS SELECT t FROM a");
            statement.execute("CREATE VIRTUAL TABLE f USING fts5(c)");
        }
        Random random = new Random(rows);
        try (PreparedStatement a = connection.prepareStatement("INSERT INTO a(t,n,r,b) VALUES(?,?,?,?)");
                PreparedStatement w = connection.prepareStatement("INSERT INTO w VALUES(?,?)");
                PreparedStatement g = connection.prepareStatement("INSERT INTO g(x,z) VALUES(?,?)");
                PreparedStatement f = connection.prepareStatement("INSERT INTO f VALUES(?)")) {
            for (int i = 0; i < rows; i++) {
                a.setString(1, "text " + i);
                a.setInt(2, random.nextInt(100));
                a.setDouble(3, i / 4.0);
                byte[] blob = new byte[random.nextInt(10) == 0 ? 3000 : 20];
                random.nextBytes(blob);
                a.setBytes(4, blob);
                a.executeUpdate();
                w.setString(1, "key " + i);
                w.setInt(2, i);
                w.executeUpdate();
                g.setInt(1, i);
                g.setString(2, "z" + i);
                g.executeUpdate();
                f.setString(1, "word" + i + " more words");
                f.executeUpdate();
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute("DELETE FROM a WHERE id % 7 = 0");
            }
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    private void makeLog() throws SQLException, IOException {
        Path file = directory.resolve("logged.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file + "?journal_mode=WAL")) {
            fill(connection, 40);
            log = Files.readAllBytes(directory.resolve("logged.db-wal"));
        }
    }

    private void makeJournal() throws SQLException, IOException {
        Path file = directory.resolve("journalled.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size=1024");
            fill(connection, 40);
            statement.execute("PRAGMA cache_size=3");
            connection.setAutoCommit(false);
            statement.execute("UPDATE a SET n = n + 1, t = t || 'changed'");
            journal = Files.readAllBytes(directory.resolve("journalled.db-journal"));
            connection.rollback();
        }
    }
}
