package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every format, found by itself and by manifest. */
class ArchiveFormatsTest {
    @TempDir
    Path directory;

    private Path root;
    private Connection database;

    @BeforeEach
    void create() throws Exception {
        root = Files.createDirectory(directory.resolve("archive"));
        database = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("app.db"));
        Sql.run(database, "CREATE TABLE note (id INTEGER PRIMARY KEY, created_at TEXT, text TEXT, data BLOB)");
    }

    @AfterEach
    void close() throws Exception {
        database.close();
    }

    private void write(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private ImportReport load() throws Exception {
        return ArchiveImport.of(Archive.open(root)).into(database, MergePolicy.DATABASE_WINS, ProgressListener.NONE);
    }

    private List<List<Object>> notes() throws Exception {
        return Sql.rows(database, "SELECT id, text FROM note ORDER BY id");
    }

    @Test
    void csvWithAHeaderFindsItsTableByTheFilesName() throws Exception {
        write(
                "note.csv",
                "\uFEFFid,\"text\",Created At\r\n1,\"a \"\"quote\"\", and\nline\",2026\r\n2,plain | : =,\r\n3,too,many,fields\r\n");

        ImportReport report = load();

        assertThat(notes()).containsExactly(List.of(1, "a \"quote\", and\nline"), List.of(2, "plain | : ="));
        assertThat(report.problems())
                .extracting(Problem::toString)
                .containsExactly("note.csv:5: expected 3 fields, found 4");
    }

    @Test
    void csvThatWasCutIsSaidToBe() throws Exception {
        write("note.csv", "id,text\n1,whole\n2,\"half\n");

        assertThat(load().problems())
                .extracting(Problem::toString)
                .containsExactly("note.csv:3: taken, but the record has no end: the file may be cut");
    }

    @Test
    void jsonLinesKeepTypesAndUnicodeAndAreListedWhereTheyAreCut() throws Exception {
        write("2026/note_07.jsonl", """
                {"id": 1, "text": "a\\nb \\u00fc 🙏", "created_at": null}
                {"id": 2, "text": {"nested": [1, 2]}, "unknown": 1}

                {"id": 3, "text": "half \\ud83d"}
                {"id": 4, "te""");

        ImportReport report = load();

        assertThat(notes()).containsExactly(List.of(1, "a\nb ü 🙏"), List.of(2, "{\"nested\":[1,2]}"));
        assertThat(report.problems()).hasSize(3);
        assertThat(report.problems().get(0).toString())
                .startsWith("2026/note_07.jsonl:2: the field unknown has no column");
        assertThat(report.problems().get(1).toString())
                .startsWith("2026/note_07.jsonl:4: the column text has half a surrogate");
        assertThat(report.problems().get(2).toString()).startsWith("2026/note_07.jsonl:5: cut:");
    }

    @Test
    void aDumpOfTheShellIsReadAndNoneOfItsStatementsIsRun() throws Exception {
        write("dump.sql", """
                PRAGMA foreign_keys=OFF;
                BEGIN TRANSACTION;
                CREATE TABLE evil (x); -- not made
                CREATE TRIGGER t AFTER INSERT ON note BEGIN DELETE FROM note; SELECT 1; END;
                INSERT INTO note VALUES(1,NULL,replace('a\\nb; ''q''','\\n',char(10)),X'00ff');
                INSERT INTO "note" (text, id) VALUES ('two' || '!', 2), (unistr('\\u00fc'), -3);
                INSERT INTO note(id, text) VALUES (4, random());
                DROP TABLE note;
                INSERT INTO note(id, text, data) VALUES (5, '''); DROP TABLE note;--', 1e999);
                COMMIT;
                INSERT INTO note VALUES (6, 'never""");

        ImportReport report = load();

        assertThat(notes())
                .containsExactly(
                        List.of(-3, "ü"),
                        List.of(1, "a\nb; 'q'"),
                        List.of(2, "two!"),
                        List.of(5, "'); DROP TABLE note;--"));
        assertThat(Sql.value(database, "SELECT data FROM note WHERE id = 5")).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(Sql.names(database, "table")).containsExactly("note");
        assertThat(Sql.names(database, "trigger")).isEmpty();
        assertThat(report.problems())
                .extracting(Problem::toString)
                .containsExactly(
                        "dump.sql:7: not a plain INSERT: expected a literal, found ?",
                        "dump.sql:8: DROP is not run: an archive gives rows, not statements",
                        "dump.sql:11: not a plain INSERT: expected a literal, found the end: the file was cut");
    }

    @Test
    void delimitedTextSaysItsOwnFormAndItsLastColumnTakesWhatIsOver() throws Exception {
        write("note.txt", "All notes\nFormat: id;created_at;text\n\n1;2026;a; b: c = d | e\n2;2026\n\n3;;last\n");

        ImportReport report = load();

        assertThat(notes()).containsExactly(List.of(1, "a; b: c = d | e"), List.of(3, "last"));
        assertThat(report.problems())
                .extracting(Problem::toString)
                .containsExactly("note.txt:5: expected 3 fields, found 2");
    }

    @Test
    void anEscapeCharacterKeepsDelimitersAndLinesInAnyColumn() throws Exception {
        write(
                Manifest.FILE,
                "source.n.files=notes.txt\nsource.n.format=delimited\nsource.n.table=note\nsource.n.escape=\\\\\nsource.n.null=-\n");
        write("notes.txt", "Format: text|id|created_at\na\\|b\\nc\\\\n|1|-\n");

        assertThat(load().problems()).isEmpty();
        assertThat(notes()).containsExactly(List.of(1, "a|b\nc\\n"));
        assertThat(Sql.value(database, "SELECT created_at IS NULL FROM note")).isEqualTo(1);
    }

    @Test
    void blocksGoOnInIndentedLines() throws Exception {
        write(
                "note/a.txt",
                "id: 1\ntext: first: with colon\n  second\n\n   third\ncreated at: 2026\n\nid: 2\ntext:\nnonsense\n");

        ImportReport report = load();

        assertThat(notes()).containsExactly(List.of(1, "first: with colon\nsecond\n\n third"), List.of(2, ""));
        assertThat(report.problems())
                .extracting(Problem::toString)
                .containsExactly("note/a.txt:10: expected key: value, found ?");
    }

    @Test
    void aBodyTakesWhateverFollows() throws Exception {
        write(Manifest.FILE, "source.n.files=*.txt\nsource.n.format=blocks\nsource.n.table=note\nsource.n.body=text\n");
        write("a.txt", "id: 1\ntext: one\nkey: value\n\n\nid of mine: x\n\nid: 2\ntext: two\n");

        assertThat(load().problems()).isEmpty();
        assertThat(notes()).containsExactly(List.of(1, "one\nkey: value\n\n\nid of mine: x"), List.of(2, "two"));
    }

    @Test
    void whatIsNotUnderstoodOrHasNoTableIsListed() throws Exception {
        write("photo.bin", "\0\1\2");
        write("other.csv", "a,b\n1,2\n");

        assertThat(load().problems())
                .extracting(Problem::toString)
                .containsExactly(
                        "photo.bin: not understood; name its format in archive.properties",
                        "other.csv:2: there is no table other; its rows are left out");
    }

    @Test
    void aConstraintOfTheSchemaRefusesARowAndTheNextOneCounts() throws Exception {
        Sql.run(database, "CREATE TABLE strict_note (id INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n > 0)) STRICT");
        write("strict_note.csv", "id,n\n1,5\n2,-5\n3,text\nx,1\n4,7\n");

        ImportReport report = load();

        assertThat(Sql.rows(database, "SELECT id, n FROM strict_note")).containsExactly(List.of(1, 5), List.of(4, 7));
        assertThat(report.table("strict_note").refused()).isEqualTo(3);
        assertThat(report.problems())
                .hasSize(3)
                .allMatch(problem -> problem.toString().contains("refused by table strict_note"));
    }

    @Test
    void aManifestsWrongPatternIsSaidAndNothingChanges() throws Exception {
        write(Manifest.FILE, "source.n.files=a.txt\nsource.n.format=lines\nsource.n.table=note\nsource.n.line.1=(\n");
        write("a.txt", "x\n");

        assertThatThrownBy(this::load)
                .isInstanceOf(ArchiveException.class)
                .hasMessageContaining("The pattern ( of the manifest is wrong");
        assertThat(notes()).isEmpty();
        assertThat(database.getAutoCommit()).isTrue();
    }

    @Test
    void whatIsNotUtf8IsListedAndNotGuessed() throws Exception {
        Files.write(
                root.resolve("note.jsonl"),
                "{\"id\":1,\"text\":\"\u00fc\"}\n{\"id\":2,\"text\":\"ok\"}\n".getBytes(StandardCharsets.ISO_8859_1));

        ImportReport report = load();

        assertThat(notes()).containsExactly(List.of(2, "ok"));
        assertThat(report.problems()).extracting(Problem::toString).containsExactly("note.jsonl:1: not UTF-8");
    }

    /** A format of an application's own: lines of {@code id>text}. */
    public static final class OwnParser implements ArchiveParser {
        @Override
        public String format() {
            return "arrows";
        }

        @Override
        public void parse(ArchiveFile file, RowConsumer rows) throws IOException {
            long line = 0;
            for (String text : Files.readAllLines(file.path())) {
                line++;
                int arrow = text.indexOf('>');
                rows.row(
                        file.table(),
                        List.of("id", "text"),
                        List.of(text.substring(0, arrow), text.substring(arrow + 1)),
                        line);
            }
        }
    }

    @Test
    @DisplayName("S2-07: a parser of the application's own is found")
    void s2_07_aParserOfTheApplicationsOwnIsFound() throws Exception {
        write(Manifest.FILE, "source.n.files=*.arrows\nsource.n.format=arrows\nsource.n.table=note\n");
        write("x.arrows", "1>one\n2>a > b\n");

        assertThat(load().problems()).isEmpty();
        assertThat(notes()).containsExactly(List.of(1, "one"), List.of(2, "a > b"));
    }
}
