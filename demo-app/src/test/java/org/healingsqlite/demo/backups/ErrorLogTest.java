package org.healingsqlite.demo.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import org.healingsqlite.demo.report.Calls;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ErrorLogTest {
    private final Alerts alerts = new Alerts();
    private final BlockingQueue<ErrorEvent> heard = alerts.subscribe();
    private final Calls calls = new Calls();
    private final CountDownLatch storeAnswers = new CountDownLatch(1);
    private final ErrorLog log = new ErrorLog(new ErrorEvents(this::unavailable, Clock.systemUTC(), calls), alerts);

    private Connection unavailable() throws SQLException {
        try {
            storeAnswers.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        throw new SQLException("no such table: error_events");
    }

    private static ErrorEvent event(Severity severity) {
        return ErrorEvent.told(severity, "job_manager", "ConnectException", "out of reach", Instant.EPOCH);
    }

    @Test
    @DisplayName(
            "S3-14 who logs does not wait for the store; S3-15 a store that fails breaks nothing and makes no event")
    void nobodyWaitsForTheStore() throws Exception {
        log.log(event(Severity.MEDIUM));
        log.log(event(Severity.HIGH));
        assertThat(heard).containsExactly(event(Severity.HIGH));

        storeAnswers.countDown();
        log.close();
        assertThat(calls.beforeFault().errors()).isEqualTo(2);
        assertThat(heard).hasSize(1);
    }

    @Test
    @DisplayName("S3-15 who waits for the store is told that it fails")
    void whoWaitsIsTold() throws Exception {
        storeAnswers.countDown();
        assertThatThrownBy(() -> log.logNow(event(Severity.LOW))).hasMessage("no such table: error_events");
        log.close();
    }
}
