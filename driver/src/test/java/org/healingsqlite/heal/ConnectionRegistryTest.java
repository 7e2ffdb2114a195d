package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Objects;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Sql;
import org.healingsqlite.testkit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who has which file, log and generation. */
class ConnectionRegistryTest {
    @TempDir
    Path directory;

    private DatabaseFile file;
    private FileIdentity held;
    private FileIdentity other;
    private FakeDoor first;
    private FakeDoor second;
    private final ConnectionRegistry registry = new ConnectionRegistry();

    @BeforeEach
    void open() throws Exception {
        file = DatabaseFile.at(directory.resolve("app.db"));
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        Path another = Files.createFile(directory.resolve("other.db"));
        other = Objects.requireNonNull(FileIdentity.of(another));
        held = Objects.requireNonNull(file.identity());
        first = new FakeDoor(file, FakeDoor.options());
        second = new FakeDoor(file, FakeDoor.options());
    }

    @AfterEach
    void close() throws Exception {
        first.close();
        second.close();
    }

    @Test
    void theLastOneIsTheOneAfterWhichNobodyIsThere() {
        assertThat(registry.isEmpty()).isTrue();
        registry.add(first);
        registry.add(second);
        assertThat(registry.isEmpty()).isFalse();
        assertThat(registry.remove(first)).isFalse();
        assertThat(registry.remove(first)).isFalse();
        assertThat(registry.remove(second)).isTrue();
        assertThat(registry.remove(second)).isFalse();
        assertThat(registry.isEmpty()).isTrue();
    }

    @Test
    void allAreAllAndOthersAreAllButOne() {
        registry.add(first);
        registry.add(second);
        assertThat(registry.all()).containsExactlyInAnyOrder(first, second);
        assertThat(registry.others(first)).containsExactly(second);
        assertThat(registry.physicals()).containsExactlyInAnyOrder(first.physical, second.physical);
        assertThat(registry.any(one -> one == second)).isTrue();
        assertThat(registry.any(one -> false)).isFalse();
    }

    /** The first is removed, as far as it can be, while the second one's close looks at it. */
    @Test
    void nobodyReliesOnOneThatIsRemovedInThatMoment() throws Exception {
        registry.add(first);
        registry.add(second);
        assertThat(registry.mayLeave(first, false, () -> null)).isTrue();
        Thread remover = new Thread(() -> {
            boolean unused = registry.remove(first);
        });
        first.identityAsked = () -> {
            if (remover.getState() == Thread.State.NEW) {
                remover.start();
                Waiting.await()
                        .until(() -> remover.getState() == Thread.State.TERMINATED
                                || remover.getState() == Thread.State.BLOCKED);
            }
        };
        assertThat(registry.mayLeave(second, false, () -> null))
                .as("although nobody else holds it")
                .isFalse();
        remover.join();
        assertThat(registry.all()).containsExactly(second);
    }

    @Test
    void aFileIsHeldByWhoeverHasIt() {
        registry.add(first);
        assertThat(registry.holds(held)).isTrue();
        assertThat(registry.holds(other)).isFalse();
    }

    @Test
    void whoeverHasTheFileAtThePathMayLeave() {
        registry.add(first);
        assertThat(registry.mayLeave(first, false, () -> held)).isTrue();
    }

    @Test
    void ofTwoThatHoldALostFileTheFirstMayLeaveAndTheSecondMayNot() {
        registry.add(first);
        registry.add(second);
        assertThat(registry.mayLeave(first, false, () -> null)).isTrue();
        assertThat(registry.mayLeave(second, false, () -> null)).isFalse();
        assertThat(registry.keeps(held)).isTrue();
        registry.leaves(second);
        assertThat(registry.keeps(held)).isFalse();
        assertThat(registry.holds(held)).isTrue();
    }

    @Test
    void whoHoldsAnotherFileIsNoReasonToLeave() {
        registry.add(first);
        registry.add(second);
        second.identity = other;
        assertThat(registry.mayLeave(first, false, () -> other)).isFalse();
    }

    @Test
    void whoCannotSaveIsNoReasonToLeaveAndMayLeaveItself() {
        registry.add(first);
        registry.add(second);
        second.saver = false;
        assertThat(registry.mayLeave(first, false, () -> null)).isFalse();
        assertThat(registry.mayLeave(second, false, () -> null)).isTrue();
    }

    @Test
    void whoHoldsAFileThatNobodyKnowsMayNotLeave() {
        registry.add(first);
        registry.add(second);
        first.identity = null;
        second.identity = null;
        assertThat(registry.mayLeave(first, false, () -> held)).isFalse();
    }

    @Test
    void lostIsWhatIsHeldAndNotAtThePath() {
        registry.add(first);
        assertThat(registry.isAnyLost(held)).isFalse();
        assertThat(registry.lostFiles(held)).isEmpty();
        assertThat(registry.isAnyLost(other)).isTrue();
        assertThat(registry.isAnyLost(null)).isTrue();
        assertThat(registry.lostFiles(null)).containsExactly(held);
        first.movedByOthers = false;
        assertThat(registry.isAnyLost(other)).isFalse();
        assertThat(registry.holdsUnsaved(other)).isTrue();
        first.movedByOthers = true;
        first.identity = null;
        // Nobody knows what it holds: that may be lost.
        assertThat(registry.isAnyLost(other)).isTrue();
        assertThat(registry.lostFiles(other)).isEmpty();
    }

    @Test
    void aLostLogCountsInItsGenerationOnly() {
        registry.add(first);
        first.log = new LogIdentity(held, null);
        first.generation = 3;
        LogIdentity atPath = new LogIdentity(other, null);
        assertThat(registry.isAnyLogLost(3, atPath)).isTrue();
        assertThat(registry.isAnyLogLost(2, atPath)).isFalse();
        assertThat(registry.isAnyLogLost(3, first.log)).isFalse();
    }

    @Test
    void resultsOfAllAreEnded() {
        registry.add(first);
        registry.add(second);
        registry.endResults();
        assertThat(first.resultsEnded).isEqualTo(1);
        assertThat(second.resultsEnded).isEqualTo(1);
    }

    @Test
    void whatAConnectionHasLeftIsClosedWithIt() throws Exception {
        Connection before = Sqlite.open(file.main(), Access.EXISTING);
        registry.add(first);
        registry.left(first, before);
        assertThat(before.isClosed()).isFalse();
        registry.remove(first);
        assertThat(before.isClosed()).isTrue();
    }

    @Test
    void aFenceStaysUpUntilNobodyHoldsTheLostFile() throws Exception {
        Connection fence = Sqlite.open(file.main(), Access.EXISTING);
        registry.add(first);
        registry.add(second);
        registry.left(first, fence, held, true);
        registry.remove(first);
        assertThat(fence.isClosed()).isFalse();
        assertThat(registry.reviewFences()).isTrue();
        assertThat(fence.isClosed()).isFalse();
        fence.close();
    }

    @Test
    void aFenceAroundAFileThatNobodyHoldsComesDown() throws Exception {
        assertThat(registry.reviewFences()).isFalse();
        Connection fence = Sqlite.open(file.main(), Access.EXISTING);
        registry.add(first);
        registry.left(first, fence, other, true);
        registry.remove(first);
        assertThat(fence.isClosed()).isFalse();
        assertThat(registry.reviewFences()).isFalse();
        assertThat(fence.isClosed()).isTrue();
    }
}
