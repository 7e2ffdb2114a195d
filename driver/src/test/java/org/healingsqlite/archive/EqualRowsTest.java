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

/** Rows of an archive whose table has some already, and which no key tells apart: each of those that are there is one row of the archive, and no more. */
class EqualRowsTest {
    @TempDir
    Path directory;

    private Path archive;
    private Connection database;

    @BeforeEach
    void open() throws Exception {
        archive = Files.createDirectory(directory.resolve("archive"));
        database = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("app.db"));
    }

    private void manifest(String text) throws Exception {
        Files.writeString(archive.resolve("archive.properties"), text);
    }

    private void file(String name, String text) throws Exception {
        Files.writeString(archive.resolve(name), text);
    }

    private ImportReport run() throws Exception {
        return ArchiveImport.of(Archive.open(archive)).into(database, MergePolicy.DATABASE_WINS, ProgressListener.NONE);
    }

    private List<List<Object>> rows(String query) throws Exception {
        return Sql.rows(database, query);
    }

    @Test
    void aRowWithAGeneratedNumberIsRecognisedByWhatTheArchiveSays() throws Exception {
        manifest("""
                version=2
                source.marks.files=marks.txt
                source.marks.format=lines
                source.marks.table=marks
                source.marks.line={at}|{who}
                source.marks.default.id={#number}
                """);
        file("marks.txt", "1|anna\n2|bert\n2|bert\n");
        Sql.run(database, "CREATE TABLE marks (id INTEGER PRIMARY KEY, at TEXT, who TEXT)");
        Sql.run(database, "INSERT INTO marks VALUES (17, '2', 'bert'), (18, '3', 'carl')");

        run();
        assertThat(rows("SELECT at, who, count(*) FROM marks GROUP BY at, who ORDER BY at"))
                .isEqualTo(List.of(List.of("1", "anna", 1), List.of("2", "bert", 2), List.of("3", "carl", 1)));
        assertThat(rows("SELECT who FROM marks WHERE id = 17")).isEqualTo(List.of(List.of("bert")));

        run();
        assertThat(rows("SELECT count(*) FROM marks")).isEqualTo(List.of(List.of(4)));
    }

    @Test
    void equalLinesAreAsManyRows() throws Exception {
        file("t.csv", "a,b\nx,1\nx,1\nx,1\ny,2\n");
        Sql.run(database, "CREATE TABLE t (a TEXT, b INTEGER)");
        Sql.run(database, "INSERT INTO t VALUES ('x', 1)");

        ImportReport report = run();

        assertThat(rows("SELECT a, b, count(*) FROM t GROUP BY a, b ORDER BY a"))
                .isEqualTo(List.of(List.of("x", 1, 3), List.of("y", 2, 1)));
        assertThat(report.problems()).isEmpty();
    }

    @Test
    void moreRowsThanTheArchiveHasStay() throws Exception {
        file("t.csv", "a\nx\n");
        Sql.run(database, "CREATE TABLE t (a TEXT)");
        Sql.run(database, "INSERT INTO t VALUES ('x'), ('x'), ('x')");

        run();

        assertThat(rows("SELECT count(*) FROM t")).isEqualTo(List.of(List.of(3)));
    }

    @Test
    void whatDiffersOnlyInCaseIsAnotherRowWhateverTheColumnsCollation() throws Exception {
        file("t.csv", "a\nAnna\n");
        Sql.run(database, "CREATE TABLE t (a TEXT COLLATE NOCASE)");
        Sql.run(database, "INSERT INTO t VALUES ('anna')");

        run();

        assertThat(rows("SELECT a FROM t ORDER BY rowid")).isEqualTo(List.of(List.of("anna"), List.of("Anna")));
    }

    @Test
    void nullIsEqualToNullAndAKeyWithoutAValueTellsNothing() throws Exception {
        Sql.run(database, "CREATE TABLE t (a TEXT UNIQUE, b INTEGER)");
        Sql.run(database, "INSERT INTO t VALUES (NULL, 1), ('k', 2)");
        ArchiveExport.of(database).into(directory.resolve("exported"), ProgressListener.NONE);
        archive = directory.resolve("exported");

        run();
        run();

        assertThat(rows("SELECT a, b FROM t ORDER BY b").toString()).isEqualTo("[[null, 1], [k, 2]]");
    }

    @Test
    void valuesAreComparedAsTheirColumnHasThem() throws Exception {
        file("t.csv", "a,b\n7,007\n7,7\n");
        Sql.run(database, "CREATE TABLE t (a INTEGER, b TEXT)");
        Sql.run(database, "INSERT INTO t VALUES (7, '007')");

        run();

        assertThat(rows("SELECT a, b FROM t ORDER BY b")).isEqualTo(List.of(List.of(7, "007"), List.of(7, "7")));
    }

    @Test
    void nothingOfTheComparisonStays() throws Exception {
        file("t.csv", "a\nx\n");
        Sql.run(database, "CREATE TABLE t (a TEXT)");
        Sql.run(database, "INSERT INTO t VALUES ('x')");

        run();

        assertThat(rows("SELECT name FROM sqlite_schema UNION ALL SELECT name FROM sqlite_temp_schema"))
                .isEqualTo(List.of(List.of("t")));
    }
}
