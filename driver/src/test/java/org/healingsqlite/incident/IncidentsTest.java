package org.healingsqlite.incident;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The record of incidents: searched, resolved, counted, kept within bounds, exported, brought over from older releases. */
class IncidentsTest {
    private static final Outcome WHOLE = new Outcome.Healed("restored the content", Loss.NONE);
    private static final Outcome LOSSY =
            new Outcome.Healed("restored what was left", new Loss(3, "three rows of runs"));
    private static final Outcome GAVE_UP = new Outcome.GaveUp("no rung held", null);

    @TempDir
    Path directory;

    private DatabaseFile database;
    private IncidentLog log;
    private Incidents incidents;
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);

    @BeforeEach
    void open() {
        database = DatabaseFile.at(directory.resolve("app.db"));
        log = new IncidentLog(database);
        incidents = new Incidents(log);
    }

    private Incident append(Instant moment, Component component, String fault, Outcome outcome) {
        Incident incident = Incident.of(
                Incident.newId(moment),
                database.main(),
                moment,
                Duration.ofMillis(7),
                fault,
                "a diagnosis",
                List.of("a step", "another"),
                outcome,
                component);
        log.append(incident);
        return incident;
    }

    private Incident report(String component, Severity severity, String job) {
        return incidents.report(ReportedError.of(new IllegalStateException("job failed"), component, severity)
                .ofJob(job, "nightly"));
    }

    // ---- Severity

    @ParameterizedTest
    @CsvSource({
        "CONTENT,whole,LOW",
        "CONTENT,lossy,HIGH",
        "CONTENT,gave-up,CRITICAL",
        "CONTENT,refused,LOW",
        "CONTENT,healthy,LOW",
        "FILE,gave-up,CRITICAL",
        "SCHEMA,gave-up,CRITICAL",
        "HEALING,gave-up,CRITICAL",
        "CONSENT,refused,LOW",
        "RETRY,gave-up,MEDIUM",
        "RETRY,healthy,MEDIUM",
        "DEGRADATION,gave-up,MEDIUM",
        "DEGRADATION,whole,LOW",
        "BREAKER,gave-up,HIGH",
        "REGISTRATION,gave-up,HIGH"
    })
    void theSeverityFollowsFromComponentAndOutcome(Component component, String outcome, Severity severity) {
        Map<String, Outcome> outcomes = Map.of(
                "whole", WHOLE,
                "lossy", LOSSY,
                "gave-up", GAVE_UP,
                "refused", new Outcome.Refused("observed"),
                "healthy", new Outcome.Healthy("it is fine"));
        assertThat(Severity.of(component, Objects.requireNonNull(outcomes.get(outcome))))
                .isEqualTo(severity);
    }

    @Test
    void s3_12_anErrorOfTheApplicationTellsTypeMessageStackAndJobAndAnUnknownSeverityIsRejected() throws Exception {
        Incident reported = report("job_manager", Severity.MEDIUM, "job-7");

        IncidentEntry entry = incidents.find(reported.id()).orElseThrow();
        ReportedError error = entry.error().orElseThrow();
        assertThat(error.type()).isEqualTo(IllegalStateException.class.getName());
        assertThat(error.message()).isEqualTo("job failed");
        assertThat(error.stackTrace()).contains("IncidentsTest.report");
        assertThat(error.severity()).isEqualTo(Severity.MEDIUM);
        assertThat(error.component()).isEqualTo("job_manager");
        assertThat(error.jobId()).contains("job-7");
        assertThat(error.jobName()).contains("nightly");
        assertThat(entry.isResolved()).isFalse();
        assertThatThrownBy(() -> ReportedError.severity("URGENT")).hasMessageContaining("expected one of LOW");
        assertThat(ReportedError.severity("high")).isEqualTo(Severity.HIGH);
    }

    // ---- Searching

    @Test
    void s3_11_incidentsAreFoundByTimeSeverityComponentJobTextAndResolution() throws Exception {
        Incident old = append(now.minus(Duration.ofDays(3)), Component.CONTENT, "malformed", WHOLE);
        Incident lossy = append(now.minusSeconds(60), Component.CONTENT, "file is not a database", LOSSY);
        Incident failed = append(now.minusSeconds(30), Component.FILE, "100% gone_", GAVE_UP);
        Incident reported = report("websocket", Severity.MEDIUM, "job-7");

        assertThat(ids(IncidentQuery.newest(10))).containsExactly(reported.id(), failed.id(), lossy.id(), old.id());
        assertThat(ids(IncidentQuery.newest(2))).containsExactly(reported.id(), failed.id());
        assertThat(ids(IncidentQuery.newest(10).since(now.minusSeconds(45))))
                .containsExactly(reported.id(), failed.id());
        assertThat(ids(IncidentQuery.newest(10).until(now.minusSeconds(60)))).containsExactly(old.id());
        assertThat(ids(IncidentQuery.newest(10).atLeast(Severity.HIGH))).containsExactly(failed.id(), lossy.id());
        assertThat(ids(IncidentQuery.newest(10).severity(Severity.HIGH))).containsExactly(lossy.id());
        assertThat(ids(IncidentQuery.newest(10).component("content"))).containsExactly(lossy.id(), old.id());
        assertThat(ids(IncidentQuery.newest(10).component("websocket"))).containsExactly(reported.id());
        assertThat(ids(IncidentQuery.newest(10).job("job-7"))).containsExactly(reported.id());
        assertThat(ids(IncidentQuery.newest(10).containing("ROWS of Runs"))).containsExactly(lossy.id());
        assertThat(ids(IncidentQuery.newest(10).containing("0% gone_"))).containsExactly(failed.id());
        assertThat(ids(IncidentQuery.newest(10).containing("_%"))).isEmpty();
        assertThat(ids(IncidentQuery.newest(10).resolved(false)))
                .containsExactly(reported.id(), failed.id(), lossy.id());
        assertThat(ids(IncidentQuery.newest(10).resolved(true).component("content")))
                .containsExactly(old.id());
        assertThatThrownBy(() -> IncidentQuery.newest(0)).hasMessageContaining("expected 1 or more, found 0");
    }

    private List<String> ids(IncidentQuery query) throws SQLException {
        return incidents.search(query).stream()
                .map(entry -> entry.incident().id())
                .toList();
    }

    @Test
    void whatIsOnRecordInThisJvmAloneIsFoundAndCountedWithTheRest() throws Exception {
        Incident stored = append(now.minusSeconds(9), Component.FILE, "gone", GAVE_UP);
        Incident here = Incident.of(
                Incident.newId(now),
                database.main(),
                now,
                Duration.ZERO,
                "an older backup",
                "",
                List.of(),
                new Outcome.Refused("meant so"),
                Component.CONSENT);
        log.keepHere(here);

        assertThat(ids(IncidentQuery.newest(10))).containsExactly(here.id(), stored.id());
        assertThat(ids(IncidentQuery.newest(1))).containsExactly(here.id());
        assertThat(ids(IncidentQuery.newest(10).atLeast(Severity.HIGH))).containsExactly(stored.id());
        assertThat(incidents.find(here.id())).isPresent();
        assertThat(incidents.statistics().counts().total()).isEqualTo(2);
        assertThat(incidents.statistics().counts().unresolved()).isEqualTo(1);
    }

    // ---- Resolving

    @Test
    void aHealAfterWhichEveryRowIsThereResolvesItselfAndNoOther() throws Exception {
        String whole = append(now.minusSeconds(3), Component.CONTENT, "malformed", WHOLE)
                .id();
        String lossy = append(now.minusSeconds(2), Component.CONTENT, "malformed", LOSSY)
                .id();
        String failed = append(now.minusSeconds(1), Component.CONTENT, "malformed", GAVE_UP)
                .id();

        assertThat(incidents.find(whole).orElseThrow().resolution().orElseThrow())
                .isEqualTo(new Resolution(now.minusSeconds(3).plusMillis(7), "healed, every row is there", true));
        assertThat(incidents.find(lossy).orElseThrow().resolution()).isEmpty();
        assertThat(incidents.find(failed).orElseThrow().resolution()).isEmpty();
    }

    @Test
    void s3_11_aPersonResolvesAnIncidentOnceWithANote() throws Exception {
        String id = append(now, Component.CONTENT, "malformed", LOSSY).id();

        assertThat(incidents.resolve(id, "the rows came from the\nbackup")).isTrue();
        assertThat(incidents.resolve(id, "again")).isFalse();
        assertThat(incidents.resolve("20000101-000000.000-000000", "no such")).isFalse();

        Resolution resolution = new Incidents(new IncidentLog(database))
                .find(id)
                .orElseThrow()
                .resolution()
                .orElseThrow();
        assertThat(resolution.note()).isEqualTo("the rows came from the\\nbackup");
        assertThat(resolution.byItself()).isFalse();
        assertThat(resolution.at()).isAfterOrEqualTo(now);
    }

    @Test
    void resolvingWhatIsOnNoRecordMakesNone() throws Exception {
        assertThat(incidents.resolve("20000101-000000.000-000000", "")).isFalse();
        assertThat(incidents.prune(Duration.ZERO, 0)).isZero();
        assertThat(incidents.statistics()).isEqualTo(IncidentStatistics.NONE);
        assertThat(database.side().path()).doesNotExist();
    }

    // ---- Counting

    @Test
    void s3_11_statisticsCountBySeverityComponentAgeAndWhoResolved() throws Exception {
        append(now.minus(Duration.ofHours(25)), Component.CONTENT, "malformed", WHOLE);
        append(now.minusSeconds(9), Component.CONTENT, "malformed", WHOLE);
        String lossy = append(now.minusSeconds(8), Component.CONTENT, "malformed", LOSSY)
                .id();
        append(now.minusSeconds(7), Component.FILE, "gone", GAVE_UP);
        incidents.resolve(lossy, "seen");

        IncidentStatistics statistics = incidents.statistics();
        assertThat(statistics.counts().total()).isEqualTo(4);
        assertThat(statistics.counts().bySeverity())
                .isEqualTo(Map.of(Severity.LOW, 2L, Severity.MEDIUM, 0L, Severity.HIGH, 1L, Severity.CRITICAL, 1L));
        assertThat(statistics.counts().unresolved()).isEqualTo(1);
        assertThat(statistics.counts().unresolvedCritical()).isEqualTo(1);
        assertThat(statistics.counts().last24Hours()).isEqualTo(3);
        assertThat(statistics.mostFrequentComponent()).contains("content");
        assertThat(statistics.healed()).isEqualTo(3);
        assertThat(statistics.healedWhole()).isEqualTo(2);
        assertThat(statistics.resolutionRate()).isEqualTo(OptionalDouble.of(0.75));
        assertThat(statistics.withoutAPerson()).isEqualTo(OptionalDouble.of(0.5));
        assertThat(IncidentStatistics.NONE.resolutionRate()).isEmpty();
        assertThat(IncidentStatistics.NONE.mostFrequentComponent()).isEmpty();
    }

    @Test
    void s3_24_theSameTroubleManyTimesIsOneIncidentThatCountsAndIsFoundByEachId() throws Exception {
        String first = append(now.minusSeconds(50), Component.RETRY, "database is locked", GAVE_UP)
                .id();
        String second = append(now.minusSeconds(40), Component.RETRY, "database is locked", GAVE_UP)
                .id();
        append(now.minusSeconds(30), Component.RETRY, "disk I/O error", GAVE_UP);
        String third = append(now.minusSeconds(20), Component.RETRY, "database is locked", GAVE_UP)
                .id();

        assertThat(incidents.search(IncidentQuery.newest(10))).hasSize(2);
        for (String id : List.of(first, second, third)) {
            IncidentEntry entry = incidents.find(id).orElseThrow();
            assertThat(entry.incident().id()).isEqualTo(first);
            assertThat(entry.occurrences()).isEqualTo(3);
            assertThat(entry.lastAt()).isEqualTo(now.minusSeconds(20));
        }
        assertThat(incidents.statistics().counts().total()).isEqualTo(4);
        assertThat(incidents.statistics().counts().unresolved()).isEqualTo(4);
    }

    @Test
    void troubleBeginsAnewAfterAPauseAfterAnHourAndAfterSomebodyResolvedIt() throws Exception {
        append(now.minusSeconds(7300), Component.RETRY, "database is locked", GAVE_UP);
        append(now.minusSeconds(7200), Component.RETRY, "database is locked", GAVE_UP);
        assertThat(incidents.search(IncidentQuery.newest(10))).as("a pause").hasSize(2);
        for (int i = 1; i <= 62; i++) {
            append(now.minusSeconds(7200 - i * 60), Component.RETRY, "database is locked", GAVE_UP);
        }
        List<IncidentEntry> course = incidents.search(IncidentQuery.newest(10));
        assertThat(course).as("an hour").hasSize(3);
        incidents.resolve(course.get(0).incident().id(), "");
        append(now.minusSeconds(7200 - 62 * 60 - 10), Component.RETRY, "database is locked", GAVE_UP);
        assertThat(incidents.search(IncidentQuery.newest(10))).as("resolved").hasSize(4);
    }

    @Test
    void everyHealStandsForItselfBecauseWhatItDidAndLostIsItsOwn() throws Exception {
        append(now.minusSeconds(2), Component.CONTENT, "malformed", LOSSY);
        append(now.minusSeconds(1), Component.CONTENT, "malformed", LOSSY);
        assertThat(incidents.search(IncidentQuery.newest(10))).hasSize(2);
    }

    // ---- Bounds

    @Test
    void s3_11_onlyResolvedIncidentsAreRemovedForTheirAgeAndWhatTellsOfALossStays() throws Exception {
        Instant longAgo = now.minus(Duration.ofDays(100));
        append(longAgo, Component.CONTENT, "resolved", WHOLE);
        append(longAgo.plusSeconds(1), Component.FILE, "unresolved", GAVE_UP);
        String lossy = append(longAgo.plusSeconds(2), Component.CONTENT, "lossy", LOSSY)
                .id();
        append(now, Component.CONTENT, "recent", WHOLE);
        incidents.resolve(lossy, "");

        assertThat(incidents.prune(Duration.ofDays(90), 10_000)).isEqualTo(1);
        assertThat(incidents.search(IncidentQuery.newest(10)))
                .extracting(entry -> entry.incident().fault())
                .containsExactly("recent", "lossy", "unresolved");
        assertThat(log.lossySince()).contains(longAgo.plusSeconds(2));
        assertThat(incidents.prune(Duration.ofDays(90), 2))
                .as("resolved ones go first")
                .isEqualTo(1);
        assertThat(incidents.search(IncidentQuery.newest(10)))
                .extracting(entry -> entry.incident().fault())
                .containsExactly("lossy", "unresolved");
    }

    // ---- Export

    @Test
    void s3_23_anExportReadsBackWithEveryTextAsItWas() throws Exception {
        String odd = "quote \" comma , semicolon ; é";
        append(now.minusSeconds(1), Component.CONTENT, odd, LOSSY);
        append(now, Component.FILE, "gone", GAVE_UP);
        StringBuilder json = new StringBuilder();
        StringBuilder csv = new StringBuilder();
        incidents.exportJson(IncidentQuery.newest(10), json);
        incidents.exportCsv(IncidentQuery.newest(10), csv);

        JsonArray array = JsonParser.array().from(json.toString());
        assertThat(array).hasSize(2);
        JsonObject lossy = array.getObject(1);
        assertThat(lossy.getString("fault")).isEqualTo(odd);
        assertThat(lossy.getArray("steps")).containsExactly("a step", "another");
        assertThat(lossy.getString("severity")).isEqualTo("HIGH");
        assertThat(lossy.getString("completeness")).isEqualTo("at-least");
        assertThat(lossy.getLong("rows_lost_at_least")).isEqualTo(3);
        assertThat(lossy.isNull("rows_lost_at_most")).as("unknown is not zero").isTrue();
        assertThat(array.getObject(0).isNull("completeness"))
                .as("nothing was healed")
                .isTrue();
        try (CsvReader<NamedCsvRecord> reader = CsvReader.builder().ofNamedCsvRecord(csv.toString())) {
            List<NamedCsvRecord> records = reader.stream().toList();
            assertThat(records).hasSize(2);
            assertThat(records.get(1).getField("fault")).isEqualTo(odd);
            assertThat(records.get(1).getField("steps")).isEqualTo("a step\nanother");
            assertThat(records.get(1).getField("rows_lost_at_most")).isEmpty();
            assertThat(records.get(1).getHeader()).containsExactlyElementsOf(lossy.keySet());
        }
    }

    // ---- Form of the store

    @Test
    void s3_10_errorEventsHasItsTwelveColumnsItsCheckItsDefaultAndItsFiveIndexes() throws Exception {
        report("storage", Severity.HIGH, "job-1");
        append(now, Component.CONTENT, "malformed", WHOLE);
        IncidentLog.await(Duration.ofMinutes(1));
        Path file = database.side().incidents();

        assertThat(Sql.rowsElsewhere(file, "SELECT name FROM pragma_table_info('error_events')"))
                .extracting(row -> row.get(0))
                .containsExactly(
                        "id",
                        "timestamp",
                        "severity",
                        "component",
                        "error_type",
                        "message",
                        "details",
                        "job_id",
                        "job_name",
                        "stack_trace",
                        "resolved",
                        "resolved_at");
        assertThat(
                        Sql.rowsElsewhere(
                                file,
                                "SELECT severity, component, message, job_id, resolved, resolved_at IS NULL FROM error_events ORDER BY component"))
                .containsExactly(
                        java.util.Arrays.asList("LOW", "content", "malformed", null, 1, 0),
                        List.of("HIGH", "storage", "job failed", "job-1", 0, 1));
        assertThat(Sql.rowsElsewhere(
                        file, "SELECT name FROM sqlite_schema WHERE name LIKE 'idx_error_%' ORDER BY name"))
                .extracting(row -> row.get(0))
                .containsExactly(
                        "idx_error_component",
                        "idx_error_job_id",
                        "idx_error_resolved",
                        "idx_error_severity",
                        "idx_error_timestamp");
        assertThatThrownBy(() -> Sql.runElsewhere(file, "UPDATE incidents SET severity = 'URGENT'"))
                .hasMessageContaining("CHECK constraint failed");
        assertThat(Sql.rowsElsewhere(file, "PRAGMA journal_mode")).containsExactly(List.of("wal"));
    }

    /** The form of a store of the first releases, and of those after them. */
    private static String olderForm(boolean withLaterColumns) {
        return "CREATE TABLE incidents (id TEXT PRIMARY KEY, started_at TEXT NOT NULL, elapsed_ms INTEGER NOT NULL,"
                + " process INTEGER NOT NULL, database TEXT NOT NULL, fault TEXT NOT NULL, diagnosis TEXT NOT NULL,"
                + " steps TEXT NOT NULL, outcome TEXT NOT NULL, explanation TEXT NOT NULL, rows_lost INTEGER NOT NULL,"
                + " loss TEXT NOT NULL" + (withLaterColumns ? ", rows_lost_at_most INTEGER, content TEXT" : "")
                + ") WITHOUT ROWID";
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStoreOfAnOlderReleaseIsReadAsItIsAndBroughtOverWithTheNextIncident(boolean withLaterColumns)
            throws Exception {
        database.side().create();
        Path file = database.side().incidents();
        String row = "INSERT INTO incidents (id, started_at, elapsed_ms, process, database, fault, diagnosis, steps,"
                + " outcome, explanation, rows_lost, loss) VALUES ('%s', '%s', 5, 1, '" + database.main()
                + "', 'old', 'd', '', '%s', 'e', %d, '')";
        Sql.runElsewhere(
                file,
                olderForm(withLaterColumns),
                row.formatted("20200101-000000.000-000001", "2020-01-01T00:00:00Z", "healed", 0),
                row.formatted("20200101-000001.000-000002", "2020-01-01T00:00:01.5Z", "healed", -1),
                row.formatted("20200101-000002.000-000003", "2020-01-01T00:00:02Z", "gave-up", 0));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        byte[] before = Files.readAllBytes(file);

        for (String stage : List.of("as it is", "brought over")) {
            List<IncidentEntry> old =
                    incidents.search(IncidentQuery.newest(9).until(Instant.parse("2020-01-02T00:00:00Z")));
            assertThat(old)
                    .as(stage)
                    .extracting(
                            entry -> entry.incident().severity(),
                            entry -> entry.incident().component(),
                            IncidentEntry::isResolved,
                            IncidentEntry::occurrences)
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple(Severity.CRITICAL, "unknown", false, 1L),
                            org.assertj.core.groups.Tuple.tuple(Severity.HIGH, "unknown", false, 1L),
                            org.assertj.core.groups.Tuple.tuple(Severity.LOW, "unknown", true, 1L));
            assertThat(log.lossySince()).as(stage).contains(Instant.parse("2020-01-01T00:00:01.5Z"));
            assertThat(log.hasLossSince(Instant.parse("2020-01-01T00:00:01Z"))).isTrue();
            assertThat(log.hasLossSince(Instant.parse("2020-01-01T00:00:03Z"))).isFalse();
            if (stage.equals("as it is")) {
                assertThat(Files.readAllBytes(file)).isEqualTo(before);
                append(now, Component.FILE, "new", GAVE_UP);
            }
        }
        assertThat(Sql.rowsElsewhere(file, "PRAGMA user_version")).containsExactly(List.of(2));
        assertThat(Sql.rowsElsewhere(file, "SELECT count(*) FROM error_events")).containsExactly(List.of(4));
    }

    @Test
    void aStoreOfANewerReleaseIsLeftAsItIs() throws Exception {
        append(now, Component.FILE, "gone", GAVE_UP);
        IncidentLog.await(Duration.ofMinutes(1));
        Path file = database.side().incidents();
        Sql.runElsewhere(file, "PRAGMA user_version = 3");

        append(now.plusSeconds(1), Component.FILE, "gone again", GAVE_UP);
        IncidentLog.await(Duration.ofMinutes(1));

        assertThat(Sql.rowsElsewhere(file, "SELECT fault FROM incidents")).containsExactly(List.of("gone"));
        assertThatThrownBy(() -> incidents.search(IncidentQuery.newest(1)))
                .hasMessageContaining("is of a newer release: its version is 3, this release knows 2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TRIGGER t AFTER INSERT ON incidents BEGIN DELETE FROM incidents; END",
                "CREATE VIEW v AS SELECT 1",
                "CREATE TABLE t (x)",
                "CREATE INDEX i ON incidents (id)",
                "DROP VIEW error_events; CREATE VIEW error_events AS SELECT 1 AS id",
                "DROP INDEX idx_error_job_id; CREATE INDEX idx_error_job_id ON incidents (hex(job_id))"
            })
    void s3_15_whatSomebodyElseHasPutIntoTheStoreIsNeverRunTheStoreIsPutAside(String statements) throws Exception {
        append(now, Component.FILE, "gone", GAVE_UP);
        IncidentLog.await(Duration.ofMinutes(1));
        Sql.runElsewhere(database.side().incidents(), statements.split("; (?=CREATE)"));
        assertThatThrownBy(() -> incidents.search(IncidentQuery.newest(1)))
                .hasMessageContaining("expected the table incidents, its indexes and the view error_events");

        Incident next = append(now.plusSeconds(1), Component.FILE, "gone again", GAVE_UP);

        assertThat(ids(IncidentQuery.newest(10))).containsExactly(next.id());
        try (Stream<Path> kept = Files.list(database.side().quarantine())) {
            assertThat(kept.map(path -> path.getFileName().toString()))
                    .anyMatch(name -> name.startsWith("incidents_corrupted_"));
        }
    }

    // ---- The store's own troubles

    @Test
    void s3_15_aStoreThatIsDeletedOrOverwrittenBetweenIncidentsIsBegunAnew() throws Exception {
        append(now, Component.FILE, "first", GAVE_UP);
        IncidentLog.await(Duration.ofMinutes(1));
        Files.delete(database.side().incidents());
        append(now.plusSeconds(1), Component.FILE, "second", GAVE_UP);
        assertThat(incidents.search(IncidentQuery.newest(9)))
                .extracting(entry -> entry.incident().fault())
                .containsExactly("second");
        byte[] bytes = Files.readAllBytes(database.side().incidents());
        java.util.Arrays.fill(bytes, 0, bytes.length / 2, (byte) 'x');
        Files.write(database.side().incidents(), bytes);
        append(now.plusSeconds(2), Component.FILE, "third", GAVE_UP);
        assertThat(incidents.search(IncidentQuery.newest(9)))
                .extracting(entry -> entry.incident().fault())
                .containsExactly("third");
    }

    @Test
    void s3_14_writingDoesNotWaitForALockedStore() throws Exception {
        append(now, Component.FILE, "first", GAVE_UP);
        IncidentLog.await(Duration.ofMinutes(1));
        try (Connection other = java.sql.DriverManager.getConnection(
                        "jdbc:sqlite:" + database.side().incidents());
                Statement statement = other.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
            Incident second = append(now.plusSeconds(1), Component.FILE, "second", GAVE_UP);
            statement.execute("COMMIT");
            assertThat(incidents.find(second.id())).isPresent();
        }
    }

    @Test
    void anIdThatIsNoneIsNotFound() throws Exception {
        append(now, Component.FILE, "first", GAVE_UP);
        assertThat(incidents.find("")).isEmpty();
        Incident counted = append(now.plusMillis(5), Component.FILE, "first", GAVE_UP);
        assertThat(incidents.search(IncidentQuery.newest(9))).hasSize(1);
        assertThat(incidents.find(counted.id())).isPresent();
        for (String none :
                List.of("", " ", counted.id().substring(10), counted.id().substring(0, 10))) {
            assertThat(incidents.find(none)).as("'%s'", none).isEmpty();
            assertThat(incidents.resolve(none, "")).as("'%s'", none).isFalse();
        }
        assertThat(incidents.find("20000101-000000.000-000000")).isEqualTo(Optional.empty());
    }
}
