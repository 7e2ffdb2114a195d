package org.healingsqlite.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessLockTest {
    @TempDir
    Path directory;

    @Test
    void isHadByOneAtATimeAndFreeAfterClose() throws Exception {
        SideDirectory side = DatabaseFile.at(directory.resolve("app.db")).side();
        try (ProcessLock first = ProcessLock.acquire(side, Duration.ofSeconds(1))) {
            assertThat(first).isNotNull();
            assertThat(ProcessLock.acquire(side, Duration.ofMillis(20))).isNull();
        }
        try (ProcessLock second = ProcessLock.acquire(side, Duration.ofSeconds(1))) {
            assertThat(second).isNotNull();
        }
    }

    @Test
    void theSideDirectoryIsItsOwnersOnly() throws Exception {
        SideDirectory side = DatabaseFile.at(directory.resolve("app.db")).side();
        side.create();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(side.path())))
                .isEqualTo("rwx------");
        Path kept = side.reserve("app.db", "rescued", java.time.Instant.EPOCH);
        Path again = side.reserve("app.db", "rescued", java.time.Instant.EPOCH);
        assertThat(again).isNotEqualTo(kept);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
                .isEqualTo("rw-------");
    }
}
