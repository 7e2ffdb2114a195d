package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where nothing is healed, what was healed before is followed all the same: a file that was left for another is no place to write to. */
class ObservedAfterRescueTest {
    @TempDir
    Path directory;

    private Path database;

    private void makeDatabase(String journalMode) throws Exception {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA journal_mode = " + journalMode,
                "CREATE TABLE t (a)",
                "INSERT INTO t VALUES (1), (2)");
    }

    private Connection connect(String options) throws Exception {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database + options);
    }

    @ParameterizedTest
    @ValueSource(strings = {"WAL", "DELETE"})
    void whoHasNotMovedWhenHealingIsSwitchedOffStillFollowsTheContentThatWasRescued(String journalMode)
            throws Exception {
        makeDatabase(journalMode);
        try (Connection first = connect("");
                Connection second = connect("")) {
            Sql.value(first, "SELECT count(*) FROM t");
            Sql.value(second, "SELECT count(*) FROM t");
            Files.delete(database);
            Sql.run(first, "INSERT INTO t VALUES (3)");

            Healing.of(first).observe();
            Sql.run(second, "CREATE TABLE IF NOT EXISTS u (a)");
            Sql.run(second, "INSERT INTO u VALUES (1)");
            Sql.run(second, "INSERT INTO t VALUES (4)");
            assertThat(Sql.value(second, "SELECT count(*) FROM t")).isEqualTo(4);
            Healing.of(first).resume();

            assertThat(Sql.value(first, "SELECT count(*) FROM u")).isEqualTo(1);
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t").get(0).get(0))
                .isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"WAL", "DELETE"})
    void whoOnlyObservesFollowsTheContentThatAnotherConnectionHasRescued(String journalMode) throws Exception {
        makeDatabase(journalMode);
        try (Connection healing = connect("");
                Connection observing = connect("?healing.mode=observe")) {
            Sql.value(healing, "SELECT count(*) FROM t");
            Sql.value(observing, "SELECT count(*) FROM t");
            Files.delete(database);
            Sql.run(healing, "INSERT INTO t VALUES (3)");

            Sql.run(observing, "INSERT INTO t VALUES (4)");

            assertThat(Sql.value(healing, "SELECT count(*) FROM t")).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"WAL", "DELETE"})
    void whileNothingIsHealedADeletedFileThatNobodyHasRescuedStaysDeleted(String journalMode) throws Exception {
        makeDatabase(journalMode);
        try (Connection connection = connect("")) {
            Sql.value(connection, "SELECT count(*) FROM t");
            Healing.of(connection).observe();
            Files.delete(database);

            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(2);
            assertThat(database).doesNotExist();
            Healing.of(connection).resume();
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(2);
            assertThat(database).exists();
        }
    }
}
