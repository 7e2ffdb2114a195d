package org.healingsqlite.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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

    /** Counts how often it is told. */
    private static final class Counting implements FileWatch.Watcher {
        final AtomicInteger told = new AtomicInteger();
        volatile boolean rests = true;

        @Override
        public void changed() {
            told.incrementAndGet();
        }

        @Override
        public boolean isAtRest() {
            return rests;
        }
    }

    @Test
    void whoIsAtRestIsToldOnlyOfChangesAndWhoIsNotOnceASecond() throws Exception {
        Path resting = Files.createFile(directory.resolve("resting.db"));
        Path restless = Files.createFile(directory.resolve("restless.db"));
        FileWatch watch = new FileWatch();
        Counting one = new Counting();
        Counting other = new Counting();
        other.rests = false;
        watch.watch(DatabaseFile.at(resting), one);
        watch.watch(DatabaseFile.at(restless), other);
        await().atMost(Duration.ofMinutes(2)).until(() -> {
            // Until the moment in which the files were made is past, everybody is told.
            int before = one.told.get();
            int since = other.told.get();
            await().atMost(Duration.ofMinutes(1)).until(() -> other.told.get() > since + 1);
            return one.told.get() == before;
        });
        int before = one.told.get();
        Files.delete(resting);
        await().atMost(Duration.ofMinutes(1)).until(() -> one.told.get() > before);
    }

    @Test
    void aDirectoryThatIsRenamedAndMadeAgainIsTheOneThatIsWatched() throws Exception {
        Path inner = Files.createDirectory(directory.resolve("inner"));
        DatabaseFile file = DatabaseFile.at(Files.createFile(inner.resolve("app.db")));
        FileWatch watch = new FileWatch();
        Counting told = new Counting();
        watch.watch(file, told);
        await().atMost(Duration.ofMinutes(1)).until(() -> told.told.get() > 0);
        int before = told.told.get();
        Files.move(inner, directory.resolve("away"));
        Files.createDirectory(inner);
        await().atMost(Duration.ofMinutes(1)).until(() -> told.told.get() > before);
        watch.watch(file, told);
        int again = told.told.get();
        Files.createFile(file.main());
        await().atMost(Duration.ofMinutes(1)).until(() -> told.told.get() > again);
    }

    @Test
    void whatNobodyHasOpenIsNotTold() throws Exception {
        Path left = Files.createFile(directory.resolve("left.db"));
        Path open = Files.createFile(directory.resolve("open.db"));
        FileWatch watch = new FileWatch();
        Counting one = new Counting();
        Counting other = new Counting();
        watch.watch(DatabaseFile.at(left), one);
        watch.watch(DatabaseFile.at(open), other);
        watch.forget(DatabaseFile.at(left));
        int before = one.told.get();
        Files.delete(left);
        Files.delete(open);
        await().atMost(Duration.ofMinutes(1)).until(() -> other.told.get() > 0);
        assertThat(one.told.get()).isEqualTo(before);
        Files.createFile(left);
        watch.watch(DatabaseFile.at(left), one);
        await().atMost(Duration.ofMinutes(1)).until(() -> one.told.get() > before);
    }
}
