package org.healingsqlite.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.healingsqlite.testkit.Waiting.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.HealingDataSource;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.replica.Leases.LeaseRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Replicas through the driver: what an application sees. */
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DriverTest {
    @TempDir
    Path directory;

    private Path store() {
        return directory.resolve("store");
    }

    private HealingDataSource source(Path database, String every) {
        HealingDataSource source = new HealingDataSource();
        source.setUrl("jdbc:healing:sqlite:" + database + "?journal_mode=WAL");
        source.setReplica(store().toUri().toString());
        source.setReplicaEvery(every);
        return source;
    }

    private Path out() {
        return directory.resolve("out.db");
    }

    @Test
    void whatACallHasCommittedIsInTheStoreWhenItReturns() throws Exception {
        try (Connection connection =
                source(directory.resolve("app.db"), "commit").getConnection()) {
            Shipped.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
            for (int i = 1; i <= 5; i++) {
                Shipped.insert(connection, 1);
                assertThat(Shipped.rows(Shipped.restored(store(), out()))).isEqualTo(i);
            }
            connection.setAutoCommit(false);
            Shipped.insert(connection, 10);
            assertThat(Shipped.rows(Shipped.restored(store(), out()))).isEqualTo(5);
            connection.commit();
            assertThat(Shipped.rows(Shipped.restored(store(), out()))).isEqualTo(15);
        }
    }

    @Test
    void onAnEmptyMachineTheFirstConnectionFindsEverything() throws Exception {
        String before;
        Path first = Files.createDirectory(directory.resolve("first")).resolve("app.db");
        try (Connection connection = source(first, "commit").getConnection()) {
            Shipped.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
            Shipped.insert(connection, 20);
            before = Shipped.content(connection);
        }
        Path second = Files.createDirectory(directory.resolve("second")).resolve("app.db");

        // Of another machine, as long as its lease runs.
        Leases leases = Leases.of(new FileStore(store()));
        long last = leases.last().orElseThrow().getKey();
        String generation = leases.last().orElseThrow().getValue().generation();
        leaseIs(
                last,
                new LeaseRecord(
                        generation, "elsewhere boot/1 17 abcd", Instant.now().plusSeconds(600), false));
        assertThatThrownBy(() -> source(second, "1s").getConnection())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("in use by elsewhere, process 17");
        assertThat(second).doesNotExist();

        leaseIs(last, new LeaseRecord(generation, "elsewhere boot/1 17 abcd", Instant.EPOCH, false));
        try (Connection connection = source(second, "1s").getConnection()) {
            assertThat(Shipped.content(connection)).isEqualTo(before);
            assertThat(Healing.of(connection).history(1).get(0).outcome().toString())
                    .contains("generation " + generation + " of the replica");
        }
    }

    private void leaseIs(long number, LeaseRecord record) throws IOException {
        new FileStore(store()).put(Layout.lease(number), ReplicaStore.Content.of(record.bytes()));
    }

    @Test
    void aStoreThatCannotBeReadIsNoReasonForAnEmptyDatabase() throws Exception {
        Files.createDirectories(store().resolve("generations/0123456789abcdef/snapshots"));
        Files.writeString(
                store().resolve("generations/0123456789abcdef/snapshots/00000000.snapshot.lz4"),
                "no frame",
                StandardCharsets.UTF_8);
        Path database = directory.resolve("app.db");
        assertThatThrownBy(() -> source(database, "1s").getConnection())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("its replica cannot be restored");
        assertThat(database).doesNotExist();
    }

    @Test
    void whatWasForgottenDoesNotComeBack() throws Exception {
        Path database = directory.resolve("app.db");
        try (Connection connection = source(database, "commit").getConnection()) {
            Shipped.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
            Shipped.insert(connection, 3);
            Healing.forget(database);
        }
        deleteDatabase(database);
        try (Connection connection = source(database, "commit").getConnection()) {
            Shipped.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
            assertThat(Shipped.content(connection)).isEqualTo("ok\n");
        }
    }

    @Test
    void aHealBeginsAnotherHistoryAndTheOneBeforeStays() throws Exception {
        Path database = directory.resolve("app.db");
        HealingDataSource source = source(database, "commit");
        try (Connection connection = source.getConnection()) {
            Shipped.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
            Shipped.insert(connection, 200);
            Shipped.execute(connection, "PRAGMA wal_checkpoint(PASSIVE)");
            String generation = newest();
            org.healingsqlite.testkit.Damage.overwrite(database, 4096L * 3, new byte[2000]);

            assertThat(Healing.of(connection).heal().allowsRetry()).isTrue();
            Shipped.insert(connection, 1);
            await().until(() -> !newest().equals(generation));
            Shipped.insert(connection, 1);

            assertThat(Shipped.content(Shipped.restored(store(), out()))).isEqualTo(Shipped.content(connection));
            assertThat(ReplicaContents.of(new FileStore(store())).generations())
                    .anyMatch(each -> each.id().equals(generation));
        }
    }

    @Test
    void whileAnotherProcessHealsNothingIsHeld() throws Exception {
        Path database = directory.resolve("app.db");
        try (Connection connection = Shipped.wal(database);
                Shipment shipment = Shipped.ship(database, store())) {
            assertThat(shipment.await(Duration.ofSeconds(60))).isTrue();
            Path journal = DatabaseFile.at(database).side().journal();
            Files.createDirectories(journal.getParent());
            Files.createFile(journal);
            await().until(() -> shipment.trouble() != null);
            // No reader keeps the log from being begun anew.
            await().until(() -> "0".equals(truncated(connection)));
            Files.delete(journal);
            await().until(() -> shipment.await(Duration.ofSeconds(60)));

            assertThat(shipment.trouble()).isNull();
            assertThat(ReplicaContents.of(new FileStore(store())).generations()).hasSize(2);
        }
    }

    private static String truncated(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
            return result.getString(1);
        }
    }

    private String newest() throws IOException {
        return ReplicaContents.of(new FileStore(store())).newest().orElseThrow().id();
    }

    @Test
    void oneOfTwoShipsAndTheOtherTakesOverWhereItIsGone() throws Exception {
        Path database = directory.resolve("app.db");
        FileStore files = new FileStore(store());
        try (Connection connection = Shipped.wal(database);
                Shipment first = Shipped.ship(database, store())) {
            assertThat(first.await(Duration.ofSeconds(60))).isTrue();
            try (Shipment second = Shipped.ship(database, store())) {
                await().until(() -> !second.await(Duration.ofSeconds(60)));
                Shipped.insert(connection, 1);
                assertThat(first.await(Duration.ofSeconds(60))).isTrue();
                assertThat(Leases.of(files).all()).hasSize(1);
                first.close();
                await().until(() -> second.await(Duration.ofSeconds(60)));
                Shipped.insert(connection, 1);
                assertThat(second.await(Duration.ofSeconds(60))).isTrue();
                assertThat(Shipped.rows(Shipped.restored(store(), out()))).isEqualTo(2);
            }
        }
    }

    @Test
    void ofManyWhoWantTheLeaseOneGetsItAndALateOneHarmsNothing() throws Exception {
        FileStore files = new FileStore(store());
        Lease old = Lease.take(files, Clock.systemUTC(), Duration.ofMillis(1), "host machine/1 1 a")
                .orElseThrow();
        new GenerationWriter(files, old.generation()).snapshot(0, ReplicaStore.Content.of(new byte[] {1}));
        long won = Stream.iterate(0, i -> i + 1)
                .limit(8)
                .parallel()
                .filter(i -> {
                    try {
                        return Lease.take(files, Clock.systemUTC(), Duration.ofMinutes(1), "host machine/1 1 b" + i)
                                .isPresent();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                })
                .count();
        assertThat(won).isEqualTo(1);
        String now = Leases.of(files).last().orElseThrow().getValue().generation();
        new GenerationWriter(files, now).snapshot(0, ReplicaStore.Content.of(new byte[] {2}));

        new GenerationWriter(files, old.generation()).snapshot(1, ReplicaStore.Content.of(new byte[] {3}));
        await().until(() -> !old.holds());

        assertThat(ReplicaContents.of(files).newest().orElseThrow().id()).isEqualTo(now);
    }

    private static void deleteDatabase(Path database) throws IOException {
        for (String suffix : new String[] {"", "-wal", "-shm"}) {
            Files.deleteIfExists(database.resolveSibling(database.getFileName() + suffix));
        }
    }
}
