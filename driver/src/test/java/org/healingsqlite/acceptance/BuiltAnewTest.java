package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be built anew from whole tables is, and the files as they were are kept like those of any other heal. */
class BuiltAnewTest {
    private static final int PAGE = 512;
    private static final int ROWS = 300;

    @TempDir
    Path directory;

    private Path database;

    private void create(String mode, String... more) throws Exception {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + PAGE,
                "PRAGMA journal_mode = " + mode,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                        + ") INSERT INTO t SELECT i, printf('word%d common text%d', i * 7919 % 1000, i) FROM n");
        Sql.runElsewhere(database, more);
    }

    private Connection open() throws Exception {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database);
    }

    private List<Path> kept() throws Exception {
        Path quarantine = directory.resolve("app.db.healing/quarantine");
        if (!Files.isDirectory(quarantine)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(quarantine)) {
            return files.filter(file -> file.toString().endsWith(".db")).toList();
        }
    }

    /** Overwrites the inside of pages, not what holds them together. */
    private void spoil(String name, String kind) throws Exception {
        List<List<Object>> pages = Sql.rowsElsewhere(
                database,
                "SELECT pageno FROM dbstat WHERE name = '" + name + "' AND pagetype = '" + kind + "' ORDER BY pageno");
        assertThat(pages).as(name).isNotEmpty();
        byte[] noise = new byte[200];
        new Random(11).nextBytes(noise);
        try (FileChannel channel = FileChannel.open(database, StandardOpenOption.WRITE)) {
            for (List<Object> page : pages) {
                channel.write(ByteBuffer.wrap(noise), (((Number) page.get(0)).longValue() - 1) * PAGE + 200);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "delete | fts5 (body)                                        | f_data",
                "wal    | fts5 (body)                                        | f_data",
                "wal    | fts5 (body, content='t', content_rowid='id')       | f_data",
                "delete | fts4 (body)                                        | f_segments",
                "wal    | fts4 (body)                                        | f_segments",
                "wal    | fts3 (body)                                        | f_segments"
            })
    void aFullTextIndexIsBuiltAnewFromItsTexts(String mode, String module, String damaged) throws Exception {
        boolean external = module.contains("content=");
        create(
                mode,
                "CREATE VIRTUAL TABLE f USING " + (external ? module.replace("body", "v") : module),
                external ? "INSERT INTO f(f) VALUES ('rebuild')" : "INSERT INTO f (rowid, body) SELECT id, v FROM t");
        String found = "SELECT count(*) FROM f WHERE f MATCH 'common'";
        String texts = "SELECT rowid, * FROM f";
        List<List<Object>> truth = Sql.rowsElsewhere(database, texts);
        spoil(damaged, "overflow");
        byte[] before = Files.readAllBytes(database);

        try (Connection connection = open()) {
            Outcome outcome = Healing.of(connection).heal();

            assertThat(outcome.explanation()).isEqualTo("built full-text indexes anew: f");
            assertThat(outcome.loss().isNone()).as(outcome.loss().toString()).isTrue();
            assertThat(Sql.value(connection, found)).isEqualTo(ROWS);
            assertThat(Healing.of(connection).check().finding()).isEqualTo(Diagnosis.Finding.HEALTHY);
            Incident incident = Healing.of(connection).history(1).get(0);
            assertThat(kept())
                    .singleElement()
                    .satisfies(copy -> assertThat(Files.readAllBytes(copy)).isEqualTo(before));
            assertThat(incident.steps()).contains("kept the damaged database in " + kept().get(0));
        }
        assertThat(Sql.rowsElsewhere(database, texts)).isEqualTo(truth);
    }

    /** A write to the table of texts was lost: its index is the last that knows of them. */
    @ParameterizedTest
    @ValueSource(strings = {"fts5 (body)", "fts4 (body)"})
    void whatOnlyAFullTextIndexKnowsIsNotBuiltAway(String module) throws Exception {
        create("delete", "CREATE VIRTUAL TABLE f USING " + module, "INSERT INTO f SELECT v FROM t");
        Sql.runElsewhere(
                database, "DELETE FROM f_content WHERE " + (module.startsWith("fts5") ? "id" : "docid") + " > 290");

        try (Connection connection = open()) {
            Outcome outcome = Healing.of(connection).heal();

            assertThat(outcome).as(outcome.toString()).isInstanceOf(Outcome.Healed.class);
            assertThat(outcome.explanation()).startsWith("restored the content in place");
            assertThat(outcome.loss().rows()).as(outcome.loss().toString()).isEqualTo(10);
            assertThat(kept()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"delete", "wal"})
    void anIndexIsBuiltAnewAndTheFilesAreKept(String mode) throws Exception {
        create(
                mode,
                "CREATE INDEX i ON t (v) WHERE id < 200",
                "PRAGMA writable_schema = on",
                "UPDATE sqlite_schema SET sql = replace(sql, ' WHERE id < 200', '') WHERE name = 'i'");
        byte[] before = Files.readAllBytes(database);

        try (Connection connection = open()) {
            Outcome outcome = Healing.of(connection).heal();

            assertThat(outcome.explanation()).isEqualTo("built indexes anew: i");
            assertThat(outcome.loss().isNone()).as(outcome.loss().toString()).isTrue();
            assertThat(Sql.value(connection, "SELECT count(*) FROM t INDEXED BY i WHERE v > ''"))
                    .isEqualTo(ROWS);
            assertThat(kept())
                    .singleElement()
                    .satisfies(copy -> assertThat(Files.readAllBytes(copy)).isEqualTo(before));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void beforeALogWithoutANameIsWrittenIntoTheDatabaseThatIsKept(int connections) throws Exception {
        create("wal");
        List<Connection> open = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            open.add(open());
            Sql.run(open.get(i), "INSERT INTO t VALUES (" + (1000 + i) + ", 'in the log')");
        }
        byte[] before = Files.readAllBytes(database);
        Files.delete(Path.of(database + "-wal"));

        Outcome outcome = Healing.of(open.get(0)).heal();

        assertThat(outcome.loss().isNone()).as(outcome.toString()).isTrue();
        // A connection that has noticed it first has written its own log back, as SQLite does at any time.
        if (!(outcome instanceof Outcome.Healthy)) {
            assertThat(outcome.explanation()).isEqualTo("wrote the log that had lost its name into the database");
            assertThat(kept())
                    .singleElement()
                    .satisfies(copy -> assertThat(Files.readAllBytes(copy)).isEqualTo(before));
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t")).containsExactly(List.of(ROWS + connections));
        for (Connection connection : open) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(ROWS + connections);
            connection.close();
        }
    }
}
