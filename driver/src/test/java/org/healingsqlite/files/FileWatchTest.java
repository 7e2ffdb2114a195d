package org.healingsqlite.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The watch on the names of a database. */
class FileWatchTest {
    @TempDir
    Path directory;

    @Test
    void aDeletedNameIsToldOfWhileTheJvmEndsAsWell() throws Exception {
        Path file = Files.createFile(directory.resolve("app.db"));
        FileWatch watch = new FileWatch();
        CountDownLatch told = new CountDownLatch(1);
        watch.watch(DatabaseFile.at(file), told::countDown);
        watch.jvmEnds();
        Files.delete(file);
        assertThat(told.await(120, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aNameThatIsWatchedAfterTheJvmHasBegunToEndIsToldOf() throws Exception {
        FileWatch watch = new FileWatch();
        watch.watch(DatabaseFile.at(directory.resolve("other.db")), () -> {});
        watch.jvmEnds();
        CountDownLatch told = new CountDownLatch(1);
        watch.watch(DatabaseFile.at(directory.resolve("app.db")), told::countDown);
        assertThat(told.await(120, TimeUnit.SECONDS)).isTrue();
    }
}
