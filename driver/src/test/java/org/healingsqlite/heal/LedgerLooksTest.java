package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LedgerLooksTest {
    private static final long SECOND = 1_000_000_000L;

    private final LedgerLooks looks = new LedgerLooks();

    private int taken(int wanted, long nanos) {
        int taken = 0;
        for (int i = 0; i < wanted; i++) {
            taken += looks.take(nanos) ? 1 : 0;
        }
        return taken;
    }

    @Test
    void aMigrationToolGetsAllItNeedsAndAnAuditLogOneASecond() {
        assertThat(taken(1000, 5)).isEqualTo(200);
        assertThat(taken(1000, SECOND / 2)).isZero();
        assertThat(taken(1000, SECOND + 5)).isEqualTo(1);
        assertThat(taken(1000, 4 * SECOND)).isEqualTo(2);
        assertThat(taken(1000, 10_000 * SECOND)).isEqualTo(200);
    }
}
