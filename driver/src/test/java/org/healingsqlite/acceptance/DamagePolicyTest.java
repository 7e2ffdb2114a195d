package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is done about damage, by what is damaged and by what was asked for. */
class DamagePolicyTest {
    private static final int ROWS = 400;

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void create() throws SQLException {
        database = directory.resolve("app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(
                    connection,
                    "PRAGMA page_size = " + Damage.PAGE,
                    "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT, state TEXT DEFAULT 'ongoing', filler BLOB)",
                    "CREATE TABLE audit (t_id)",
                    "CREATE TRIGGER note AFTER INSERT ON t BEGIN INSERT INTO audit VALUES (new.id); END",
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                            + ") INSERT INTO t (v, filler) SELECT 'v' || i, randomblob(800) FROM n",
                    "DELETE FROM t WHERE id = " + ROWS,
                    "CREATE INDEX first ON t (v) WHERE id < 50");
        }
    }

    private Connection open(String options) throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database + options);
    }

    private void damage(Damage damage) throws Exception {
        damage.on(database, new Random(7));
    }

    private static void meet(Connection connection) throws SQLException {
        Sql.value(connection, "SELECT sum(length(filler)) FROM t NOT INDEXED");
    }

    private List<Path> quarantine() throws Exception {
        Path quarantine = Path.of(database + ".healing").resolve("quarantine");
        if (!Files.isDirectory(quarantine)) {
            return List.of();
        }
        try (Stream<Path> kept = Files.list(quarantine)) {
            return kept.sorted().toList();
        }
    }

    private static Incident newest(Connection connection) throws SQLException {
        return Healing.of(connection).history(1).get(0);
    }

    @Test
    void s2_31_damagedIndexesAreBuiltAnewAndNothingElseIsTouched() throws Exception {
        // The index was written for another condition: rows are missing from it.
        Sql.runElsewhere(
                database,
                "PRAGMA writable_schema = on",
                "UPDATE sqlite_schema SET sql = replace(sql, '50', '60') WHERE name = 'first'");
        try (Connection connection = open("")) {
            String found = Healing.of(connection).check().evidence().toString();
            Outcome outcome = Healing.of(connection).heal();

            assertThat(outcome.explanation()).as(found).isEqualTo("built indexes anew: first");
            assertThat(outcome.loss().isNone()).isTrue();
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(ROWS - 1);
        }
    }

    @Test
    void damagedFullTextIndexesAreBuiltAnewFromTheirContent() throws Exception {
        try (Connection connection = open("")) {
            Sql.run(
                    connection,
                    "CREATE VIRTUAL TABLE f USING fts5 (body)",
                    "INSERT INTO f SELECT 'word' || id || ' common' FROM t",
                    "UPDATE f_data SET block = zeroblob(length(block)) WHERE id > 10");
            assertThat(Healing.of(connection).heal().explanation()).isEqualTo("built full-text indexes anew: f");
            assertThat(Sql.value(connection, "SELECT count(*) FROM f WHERE f MATCH 'common'"))
                    .isEqualTo(ROWS - 1);
            assertThat(Healing.of(connection).check().finding()).isEqualTo(Diagnosis.Finding.HEALTHY);
        }
    }

    @Test
    void s1_33_s1_34_triggersDoNotFireAndNumbersAreNotGivenTwice() throws Exception {
        damage(Damage.LEAVES);
        try (Connection connection = open("")) {
            long audited = ((Number) Sql.value(connection, "SELECT count(*) FROM audit")).longValue();
            meet(connection);

            assertThat(((Number) Sql.value(connection, "SELECT count(*) FROM audit")).longValue())
                    .isLessThanOrEqualTo(audited);
            assertThat(((Number) Sql.value(connection, "INSERT INTO t (v) VALUES ('next') RETURNING id")).longValue())
                    .isGreaterThan(ROWS);
        }
    }

    @Test
    void s2_04_s2_25_evidenceIsKeptForItsOwnerUnderANameThatSaysWhen() throws Exception {
        damage(Damage.HEADER);
        byte[] damaged = Files.readAllBytes(database);
        try (Connection connection = open("")) {
            meet(connection);
        }
        Path kept = quarantine().stream()
                .filter(path -> path.toString().endsWith(".db"))
                .findFirst()
                .orElseThrow();
        assertThat(kept.getFileName().toString()).matches("app_corrupted_\\d{8}_\\d{6}\\.db");
        assertThat(Files.readAllBytes(kept)).isEqualTo(damaged);
        for (Path path : quarantine()) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .as(path.toString())
                    .startsWith("rw-")
                    .satisfies(permissions -> assertThat(
                                    path.toString().endsWith(".txt") || permissions.equals("rw-------"))
                            .isTrue());
        }
        assertThat(quarantine().stream().filter(path -> path.toString().endsWith(".RECOVERY.txt")))
                .singleElement()
                .satisfies(path -> assertThat(Files.readString(path)).contains("salvage '" + kept + "'"));
    }

    /** Names come from uploads, and whoever pastes the commands is an administrator. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void nothingInTheNameOfTheFileIsRunByTheCommandsThatAreGiven() throws Exception {
        Path made = directory.resolve("made");
        Path database = directory.resolve("a'$(touch made)'`touch made`\u001b[31m\u202E\nb.db");
        Sql.runElsewhere(
                database,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) INSERT INTO t SELECT i, hex(randomblob(200)) FROM n");
        Damage.LEAVES.on(database, new Random(7));
        Healing.of(database, new Properties()).heal();
        Path instructions;
        try (Stream<Path> kept = Files.list(Path.of(database + ".healing").resolve("quarantine"))) {
            instructions = kept.filter(path -> path.toString().endsWith(".RECOVERY.txt"))
                    .findFirst()
                    .orElseThrow();
        }
        String text = Files.readString(instructions);
        assertThat(text).contains("the commands below need the true name");
        assertThat(text.lines().flatMapToInt(String::codePoints)).allMatch(point -> point >= ' ' && point != 0x202E);
        for (String command :
                text.lines().filter(line -> line.startsWith("    ")).toList()) {
            Process shell = new ProcessBuilder(
                            "sh", "-c", "java() { :; }; cp() { :; }; rm() { :; }; sqlite3() { :; }\n" + command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .start();
            shell.getInputStream().readAllBytes();
            shell.waitFor();
        }
        assertThat(made).doesNotExist();
        // The negative control: what the quotes hold back.
        new ProcessBuilder("sh", "-c", "echo '" + database.getFileName() + "'")
                .directory(directory.toFile())
                .start()
                .waitFor();
        assertThat(made).exists();
    }

    @Test
    void s2_18_evidenceOlderThanTheRetentionIsDeletedAndNothingElse() throws Exception {
        Path quarantine = Files.createDirectories(Path.of(database + ".healing").resolve("quarantine"));
        Path old = Files.writeString(quarantine.resolve("app_corrupted_20200101_000000.db"), "old");
        Path recent = Files.writeString(quarantine.resolve("app_corrupted_20260101_000000.db"), "recent");
        Path somebodyElses = Files.writeString(quarantine.resolve("notes.txt"), "mine");
        FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(31)));
        Path rescued = Files.writeString(quarantine.resolve("app_rescued_0123ab_20200101_000000.db"), "the only copy");
        Files.setLastModifiedTime(old, longAgo);
        Files.setLastModifiedTime(somebodyElses, longAgo);
        Files.setLastModifiedTime(rescued, longAgo);
        damage(Damage.LEAVES);
        try (Connection connection = open("?healing.quarantineRetention=30d")) {
            meet(connection);
        }
        assertThat(old).doesNotExist();
        assertThat(recent).exists();
        assertThat(somebodyElses).exists();
        assertThat(rescued).exists();
    }

    @Test
    void copiesOfADatabaseThatIsDamagedAgainAndAgainAreBounded() throws Exception {
        try (Connection connection = open("?healing.quarantineLimit=2&healing.recurring=off")) {
            Path rescued = null;
            for (int i = 0; i < 5; i++) {
                damage(Damage.LEAVES);
                Healing.of(connection).heal();
                if (rescued == null) {
                    rescued = Files.writeString(
                            quarantine().get(0).resolveSibling("app_rescued_20200101_000000.db"), "the only copy");
                }
            }
            long bytes = 0;
            for (Path copy : quarantine()) {
                bytes += Files.size(copy);
            }

            assertThat(bytes).isBetween(1L, 3 * Files.size(database));
            assertThat(rescued).exists();
        }
    }

    @Test
    void s4_08_afterHealScriptsRunOnTheRecoveredContent() throws Exception {
        Path script = Files.writeString(
                directory.resolve("after.sql"), "UPDATE t SET state = 'failed' WHERE state = 'ongoing';");
        damage(Damage.LEAVES);
        try (Connection connection = open("?healing.afterHeal=" + script)) {
            meet(connection);

            assertThat(Sql.value(connection, "SELECT count(*) FROM t WHERE state = 'ongoing'"))
                    .isEqualTo(0);
            assertThat(newest(connection).steps()).contains("ran the after-heal scripts");
        }
    }

    @Test
    void aMissingAfterHealScriptIsAnErrorAtConnect() {
        assertThatThrownBy(() -> open("?healing.afterHeal=/no/such/script.sql").close())
                .hasMessageContaining("healing.afterHeal")
                .hasMessageContaining("/no/such/script.sql");
    }

    @Test
    void s2_16_s2_29_observeReportsAndChangesNothing() throws Exception {
        damage(Damage.LEAVES);
        byte[] damaged = Files.readAllBytes(database);
        try (Connection connection = open("?healing.mode=observe")) {
            assertThatThrownBy(() -> meet(connection))
                    .hasMessageContaining("[SQLITE_CORRUPT]")
                    .satisfies(e -> assertThat(e.getSuppressed())
                            .anyMatch(notice -> notice.getMessage().contains("mode is observe")));
        }
        assertThat(Files.readAllBytes(database)).isEqualTo(damaged);
        assertThat(Path.of(database + ".healing")).doesNotExist();
    }

    @Test
    void c_04_aReadOnlyConnectionIsNeverWrittenThrough() throws Exception {
        damage(Damage.LEAVES);
        byte[] damaged = Files.readAllBytes(database);
        try (Connection connection = open("?open_mode=1")) {
            assertThatThrownBy(() -> meet(connection)).hasMessageContaining("[SQLITE_CORRUPT]");
        }
        assertThat(Files.readAllBytes(database)).isEqualTo(damaged);
    }

    @Test
    void onLossRefuseLeavesTheDatabaseAndGivesSqlitesException() throws Exception {
        damage(Damage.LEAVES);
        byte[] damaged = Files.readAllBytes(database);
        try (Connection connection = open("?healing.onLoss=refuse")) {
            assertThatThrownBy(() -> meet(connection))
                    .hasMessageContaining("[SQLITE_CORRUPT]")
                    .satisfies(e -> assertThat(e.getSuppressed())
                            .anyMatch(notice -> notice.getMessage().contains("onLoss is refuse")));
        }
        assertThat(Files.readAllBytes(database)).isEqualTo(damaged);
    }

    @Test
    void s2_17_aHealThatTakesTooLongIsGivenUpAndTheDatabaseIsAsItWas() throws Exception {
        damage(Damage.HEADER);
        byte[] damaged = Files.readAllBytes(database);
        try (Connection connection = open("?healing.timeout=0s&healing.checkAtOpen=off")) {
            assertThatThrownBy(() -> meet(connection))
                    .satisfies(e -> assertThat(e.getSuppressed())
                            .anyMatch(notice -> notice.getMessage().contains("healing.timeout")));
        }
        assertThat(Files.readAllBytes(database)).isEqualTo(damaged);
    }

    @Test
    void s2_15_healingIsSuspendedAfterFailuresAndSaysSo() throws Exception {
        damage(Damage.HEADER);
        List<String> notices = new ArrayList<>();
        try (Connection connection =
                open("?healing.timeout=0s&healing.breakerFailures=2&healing.breakerDelay=1h&healing.checkAtOpen=off")) {
            for (int i = 0; i < 4; i++) {
                assertThatThrownBy(() -> meet(connection)).satisfies(e -> {
                    for (Throwable notice : e.getSuppressed()) {
                        notices.add(notice.getMessage());
                    }
                });
            }
        }
        assertThat(notices.get(notices.size() - 1)).contains("suspended after repeated failures");
    }

    @Test
    void s2_01_damageIsFoundAtTheFirstOpenWhereAsked() throws Exception {
        damage(Damage.LEAVES);
        List<String> steps = new ArrayList<>();
        try (Connection connection = open("?healing.checkAtOpen=full")) {
            Healing.of(connection).addListener(new IncidentListener() {
                @Override
                public void ended(Incident incident) {
                    steps.add(incident.fault());
                }
            });
            meet(connection);
            assertThat(steps).isEmpty();
            assertThat(newest(connection).fault()).isEqualTo("check");
            assertThat(newest(connection).outcome().loss().isNone()).isFalse();
        }
    }

    @Test
    void s2_02_s2_08_s2_26_healthOnDemandWithProgressAlsoOfAFileNobodyHasOpen() throws Exception {
        Healing healing = Healing.of(database, new Properties());
        assertThat(healing.isHealthy()).isTrue();
        damage(Damage.SCHEMA_TREE);
        assertThat(healing.isHealthy()).isFalse();
        assertThat(healing.check().finding()).isEqualTo(Diagnosis.Finding.PAGES_DAMAGED);
        assertThat(Healing.of(directory.resolve("none.db"), new Properties()).isHealthy())
                .isFalse();
        assertThat(directory.resolve("none.db")).doesNotExist();
    }

    @Test
    void s2_03_theStepsAreInTheIncidentInOrder() throws Exception {
        damage(Damage.LEAVES);
        List<String> progress = new ArrayList<>();
        try (Connection connection = open("")) {
            Healing.of(connection).addListener(new IncidentListener() {
                @Override
                public void ended(Incident incident) {
                    progress.add(incident.outcome().word());
                }

                @Override
                public void progressed(Path file, String step) {
                    progress.add(step);
                }
            });
            meet(connection);
        }
        assertThat(progress)
                .containsSubsequence(
                        "restore_content",
                        "lock",
                        "quarantine",
                        "salvage",
                        "completing the schema",
                        "verifying",
                        "restoring",
                        "restored",
                        "healed");
    }

    /** The answer does not wait for the log to be written into the file; a file that nobody has open needs no log. */
    @Test
    void whenAConnectionHasClosedAfterAHealTheFileIsWholeWithoutItsLog() throws Exception {
        Path damaged = directory.resolve("alone.db");
        try (Connection before = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(
                    before,
                    "PRAGMA journal_mode = WAL",
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
                            + " INSERT INTO t (v, filler) SELECT 'w' || i, randomblob(800) FROM n");
        }
        damage(Damage.LEAVES);
        long rows;
        try (Connection connection = open("")) {
            meet(connection);
            rows = ((Number) Sql.value(connection, "SELECT count(*) FROM t")).longValue();
        }
        // The file alone, as somebody would copy it who knows of no log.
        Files.copy(database, damaged);
        assertThat(rows).isGreaterThan(ROWS);
        assertThat(Path.of(database + "-wal")).doesNotExist();
        assertThat(Sql.rowsElsewhere(damaged, "PRAGMA integrity_check")).isEqualTo(List.of(List.of("ok")));
        assertThat(Sql.rowsElsewhere(damaged, "SELECT count(*) FROM t").toString())
                .isEqualTo("[[" + rows + "]]");
    }

    @Test
    void aTransactionThatLostItsBeginningIsNeverCommitted() throws Exception {
        try (Connection connection = open("")) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO t (v) VALUES ('first half')", "PRAGMA shrink_memory");
            damage(Damage.LEAVES);
            assertThatThrownBy(() -> meet(connection))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"));
            Sql.run(connection, "INSERT INTO t (v) VALUES ('second half')");

            assertThatThrownBy(connection::commit)
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"));

            assertThat(Sql.value(connection, "SELECT count(*) FROM t WHERE v LIKE '% half'"))
                    .isEqualTo(0);
            Sql.run(connection, "INSERT INTO t (v) VALUES ('whole')");
            connection.commit();
            assertThat(Sql.rowsElsewhere(database, "SELECT v FROM t WHERE v = 'whole'"))
                    .hasSize(1);
        }
    }

    @Test
    void aCommitThatAnOpenResultSetDoesNotSeeIsNotLost() throws Exception {
        try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(plain, "PRAGMA journal_mode = WAL");
        }
        try (Connection connection = open("");
                Connection other = open("")) {
            assertThat(Sql.rows(connection, "SELECT * FROM t")).hasSize(ROWS - 1);
            try (var reader = connection.getMetaData().getTables(null, null, "%", null)) {
                assertThat(reader.next()).isTrue();
                Sql.run(other, "INSERT INTO t (v) VALUES ('newest')");
                damage(Damage.HEADER);

                Healing.of(connection).heal();
            }
            assertThat(Sql.rows(connection, "SELECT v FROM t WHERE v = 'newest'"))
                    .hasSize(1);
        }
    }

    @Test
    void lookingWritesNothingNotEvenALogThatIsBroken() throws Exception {
        Path log = Path.of(database + "-wal");
        Path copy = directory.resolve("copy.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(connection, "PRAGMA journal_mode = WAL");
            for (int i = 0; i < 10; i++) {
                Sql.run(connection, "INSERT INTO t (v) VALUES ('in the log')");
            }
            Files.copy(database, copy);
            Files.copy(log, Path.of(copy + "-wal"));
        }
        byte[] bytes = Files.readAllBytes(Path.of(copy + "-wal"));
        bytes[bytes.length / 2] ^= 1;
        Files.write(Path.of(copy + "-wal"), bytes);
        byte[] main = Files.readAllBytes(copy);

        Healing.of(copy, new Properties()).check();

        assertThat(Files.readAllBytes(copy)).isEqualTo(main);
        assertThat(Files.readAllBytes(Path.of(copy + "-wal"))).isEqualTo(bytes);
    }

    @Test
    void s0_12_seededRowsComeBackWithATableThatLostAllOfItsRows() throws Exception {
        Path seeded = directory.resolve("seeded.db");
        Path schema = Files.writeString(
                directory.resolve("seeded.sql"),
                "CREATE TABLE slots (slot INTEGER PRIMARY KEY, name TEXT); CREATE TABLE work (id INTEGER PRIMARY KEY, w TEXT);"
                        + " INSERT INTO slots VALUES (1, 'one'), (2, 'two');");
        String url = "jdbc:healing:sqlite:" + seeded + "?healing.schema=" + schema;
        try (Connection connection = DriverManager.getConnection(url)) {
            Sql.run(connection, "INSERT INTO work VALUES (1, 'mine')");
        }
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + seeded)) {
            long root = ((Number) Sql.value(connection, "SELECT rootpage FROM sqlite_schema WHERE name = 'slots'"))
                    .longValue();
            long size = ((Number) Sql.value(connection, "PRAGMA page_size")).longValue();
            Damage.overwrite(seeded, (root - 1) * size, Damage.noise((int) size, new Random(3)));
        }
        try (Connection connection = DriverManager.getConnection(url)) {
            assertThat(Sql.rows(connection, "SELECT name FROM slots ORDER BY slot"))
                    .hasToString("[[one], [two]]");
            assertThat(Sql.rows(connection, "SELECT w FROM work")).hasToString("[[mine]]");
        }
    }

    @Test
    void s2_14_s2_24_aHealThatFailsGivesSqlitesExceptionAndLeavesInstructionsAndARecord() throws Exception {
        damage(Damage.HEADER);
        try (Connection connection = open("?healing.timeout=0s&healing.checkAtOpen=off")) {
            assertThatThrownBy(() -> meet(connection))
                    .isExactlyInstanceOf(org.sqlite.SQLiteException.class)
                    .satisfies(e -> assertThat(e.getSuppressed()[0])
                            .hasMessageContaining("docs/recovery.md")
                            .hasMessageContaining("quarantine"));
            assertThat(newest(connection).outcome()).isInstanceOf(Outcome.GaveUp.class);
            assertThat(newest(connection).fault()).containsPattern("malformed|not a database");
        }
        // What there is of it is readable with SQLite alone, by whoever audits it.
        assertThat(Sql.rowsElsewhere(
                        Path.of(database + ".healing").resolve("incidents.db"), "SELECT count(*) > 0 FROM incidents"))
                .containsExactly(List.of(1));
    }

    @Test
    void s2_21_aStartThatCannotBeHealedFailsWithSqlitesException() throws Exception {
        damage(Damage.HEADER);
        assertThatThrownBy(() -> {
                    try (Connection connection = open("?healing.timeout=0s")) {
                        meet(connection);
                    }
                })
                .isExactlyInstanceOf(org.sqlite.SQLiteException.class)
                .hasMessageContaining("not a database");
        assertThat(Files.size(database)).isPositive();
    }

    @Test
    void s2_32_aProbeThatTouchesNoPageHidesNothingFromIsValid() throws Exception {
        try (Connection connection = open("?healing.mode=observe&healing.checkAtOpen=off")) {
            damage(Damage.NOISE);
            Sql.run(connection, "PRAGMA shrink_memory");
            assertThat(Sql.value(connection, "SELECT 1")).as("touches no page").isEqualTo(1);
            damage(Damage.HEADER);
            Sql.run(connection, "PRAGMA shrink_memory");
            assertThat(connection.isValid(1)).isFalse();
        }
    }

    /** S2-27: in WAL mode others read on, in what was there before, while the content is restored. */
    @Test
    void s2_27_readersInWalModeGoOnWhileItIsHealed() throws Exception {
        Sql.runElsewhere(database, "PRAGMA journal_mode = WAL");
        try (Connection healing = open("");
                Connection reader = DriverManager.getConnection("jdbc:sqlite:" + database + "?busy_timeout=0")) {
            damage(Damage.LEAVES);
            Set<Object> read = new java.util.concurrent.CopyOnWriteArraySet<>();
            Healing.of(healing).addListener(new IncidentListener() {
                @Override
                public void ended(Incident incident) {}

                @Override
                public void progressed(Path file, String step) {
                    if (step.equals("verifying")) {
                        try {
                            read.add(Sql.value(reader, "SELECT count(*) FROM sqlite_schema"));
                        } catch (SQLException e) {
                            read.add(e);
                        }
                    }
                }
            });
            meet(healing);
            assertThat(read).isNotEmpty().allMatch(value -> value instanceof Number);
        }
    }

    /** S2-34: between processes one heals, the others wait for it and find a healthy database. */
    @Test
    void s2_34_twoProcessesThatMeetTheSameDamageHealItOnce() throws Exception {
        try (OtherJvm other = OtherJvm.start();
                Connection connection = open("?healing.checkAtOpen=off")) {
            assertThat(other.ask("open a jdbc:healing:sqlite:" + database + "?healing.checkAtOpen=off"))
                    .startsWith("ok");
            damage(Damage.LEAVES);
            Sql.run(connection, "PRAGMA shrink_memory");
            other.send("rows a SELECT sum(length(filler)) > 0 FROM t NOT INDEXED");
            meet(connection);
            assertThat(other.answer()).isEqualTo("ok [[1]]");
            assertThat(Healing.of(connection).check().finding()).isEqualTo(Diagnosis.Finding.HEALTHY);
        }
        assertThat(quarantine().stream()
                        .filter(path -> path.toString().endsWith(".db")
                                && path.toString().contains("_corrupted_")
                                && !path.toString().contains(".lost"))
                        .toList())
                .hasSize(1);
    }
}
