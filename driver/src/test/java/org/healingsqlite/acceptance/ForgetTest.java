package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.healingsqlite.Healing;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveExport;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.healingsqlite.testkit.Waiting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody says that a database is to be forgotten, and takes it away. Each test has its control: without a word, it comes back. */
@DisabledOnOs(OS.WINDOWS)
class ForgetTest {
    private static final String TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)";
    private static final String COUNT = "SELECT count(*) FROM t";

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void name() {
        database = directory.resolve("app.db");
    }

    private String url() {
        return "jdbc:healing:sqlite:" + database;
    }

    private Connection open(String mode) throws SQLException {
        Connection connection = DriverManager.getConnection(url());
        Sql.run(connection, "PRAGMA journal_mode = " + mode);
        return connection;
    }

    private Connection openWithRows(String mode) throws SQLException {
        Connection connection = open(mode);
        Sql.run(connection, TABLE, "INSERT INTO t VALUES (1, 'old'), (2, 'old')");
        return connection;
    }

    private void delete() throws Exception {
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(database + suffix));
        }
    }

    private static void awaitNoTable(Connection connection) {
        Waiting.await()
                .until(
                        () -> catchThrowable(() -> Sql.value(connection, COUNT)),
                        failure -> failure != null && failure.getMessage().contains("no such table"));
    }

    @ParameterizedTest
    @CsvSource({"delete, true", "wal, true", "delete, false"})
    void whatIsDeletedWhileItIsOpenComesBackUnlessItIsForgotten(String mode, boolean forgotten) throws Exception {
        try (Connection connection = openWithRows(mode)) {
            if (forgotten) {
                Healing.forget(database);
            }
            delete();
            if (forgotten) {
                awaitNoTable(connection);
                Sql.run(connection, TABLE, "INSERT INTO t VALUES (7, 'new')");
            } else {
                Waiting.await().until(() -> Files.exists(database));
            }
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT group_concat(v) FROM t"))
                .containsExactly(List.of(forgotten ? "new" : "old,old"));
    }

    @ParameterizedTest
    @CsvSource({"delete, true", "wal, true", "wal, false"})
    void whatIsDeletedBeforeTheCloseIsSavedUnlessItIsForgotten(String mode, boolean forgotten) throws Exception {
        try (Connection connection = openWithRows(mode)) {
            if (forgotten) {
                Healing.forget(database);
            }
            delete();
        }
        assertThat(Files.exists(database)).isEqualTo(!forgotten);
    }

    @Test
    void aDirectoryThatIsForgottenAndDeletedStaysDeleted() throws Exception {
        Path own = Files.createDirectory(directory.resolve("own"));
        database = own.resolve("app.db");
        try (Connection connection = openWithRows("delete")) {
            Healing.forget(database);
            Process rm = new ProcessBuilder("rm", "-r", own.toString()).start();
            assertThat(rm.waitFor()).isZero();
        }
        assertThat(own).doesNotExist();
    }

    @Test
    void aNewLifeBeginsWithTheSchemaThatIsRegistered() throws Exception {
        Path script = Files.writeString(directory.resolve("schema.sql"), TABLE + ";\n");
        Properties properties = new Properties();
        properties.setProperty("healing.schema", script.toString());
        try (Connection connection = DriverManager.getConnection(url(), properties)) {
            Sql.run(connection, "INSERT INTO t VALUES (1, 'old')", "CREATE TABLE seen (v)");
            Healing.forget(database);
            delete();
            Waiting.await().until(() -> Sql.value(connection, COUNT).equals(0));
            assertThat(Sql.names(connection, "table")).containsExactly("t");
        }
    }

    /** A log of the application's that is rotated, as logrotate does it. */
    @ParameterizedTest
    @ValueSource(strings = {"delete", "wal"})
    void aDatabaseIsRotatedByRenamingIt(String mode) throws Exception {
        Path old = directory.resolve("app.old");
        try (Connection connection = openWithRows(mode)) {
            Sql.rows(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
            Healing.forget(database);
            Files.move(database, old);
            awaitNoTable(connection);
            Sql.run(connection, TABLE, "INSERT INTO t VALUES (7, 'new')");
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT v FROM t")).containsExactly(List.of("new"));
        assertThat(Sql.rowsElsewhere(old, COUNT)).containsExactly(List.of(2));
    }

    @Test
    void anotherDatabaseThatIsPutInItsPlaceStays() throws Exception {
        Path other = directory.resolve("other.db");
        Sql.runElsewhere(other, "CREATE TABLE fresh (v)", "INSERT INTO fresh VALUES ('other')");
        try (Connection connection = openWithRows("wal")) {
            Healing.forget(database);
            delete();
            Files.move(other, database);
            Waiting.await().until(() -> Sql.names(connection, "table").contains("fresh"));
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT v FROM fresh")).containsExactly(List.of("other"));
    }

    @Test
    void otherProcessesForgetItToo() throws Exception {
        try (Connection connection = openWithRows("delete");
                OtherJvm other = OtherJvm.start()) {
            assertThat(other.ask("open a " + url())).startsWith("ok");
            assertThat(other.ask("rows a " + COUNT)).startsWith("ok").contains("2");
            Healing.forget(database);
            delete();
            Waiting.await().until(() -> other.ask("rows a " + COUNT).contains("no such table"));
            awaitNoTable(connection);
            assertThat(other.ask("close a")).startsWith("ok");
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM sqlite_schema"))
                .containsExactly(List.of(0));
    }

    @Test
    void whoOpensItAfterwardsBeginsANewLifeThatIsKept() throws Exception {
        openWithRows("delete").close();
        Healing.forget(database);
        try (Connection connection = open("delete")) {
            Sql.run(connection, "INSERT INTO t VALUES (3, 'new')");
            delete();
        }
        assertThat(Sql.rowsElsewhere(database, COUNT)).containsExactly(List.of(3));
    }

    /** Between the tests of a suite, in one JVM, as often as there are tests. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aTestSuiteDeletesTheFileBetweenItsRuns(boolean closes) throws Exception {
        Connection left = null;
        for (int run = 0; run < 3; run++) {
            Connection connection = open("wal");
            assertThat(Sql.names(connection, "table")).as("run " + run).isEmpty();
            Sql.run(connection, TABLE, "INSERT INTO t VALUES (" + run + ", 'run')");
            assertThat(Sql.rows(connection, "SELECT id FROM t")).hasToString("[[" + run + "]]");
            if (closes) {
                connection.close();
            }
            Healing.forget(database);
            delete();
            left = connection;
        }
        left.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatWasArchivedInAnEarlierLifeGivesNoRows(boolean forgotten) throws Exception {
        Properties properties = new Properties();
        Path archive = directory.resolve("archive");
        properties.setProperty("healing.archive", archive.toString());
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(connection, TABLE, "INSERT INTO t VALUES (1, 'old'), (2, 'old')");
            ArchiveExport.of(connection).into(archive, ProgressListener.NONE);
        }
        if (forgotten) {
            Healing.forget(database);
        }
        delete();
        for (int life = 0; life < 2; life++) {
            try (Connection connection = DriverManager.getConnection(url(), properties)) {
                if (!forgotten) {
                    assertThat(Sql.rows(connection, "SELECT v FROM t")).hasToString("[[old], [old]]");
                } else if (life == 0) {
                    assertThat(Sql.names(connection, "table")).isEmpty();
                    Sql.run(connection, TABLE);
                } else {
                    assertThat(Sql.rows(connection, "SELECT v FROM t")).isEmpty();
                }
            }
            delete();
        }
        assertThat(Archive.open(archive).verify()).as("it is kept as it is").isEmpty();
    }

    /** Restores within the file need no word: nothing is lost, and nothing of what was there before comes back. */
    @ParameterizedTest
    @ValueSource(strings = {"restore from", "cp"})
    void aBackupIsRestoredIntoTheFile(String way) throws Exception {
        Path backup = directory.resolve("backup.db");
        try (Connection connection = openWithRows("delete")) {
            Sql.run(connection, "backup to '" + backup + "'", "INSERT INTO t VALUES (3, 'later')");
            if (way.equals("cp")) {
                Process cp = new ProcessBuilder("cp", backup.toString(), database.toString()).start();
                assertThat(cp.waitFor()).isZero();
            } else {
                Sql.run(connection, "restore from '" + backup + "'");
            }
        }
        try (Connection connection = open("delete")) {
            assertThat(Sql.value(connection, COUNT)).isEqualTo(2);
            assertThat(Healing.of(connection).history(5)).isEmpty();
        }
    }
}
