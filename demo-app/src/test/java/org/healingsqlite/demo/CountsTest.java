package org.healingsqlite.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.healingsqlite.demo.report.Counts;
import org.junit.jupiter.api.Test;

class CountsTest {
    @Test
    void ratesAndTimesAreThoseOfTheCallsAndHeals() {
        Counts counts = new Counts();
        for (int i = 0; i < 8; i++) {
            counts.call();
        }
        counts.error();
        counts.error();
        counts.heal(Duration.ofMillis(30));
        counts.heal(Duration.ofMillis(10));
        counts.heal(Duration.ofMillis(20));

        assertThat(counts.failureRate()).isEqualTo(0.25);
        assertThat(counts.timeToHeal()).isEqualTo("10 / 20 / 30 ms");
    }

    @Test
    void nothingHealedIsADash() {
        assertThat(new Counts().timeToHeal()).isEqualTo("-");
    }
}
