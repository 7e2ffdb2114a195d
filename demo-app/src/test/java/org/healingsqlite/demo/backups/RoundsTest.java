package org.healingsqlite.demo.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RoundsTest {
    private static final Duration PERIOD = Duration.ofMillis(200);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final List<Duration> pauses = new ArrayList<>();
    private final List<HealthStatus> states = new ArrayList<>();

    @Test
    @DisplayName("S3-20 a round that throws does not end the loop: it goes on after 1 s, and is healthy again")
    void survivesExceptions() {
        Rounds.Round round = () -> {
            switch (pauses.size()) {
                case 1 -> throw new SQLException("database is locked");
                case 2 -> throw new IllegalStateException("a mistake");
                default -> {}
            }
        };
        Rounds[] rounds = new Rounds[1];
        rounds[0] = new Rounds(round, PERIOD, AFTER_FAILURE, duration -> {
            pauses.add(duration);
            states.add(rounds[0].health().status());
            return pauses.size() < 4;
        });

        rounds[0].run();

        assertThat(pauses).containsExactly(PERIOD, AFTER_FAILURE, AFTER_FAILURE, PERIOD);
        assertThat(states)
                .containsExactly(
                        HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.DEGRADED, HealthStatus.HEALTHY);
        assertThat(rounds[0].health().facts()).containsEntry("failed_rounds", 2L);
    }
}
