package org.healingsqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.RetryPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.incident.IncidentQuery;
import org.healingsqlite.incident.Incidents;
import org.healingsqlite.incident.Severity;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Code of the application's own, with Failsafe's policies around it. */
class GuardTest {
    private static final RetryPolicy<Object> THREE = RetryPolicy.builder()
            .handle(IOException.class)
            .withMaxRetries(3)
            .withBackoff(Duration.ofMillis(1), Duration.ofMillis(4), 2)
            .build();

    @TempDir
    Path directory;

    private Incidents incidents;
    private final AtomicInteger tries = new AtomicInteger();

    @BeforeEach
    void open() {
        incidents = new Incidents(new IncidentLog(DatabaseFile.at(directory.resolve("app.db"))));
    }

    /** Fails some times. */
    private String work(int failures) throws IOException {
        if (tries.incrementAndGet() <= failures) {
            throw new IOException("no answer");
        }
        return "done";
    }

    private List<String> recorded() throws Exception {
        return incidents.search(IncidentQuery.newest(9)).stream()
                .map(entry -> entry.incident().severity() + " "
                        + entry.incident().component() + " " + entry.incident().fault())
                .toList();
    }

    @Test
    void s3_01_s3_04_aSuccessAtTheThirdRetryIsReturnedAndOnRecord() throws Exception {
        assertThat(Guard.of(incidents, "mail").retrying(THREE).call(() -> work(3)))
                .isEqualTo("done");
        assertThat(recorded()).containsExactly("MEDIUM mail no answer (succeeded at retry 3)");
    }

    @Test
    void s3_01_s3_03_afterTheLastRetryItIsTheCallersExceptionAndOnRecordWithItsStack() throws Exception {
        assertThatThrownBy(() -> Guard.of(incidents, "mail").retrying(THREE).call(() -> work(9)))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("no answer");
        assertThat(tries).hasValue(4);
        assertThat(recorded()).containsExactly("MEDIUM mail no answer (failed after 3 retries)");
        assertThat(incidents
                        .search(IncidentQuery.newest(1))
                        .get(0)
                        .error()
                        .orElseThrow()
                        .stackTrace())
                .contains("GuardTest.work");
    }

    @Test
    void s3_02_whatIsNotToBeTriedAgainIsThrownAtOnce() {
        assertThatThrownBy(() -> Guard.of(incidents, "mail").retrying(THREE).call(() -> {
                    tries.incrementAndGet();
                    throw new IllegalArgumentException("wrong");
                }))
                .isExactlyInstanceOf(IllegalArgumentException.class);
        assertThat(tries).hasValue(1);
    }

    @Test
    void s3_07_s3_08_theBreakerOpensAfterFiveFailuresTurnsCallsAwayAndIsClosedByHand() throws Exception {
        Guard guard = Guard.of(incidents, "mail")
                .breaking(CircuitBreaker.builder()
                        .withFailureThreshold(5)
                        .withDelay(Duration.ofSeconds(60))
                        .build());
        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(() -> guard.call(() -> work(5))).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> guard.call(() -> work(5))).isInstanceOf(CircuitBreakerOpenException.class);
        assertThat(tries).hasValue(5);
        assertThat(recorded()).contains("HIGH mail the breaker has opened");

        guard.breaker().orElseThrow().close();
        assertThat(guard.call(() -> work(5))).isEqualTo("done");
    }

    @Test
    void s3_09_aFallbackIsGivenWhileTheComponentIsDegradedWhichIsOnRecordOnce() throws Exception {
        Guard guard = Guard.of(incidents, "mail");
        assertThat(guard.callOr(() -> work(2), "nothing")).isEqualTo("nothing");
        assertThat(guard.callOr(() -> work(2), "nothing")).isEqualTo("nothing");
        assertThat(guard.isDegraded()).isTrue();
        assertThat(recorded()).containsExactly("MEDIUM mail no answer (degraded; failed after 0 retries)");
        assertThat(incidents.search(IncidentQuery.newest(1)).get(0).incident().severity())
                .isEqualTo(Severity.MEDIUM);

        assertThat(guard.callOr(() -> work(2), "nothing")).isEqualTo("done");
        assertThat(guard.isDegraded()).isFalse();
    }

    @Test
    void whoIsInterruptedBetweenTwoTriesIsToldWhatTheFirstGave() throws Exception {
        RetryPolicy<Object> patient = RetryPolicy.builder()
                .handle(IOException.class)
                .withDelay(Duration.ofMinutes(10))
                .build();
        Guard guard = Guard.of(incidents, "mail").retrying(patient);
        assertThatThrownBy(() -> guard.call(() -> {
                    // The pause that follows ends at once.
                    Thread.currentThread().interrupt();
                    return work(9);
                }))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("no answer")
                .satisfies(e -> assertThat(e.getSuppressed()).singleElement().isInstanceOf(InterruptedException.class));
        assertThat(Thread.interrupted()).as("still interrupted").isTrue();
        assertThat(recorded()).containsExactly("MEDIUM mail no answer (failed after 0 retries)");
    }

    @Test
    void anExceptionWhoseMessageFailsIsOnRecordAllTheSame() throws Exception {
        Guard guard = Guard.of(incidents, "mail");
        assertThatThrownBy(() -> guard.call(() -> {
                    throw new IOException() {
                        private static final long serialVersionUID = 1;

                        @Override
                        public String getMessage() {
                            throw new IllegalStateException("no message");
                        }
                    };
                }))
                .isInstanceOf(IOException.class);
        assertThat(recorded())
                .containsExactly(
                        "MEDIUM mail its message cannot be read: java.lang.IllegalStateException (failed after 0 retries)");
    }
}
