package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A slip of the pen in a manifest is an error or is told, and what the archive has beside it is not lost for it. */
class ManifestMistakesTest {
    @TempDir
    Path directory;

    private Path archive;

    @BeforeEach
    void makeArchive() throws Exception {
        archive = Files.createDirectory(directory.resolve("archive"));
        Files.writeString(archive.resolve("t.txt"), "1|2\n");
    }

    private void manifest(String... more) throws Exception {
        Files.writeString(archive.resolve("archive.properties"), """
                version=2
                source.s.files=t.txt
                source.s.format=lines
                source.s.table=t
                source.s.line={a}|{b}
                """ + String.join("\n", more) + "\n");
    }

    private List<String> told() throws Exception {
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("app.db"))) {
            Sql.run(database, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)");
            return ArchiveImport.of(Archive.open(archive))
                    .into(database, MergePolicy.DATABASE_WINS, ProgressListener.NONE)
                    .problems()
                    .stream()
                    .map(Problem::toString)
                    .toList();
        }
    }

    private String rows() throws Exception {
        return Sql.rowsElsewhere(directory.resolve("app.db"), "SELECT id, a, b FROM t ORDER BY id")
                .toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "source.s.trim=yes",
                "source.s.many=ture",
                "source.s.unended=1",
                "source.s.fields=",
                "row.t.complete=on",
                "row.t.conflict=newest",
                "conflict=lsat",
                "source.s.rows=many",
                "source.s.encoding.a=base65",
                "row.t.type.a=int",
                "lookup.a=t",
                "source.s.reference.a=",
                "time.a=yyyy-mm-ddTHH",
                "row.t.time.a=iso|{",
                "timeAs=iso8601",
                "row.t.timeAs.a=T",
                "source.s.format=",
                "source.s.separator=",
                "source.s.nosuch=1",
                "row.other.key=a",
                "vresion=2"
            })
    void aValueOrKeyThatMeansNothingIsAnErrorThatNamesIt(String line) throws Exception {
        manifest(line);
        assertThatThrownBy(() -> Archive.open(archive))
                .isInstanceOf(ArchiveException.class)
                .hasMessageContainingAll("archive.properties", line.substring(0, line.indexOf('=')));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "source.s.trim=TRUE",
                "row.t.conflict=last",
                "source.s.rows=1",
                "row.t.type.a=Any",
                "row.t.timeAs=yyyy",
                "null.a=-"
            })
    void whatMeansSomethingIsNone(String line) throws Exception {
        manifest(line);
        assertThat(told()).isEmpty();
        assertThat(rows()).isEqualTo("[[1, 1, 2]]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"source.s.default.nosuch=1", "map.nosuch=a:1", "source.s.null.nosuch=-"})
    void aColumnThatNoTableHasIsToldAndTheRowsCome(String line) throws Exception {
        manifest(line);
        assertThat(told())
                .containsExactly("archive.properties: " + line.substring(0, line.indexOf('='))
                        + " is of a column that no table has");
        assertThat(rows()).isEqualTo("[[1, 1, 2]]");
    }

    @Test
    void aManifestThatIsNamedAndIsNotThereIsAnError() {
        Path missing = directory.resolve("missing.properties");
        assertThatThrownBy(() -> Archive.open(archive, missing))
                .isInstanceOf(ArchiveException.class)
                .hasMessageContaining(missing.toString());
    }

    @Test
    void aBadByteCostsItsOwnLineAlone() throws Exception {
        Files.delete(archive.resolve("t.txt"));
        Files.write(
                archive.resolve("t.csv"),
                "id,a,b\n1,x,y\n2,caf\u00e9,y\n3,x,\"y\nz\"\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(told()).containsExactly("t.csv:3: is not text in UTF-8; left out");
        assertThat(rows()).isEqualTo("[[1, x, y], [3, x, y\nz]]");
    }

    @Test
    void aKeyWithoutAValueGetsNoNumberOfItsOwn() throws Exception {
        Files.delete(archive.resolve("t.txt"));
        Files.writeString(archive.resolve("t.jsonl"), "{\"id\":1,\"a\":\"x\"}\n{\"id\":null,\"a\":\"y\"}\n");
        assertThat(told()).singleElement().asString().startsWith("t.jsonl:2: has no value of the key id; left out");
        assertThat(rows()).isEqualTo("[[1, x, null]]");
    }

    @Test
    void whatIsPassedOverIsTold() throws Exception {
        Files.delete(archive.resolve("t.txt"));
        Files.writeString(archive.resolve(".t.csv"), "a\n1\n");
        Files.writeString(archive.resolve(".lock"), "");
        Files.writeString(archive.resolve("sqlite_master.csv"), "a\n1\n");
        assertThat(told())
                .containsExactlyInAnyOrder(
                        ".t.csv: is hidden, and left out; name it in archive.properties",
                        "sqlite_master.csv:2: sqlite_master is a table of SQLite's own; its rows are left out");
    }

    @Test
    void aRecordWithoutAnyFieldOfTheTableIsToldAndMakesNoRow() throws Exception {
        Files.delete(archive.resolve("t.txt"));
        Files.writeString(archive.resolve("t.csv"), "id;a;b\n1;x;y\n2;z;w\n");
        assertThat(told())
                .contains(
                        "t.csv:2: has no field with a column in table t; left out",
                        "t.csv:3: has no field with a column in table t; left out");
        assertThat(rows()).isEqualTo("[]");
    }
}
