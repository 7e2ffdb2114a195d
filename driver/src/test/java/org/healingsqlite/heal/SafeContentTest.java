package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.files.RescueLog;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A lost file's content is safe where this JVM has seen to it, or the rescue log tells of another process that has. */
class SafeContentTest {
    @TempDir
    Path directory;

    private DatabaseFile file;
    private SafeContent safe;
    private FakeDoor door;
    private FileIdentity held;

    @BeforeEach
    void open() throws Exception {
        file = DatabaseFile.at(directory.resolve("app.db"));
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        safe = new SafeContent(file);
        door = new FakeDoor(file, FakeDoor.options());
        held = Objects.requireNonNull(door.identity);
    }

    @AfterEach
    void close() throws Exception {
        door.close();
    }

    @Test
    void nothingIsSafeThatNobodyHasSavedOrThatNobodyKnows() {
        assertThat(safe.isSafe(door)).isFalse();
        safe.add(held);
        assertThat(safe.isSafe(door)).isTrue();
        door.identity = null;
        assertThat(safe.isSafe(door)).isFalse();
    }

    @Test
    void aFileThatIsOpenedIsNoLostOneThoughItHasTheIdentityOfOne() {
        safe.opened(null);
        safe.opened(held);
        safe.add(held);
        safe.opened(null);
        assertThat(safe.isSafe(door)).isTrue();
        safe.opened(held);
        assertThat(safe.isSafe(door)).isFalse();
    }

    private RescueLog.Entry note(Instant at, String copy, boolean returns) throws Exception {
        file.side().create();
        RescueLog.Entry entry = new RescueLog.Entry(held.toString(), at, copy, returns);
        try (ProcessLock lock = ProcessLock.acquire(file.side(), java.time.Duration.ofMinutes(1))) {
            assertThat(lock).isNotNull();
            safe.log().add(entry);
        }
        return entry;
    }

    @Test
    void whatAnotherProcessHasSavedSinceTheFileWasOpenedIsSafe() throws Exception {
        note(Instant.now().plusSeconds(1), "", false);
        assertThat(new SafeContent(file).isSafe(door)).isTrue();
    }

    @Test
    void whatWasSavedBeforeTheFileWasOpenedIsAnotherFiles() throws Exception {
        note(door.opened.minusSeconds(5), "", false);
        assertThat(new SafeContent(file).isSafe(door)).isFalse();
    }

    @Test
    void aCopyThatIsStillOnItsWayToThePathIsNotSafeYet() throws Exception {
        Path copy = file.side().reserve("app.db", "rescued_0000ab", Instant.now());
        note(Instant.now().plusSeconds(1), copy.getFileName().toString(), true);
        assertThat(new SafeContent(file).isSafe(door)).isFalse();
        Files.delete(copy);
        assertThat(new SafeContent(file).isSafe(door)).isTrue();
    }

    @Test
    void aLogThatCannotBeReadSaysNothing() throws Exception {
        note(Instant.now().plusSeconds(1), "", false);
        Path log = file.side().path().resolve("rescues");
        Files.delete(log);
        Files.createDirectory(log);
        assertThat(new SafeContent(file).isSafe(door)).isFalse();
    }

    @Test
    void aLogThatWasDeletedWithTheDirectoryIsWrittenAgain() throws Exception {
        note(Instant.now().plusSeconds(1), "", false);
        Path log = file.side().path().resolve("rescues");
        Files.delete(log);
        assertThat(new SafeContent(file).isSafe(door)).isFalse();
        safe.completeLog();
        assertThat(log).isRegularFile();
        assertThat(new SafeContent(file).isSafe(door)).isTrue();
    }

    @Test
    void aLogThatIsCompleteIsLeftAlone() throws Exception {
        safe.completeLog();
        assertThat(file.side().path()).doesNotExist();
    }

    @Test
    void anInterruptIsKeptWhileTheLogIsCompleted() throws Exception {
        note(Instant.now().plusSeconds(1), "", false);
        Files.delete(file.side().path().resolve("rescues"));
        try (ProcessLock lock = ProcessLock.acquire(file.side(), java.time.Duration.ofMinutes(1))) {
            assertThat(lock).isNotNull();
            boolean[] kept = {false};
            Thread other = new Thread(() -> {
                Thread.currentThread().interrupt();
                safe.completeLog();
                kept[0] = Thread.interrupted();
            });
            other.start();
            other.join();
            assertThat(kept[0]).isTrue();
        }
        assertThat(file.side().path().resolve("rescues")).doesNotExist();
    }
}
