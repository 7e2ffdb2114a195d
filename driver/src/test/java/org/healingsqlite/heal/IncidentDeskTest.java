package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.LogCapture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is concluded is recorded, counted and told, each outcome in its way. */
class IncidentDeskTest {
    private static final Outcome.Healed HEALED = new Outcome.Healed("created table t", Loss.NONE);
    private static final Outcome.Healed LOSSY = new Outcome.Healed("restored", new Loss(3, "three rows"));
    private static final Outcome.Healthy HEALTHY = new Outcome.Healthy("nothing is missing");
    private static final Outcome.Refused REFUSED = new Outcome.Refused("mode is observe");
    private static final Outcome.GaveUp GAVE_UP = new Outcome.GaveUp("no rung held", null);

    @TempDir
    Path directory;

    private DatabaseFile file;
    private IncidentDesk desk;
    private final List<String> told = new ArrayList<>();
    private final IncidentListener listener = new IncidentListener() {
        @Override
        public void ended(Incident incident) {
            told.add(incident.outcome().word());
        }

        @Override
        public void progressed(Path database, String step) {
            told.add(database.getFileName() + " " + step);
        }
    };

    private final IncidentListener failing = new IncidentListener() {
        @Override
        public void ended(Incident incident) {
            throw sneaky(trouble);
        }

        @Override
        public void progressed(Path database, String step) {
            throw sneaky(trouble);
        }
    };

    private Throwable trouble = new IllegalStateException("a listener's own trouble");

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException sneaky(Throwable trouble) throws T {
        throw (T) trouble;
    }

    private static List<Throwable> whatListenersThrow() {
        return List.of(
                new IllegalStateException("of an application"),
                new AssertionError("of a test"),
                new OutOfMemoryError("of a queue"),
                new StackOverflowError(),
                new NoClassDefFoundError("com/acme/Missing"),
                new SQLException("that is no fault of this database", "X", 11));
    }

    @BeforeEach
    void open() {
        file = DatabaseFile.at(directory.resolve("app.db"));
        desk = new IncidentDesk(file);
    }

    private Incident conclude(Outcome outcome) {
        return desk.conclude(
                Component.CONTENT,
                Instant.now().minusMillis(5),
                "no such table: t",
                "objects are missing",
                List.of("step"),
                outcome);
    }

    private List<String> recorded() throws Exception {
        IncidentLog.await(Duration.ofSeconds(30));
        return desk.incidents().recent(10).stream()
                .map(incident -> incident.outcome().word())
                .sorted()
                .toList();
    }

    @Test
    void healsAndFailuresAreRecordedAndToldWhatWasFineOrRefusedIsNot() throws Exception {
        desk.addListener(failing);
        desk.addListener(listener);
        for (Outcome outcome : List.of(HEALED, HEALTHY, REFUSED, GAVE_UP)) {
            Incident incident = conclude(outcome);
            assertThat(incident.outcome()).isEqualTo(outcome);
            assertThat(incident.database()).isEqualTo(file.main());
            assertThat(incident.fault()).isEqualTo("no such table: t");
            assertThat(incident.steps()).containsExactly("step");
            assertThat(incident.elapsed()).isBetween(Duration.ofMillis(5), Duration.ofMinutes(1));
        }
        assertThat(told).containsExactly("healed", "gave-up");
        assertThat(recorded()).containsExactly("gave-up", "healed");
    }

    @Test
    void everyOutcomeIsCountedAsWhatItIs() {
        conclude(HEALED);
        conclude(LOSSY);
        conclude(HEALTHY);
        conclude(REFUSED);
        conclude(GAVE_UP);
        desk.initialised();
        desk.failedToInitialise();
        desk.failedToInitialise();
        assertThat(desk.statistics()).isEqualTo(new Statistics(1, 2, 2, 1, 1));
    }

    @Test
    void whatIsNoHealIsRecordedAndToldAndNotCounted() throws Exception {
        desk.addListener(listener);
        desk.tell(Component.RETRY, Instant.now(), "database is locked", "busy", List.of(), HEALTHY);
        desk.tell(Component.RETRY, Instant.now(), "database is locked", "busy", List.of(), GAVE_UP);
        assertThat(told).containsExactly("healthy", "gave-up");
        assertThat(recorded()).containsExactly("gave-up", "healthy");
        assertThat(desk.statistics()).isEqualTo(new Statistics(0, 0, 0, 0, 0));
    }

    @Test
    void whoIsNoListenerAnyMoreIsToldNothing() {
        desk.addListener(listener);
        desk.progressed("read");
        desk.removeListener(listener);
        desk.progressed("save");
        conclude(HEALED);
        assertThat(told).containsExactly("app.db read");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("whatListenersThrow")
    void aListenerThatFailsKeepsNobodyFromBeingToldAndFailsNoCall(Throwable trouble) {
        this.trouble = trouble;
        desk.addListener(failing);
        desk.addListener(listener);
        desk.progressed("read");
        conclude(HEALED);
        assertThat(told).containsExactly("app.db read", "healed");
    }

    @Test
    void aLossOfTheLastHealCountsWheneverItWas() {
        assertThat(desk.hasLostSince(LOSSY, Long.MAX_VALUE)).isTrue();
        assertThat(desk.hasLostSince(HEALED, 0)).isFalse();
    }

    @Test
    void aLossOfThisJvmIsKnownUntilLaterThanItWas() {
        long before = System.currentTimeMillis();
        conclude(LOSSY);
        assertThat(desk.hasLostSince(HEALED, before)).isTrue();
        assertThat(desk.hasLostSince(HEALED, System.currentTimeMillis() + 60_000))
                .isFalse();
    }

    @Test
    void aLossOfAnotherProcessIsReadOffTheRecord() throws Exception {
        long before = System.currentTimeMillis();
        conclude(LOSSY);
        conclude(HEALED);
        IncidentLog.await(Duration.ofSeconds(30));
        IncidentDesk another = new IncidentDesk(file);
        assertThat(another.hasLostSince(HEALED, before)).isTrue();
        assertThat(another.hasLostSince(HEALED, System.currentTimeMillis() + 60_000))
                .isFalse();
    }

    @Test
    void aHealOfAnotherProcessThatLostNothingIsNoLoss() throws Exception {
        conclude(HEALED);
        IncidentLog.await(Duration.ofSeconds(30));
        assertThat(new IncidentDesk(file).hasLostSince(HEALED, 0)).isFalse();
    }

    @Test
    void aHealThatLostNothingIsNoLossOfThisJvm() {
        conclude(HEALED);
        assertThat(desk.hasLostSince(HEALED, 0)).isFalse();
    }

    @Test
    void theLogSaysWhatWasHealedAndCallsALossOrAFailureAnError() {
        try (LogCapture log = new LogCapture()) {
            conclude(HEALED);
            assertThat(log.at(Level.WARN))
                    .singleElement()
                    .asString()
                    .contains("created table t")
                    .doesNotContain("lost");
            conclude(LOSSY);
            assertThat(log.at(Level.ERROR)).singleElement().asString().contains("; lost: three rows");
            desk.tell(Component.RETRY, Instant.now(), "database is locked", "busy", List.of(), HEALTHY);
            assertThat(log.at(Level.WARN)).hasSize(2);
            conclude(GAVE_UP);
            desk.tell(Component.RETRY, Instant.now(), "database is locked", "busy", List.of(), GAVE_UP);
            assertThat(log.at(Level.ERROR)).hasSize(3);
        }
    }
}
