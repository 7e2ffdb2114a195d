package org.healingsqlite.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.healingsqlite.replication.ReplicaSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LogShippingTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private Path database() {
        return directory.resolve("app.db");
    }

    private Path store() {
        return directory.resolve("store");
    }

    private Set<String> generations() throws Exception {
        return new FileStore(store())
                .list(Layout.GENERATIONS).stream()
                        .map(object -> object.key()
                                .substring(Layout.GENERATIONS.length())
                                .substring(0, 16))
                        .collect(Collectors.toSet());
    }

    private List<String> keys() throws Exception {
        return new FileStore(store())
                .list("").stream().map(ReplicaStore.Entry::key).toList();
    }

    @Test
    void whatWasCommittedIsRestored() throws Exception {
        try (Connection connection = Shipped.wal(database())) {
            Shipped.insert(connection, 10);
            try (Shipment shipment = Shipped.ship(database(), store())) {
                assertThat(shipment.await(LONG)).isTrue();
                Shipped.insert(connection, 10);
                assertThat(shipment.await(LONG)).isTrue();

                assertThat(Shipped.content(Shipped.restored(store(), directory.resolve("out.db"))))
                        .isEqualTo(Shipped.content(connection));
                assertThat(shipment.trouble()).isNull();
            }
            assertThat(generations()).hasSize(1);
        }
    }

    @Test
    void theLogIsBegunAnewAgainAndAgainWithinOneGenerationWhileOthersWrite() throws Exception {
        try (Connection connection = Shipped.wal(database());
                Connection other = Shipped.wal(database())) {
            try (Shipment shipment = Shipped.ship(database(), store())) {
                assertThat(shipment.await(LONG)).isTrue();
                Thread writer = new Thread(() -> {
                    try {
                        Shipped.insert(other, 600);
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                });
                writer.start();
                for (int i = 0; i < 20; i++) {
                    Shipped.execute(
                            connection,
                            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
                                    + " INSERT INTO t (v) SELECT hex(randomblob(1000)) FROM n");
                    assertThat(shipment.await(LONG)).isTrue();
                }
                writer.join();
                assertThat(shipment.await(LONG)).isTrue();

                assertThat(Shipped.content(Shipped.restored(store(), directory.resolve("out.db"))))
                        .isEqualTo(Shipped.content(connection));
            }
            assertThat(generations()).hasSize(1);
            assertThat(keys()).anyMatch(key -> key.contains("/wal/00000003_"));
            assertThat(Files.size(directory.resolve("app.db-wal"))).isLessThan(20L << 20);
        }
    }

    @Test
    void atRestNothingIsStored() throws Exception {
        try (Connection connection = Shipped.wal(database());
                Shipment shipment = Shipped.ship(database(), store())) {
            assertThat(shipment.await(LONG)).isTrue();
            Shipped.insert(connection, 1);
            assertThat(shipment.await(LONG)).isTrue();
            List<String> before = keys();
            for (int i = 0; i < 5; i++) {
                assertThat(shipment.await(LONG)).isTrue();
            }
            assertThat(keys()).isEqualTo(before);
        }
    }

    @Test
    void whatBeginsAnewWithoutUsIsAnotherGeneration() throws Exception {
        Path out = directory.resolve("out.db");
        try (Shipment shipment = Shipped.ship(database(), store())) {
            try (Connection connection = Shipped.wal(database())) {
                Shipped.insert(connection, 3);
                await().until(() -> shipment.await(LONG));
            }
            Files.delete(database());
            Files.deleteIfExists(directory.resolve("app.db-wal"));
            Files.deleteIfExists(directory.resolve("app.db-shm"));
            try (Connection connection = Shipped.wal(database())) {
                Shipped.insert(connection, 5);
                await().ignoreExceptions()
                        .until(() -> shipment.await(LONG) && Shipped.rows(Shipped.restored(store(), out)) == 5);
                assertThat(generations()).hasSize(2);
            }
        }
    }

    @Test
    void whatIsFoundDamagedInTheStoreIsStoredAgain() throws Exception {
        ReplicaSettings often = new ReplicaSettings(
                store().toUri(),
                false,
                Duration.ofMillis(20),
                Duration.ofDays(1),
                Duration.ofDays(1),
                Optional.of(Duration.ofMillis(200)),
                1L << 30);
        try (Connection connection = Shipped.wal(database());
                Shipment shipment = Shipped.ship(database(), new FileStore(store()), often)) {
            Shipped.insert(connection, 5);
            assertThat(shipment.await(LONG)).isTrue();
            String segment = keys().stream()
                    .filter(key -> key.endsWith(".wal.lz4"))
                    .findFirst()
                    .orElseThrow();
            byte[] bytes = Files.readAllBytes(store().resolve(segment));
            bytes[bytes.length / 2] ^= 1;
            Files.write(store().resolve(segment), bytes);

            await().until(() -> generations().size() > 1 && shipment.await(LONG));

            assertThat(Shipped.content(Shipped.restored(store(), directory.resolve("out.db"))))
                    .isEqualTo(Shipped.content(connection));
        }
    }

    @Test
    void inARollbackJournalModeTheWholeDatabaseIsStoredWhereItHasChanged() throws Exception {
        ReplicaSettings often = new ReplicaSettings(
                store().toUri(),
                false,
                Duration.ofMillis(20),
                Duration.ofDays(1),
                Duration.ofMillis(50),
                Optional.empty(),
                1L << 30);
        Path out = directory.resolve("out.db");
        try (Connection connection = Shipped.wal(database())) {
            Shipped.execute(connection, "PRAGMA journal_mode=DELETE");
            Shipped.insert(connection, 5);
            try (Shipment shipment = Shipped.ship(database(), new FileStore(store()), often)) {
                await().until(() -> shipment.await(LONG));
                Shipped.insert(connection, 5);
                await().until(() -> shipment.await(LONG));

                assertThat(Shipped.content(Shipped.restored(store(), out))).isEqualTo(Shipped.content(connection));
                int stored = keys().size();
                assertThat(shipment.await(LONG)).isTrue();
                assertThat(keys()).hasSize(stored);
            }
        }
    }

    @Test
    void whoClosesGivesTheLeaseBackAndTheNextOneNeedNotWait() throws Exception {
        try (Connection connection = Shipped.wal(database())) {
            for (int turn = 0; turn < 2; turn++) {
                Shipped.insert(connection, 1);
                try (Shipment shipment = Shipped.ship(database(), store())) {
                    assertThat(shipment.await(LONG)).isTrue();
                }
            }
        }
        Leases leases = Leases.of(new FileStore(store()));
        assertThat(leases.all().keySet()).containsExactly(1L, 2L);
        assertThat(leases.all().values()).allMatch(lease -> lease.expires().equals(java.time.Instant.EPOCH));
        assertThat(Shipped.rows(Shipped.restored(store(), directory.resolve("out.db"))))
                .isEqualTo(2);
    }
}
