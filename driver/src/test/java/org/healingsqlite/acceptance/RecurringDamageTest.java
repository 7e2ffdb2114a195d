package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage that comes again and again is the disk's, the memory's or another writer's: after three heals in an hour nothing is rewritten any more, and that is told. */
class RecurringDamageTest {
    private static final int PAGE = Damage.PAGE;
    private static final int ROWS = 2000;

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void make() throws SQLException {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + PAGE,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                        + ") INSERT INTO t SELECT i, printf('%60d', i) FROM n");
    }

    private String url() {
        return "jdbc:healing:sqlite:" + database;
    }

    /** Noise in place of a leaf: another one each time. */
    private void damage(int time) throws Exception {
        List<List<Object>> leaves = Sql.rowsElsewhere(
                database, "SELECT pageno FROM dbstat WHERE name = 't' AND pagetype = 'leaf' ORDER BY pageno");
        int page = ((Number) leaves.get(2 + time).get(0)).intValue();
        byte[] bytes = Files.readAllBytes(database);
        byte[] noise = new byte[PAGE];
        new Random(time).nextBytes(noise);
        System.arraycopy(noise, 0, bytes, (page - 1) * PAGE, PAGE);
        Files.write(database, bytes);
    }

    private Outcome heal() throws Exception {
        try (Connection connection = DriverManager.getConnection(url())) {
            return Healing.of(connection).heal();
        }
    }

    private String meetElsewhere(OtherJvm other) throws Exception {
        assertThat(other.ask("open c " + url())).isEqualTo("ok ");
        String answer = other.ask("rows c SELECT count(*), sum(length(v)) FROM t");
        other.ask("close c");
        return answer;
    }

    private long criticals() throws Exception {
        IncidentLog.await(Duration.ofMinutes(1));
        try (Connection connection = DriverManager.getConnection(url())) {
            return Healing.of(connection).history(20).stream()
                    .map(Incident::outcome)
                    .filter(outcome -> outcome instanceof Outcome.GaveUp
                            && outcome.explanation().startsWith("severity CRITICAL"))
                    .count();
        }
    }

    @Test
    void byDefaultTheFourthDamageOfAnHourIsNotHealedByAnyProcess() throws Exception {
        for (int time = 0; time < 2; time++) {
            damage(time);
            assertThat(heal()).isInstanceOf(Outcome.Healed.class);
        }
        damage(2);
        try (OtherJvm other = OtherJvm.start()) {
            assertThat(meetElsewhere(other)).as("the third, by another process").startsWith("ok");
        }
        damage(3);
        byte[] damaged = Files.readAllBytes(database);

        Outcome here = heal();
        assertThat(here.allowsRetry()).as(here.toString()).isFalse();
        assertThat(here.explanation())
                .contains("damaged 3 times within 1 h")
                .contains("resetBreakers()")
                .contains("heal --go-on");
        try (OtherJvm other = OtherJvm.start()) {
            assertThat(meetElsewhere(other)).startsWith("error").contains("SQLITE_CORRUPT");
        }
        try (Connection connection = DriverManager.getConnection(url())) {
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT v FROM t"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("SQLITE_CORRUPT");
        }
        assertThat(Files.readAllBytes(database)).isEqualTo(damaged);
        assertThat(criticals()).as("told once").isEqualTo(1);

        try (Connection connection = DriverManager.getConnection(url())) {
            Healing.of(connection).resetBreakers();
            assertThat(Healing.of(connection).heal()).isInstanceOf(Outcome.Healed.class);
        }
    }

    @Test
    void healsOfAnHourAgoDoNotCount() throws Exception {
        for (int time = 0; time < 3; time++) {
            damage(time);
            assertThat(heal()).isInstanceOf(Outcome.Healed.class);
        }
        Path record = directory.resolve("app.db.healing/heals");
        Instant before = Instant.now().minus(Duration.ofHours(1)).minusSeconds(1);
        Files.writeString(record, "healed " + before + "\nhealed " + before + "\nno line\nhealed nothing\n");
        damage(4);
        assertThat(heal()).isInstanceOf(Outcome.Healed.class);
    }

    @Test
    void whatTakesNoRowAwayDoesNotCount() throws Exception {
        Sql.runElsewhere(database, "CREATE INDEX t_v ON t (v)");
        for (int time = 0; time < 5; time++) {
            // A row that its index was not told of.
            Sql.runElsewhere(
                    database, "PRAGMA writable_schema = on", indexed("CREATE INDEX t_v ON t (v) WHERE id < 0"));
            Sql.runElsewhere(database, "INSERT INTO t VALUES (" + (ROWS + 1 + time) + ", 'more')");
            Sql.runElsewhere(database, "PRAGMA writable_schema = on", indexed("CREATE INDEX t_v ON t (v)"));
            Outcome outcome = heal();
            assertThat(outcome).as("time " + time).isInstanceOf(Outcome.Healed.class);
            assertThat(outcome.explanation()).contains("built indexes anew");
        }
    }

    private static String indexed(String sql) {
        return "UPDATE sqlite_schema SET sql = '" + sql + "' WHERE name = 't_v'";
    }

    @Test
    void whatCouldNotBeHealedIsNotTriedAgainByAnotherProcessWhileNoByteHasChanged() throws Exception {
        byte[] damaged = Files.readAllBytes(database);
        byte[] noise = new byte[damaged.length - 100];
        new Random(7).nextBytes(noise);
        System.arraycopy(noise, 0, damaged, 100, noise.length);
        Files.write(database, damaged);
        // Another process made the side directory when it met the damage: it failed, and has kept a copy.
        try (OtherJvm other = OtherJvm.start()) {
            assertThat(meetElsewhere(other)).startsWith("error").contains("SQLITE_CORRUPT");
        }
        List<Path> copies = copies();
        Outcome here = heal();
        String record = Files.readString(directory.resolve("app.db.healing/heals"));
        assertThat(here).as("after %s", record).isInstanceOf(Outcome.Refused.class);
        assertThat(here.explanation()).contains("a heal of the same damage has failed at");
        assertThat(record.lines().filter(line -> line.startsWith("failed ")))
                .as(record)
                .hasSize(1);
        assertThat(copies()).isEqualTo(copies);
        assertThat(Files.readAllBytes(database)).isEqualTo(damaged);

        damaged[damaged.length - 1] ^= 1;
        Files.write(database, damaged);
        heal();
        assertThat(copies()).as("another state is tried").hasSizeGreaterThan(copies.size());
    }

    private List<Path> copies() throws Exception {
        try (Stream<Path> files = Files.list(directory.resolve("app.db.healing/quarantine"))) {
            return files.sorted().toList();
        }
    }
}
