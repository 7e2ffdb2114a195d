package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is missing comes back, what is there stays, whatever SQLite can hold. */
class SchemaTortureTest {
    private static final String TORTURE = """
            PRAGMA foreign_keys = ON;
            CREATE TABLE "select" (id INTEGER PRIMARY KEY AUTOINCREMENT, "we""ird ; name" TEXT DEFAULT ';', [b c] BLOB, UNIQUE ([b c]));
            CREATE TABLE strict_one (a INT NOT NULL CHECK (a > 0), b ANY) STRICT;
            CREATE TABLE no_rowid (k1 TEXT, k2 INT, v REAL, PRIMARY KEY (k2, k1)) WITHOUT ROWID;
            CREATE TABLE generated (a INT, b INT GENERATED ALWAYS AS (a * 2) VIRTUAL, c INT AS (a + b) STORED, d TEXT COLLATE NOCASE);
            CREATE TABLE child (p INTEGER REFERENCES "select" (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
            CREATE VIRTUAL TABLE words USING fts5 (body, tokenize = 'porter');
            CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1, y0, y1);
            CREATE UNIQUE INDEX partial ON strict_one (a) WHERE b IS NOT NULL;
            CREATE INDEX expression ON generated (lower(d), a + 1 DESC);
            CREATE VIEW one AS SELECT a, c FROM generated;
            CREATE VIEW "two;" (x) AS WITH w AS (SELECT a FROM one) SELECT a FROM w;
            CREATE TRIGGER instead INSTEAD OF INSERT ON one BEGIN
              INSERT INTO generated (a) VALUES (CASE WHEN new.a IS NULL THEN 0 ELSE new.a END); -- ; END;
              SELECT 'END;';
            END;
            CREATE TRIGGER "after" AFTER INSERT ON child BEGIN INSERT INTO no_rowid VALUES ('t', new.p, 1); END;
            INSERT INTO "select" ([b c]) VALUES (x'00ff'), (NULL);
            INSERT INTO no_rowid VALUES ('x', 1, -0.0), ('y', 9007199254740993, 1e300);
            """;

    @TempDir
    Path directory;

    private Connection connection;

    @BeforeEach
    void open() throws SQLException {
        connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("app.db"));
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    private static Connection scratch() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite::memory:");
    }

    private RegisteredSchema registered(String script) throws Exception {
        return RegisteredSchema.load(
                Scripts.trusted(List.of(Files.writeString(directory.resolve("schema.sql"), script)
                        .toString())),
                SchemaTortureTest::scratch);
    }

    private SchemaChange apply(RegisteredSchema schema) throws SQLException {
        return SchemaApplier.apply(connection, schema, schema.expected(), "app.db", false);
    }

    private void assertWhole(RegisteredSchema schema) throws SQLException {
        assertThat(SchemaApplier.isComplete(connection, schema, schema.expected()))
                .isTrue();
        assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
        assertThat(connection.getAutoCommit()).isTrue();
    }

    @Test
    void aTortuousScriptIsAppliedWhole() throws Exception {
        RegisteredSchema schema = registered(TORTURE);
        apply(schema);
        assertWhole(schema);
        assertThat(Sql.value(connection, "PRAGMA foreign_keys")).isEqualTo(1);
        assertThat(Sql.value(connection, "SELECT count(*) FROM no_rowid")).isEqualTo(2);
        assertThat(apply(schema).isEmpty()).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "DROP TABLE \"select\"",
                "DROP TABLE strict_one",
                "DROP TABLE no_rowid",
                "DROP TABLE generated",
                "DROP TABLE child",
                "DROP TABLE words",
                "DROP TABLE boxes",
                "DROP INDEX partial",
                "DROP INDEX expression",
                "DROP VIEW one",
                "DROP VIEW \"two;\"",
                "DROP TRIGGER instead",
                "DROP TRIGGER \"after\"",
            })
    void whateverIsDroppedComesBackWithItsSeedsAndNothingElseChanges(String drop) throws Exception {
        RegisteredSchema schema = registered(TORTURE);
        apply(schema);
        Sql.run(connection, "PRAGMA foreign_keys = OFF");
        List<List<Object>> before = Sql.rows(connection, "SELECT k1, k2, v FROM no_rowid");
        Sql.run(connection, drop);

        SchemaChange change = apply(schema);

        assertThat(change.recovered()).isTrue();
        assertWhole(schema);
        assertThat(Sql.rows(connection, "SELECT k1, k2, v FROM no_rowid")).isEqualTo(before);
        assertThat(Sql.value(connection, "SELECT count(*) FROM \"select\"")).isEqualTo(2);
        assertThat(Sql.value(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'select'"))
                .isEqualTo(2);
    }

    @Test
    void aScriptThatBreaksAtAnyOfItsStatementsLeavesNothing() throws Exception {
        List<SqlStatement> statements = new SqlScript("schema.sql", TORTURE, Scripts.Limits.NONE).statements();
        for (int broken = 0; broken <= statements.size(); broken++) {
            // The statement works in memory, and fails on the file, which is full.
            StringBuilder script = new StringBuilder();
            String tooMuch = "CREATE TABLE large (x); INSERT INTO large VALUES (zeroblob(10000000));\n";
            for (int i = 0; i < statements.size(); i++) {
                script.append(i == broken ? tooMuch : "")
                        .append(statements.get(i).text())
                        .append(";\n");
            }
            script.append(broken == statements.size() ? tooMuch : "");
            RegisteredSchema schema = registered(script.toString());
            try (Connection target =
                    DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("broken" + broken + ".db"))) {
                Sql.run(target, "PRAGMA max_page_count = 1000");
                assertThatThrownBy(() -> SchemaApplier.apply(target, schema, schema.expected(), "app.db", false))
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("INSERT INTO large")
                        .hasMessageContaining("full");
                assertThat(Sql.rows(target, "SELECT name FROM sqlite_schema")).isEmpty();
                assertThat(Sql.value(target, "SELECT 1")).isEqualTo(1);
            }
        }
    }

    @Test
    void aBrokenScriptOnAnEmptyFileLeavesItEmpty() throws Exception {
        RegisteredSchema schema = registered(
                "CREATE TABLE a (x);\nINSERT INTO a SELECT count(*) FROM pragma_database_list;\nCREATE TABLE b (y CHECK (y <> ''));\n");
        Sql.run(connection, "PRAGMA max_page_count = 2");

        assertThatThrownBy(() -> apply(schema))
                .hasMessageContaining("schema.sql")
                .hasMessageContaining("line");
        assertThat(Sql.rows(connection, "SELECT * FROM sqlite_schema")).isEmpty();
    }

    @Test
    void aColumnInTheMiddleComesBackInItsPlace() throws Exception {
        Sql.run(
                connection,
                "CREATE TABLE t (a INTEGER PRIMARY KEY, c TEXT, own INT)",
                "INSERT INTO t VALUES (7, 'c', 1)",
                "CREATE INDEX mine ON t (own)");
        RegisteredSchema schema =
                registered("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT 'none' UNIQUE, c TEXT);");

        apply(schema);

        assertThat(Sql.rows(connection, "SELECT * FROM t")).containsExactly(List.of(7, "none", "c", 1));
        assertThat(Sql.names(connection, "index")).containsExactly("mine");
        assertWhole(schema);
    }

    @Test
    void aColumnThatNoRowHasAValueForComesWithoutItsNotNull() throws Exception {
        Sql.run(connection, "CREATE TABLE t (a INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)");
        RegisteredSchema schema =
                registered("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL CHECK (b <> ''));");

        SchemaChange change = apply(schema);

        assertThat(Sql.rows(connection, "SELECT * FROM t")).containsExactly(Arrays.asList(1, null));
        assertThat(change.steps()).anyMatch(step -> step.contains("without NOT NULL"));
        assertThatThrownBy(() -> Sql.run(connection, "UPDATE t SET b = ''")).hasMessageContaining("CHECK");
    }

    @Test
    void rowsThatPointToARebuiltTableAreKept() throws Exception {
        Sql.run(
                connection,
                "PRAGMA foreign_keys = ON",
                "CREATE TABLE p (id INTEGER PRIMARY KEY, z TEXT)",
                "CREATE TABLE c (p REFERENCES p (id) ON DELETE CASCADE)",
                "INSERT INTO p VALUES (1, 'z')",
                "INSERT INTO c VALUES (1)");
        RegisteredSchema schema = registered("CREATE TABLE p (id INTEGER PRIMARY KEY, middle UNIQUE, z TEXT);");

        apply(schema);

        assertThat(Sql.value(connection, "SELECT count(*) FROM c")).isEqualTo(1);
        assertThat(Sql.value(connection, "PRAGMA foreign_keys")).isEqualTo(1);
        assertThat(Sql.rows(connection, "PRAGMA foreign_key_check")).isEmpty();
    }

    @Test
    void insideATransactionNothingOfItIsLost() throws Exception {
        RegisteredSchema schema = registered("CREATE TABLE a (x); CREATE TABLE b (y);");
        apply(schema);
        Sql.run(connection, "DROP TABLE b", "BEGIN", "INSERT INTO a VALUES (1)");

        SchemaApplier.apply(connection, schema, schema.expected(), "app.db", true);

        Sql.run(connection, "INSERT INTO b VALUES (2)", "ROLLBACK");
        assertThat(Sql.names(connection, "table")).containsExactly("a");
        assertThat(Sql.rows(connection, "SELECT * FROM a")).isEmpty();
    }

    @Test
    void twoFilesOfOneVersionAreNamed() throws Exception {
        Path migrations = Files.createDirectory(directory.resolve("migrations"));
        Files.writeString(migrations.resolve("V1__a.sql"), "CREATE TABLE a (x);");
        Files.writeString(migrations.resolve("V001__b.sql"), "CREATE TABLE b (x);");

        assertThatThrownBy(() -> RegisteredSchema.load(
                        Scripts.trusted(List.of(migrations.toString())), SchemaTortureTest::scratch))
                .hasMessageContaining("V1__a.sql")
                .hasMessageContaining("V001__b.sql")
                .hasMessageContaining("same version");
    }

    @Test
    void textThatIsNotUtf8IsNamedWithItsLine() throws Exception {
        Path script = Files.write(
                directory.resolve("latin1.sql"),
                "CREATE TABLE a (x);\n-- \u00e4\n".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() ->
                        RegisteredSchema.load(Scripts.trusted(List.of(script.toString())), SchemaTortureTest::scratch))
                .hasMessageContaining("latin1.sql")
                .hasMessageContaining("not UTF-8")
                .hasMessageContaining("line 2");
    }
}
