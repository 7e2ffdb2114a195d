package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A database that is opened again and again, as nobody has changed it, heals as on the first day. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class OpenedUnchangedTest {
    /** Long beside the system's clock, and beside one that only knows every second one. */
    private static final long LONG_AGO_MILLIS = 3_000;

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void openAgainAndAgain() throws Exception {
        database = directory.resolve("app.db");
        Sql.runElsewhere(database, "CREATE TABLE t(x)", "INSERT INTO t VALUES (1)");
        await().until(() -> isLongAgo(database) && isLongAgo(directory));
        for (int i = 0; i < 3; i++) {
            try (Connection connection = open()) {
                assertThat(Sql.rows(connection, "SELECT x FROM t")).containsExactly(List.of(1));
            }
        }
    }

    private static boolean isLongAgo(Path path) throws IOException {
        FileTime changed = (FileTime) Files.getAttribute(path, "unix:ctime");
        return System.currentTimeMillis() - changed.toMillis() > LONG_AGO_MILLIS;
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database);
    }

    @Test
    void whatIsDeletedWhileItIsOpenComesBack() throws Exception {
        try (Connection connection = open()) {
            Files.delete(database);
            assertThat(Sql.rows(connection, "SELECT x FROM t")).containsExactly(List.of(1));
            await().until(() -> Files.exists(database));
        }
    }

    @Test
    void whatIsDeletedBeforeItIsClosedComesBack() throws Exception {
        try (Connection connection = open()) {
            assertThat(connection.isClosed()).isFalse();
            Files.delete(database);
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT x FROM t")).containsExactly(List.of(1));
    }

    @Test
    void whatIsDeletedBetweenTwoConnectionsHasItsTables() throws Exception {
        Files.delete(database);
        try (Connection connection = open()) {
            assertThat(Sql.rows(connection, "SELECT x FROM t")).isEmpty();
        }
    }

    @Test
    void tablesThatOthersHaveMadeMeanwhileAreKnown() throws Exception {
        Sql.runElsewhere(database, "CREATE TABLE more(y)");
        try (Connection connection = open()) {
            assertThat(Sql.rows(connection, "SELECT * FROM more")).isEmpty();
        }
        Files.delete(database);
        try (Connection connection = open()) {
            assertThat(Sql.rows(connection, "SELECT * FROM more")).isEmpty();
        }
    }

    @Test
    void damageIsHealed() throws Exception {
        try (FileChannel file = FileChannel.open(database, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(16), 0);
        }
        try (Connection connection = open()) {
            assertThat(Sql.rows(connection, "SELECT x FROM t")).containsExactly(List.of(1));
        }
    }

    @Test
    void anotherDatabaseInItsPlaceIsThatOne() throws Exception {
        Path other = directory.resolve("other.db");
        Sql.runElsewhere(other, "CREATE TABLE other(z)", "INSERT INTO other VALUES (7)");
        Files.move(other, database, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (Connection connection = open()) {
            assertThat(Sql.rows(connection, "SELECT z FROM other")).containsExactly(List.of(7));
        }
    }
}
