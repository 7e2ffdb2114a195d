package org.healingsqlite.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import org.healingsqlite.testkit.OtherJvm;
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

    /** On Linux, closing any descriptor of a file gives up the locks that the process has on it. */
    @Test
    void whoAsksInVainInTheSameProcessTakesTheLockFromNobody() throws Exception {
        SideDirectory side = DatabaseFile.at(directory.resolve("app.db")).side();
        try (ProcessLock first = ProcessLock.acquire(side, Duration.ofSeconds(1));
                OtherJvm other = OtherJvm.start()) {
            assertThat(ProcessLock.acquire(side, Duration.ofMillis(20))).isNull();
            assertThat(other.ask("lock it " + side.lock())).isEqualTo("ok taken");
            Objects.requireNonNull(first).close();
            assertThat(other.ask("lock it " + side.lock())).isEqualTo("ok free");
        }
    }

    @Test
    void aLockFileThatWasDeletedIsNoLock() throws Exception {
        SideDirectory side = DatabaseFile.at(directory.resolve("app.db")).side();
        try (ProcessLock first = ProcessLock.acquire(side, Duration.ofSeconds(1));
                OtherJvm other = OtherJvm.start()) {
            Files.delete(side.lock());
            Objects.requireNonNull(first).close();
            try (ProcessLock second = ProcessLock.acquire(side, Duration.ofSeconds(1))) {
                assertThat(second).isNotNull();
                assertThat(other.ask("lock it " + side.lock())).isEqualTo("ok taken");
            }
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
