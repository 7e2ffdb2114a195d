package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;

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

/** What an archive says twice of one thing, and differently, is told: no place of it wins in silence. */
class SaidTwiceTest {
    @TempDir
    Path directory;

    private Path archive;
    private Connection database;

    @BeforeEach
    void open() throws Exception {
        archive = Files.createDirectory(directory.resolve("archive"));
        database = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("app.db"));
        Sql.run(database, "CREATE TABLE t (a TEXT, b TEXT)");
    }

    private List<String> told(String manifest, String name, String text) throws Exception {
        Files.writeString(archive.resolve("archive.properties"), manifest);
        Files.writeString(archive.resolve(name), text);
        return ArchiveImport.of(Archive.open(archive))
                .into(database, MergePolicy.DATABASE_WINS, ProgressListener.NONE)
                .problems()
                .stream()
                .map(problem -> problem.line() + ": " + problem.reason())
                .toList();
    }

    private String rows() throws Exception {
        return Sql.rows(database, "SELECT a, b FROM t ORDER BY rowid").toString();
    }

    private static final String RECORD = """
            version=2
            source.t.files=t.txt
            source.t.format=record
            source.t.table=t
            source.t.line.1={a}
            source.t.head.1=of {b}
            source.t.fields=true
            """;

    @Test
    void aFieldThatAHeadSaysTwiceIsTheFirstAndTold() throws Exception {
        assertThat(told(RECORD, "t.txt", "one\nb: first\nb: second\n\n"))
                .containsExactly("3: the field b stands twice in the head; the first counts");
        assertThat(rows()).isEqualTo("[[one, first]]");
    }

    @Test
    void soIsOneThatAPatternAndAKeySay() throws Exception {
        assertThat(told(RECORD, "t.txt", "one\nof me\nb: somebody\n\n"))
                .containsExactly("3: the field b stands twice in the head; the first counts");
        assertThat(rows()).isEqualTo("[[one, me]]");
    }

    @Test
    void sayingTheSameAgainIsNothingToTell() throws Exception {
        assertThat(told(RECORD, "t.txt", "one\nof me\nb: me\n\n")).isEmpty();
        assertThat(rows()).isEqualTo("[[one, me]]");
    }

    private static final String DELIMITED = """
            version=2
            source.t.files=t.txt
            source.t.format=delimited
            source.t.table=t
            """;

    @Test
    void aFormatLineThatSaysTheSameAgainIsPassedOver() throws Exception {
        assertThat(told(DELIMITED, "t.txt", "Format: a|b\n1|2\nFormat: a|b\n3|4\n"))
                .isEmpty();
        assertThat(rows()).isEqualTo("[[1, 2], [3, 4]]");
    }

    @Test
    void aFormatLineThatSaysSomethingElseCountsFromThereAndIsTold() throws Exception {
        assertThat(told(DELIMITED, "t.txt", "Format: a|b\n1|2\nFormat: b;a\n3;4\n"))
                .containsExactly("3: says other columns than the line Format: before it, and counts from here on");
        assertThat(rows()).isEqualTo("[[1, 2], [4, 3]]");
    }

    @Test
    void theColumnsOfTheManifestCountMoreThanAFormatLine() throws Exception {
        assertThat(told(DELIMITED + "source.t.columns=a,b\n", "t.txt", "Format: b|a\n1|2\n"))
                .containsExactly("1: says other columns than the manifest, which counts");
        assertThat(rows()).isEqualTo("[[1, 2]]");
    }

    private static final String JSON = """
            version=2
            source.t.files=t.jsonl
            source.t.format=jsonl
            source.t.table=t
            """;

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}", "{\"a\":\"3\",\"b\":{\"c\":1,\"c\":2}}"})
    void aNameThatStandsTwiceInAnObjectIsTold(String line) throws Exception {
        assertThat(told(JSON, "t.jsonl", line + "\n"))
                .containsExactly("1: a name stands twice in an object; the last counts");
    }

    @Test
    void colonsInTextsAndNestedObjectsAreNoNames() throws Exception {
        assertThat(told(JSON, "t.jsonl", "{\"a\":\"x:y\\\":z\",\"b\":[{\"c\":1},{\"c\":2}]}\n"))
                .isEmpty();
    }
}
