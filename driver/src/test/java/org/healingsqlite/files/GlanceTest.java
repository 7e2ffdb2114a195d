package org.healingsqlite.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From when on a moment of change tells that nothing has changed since. */
class GlanceTest {
    private static final Instant FINE = Instant.parse("2026-05-01T12:00:00.123456789Z");
    private static final Instant COARSE = Instant.parse("2026-05-01T12:00:00Z");

    private static boolean isPast(Instant changed, long millisLater) {
        return DirectoryGlance.isPast(
                Map.of("ctime", FileTime.from(changed)),
                changed.plusMillis(millisLater).toEpochMilli());
    }

    @Test
    void theClockHasToHaveTickedSince() {
        assertThat(isPast(FINE, 40)).isFalse();
        assertThat(isPast(FINE, 60)).isTrue();
        assertThat(isPast(FINE, -1_000)).isFalse();
    }

    @Test
    void momentsWithoutPartsOfAMillisecondMayBeThoseOfACoarseClock() {
        assertThat(isPast(COARSE, 2_400)).isFalse();
        assertThat(isPast(COARSE, 2_600)).isTrue();
    }

    @Test
    void whereNoMomentIsKeptNothingIsTold() {
        assertThat(DirectoryGlance.isPast(Map.of(), Long.MAX_VALUE)).isFalse();
        assertThat(isPast(Instant.EPOCH, 1_000_000)).isFalse();
    }

    @Test
    void whereThereIsNoFileOrAnEmptyOneThereIsNoGlance(@TempDir Path directory) throws Exception {
        DatabaseFile file = DatabaseFile.at(directory.resolve("app.db"));
        assertThat(Glance.of(file)).isNull();
        java.nio.file.Files.createFile(file.main());
        assertThat(Glance.of(file)).isNull();
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        assertThat(Glance.of(DatabaseFile.at(directory.resolve("none/app.db")))).isNull();
    }
}
