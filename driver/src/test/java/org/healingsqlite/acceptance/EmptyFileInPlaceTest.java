package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.Properties;
import java.util.stream.IntStream;
import org.healingsqlite.Healing;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * S0-13: an empty file is moved over a database in WAL mode, whose log stays where it is. It looks like a database that was cut to nothing, but the log belongs
 * to the file that has lost its name, and is in use.
 */
class EmptyFileInPlaceTest {
    private static final String PLAIN = "jdbc:sqlite:";

    @TempDir
    Path directory;

    private Path database;
    private Path log;

    @BeforeEach
    void nameTheFiles() {
        database = directory.resolve("app.db");
        log = directory.resolve("app.db-wal");
    }

    private OtherJvm holder(String scheme) throws IOException {
        OtherJvm other = OtherJvm.start();
        tell(other, "open a " + scheme + database + "?journal_mode=WAL");
        tell(other, "run a CREATE TABLE t (id INTEGER PRIMARY KEY)");
        tell(other, "run a INSERT INTO t VALUES (1), (2)");
        return other;
    }

    private static void tell(OtherJvm other, String command) throws IOException {
        assertThat(other.ask(command)).startsWith("ok");
    }

    private void replaceByAnEmptyFile() throws IOException {
        Path empty = Files.createFile(directory.resolve("empty"));
        Files.move(empty, database, StandardCopyOption.REPLACE_EXISTING);
    }

    private Healing healing() throws Exception {
        Properties options = new Properties();
        options.setProperty("healing.wait", "1s");
        return Healing.of(database, options);
    }

    @Test
    void theLogOfALostFileIsLeftToThoseWhoHaveItOpen() throws Exception {
        try (OtherJvm other = holder(PLAIN)) {
            long bytes = Files.size(log);
            replaceByAnEmptyFile();

            assertThat(healing().check().finding()).isEqualTo(Finding.FILE_DELETED);
            assertThat(log).hasSize(bytes);
            assertThat(healing().heal()).isInstanceOf(Outcome.Healthy.class);

            assertThat(database).isEmptyFile();
            assertThat(other.ask("rows a SELECT id FROM t")).isEqualTo("ok [[1], [2]]");
            tell(other, "run a INSERT INTO t VALUES (3)");
        }
    }

    /** The control: what was cut in place has lost its content, and the log is all there is of it. */
    @Test
    void aFileThatWasCutIsDamage() throws Exception {
        try (OtherJvm other = holder(PLAIN)) {
            try (FileChannel cut = FileChannel.open(database, StandardOpenOption.WRITE)) {
                cut.truncate(0);
            }
            assertThat(healing().check().finding()).isEqualTo(Finding.PAGES_DAMAGED);
            assertThat(healing().heal()).isInstanceOf(Outcome.Healed.class);
            assertThat(other.ask("rows a SELECT id FROM t")).isEqualTo("ok [[1], [2]]");
        }
    }

    /** And so is a log that nobody has open. */
    @Test
    void anEmptyFileBesideTheLogOfTheDeadIsDamage() throws Exception {
        try (OtherJvm other = holder(PLAIN)) {
            replaceByAnEmptyFile();
            other.kill();
            assertThat(healing().check().finding()).isEqualTo(Finding.PAGES_DAMAGED);
        }
    }

    @Test
    void whoOpensItDoesNotShareTheIndexOfTheLostOne() throws Exception {
        try (OtherJvm other = holder(PLAIN)) {
            replaceByAnEmptyFile();
            try (Connection connection = DriverManager.getConnection(
                    "jdbc:healing:sqlite:" + database + "?journal_mode=WAL&healing.wait=1s")) {
                Sql.run(connection, "CREATE TABLE u (x)", "INSERT INTO u VALUES (7)");
                tell(other, "run a INSERT INTO t VALUES (3)");
                assertThat(Sql.rows(connection, "SELECT x FROM u")).containsExactly(List.of(7));
            }
            assertThat(other.ask("rows a SELECT id FROM t")).isEqualTo("ok [[1], [2], [3]]");
        }
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    /** S0-24: the schema alone, put there by who has nothing else, would be in the way of the content. */
    @Test
    void whatAnotherProcessHoldsComesBackBeforeTheSchemaDoes() throws Exception {
        String url = "jdbc:healing:sqlite:" + database + "?journal_mode=WAL";
        try (OtherJvm other = holder("jdbc:healing:sqlite:")) {
            DriverManager.getConnection(url).close();
            replaceByAnEmptyFile();
            try (Connection connection = DriverManager.getConnection(url)) {
                Sql.run(connection, "INSERT INTO t VALUES (3)");
            }
            tell(other, "run a INSERT INTO t VALUES (4)");
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t")).containsExactlyElementsOf(ids(4));
    }

    /** A database without a single object is nothing that anybody could have put there on purpose. */
    @Test
    void theSchemaIsRememberedWhereAnEmptyDatabaseHasTakenItsPlace() throws Exception {
        String url = "jdbc:healing:sqlite:" + database;
        try (Connection connection = DriverManager.getConnection(url)) {
            Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
        }
        Path other = directory.resolve("other.db");
        Sql.runElsewhere(other, "CREATE TABLE gone (x)", "DROP TABLE gone");
        Files.move(other, database, StandardCopyOption.REPLACE_EXISTING);

        try (Connection connection = DriverManager.getConnection(url)) {
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            assertThat(Sql.rows(connection, "SELECT id FROM t")).containsExactlyElementsOf(ids(1));
        }
    }

    private static List<List<Object>> ids(int last) {
        return IntStream.rangeClosed(1, last).<List<Object>>mapToObj(List::of).toList();
    }
}
