package org.healingsqlite.seconddoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections of an application that makes no call while their file is lost: the agent moves them in the background, as far as nobody could notice. */
class IdleConnectionTest {
    @TempDir
    Path directory;

    private Path database() {
        return directory.resolve("app.db");
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database() + "?healing.wait=5s&journal_mode=WAL");
    }

    private void delete() throws IOException {
        for (String suffix : List.of("", "-wal", "-shm")) {
            Files.deleteIfExists(Path.of(database() + suffix));
        }
    }

    private void awaitRescue() {
        await().until(() -> Files.exists(database()) && Files.size(database()) > 0);
        await().until(() -> Sql.rowsElsewhere(database(), "SELECT count(*) FROM t"), List.of(List.of(2))::equals);
    }

    private static void fill(Connection connection) throws SQLException {
        Sql.run(
                connection,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "INSERT INTO t VALUES (1, 'a'), (7, 'b')");
    }

    @Test
    void statementsThatWerePreparedBeforeGoAlong() throws Exception {
        try (Connection connection = open()) {
            fill(connection);
            try (PreparedStatement select = connection.prepareStatement("SELECT v FROM t WHERE id = ?")) {
                select.setInt(1, 7);
                delete();
                awaitRescue();

                try (ResultSet row = select.executeQuery()) {
                    assertThat(row.next()).isTrue();
                    assertThat(row.getString(1)).isEqualTo("b");
                }
            }
        }
    }

    @Test
    void theLastInsertAndTheLastChangeAreKnownAfterwards() throws Exception {
        try (Connection connection = open()) {
            fill(connection);
            delete();
            awaitRescue();

            assertThat(Sql.rows(connection, "SELECT last_insert_rowid(), changes()"))
                    .containsExactly(List.of(7, 2));
        }
    }

    @Test
    void aResultThatIsBeingReadStaysWhereItIs() throws Exception {
        try (Connection reader = open();
                Connection idle = open()) {
            fill(reader);
            try (PreparedStatement query = reader.prepareStatement("SELECT id FROM t ORDER BY id");
                    ResultSet rows = query.executeQuery()) {
                assertThat(rows.next()).isTrue();
                assertThat(Sql.value(idle, "SELECT count(*) FROM t")).isEqualTo(2);
                delete();
                awaitRescue();

                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt(1)).isEqualTo(7);
            }
            assertThat(Sql.value(reader, "SELECT count(*) FROM t")).isEqualTo(2);
        }
    }

    @Test
    void aKeyThatWasGeneratedCanStillBeAskedFor() throws Exception {
        try (Connection connection = open();
                Connection idle = open()) {
            Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO t VALUES (1, 'a')");
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES ('b')")) {
                assertThat(insert.execute()).isFalse();
                assertThat(Sql.value(idle, "SELECT count(*) FROM t")).isEqualTo(2);
                delete();
                awaitRescue();

                assertThat(insert.getUpdateCount()).isEqualTo(1);
                try (ResultSet key = insert.getGeneratedKeys()) {
                    assertThat(key.next()).isTrue();
                    assertThat(key.getInt(1)).isEqualTo(2);
                }
            }
        }
    }

    /** As it is with the driver: a new file would shut out what the transaction is about to commit. */
    @Test
    void whoStayedBehindWaitsForATransactionOnTheNewerFile() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try (Connection behind = open();
                Connection ahead = open()) {
            fill(ahead);
            behind.setAutoCommit(false);
            assertThat(Sql.value(behind, "SELECT count(*) FROM t")).isEqualTo(2);
            delete();
            assertThat(Sql.value(ahead, "PRAGMA healing_verify")).isEqualTo(1);
            Sql.run(ahead, "BEGIN", "INSERT INTO t VALUES (8, 'c')");
            delete();

            behind.commit();
            Future<Object> seen = other.submit(() -> Sql.value(behind, "SELECT count(*) FROM t"));
            Sql.run(ahead, "COMMIT");

            assertThat(seen.get()).isEqualTo(3);
            assertThat(Sql.value(ahead, "SELECT count(*) FROM t")).isEqualTo(3);
        } finally {
            other.shutdownNow();
        }
    }
}
