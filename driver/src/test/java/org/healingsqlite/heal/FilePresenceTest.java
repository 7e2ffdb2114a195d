package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What raises the epoch and the generation, and who is told. The file is looked at by the test itself: nothing is watched. */
class FilePresenceTest {
    @TempDir
    Path directory;

    private DatabaseFile file;
    private final ConnectionRegistry registry = new ConnectionRegistry();
    private FilePresence presence;
    private FakeDoor door;
    private final AtomicInteger raised = new AtomicInteger();
    private final AtomicInteger looked = new AtomicInteger();

    @BeforeEach
    void open() throws Exception {
        file = DatabaseFile.at(directory.resolve("app.db"));
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        door = new FakeDoor(file, FakeDoor.options());
        registry.add(door);
        presence = new FilePresence(file, registry);
        presence.lookAtFile();
        presence.onEpoch(raised::incrementAndGet);
        presence.onLook(looked::incrementAndGet);
    }

    @AfterEach
    void close() throws Exception {
        door.close();
    }

    @Test
    void aLookThatFindsNothingNewRaisesNothing() {
        int epoch = presence.epoch();
        presence.lookAtFile();
        assertThat(presence.epoch()).isEqualTo(epoch);
        assertThat(raised).hasValue(0);
        assertThat(looked).hasValue(1);
    }

    @Test
    void aFileThatIsGoneOrAnotherRaisesTheEpochOnce() throws Exception {
        int epoch = presence.epoch();
        Files.delete(file.main());
        presence.lookAtFile();
        presence.lookAtFile();
        assertThat(presence.epoch()).isEqualTo(epoch + 1);
        Sql.runElsewhere(file.main(), "CREATE TABLE other(x)");
        presence.lookAtFile();
        assertThat(presence.epoch()).isEqualTo(epoch + 2);
        assertThat(raised).hasValue(2);
    }

    @Test
    void aLostLogRaisesTheGenerationAndTheEpoch() {
        door.log = new LogIdentity(door.identity, null);
        int epoch = presence.epoch();
        presence.lookAtFile();
        assertThat(presence.generation()).isEqualTo(1);
        assertThat(presence.epoch()).isEqualTo(epoch + 1);
        presence.lookAtFile();
        assertThat(presence.generation()).isEqualTo(1);
    }

    @Test
    void theBeginningAndTheEndOfARestoreRaiseTheEpoch() {
        int epoch = presence.epoch();
        assertThat(presence.isRestoring()).isFalse();
        presence.restoring(true);
        presence.restoring(true);
        assertThat(presence.isRestoring()).isTrue();
        assertThat(presence.epoch()).isEqualTo(epoch + 1);
        presence.restoring(false);
        assertThat(presence.isRestoring()).isFalse();
        assertThat(presence.epoch()).isEqualTo(epoch + 2);
        assertThat(raised).hasValue(2);
    }

    @Test
    void whoeverBeginsToWatchFindsOutWhatHasHappenedBefore() throws Exception {
        int epoch = presence.epoch();
        presence.watch();
        assertThat(presence.epoch()).isEqualTo(epoch);
        Files.move(file.main(), directory.resolve("away.db"));
        presence.watch();
        assertThat(presence.epoch()).isGreaterThan(epoch);
        presence.forget();
    }

    @Test
    void whatHappensToAFileThatIsWatchedIsNoticedWithoutACall() throws Exception {
        presence.watch();
        assertThat(LastOwnership.of(file)).isPresent();
        Files.move(file.main(), directory.resolve("away.db"));
        await().untilAsserted(() -> assertThat(raised.get()).isPositive());
        presence.forget();
    }

    @Test
    void nobodyLooksAnyMoreAtAFileThatNobodyHasOpen() throws Exception {
        DatabaseFile sibling = DatabaseFile.at(directory.resolve("sibling.db"));
        Sql.runElsewhere(sibling.main(), "CREATE TABLE t(x)");
        FilePresence siblings = new FilePresence(sibling, new ConnectionRegistry());
        AtomicInteger seen = new AtomicInteger();
        siblings.onEpoch(seen::incrementAndGet);
        presence.watch();
        siblings.watch();
        presence.forget();
        Files.delete(file.main());
        Files.delete(sibling.main());
        await().untilAsserted(() -> assertThat(seen.get()).isPositive());
        assertThat(raised).hasValue(0);
        siblings.forget();
    }
}
