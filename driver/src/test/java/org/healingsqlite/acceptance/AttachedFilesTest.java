package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A database is deleted together with one that is attached to it. */
class AttachedFilesTest {
    @TempDir
    Path directory;

    private Path database;
    private Path attached;

    @BeforeEach
    void nameTheFiles() {
        database = directory.resolve("app.db");
        attached = directory.resolve("more.db");
    }

    private Connection open(String mode, String options) throws SQLException {
        Connection connection = DriverManager.getConnection(
                "jdbc:healing:sqlite:" + database + "?healing.wait=5s&journal_mode=" + mode + options);
        Sql.run(
                connection,
                "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY)",
                "ATTACH '" + attached + "' AS more",
                "PRAGMA more.journal_mode = " + mode,
                "CREATE TABLE IF NOT EXISTS more.u (id INTEGER PRIMARY KEY)",
                "INSERT INTO main.t VALUES (1), (2)",
                "INSERT INTO more.u VALUES (1), (2), (3)");
        return connection;
    }

    private static void delete(Path file) throws IOException {
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(file + suffix));
        }
    }

    private static List<Path> quarantine(Path file) throws IOException {
        try (Stream<Path> kept = Files.list(Path.of(file + ".healing", "quarantine"))) {
            return kept.toList();
        }
    }

    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void bothComeBack(String mode) throws Exception {
        List<Incident> incidents = new CopyOnWriteArrayList<>();
        try (Connection connection = open(mode, "")) {
            Healing.of(connection).addListener(incidents::add);
            delete(database);
            delete(attached);

            assertThat(Healing.of(connection).verify()).isTrue();
            assertThat(Healing.of(connection).verify()).isTrue();

            assertThat(Sql.rows(connection, "SELECT count(*) FROM t")).containsExactly(List.of(2));
            assertThat(Sql.rows(connection, "SELECT count(*) FROM more.u")).containsExactly(List.of(3));
            Sql.run(connection, "INSERT INTO more.u VALUES (4)");
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t")).containsExactly(List.of(2));
        assertThat(Sql.rowsElsewhere(attached, "SELECT count(*) FROM u")).containsExactly(List.of(4));
        assertThat(incidents).hasSize(1);
        assertThat(quarantine(database)).noneMatch(path -> path.toString().endsWith(".db"));
        assertThat(quarantine(attached)).noneMatch(path -> path.toString().endsWith(".db"));
    }

    /** As with each connection of a pool that attaches it. */
    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void whatWasWrittenThroughAnotherConnectionComesBackAsWell(String mode) throws Exception {
        try (Connection connection = open(mode, "");
                Connection other = DriverManager.getConnection(
                        "jdbc:healing:sqlite:" + attached + "?healing.wait=5s&journal_mode=" + mode)) {
            Sql.run(other, "INSERT INTO u VALUES (4)");
            delete(database);
            delete(attached);

            assertThat(Sql.rows(other, "SELECT count(*) FROM u")).containsExactly(List.of(4));
            assertThat(Healing.of(connection).verify()).isTrue();
            assertThat(Sql.rows(connection, "SELECT count(*) FROM more.u")).containsExactly(List.of(4));
            Sql.run(other, "INSERT INTO u VALUES (5)");
            assertThat(Sql.rows(connection, "SELECT count(*) FROM more.u")).containsExactly(List.of(5));
        }
        assertThat(Sql.rowsElsewhere(attached, "SELECT count(*) FROM u")).containsExactly(List.of(5));
    }

    /** The database itself comes back all the same. */
    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void whatCannotBeAttachedAnyMoreIsTold(String mode) throws Exception {
        List<Incident> incidents = new CopyOnWriteArrayList<>();
        try (Connection connection = open(mode, "")) {
            Healing.of(connection).addListener(incidents::add);
            delete(attached);
            Files.createDirectory(attached);
            delete(database);

            assertThat(Healing.of(connection).verify()).isTrue();

            assertThat(Sql.rows(connection, "SELECT count(*) FROM t")).containsExactly(List.of(2));
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT count(*) FROM more.u"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("more.u");
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t")).containsExactly(List.of(2));
        assertThat(incidents).hasSize(1);
        assertThat(quarantine(database)).noneMatch(path -> path.toString().endsWith(".db"));
    }
}
