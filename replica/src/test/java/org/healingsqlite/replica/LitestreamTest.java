package org.healingsqlite.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.healingsqlite.testkit.Waiting.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Both ways between ours and Litestream 0.3.13, by its real program. */
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LitestreamTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private Litestream litestream;

    @BeforeEach
    void find() throws Exception {
        Optional<Litestream> found = Litestream.find();
        assumeTrue(found.isPresent(), "the program of Litestream cannot be had here: Linux on x64, and npm");
        litestream = found.get();
    }

    private Path store() {
        return directory.resolve("store");
    }

    /** As if what is there had been stored at a moment: stores tell seconds apart. */
    private void storedAt(Instant moment, Instant after) throws Exception {
        for (ReplicaStore.Entry object : new FileStore(store()).list("")) {
            if (object.modified().isAfter(after)) {
                Files.setLastModifiedTime(store().resolve(object.key()), FileTime.from(moment));
            }
        }
    }

    @Test
    void itRestoresOursAndAtATimeToo() throws Exception {
        Path database = directory.resolve("app.db");
        Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS);
        try (Connection connection = Shipped.wal(database);
                Shipment shipment = Shipped.ship(database, store())) {
            Shipped.insert(connection, 100);
            assertThat(shipment.await(LONG)).isTrue();
            String half = Shipped.content(connection);
            storedAt(hour.minusSeconds(60), Instant.MIN);
            for (int i = 0; i < 10; i++) {
                Shipped.execute(
                        connection,
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                                + " INSERT INTO t (v) SELECT hex(randomblob(1000)) FROM n");
                assertThat(shipment.await(LONG)).isTrue();
            }
            storedAt(hour.minusSeconds(20), hour.minusSeconds(59));

            Path theirs = litestream.restored(store(), directory.resolve("theirs.db"));
            assertThat(Shipped.content(theirs)).isEqualTo(Shipped.content(connection));
            Path theirHalf = litestream.restored(
                    store(),
                    directory.resolve("their-half.db"),
                    "-timestamp",
                    hour.minusSeconds(40).toString());
            assertThat(Shipped.content(theirHalf)).isEqualTo(half);

            FileStore files = new FileStore(store());
            Path ourHalf = directory.resolve("our-half.db");
            Restorer.at(
                    files,
                    ReplicaContents.of(files).at(hour.minusSeconds(40)).orElseThrow(),
                    hour.minusSeconds(40),
                    ourHalf);
            assertThat(Shipped.content(ourHalf)).isEqualTo(half);
            assertThat(Shipped.content(Shipped.restored(store(), directory.resolve("ours.db"))))
                    .isEqualTo(Shipped.content(connection));
        }
    }

    @Test
    void weRestoreItsReplicas() throws Exception {
        Path database = directory.resolve("app.db");
        Path out = directory.resolve("out.db");
        try (Connection connection = Shipped.wal(database)) {
            Shipped.insert(connection, 50);
            Process process = litestream.replicate(database, store());
            try {
                await().until(() -> !ReplicaContents.of(new FileStore(store()))
                        .generations()
                        .isEmpty());
                Shipped.insert(connection, 50);
                // The first parts may come one by one.
                await().ignoreExceptions()
                        .until(() -> ReplicaContents.of(new FileStore(store()))
                                        .newest()
                                        .isPresent()
                                && Shipped.rows(Shipped.restored(store(), out)) == 100);
                assertThat(Shipped.content(out)).isEqualTo(Shipped.content(connection));
            } finally {
                process.destroy();
                assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            }
        }
    }

    @Test
    void whereTheFirstPartIsMissingBothRefuse() throws Exception {
        Path database = directory.resolve("app.db");
        try (Connection connection = Shipped.wal(database);
                Shipment shipment = Shipped.ship(database, store())) {
            assertThat(shipment.await(LONG)).isTrue();
            Shipped.insert(connection, 5);
            assertThat(shipment.await(LONG)).isTrue();
        }
        FileStore files = new FileStore(store());
        String first = files.list(Layout.GENERATIONS).stream()
                .map(ReplicaStore.Entry::key)
                .filter(key -> key.endsWith("00000000_00000000.wal.lz4"))
                .findFirst()
                .orElseThrow();
        files.delete(first);

        assertThat(litestream.restore(store(), directory.resolve("theirs.db")).exitCode())
                .isNotZero();
        assertThatThrownBy(() -> Shipped.restored(store(), directory.resolve("ours.db")))
                .hasMessageContaining("lacks the part 00000000_00000000");
        assertThat(directory.resolve("ours.db")).doesNotExist();
    }
}
