package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.Healing;
import org.healingsqlite.heal.Health;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentEntry;
import org.healingsqlite.incident.IncidentQuery;
import org.healingsqlite.incident.Incidents;
import org.healingsqlite.incident.ReportedError;
import org.healingsqlite.incident.Severity;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees of heals: severity, component, resolution, health. */
class IncidentsAcceptanceTest {
    private static final int PAGE = 1024;
    private static final int ROWS = 500;

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void create() throws Exception {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + PAGE,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                        + ") INSERT INTO t SELECT i, printf('%60d', i) FROM n");
    }

    private Connection connect() throws Exception {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database);
    }

    private void overwriteALeaf() throws Exception {
        List<List<Object>> leaves = Sql.rowsElsewhere(
                database, "SELECT pageno FROM dbstat WHERE name = 't' AND pagetype = 'leaf' ORDER BY pageno");
        int page = ((Number) leaves.get(2).get(0)).intValue();
        byte[] bytes = Files.readAllBytes(database);
        java.util.Arrays.fill(bytes, (page - 1) * PAGE, page * PAGE, (byte) 0);
        Files.write(database, bytes);
    }

    @Test
    void s3_16_aFileThatWasDeletedAndCameBackWholeIsALowIncidentThatResolvesItselfAndHealthStaysHealthy()
            throws Exception {
        try (Connection connection = connect()) {
            Sql.run(connection, "INSERT INTO t VALUES (1000, 'x')");
            Files.delete(database);
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(ROWS + 1);

            Healing healing = Healing.of(connection);
            // Under the agent the call reads the file that the connection holds, and the file goes back in the
            // background.
            await().until(() -> !healing.history(1).isEmpty());
            IncidentEntry entry =
                    healing.incidents().search(IncidentQuery.newest(1)).get(0);
            assertThat(entry.incident().severity()).isEqualTo(Severity.LOW);
            assertThat(entry.incident().component()).isEqualTo("file");
            assertThat(entry.resolution().orElseThrow().byItself()).isTrue();
            assertThat(healing.health().status()).isEqualTo(Health.Status.HEALTHY);
        }
    }

    @Test
    void s3_11_aHealThatLostRowsIsHighAndStaysOpenUntilSomebodyResolvesIt() throws Exception {
        overwriteALeaf();
        try (Connection connection = connect()) {
            Healing healing = Healing.of(connection);
            assertThat(healing.heal().loss().isNone()).isFalse();

            Incidents incidents = healing.incidents();
            IncidentQuery open = IncidentQuery.newest(9).resolved(false);
            IncidentEntry entry = incidents.search(open).get(0);
            assertThat(incidents.search(open)).hasSize(1);
            assertThat(entry.incident().severity()).isEqualTo(Severity.HIGH);
            assertThat(entry.incident().component()).isEqualTo("content");
            assertThat(entry.resolution()).isEmpty();
            assertThat(incidents.statistics().counts().unresolved()).isEqualTo(1);

            String id = entry.incident().id();
            assertThat(incidents.resolve(id, "from the backup")).isTrue();
            assertThat(incidents.search(open)).isEmpty();
            assertThat(incidents
                            .find(id)
                            .orElseThrow()
                            .resolution()
                            .orElseThrow()
                            .note())
                    .isEqualTo("from the backup");
            assertThat(incidents.statistics().resolutionRate().orElseThrow()).isEqualTo(1);
        }
    }

    @Test
    void s3_15_aStoreThatIsDeletedAndOverwrittenWhileIncidentsAreWrittenNeverBreaksTheApplication() throws Exception {
        Path store = directory.resolve("app.db.healing").resolve("incidents.db");
        try (Connection connection = connect()) {
            Incidents incidents = Healing.of(connection).incidents();
            for (int round = 0; round < 20; round++) {
                incidents.report(new ReportedError(
                        Severity.MEDIUM,
                        "engine",
                        "error",
                        "round " + round,
                        "",
                        Optional.of("job-" + round),
                        Optional.empty()));
                if (round % 3 == 1) {
                    Files.deleteIfExists(store);
                } else if (round % 3 == 2 && Files.exists(store)) {
                    Files.write(store, "no database at all".repeat(500).getBytes(StandardCharsets.UTF_8));
                }
                Sql.run(connection, "INSERT INTO t VALUES (" + (2000 + round) + ", 'x')");
            }
            assertThat(Sql.value(connection, "SELECT count(*) FROM t WHERE id >= 2000"))
                    .isEqualTo(20);
            Files.deleteIfExists(store);
            Incident last = incidents.report(ReportedError.of(new IllegalStateException("last"), "ui", Severity.LOW));
            assertThat(incidents.find(last.id())).isPresent();
        }
    }

    @Test
    void s3_11_onlyWhatIsResolvedIsRemovedForItsAge() throws Exception {
        try (Connection connection = connect()) {
            Incidents incidents = Healing.of(connection).incidents();
            Incident open = incidents.report(ReportedError.of(new IllegalStateException("a"), "ui", Severity.LOW));
            Incident done = incidents.report(ReportedError.of(new IllegalStateException("b"), "ui", Severity.LOW));
            assertThat(incidents.resolve(done.id(), "")).isTrue();
            assertThat(incidents.prune(Duration.ZERO, 100)).isEqualTo(1);
            assertThat(incidents.search(IncidentQuery.newest(9)))
                    .extracting(entry -> entry.incident().id())
                    .containsExactly(open.id());
        }
    }
}
