package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import ch.qos.logback.classic.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Properties;
import org.healingsqlite.archive.Snapshots;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others have put into the directories of archive and snapshots stays theirs: it is read, and never replaced or pushed out. */
class OthersFilesTest {
    private static final String MANIFEST =
            "# written by hand\nsource.n.files=n.csv\nsource.n.table=n\nsource.n.format=csv\n";

    @TempDir
    Path directory;

    private Path database;
    private Properties options;

    @BeforeEach
    void create() throws Exception {
        database = directory.resolve("app.db");
        options = new Properties();
        Sql.runElsewhere(
                database, "CREATE TABLE n(a INTEGER PRIMARY KEY, b)", "CREATE TABLE z(a)", "INSERT INTO z VALUES (1)");
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database, options);
    }

    @ParameterizedTest(name = "archiveKeep={0}")
    @ValueSource(strings = {"30s", "1h"})
    void aManifestThatPeopleHaveWrittenStays(String keep) throws Exception {
        Path archive = Files.createDirectory(directory.resolve("docs"));
        Path manifest = Files.writeString(archive.resolve("archive.properties"), MANIFEST);
        Files.writeString(archive.resolve("n.csv"), "a,b\n1,2\n3,4\n");
        options.setProperty("healing.archive", archive.toString());
        options.setProperty("healing.archiveKeep", keep);
        try (LogCapture log = new LogCapture()) {
            try (Connection connection = open()) {
                Sql.run(connection, "INSERT INTO z VALUES (2)");
                await().until(() -> !log.at(Level.ERROR).isEmpty());
            }
            assertThat(log.at(Level.ERROR))
                    .singleElement()
                    .asString()
                    .contains(manifest.toString())
                    .contains("directory of its own");
        }
        assertThat(manifest).hasContent(MANIFEST);

        Files.delete(database);
        options.remove("healing.archiveKeep");
        try (Connection connection = open()) {
            assertThat(Sql.rows(connection, "SELECT a, b FROM n ORDER BY a"))
                    .as("rows come back from it as before")
                    .hasSize(2);
        }
    }

    @Test
    void copiesOfAnotherDatabaseStay() throws Exception {
        Path snapshots = Files.createDirectory(directory.resolve("snapshots"));
        Path other = directory.resolve("other.db");
        Sql.runElsewhere(other, "CREATE TABLE mine(a)");
        Path copy = Files.copy(other, snapshots.resolve("snapshot_20200101T000000.000Z.db"));
        options.setProperty("healing.snapshots", snapshots.toString());
        options.setProperty("healing.snapshotEvery", "200ms");
        options.setProperty("healing.snapshotsKept", "1");
        Snapshots all = Snapshots.in(snapshots, 1);
        try (Connection connection = open()) {
            await().until(() -> all.list().size() >= 2);
            Instant first = Snapshots.momentOf(all.list().get(0));
            // The one after the next: then one has been pushed out.
            await().until(() -> Snapshots.momentOf(all.list().get(0)).isAfter(first.plusMillis(400)));
            assertThat(Sql.value(connection, "SELECT count(*) FROM z")).isEqualTo(1);
        }
        assertThat(copy).exists();
        assertThat(Sql.rowsElsewhere(copy, "SELECT name FROM sqlite_schema")).containsExactly(List.of("mine"));
    }
}
