package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.healingsqlite.salvage.IndexEvidence.Filter;
import org.junit.jupiter.api.Test;

/** The filter of rows: sized to what it is to hold, or silent. */
class RowFilterTest {
    private static final long ROOM = 64L << 20;

    @Test
    void fewerThanOneInAHundredOfTheMissingAreTakenForPresent() {
        for (int entries : new int[] {100, 10_000, 2_000_000}) {
            Random random = new Random(entries);
            Filter filter = new Filter(entries, ROOM);
            assertThat(filter.isSized()).isTrue();
            for (int i = 0; i < entries; i++) {
                filter.add(random.nextLong());
            }
            int wrong = 0;
            int asked = 100_000;
            for (int i = 0; i < asked; i++) {
                wrong += filter.mayContain(random.nextLong()) ? 1 : 0;
            }
            assertThat(wrong).as("of %d entries", entries).isLessThan(asked / 100);
        }
    }

    @Test
    void itForgetsNothing() {
        Filter filter = new Filter(1000, ROOM);
        Random random = new Random(5);
        random.longs(1000).forEach(filter::add);
        assertThat(new Random(5).longs(1000).allMatch(filter::mayContain)).isTrue();
    }

    @Test
    void oneThatTheHeapHasNoRoomForSaysSoAndDeniesNoRow() {
        Filter filter = new Filter(50_000_000, 8 << 20);
        assertThat(filter.isSized()).isFalse();
        assertThat(filter.mayContain(17)).isTrue();
    }
}
