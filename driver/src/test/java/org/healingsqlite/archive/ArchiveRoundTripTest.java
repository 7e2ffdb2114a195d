package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ArchiveRoundTripTest {
    @TempDir
    Path directory;

    private Path archive() {
        return directory.resolve("archive");
    }

    private void export(Path database) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            ArchiveExport.of(connection).into(archive(), ProgressListener.NONE);
        }
    }

    private ImportReport restore(Path target) throws Exception {
        return ArchiveRestore.of(Archive.open(archive())).into(target, ProgressListener.NONE);
    }

    private Path file(Path within, String part) throws IOException {
        try (Stream<Path> walk = Files.walk(within)) {
            return walk.filter(path -> path.getFileName().toString().contains(part))
                    .findFirst()
                    .orElseThrow();
        }
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 30);
    }

    @DisplayName("S2-10: everything comes back from an exact archive alone, to the last bit: 30 seeded schemas")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void whatIsRestoredIsWhatWasExportedToTheLastBit(long seed) throws Exception {
        Path database = directory.resolve("app.db");
        SeededDatabase.create(database, seed);
        List<String> before = SeededDatabase.content(database);
        export(database);

        ImportReport report = restore(directory.resolve("restored.db"));

        assertThat(report.problems()).isEmpty();
        assertThat(String.join("\n", SeededDatabase.content(directory.resolve("restored.db"))))
                .isEqualTo(String.join("\n", before));
        assertThat(Archive.open(archive()).verify()).isEmpty();
    }

    @DisplayName("S2-10: the driver opens what was destroyed as it was, to the last bit: 30 seeded schemas")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void whatTheDriverOpensIsWhatWasExportedToTheLastBit(long seed) throws Exception {
        Path database = directory.resolve("app.db");
        SeededDatabase.create(database, seed);
        List<String> before = SeededDatabase.content(database);
        export(database);
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(database + suffix));
        }

        DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?healing.archive=" + archive())
                .close();

        assertThat(String.join("\n", SeededDatabase.content(database))).isEqualTo(String.join("\n", before));
    }

    @Test
    void theComparisonSeesAChangedBit() throws Exception {
        Path database = directory.resolve("app.db");
        SeededDatabase.create(database, 1);
        List<String> before = SeededDatabase.content(database);
        Sql.runElsewhere(database, "UPDATE counted SET x = CAST(x AS REAL) WHERE x = 17");

        assertThat(SeededDatabase.content(database)).isNotEqualTo(before);
    }

    @Test
    void aChangedByteIsFoundAndTheFileIsLeftOut() throws Exception {
        Path database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "CREATE TABLE a (x)",
                "INSERT INTO a VALUES (1)",
                "CREATE TABLE b (x)",
                "INSERT INTO b VALUES (2)");
        export(database);
        Path rows = file(archive(), "_a.jsonl");
        Files.writeString(rows, Files.readString(rows).replace("[1,1]", "[1,3]"));

        assertThat(Archive.open(archive()).verify())
                .anySatisfy(problem -> assertThat(problem.toString()).contains("_a.jsonl: skipped: its checksum is"));
        ImportReport report = restore(directory.resolve("restored.db"));
        assertThat(report.problems()).hasSize(1);
        assertThat(Sql.rowsElsewhere(directory.resolve("restored.db"), "SELECT (SELECT count(*) FROM a), x FROM b"))
                .containsExactly(List.of(0, 2));
    }

    @Test
    void aDamagedDatabaseDoesNotReplaceAGoodArchive() throws Exception {
        Path database = directory.resolve("app.db");
        SeededDatabase.create(database, 3);
        export(database);
        byte[] bytes = Files.readAllBytes(database);
        Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 4096, (byte) 0x5a);
        Path damaged = Files.write(directory.resolve("damaged.db"), bytes);

        assertThatThrownBy(() -> export(damaged)).isInstanceOfAny(ArchiveException.class, SQLException.class);

        assertThat(Archive.open(archive()).verify()).isEmpty();
        try (Stream<Path> list = Files.list(archive())) {
            assertThat(list).hasSize(3);
        }
    }

    @Test
    void anEmptiedDatabaseDoesNotReplaceAnArchiveWithRowsUnlessAsked() throws Exception {
        Path database = directory.resolve("app.db");
        SeededDatabase.create(database, 4);
        export(database);
        Path empty = directory.resolve("empty.db");
        Sql.runElsewhere(empty, "CREATE TABLE counted (x)");

        assertThatThrownBy(() -> export(empty)).hasMessageContaining("it is kept as it is");
        assertThat(Archive.open(archive()).promisedRows()).containsKey("schema_migrations");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + empty)) {
            ArchiveExport.of(connection).evenEmpty().into(archive(), ProgressListener.NONE);
        }
        assertThat(Archive.open(archive()).promisedRows()).containsOnlyKeys("counted");
    }

    @Test
    void aManifestThatWasCutIsRefused() throws Exception {
        Path database = directory.resolve("app.db");
        SeededDatabase.create(database, 5);
        export(database);
        Path manifest = archive().resolve(Manifest.FILE);
        String text = Files.readString(manifest);
        Files.writeString(manifest, text.substring(0, text.length() - 5));

        assertThatThrownBy(() -> Archive.open(archive())).hasMessageContaining("was cut");
    }

    @Test
    void anExportMergesIntoASalvagedDatabaseByKeyAndRowid() throws Exception {
        Path database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "CREATE TABLE keyed (id INTEGER PRIMARY KEY, v)",
                "CREATE TABLE bare (v)",
                "INSERT INTO keyed VALUES (1, 'old'), (2, 'same'), (3, 'lost')",
                "INSERT INTO bare VALUES ('x'), ('x'), ('y')");
        export(database);
        Path salvaged = directory.resolve("salvaged.db");
        Sql.runElsewhere(
                salvaged,
                "CREATE TABLE keyed (id INTEGER PRIMARY KEY, v)",
                "CREATE TABLE bare (v)",
                "INSERT INTO keyed VALUES (1, 'new'), (2, 'same'), (4, 'newer')",
                "INSERT INTO bare (rowid, v) VALUES (1, 'x')");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + salvaged)) {
            ImportReport report = ArchiveImport.of(Archive.open(archive()))
                    .into(connection, MergePolicy.DATABASE_WINS, ProgressListener.NONE);

            assertThat(report.table("keyed")).isEqualTo(new ImportReport.TableCounts(1, 1, 1, 0, 0, 0, 0));
            assertThat(Sql.rows(connection, "SELECT * FROM keyed"))
                    .containsExactly(List.of(1, "new"), List.of(2, "same"), List.of(3, "lost"), List.of(4, "newer"));
            assertThat(Sql.rows(connection, "SELECT v FROM bare")).hasSize(3);
        }
    }
}
