package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.salvage.SalvageReport.Outcome;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What lies beside a database can be understood in more than one way: that is told, and what was committed is not undone. */
class SideFilesInDoubtTest {

    private static final int PAGE = 1024;
    private static final int FRAME = 24 + PAGE;

    @TempDir
    private Path directory;

    private Path live;
    private Path damaged;
    private Path output;

    @BeforeEach
    void name() {
        live = directory.resolve("live.db");
        damaged = directory.resolve("damaged.db");
        output = directory.resolve("output.db");
    }

    private static String rows(int first, int last) {
        return "WITH RECURSIVE n(i) AS (SELECT " + first + " UNION ALL SELECT i + 1 FROM n WHERE i < " + last
                + ") INSERT INTO t SELECT i, 'value ' || i FROM n";
    }

    private static Path beside(Path database, String suffix) {
        return database.resolveSibling(database.getFileName() + suffix);
    }

    private Object count() throws Exception {
        return Sql.rowsElsewhere(output, "SELECT count(*) FROM t").get(0).get(0);
    }

    private SalvageReport salvage() throws Exception {
        return Salvage.of(damaged).into(output);
    }

    /** Copies a database with a log of two transactions, of which the second has many frames. */
    private byte[] log() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + live)) {
            Sql.run(
                    connection,
                    "PRAGMA page_size=" + PAGE,
                    "PRAGMA journal_mode=WAL",
                    "PRAGMA wal_autocheckpoint=0",
                    "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                    rows(1, 1000),
                    rows(1001, 2000));
            Files.copy(live, damaged);
            return Files.readAllBytes(beside(live, "-wal"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, FRAME, 3 * FRAME, 3 * FRAME + 500})
    void aLogThatIsCutWithinItsLastTransactionIsNotWhole(int bytes) throws Exception {
        byte[] log = log();
        Files.write(beside(damaged, "-wal"), Arrays.copyOf(log, log.length - bytes));

        SalvageReport report = salvage();

        // A last frame of which the header is left still commits; its page is damaged then.
        assertThat(report.outcome()).as(report.toText()).isEqualTo(Outcome.LOSSES);
    }

    @Test
    void aLogThatEndsWithACommitIsWhole() throws Exception {
        Files.write(beside(damaged, "-wal"), log());

        assertThat(salvage().outcome()).isEqualTo(Outcome.WHOLE);
        assertThat(count()).isEqualTo(2000);
    }

    @Test
    void aLogThatWasBegunAnewIsWhole() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + live)) {
            Sql.run(
                    connection,
                    "PRAGMA page_size=" + PAGE,
                    "PRAGMA journal_mode=WAL",
                    "PRAGMA wal_autocheckpoint=0",
                    "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                    rows(1, 2000),
                    "PRAGMA wal_checkpoint",
                    rows(2001, 2010));
            Files.copy(live, damaged);
            Files.copy(beside(live, "-wal"), beside(damaged, "-wal"));
        }

        SalvageReport report = salvage();

        assertThat(report.outcome()).as(report.toText()).isEqualTo(Outcome.WHOLE);
        assertThat(count()).isEqualTo(2010);
    }

    @Test
    void aLogThatWasCheckpointedButNotBegunAnewIsItsOwn() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + live)) {
            Sql.run(
                    connection,
                    "PRAGMA page_size=" + PAGE,
                    "PRAGMA journal_mode=WAL",
                    "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                    rows(1, 500),
                    rows(501, 600),
                    "PRAGMA wal_checkpoint(FULL)");
            Files.copy(live, damaged);
            Files.copy(beside(live, "-wal"), beside(damaged, "-wal"));
        }

        SalvageReport report = salvage();

        assertThat(report.outcome()).as(report.toText()).isEqualTo(Outcome.WHOLE);
        assertThat(count()).isEqualTo(600);
    }

    @Test
    void aLogOfAnotherFileIsNotRead() throws Exception {
        byte[] log = log();
        Sql.runElsewhere(
                directory.resolve("other.db"),
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                rows(1, 50),
                "UPDATE t SET a = 'x'",
                "UPDATE t SET a = 'y'",
                "CREATE TABLE u(a)",
                "CREATE TABLE v(a)",
                "DROP TABLE v",
                "DROP TABLE u",
                "UPDATE t SET a = 'other'");
        Files.copy(directory.resolve("other.db"), damaged, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Files.write(beside(damaged, "-wal"), log);

        SalvageReport report = salvage();

        assertThat(report.toText()).contains("the write-ahead log is of another file");
        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), min(a) FROM t")).containsExactly(List.of(50, "other"));
        assertThat(report.outcome()).isEqualTo(Outcome.LOSSES);
    }

    @Test
    void aLogWithPagesOfAnotherSizeIsToldOf() throws Exception {
        byte[] log = log();
        Files.delete(damaged);
        Sql.runElsewhere(
                damaged, "PRAGMA page_size=4096", "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)", rows(1, 50));
        Files.write(beside(damaged, "-wal"), log);

        SalvageReport report = salvage();

        assertThat(report.outcome()).isEqualTo(Outcome.LOSSES);
        assertThat(count()).isEqualTo(50);
    }

    @Test
    void anOptionLeavesOutWhatLiesBesideTheFile() throws Exception {
        Sql.runElsewhere(
                damaged, "PRAGMA page_size=" + PAGE, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)", rows(1, 50));
        byte[] main = Files.readAllBytes(damaged);
        Files.delete(damaged);
        byte[] log = log();
        Files.write(damaged, main);
        Files.write(beside(damaged, "-wal"), log);

        assertThat(Salvage.of(damaged).mainFileOnly().into(output).outcome()).isEqualTo(Outcome.WHOLE);

        assertThat(count()).isEqualTo(50);
    }

    /** Makes a database with the journal of a committed transaction, as journal_mode=PERSIST leaves it. */
    private void makePersistentJournal() throws Exception {
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                rows(1, 1000),
                "PRAGMA journal_mode=PERSIST",
                "UPDATE t SET a = 'new ' || id");
        assertThat(Files.size(beside(damaged, "-journal"))).isPositive();
    }

    private void overwrite(Path file, int at, byte[] bytes) throws Exception {
        byte[] content = Files.readAllBytes(file);
        System.arraycopy(bytes, 0, content, at, bytes.length);
        Files.write(file, content);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 16, 100})
    void aCommitIsNotUndoneByAJournalWithAZeroedHeader(int bytesOfTheHeaderLost) throws Exception {
        makePersistentJournal();
        overwrite(damaged, 0, new byte[bytesOfTheHeaderLost]);

        SalvageReport report = salvage();

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*) FROM t WHERE a LIKE 'new %'"))
                .containsExactly(List.of(1000));
        assertThat(report.outcome()).isEqualTo(bytesOfTheHeaderLost == 0 ? Outcome.WHOLE : Outcome.LOSSES);
    }

    /** Copies a database and its journal in the middle of a transaction that has written to the file already. */
    private void makeHotJournal() throws Exception {
        Sql.runElsewhere(
                live, "PRAGMA page_size=" + PAGE, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)", rows(1, 1000));
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + live)) {
            Sql.run(connection, "PRAGMA cache_size=5", "BEGIN", "UPDATE t SET a = 'new ' || id");
            Files.copy(live, damaged);
            Files.copy(beside(live, "-journal"), beside(damaged, "-journal"));
            Sql.run(connection, "ROLLBACK");
        }
        assertThat(Files.size(beside(damaged, "-journal"))).isGreaterThan(10 * PAGE);
    }

    private Object newRows() throws Exception {
        return Sql.rowsElsewhere(output, "SELECT count(*) FROM t WHERE a LIKE 'new %'")
                .get(0)
                .get(0);
    }

    @Test
    void aHotJournalIsRolledBack() throws Exception {
        makeHotJournal();

        SalvageReport report = salvage();

        assertThat(newRows()).as(report.toText()).isEqualTo(0);
        assertThat(count()).isEqualTo(1000);
    }

    @Test
    void aJournalThatPromisesMoreThanIsThereIsToldOf() throws Exception {
        makeHotJournal();
        byte[] journal = Files.readAllBytes(beside(damaged, "-journal"));
        ByteBuffer.wrap(journal).putInt(8, 10_000);
        Files.write(beside(damaged, "-journal"), journal);

        SalvageReport report = salvage();

        assertThat(report.outcome()).isEqualTo(Outcome.LOSSES);
        assertThat(report.toText()).contains("records of the journal are damaged or missing");
    }

    @Test
    void aJournalOfAnotherFileIsNotRolledBack() throws Exception {
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                rows(1, 500),
                "CREATE TABLE u(x)",
                "CREATE TABLE v(x)",
                "CREATE TABLE w(x)",
                "UPDATE t SET a = 'other'");

        Files.write(beside(damaged, "-journal"), foreignJournal());

        SalvageReport report = salvage();

        assertThat(report.toText()).contains("the journal is of another file");
        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), min(a) FROM t")).containsExactly(List.of(500, "other"));
    }

    private byte[] foreignJournal() throws Exception {
        Path other = directory.resolve("other.db");
        Sql.runElsewhere(
                other, "PRAGMA page_size=" + PAGE, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)", rows(1, 1000));
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + other)) {
            Sql.run(connection, "PRAGMA cache_size=5", "BEGIN", "UPDATE t SET a = 'new ' || id");
            byte[] journal = Files.readAllBytes(beside(other, "-journal"));
            Sql.run(connection, "ROLLBACK");
            return journal;
        }
    }

    @Test
    void aMissingSuperJournalIsToldOf() throws Exception {
        makeHotJournal();
        Path journal = beside(damaged, "-journal");
        byte[] name =
                directory.resolve("live.db-mj12345678").toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] before = Files.readAllBytes(journal);
        int sum = 0;
        for (byte letter : name) {
            sum += letter;
        }
        ByteBuffer with = ByteBuffer.allocate(before.length + 4 + name.length + 16);
        with.put(before)
                .putInt(0x40000000 / PAGE + 1)
                .put(name)
                .putInt(name.length)
                .putInt(sum)
                .putLong(0xd9d505f920a163d7L);
        Files.write(journal, with.array());

        SalvageReport report = salvage();

        assertThat(report.outcome()).isEqualTo(Outcome.LOSSES);
        assertThat(report.toText()).contains("super-journal that is not there");
    }
}
