package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A thread that is interrupted looks at a database: the locks that SQLite has on it stay, which belong to the process, and others are kept out as before. */
@EnabledOnOs(OS.LINUX)
class InterruptedReaderTest {
    @TempDir
    Path directory;

    private Path database;

    /** The locks that this process has on the database. Source: proc_locks(5). */
    private List<String> locks() throws IOException {
        String inode = ":" + Files.getAttribute(database, "unix:ino") + " ";
        return Files.readAllLines(Path.of("/proc/locks")).stream()
                .filter(line -> line.contains(" POSIX ") && line.contains(inode))
                .map(line -> line.replaceAll("^\\d+: *", ""))
                .sorted()
                .toList();
    }

    @Test
    void whoAsksForHealthTakesNoLockAway() throws Exception {
        database = directory.resolve("app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Sql.run(connection, "CREATE TABLE t (a)");
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            List<String> before = locks();
            assertThat(before).isNotEmpty();
            for (int time = 0; time < 3; time++) {
                Thread.currentThread().interrupt();
                try {
                    assertThat(Healing.of(connection).health().isServing()).isTrue();
                } finally {
                    assertThat(Thread.interrupted()).isTrue();
                }
            }
            assertThat(locks()).isEqualTo(before);
            connection.commit();
            connection.setAutoCommit(true);
        }
    }

    @Test
    void whoMissesATableHealsItAndTakesNoLockAway() throws Exception {
        database = directory.resolve("app.db");
        String url = "jdbc:healing:sqlite:" + database;
        try (Connection reader = DriverManager.getConnection(url);
                Connection connection = DriverManager.getConnection(url)) {
            Sql.run(connection, "PRAGMA journal_mode = wal", "CREATE TABLE t (a)", "CREATE TABLE u (a)");
            reader.setAutoCommit(false);
            assertThat(Sql.value(reader, "SELECT count(*) FROM u")).isEqualTo(0);
            List<String> before = locks();
            assertThat(before).isNotEmpty();
            for (int time = 0; time < 3; time++) {
                Sql.runElsewhere(database, "DROP TABLE t");
                Thread.currentThread().interrupt();
                try {
                    assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(0);
                } finally {
                    assertThat(Thread.interrupted()).isTrue();
                }
            }
            assertThat(locks()).containsAll(before);
            reader.commit();
            reader.setAutoCommit(true);
        }
    }
}
