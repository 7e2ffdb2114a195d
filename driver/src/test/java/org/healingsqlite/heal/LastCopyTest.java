package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who closes relies on what another one has saved only once that stays so. */
class LastCopyTest {
    @TempDir
    Path directory;

    private DatabaseFile file;
    private ManagedDatabase database;

    @BeforeEach
    void create() throws Exception {
        file = DatabaseFile.at(directory.resolve("app.db"));
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)", "INSERT INTO t VALUES (1), (2), (3)");
        database = new ManagedDatabase(file, FakeDoor.options());
    }

    private FakeDoor connect() throws SQLException {
        FakeDoor door = new FakeDoor(file, FakeDoor.options());
        database.connected(door);
        return door;
    }

    private static <T> FutureTask<T> elsewhere(java.util.concurrent.Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"exception", "error"})
    void theSecondToCloseSavesAllThereIsWhereTheFirstOnesMoveIsTakenBack(String thrown) throws Exception {
        FakeDoor first = connect();
        FakeDoor second = connect();
        // Others do not move them: it is the closing that is looked at.
        first.movedByOthers = false;
        second.movedByOthers = false;
        CountDownLatch saved = new CountDownLatch(1);
        CountDownLatch mayFail = new CountDownLatch(1);
        first.arrival = only -> {
            saved.countDown();
            try {
                mayFail.await();
            } catch (InterruptedException e) {
                throw new SQLException(e);
            }
            Files.delete(file.main());
            if (thrown.equals("error")) {
                throw new OutOfMemoryError("no arrival");
            }
            throw new SQLException("no arrival");
        };
        Files.delete(file.main());
        database.closing(first);
        FutureTask<Void> move = elsewhere(() -> {
            database.healer().relocate(first);
            return null;
        });
        saved.await();
        FutureTask<Boolean> closing = elsewhere(() -> {
            database.closing(second);
            second.close();
            return true;
        });
        assertThat(closing.isDone()).as("relies on what may be taken back").isFalse();
        mayFail.countDown();
        assertThat(closing.get(60, TimeUnit.SECONDS)).isTrue();
        try {
            move.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e).hasRootCauseMessage("no arrival");
        }
        first.close();
        assertThat(Sql.rowsElsewhere(file.main(), "SELECT count(*) FROM t")).containsExactly(List.of(3));
    }

    /** {@code rm} may be at it still: an empty file with the schema that is known would keep the content from coming back a second time. */
    @Test
    void whatGoesAgainTheMomentItIsBackComesBackOnceMore() throws Exception {
        HealingSettings settings = FakeDoor.options(
                "schema",
                Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE t(x);")
                        .toString());
        FakeDoor door = new FakeDoor(file, settings);
        // Whoever watches the file does not try it first, and in vain.
        door.movedByOthers = false;
        database.connected(door);
        AtomicInteger arrivals = new AtomicInteger();
        door.arrival = only -> {
            if (arrivals.getAndIncrement() == 0) {
                Files.delete(file.main());
            }
            Opener opener = new FakeOpener(file, Access.CREATE);
            try (Connection connection =
                    database.open(settings, only == null ? opener : new ExistingFile(file, only, opener, ""))) {
                door.identity = file.identity();
            }
        };
        Files.delete(file.main());

        database.healer().relocate(door);

        assertThat(arrivals.get()).isEqualTo(2);
        assertThat(Sql.rowsElsewhere(file.main(), "SELECT count(*) FROM t")).containsExactly(List.of(3));
        door.close();
    }

    /** What it held is safe; what others have written since is not. */
    @Test
    void norIsWhatOthersHoldReplacedByAnEmptyFile() throws Exception {
        HealingSettings settings = FakeDoor.options(
                "schema",
                Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE t(x);")
                        .toString());
        FakeDoor first = connect();
        FakeDoor second = new FakeDoor(file, settings);
        // Whoever watches the file does not try it first, and in vain.
        first.movedByOthers = false;
        second.movedByOthers = false;
        database.connected(second);
        Files.delete(file.main());
        first.arrival = only -> first.identity = file.identity();
        database.healer().relocate(first);
        FakeDoor writer = connect();
        database.disconnected(first);
        Sql.run(writer.physical(), "INSERT INTO t VALUES (4)");
        writer.arrival = only -> writer.identity = file.identity();
        AtomicInteger arrivals = new AtomicInteger();
        second.arrival = only -> {
            if (arrivals.getAndIncrement() == 0) {
                Files.delete(file.main());
            }
            Opener opener = new FakeOpener(file, Access.CREATE);
            try (Connection connection =
                    database.open(settings, only == null ? opener : new ExistingFile(file, only, opener, ""))) {
                second.identity = file.identity();
            }
        };

        database.healer().relocate(second);

        assertThat(arrivals.get()).isGreaterThan(1);
        assertThat(Sql.rowsElsewhere(file.main(), "SELECT count(*) FROM t")).containsExactly(List.of(4));
        first.close();
        second.close();
        writer.close();
    }

    /** It had vanished before anybody could look which file it was, and the connection cannot move. */
    @Test
    void whatAConnectionHoldsThatNobodyKnowsIsPutBackOnce() throws Exception {
        FakeDoor only = new FakeDoor(file, FakeDoor.options("wait", "10m"));
        database.connected(only);
        only.identity = null;
        Files.delete(file.main());
        FutureTask<Boolean> closing = elsewhere(() -> {
            database.closing(only);
            only.close();
            return true;
        });
        assertThat(closing.get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Sql.rowsElsewhere(file.main(), "SELECT count(*) FROM t")).containsExactly(List.of(3));
        assertThat(Files.readString(directory.resolve("app.db.healing/rescues")).lines())
                .filteredOn(line -> !line.startsWith("ownership"))
                .hasSize(1);
    }
}
