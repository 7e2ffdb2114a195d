package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scripts that a URL, connection properties or the working directory name. */
class ScriptLimitsTest {
    @TempDir
    Path directory;

    private Scripts named(String script, Scripts.Limits limits) throws Exception {
        return new Scripts(
                List.of(Files.writeString(directory.resolve("schema.sql"), script)
                        .toString()),
                limits);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ATTACH 'other.db' AS o",
                "attach database 'other.db' as o",
                "/* harmless */ ATTACH 'other.db' AS o",
                "-- harmless\nATTACH 'other.db' AS o",
                "\uFEFFATTACH 'other.db' AS o",
                "DETACH o",
                "VACUUM INTO 'copy.db'",
                "VACUUM main INTO 'copy.db'",
                "vacuum/**/into 'copy.db'",
                "SELECT load_extension('x.so')",
                "SELECT \"load_extension\"('x.so')",
                "SELECT [Load_Extension]('x.so', 'entry')",
                "SELECT `load_extension`('x.so')",
                "CREATE VIEW v AS SELECT load_extension('x.so')",
                "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT load_extension('x.so'); END",
                "SELECT writefile('x', 'y')",
                "SELECT readfile('x')",
                "SELECT fts3_tokenizer('a', x'00')",
                "PRAGMA writable_schema = ON",
                "PRAGMA writable_schema(1)",
                "PRAGMA main.writable_schema = 1",
                "pragma \"writable_schema\" = 1",
                "PRAGMA trusted_schema = ON",
                "PRAGMA temp_store_directory = '/tmp'",
                "PRAGMA data_store_directory = '/tmp'",
                "PRAGMA schema_version = 1",
                "PRAGMA key = 'x'",
                "PRAGMA rekey = 'x'",
                "PRAGMA ignore_check_constraints = ON",
                "PRAGMA no_such_pragma = 1",
                "CREATE VIRTUAL TABLE f USING csv(filename='/etc/passwd')",
                "CREATE VIRTUAL TABLE IF NOT EXISTS main.f USING \"zipfile\"('x.zip')",
                "CREATE VIRTUAL TABLE f USING vfsstat",
                "INSERT INTO sqlite_dbpage VALUES (1, x'00')",
                "UPDATE sqlite_dbpage SET data = x'00'",
                "DELETE FROM \"sqlite_dbpage\"",
                "INSERT INTO zipfile(name) VALUES ('x')",
                "EXPLAIN ATTACH 'x' AS y",
                "EXPLAIN PRAGMA writable_schema = 1",
                "explain query plan pragma main.writable_schema = on",
                "EXPLAIN PRAGMA temp_store_directory = '/tmp'",
                "EXPLAIN PRAGMA trusted_schema = 1",
                "EXPLAIN SELECT 1",
                "SELECT 1 FROM t JOIN t AS u ON load_extension('x.so')",
                "INSERT INTO v SELECT $y('), load_extension('x.so') --')",
                "SELECT @y('), load_extension('x.so') --')",
                "SELECT :y(\"), load_extension('x.so') --\")",
                "SELECT #y([), load_extension('x.so') --])",
                "SELECT $a::b(`), load_extension('x.so') --`)",
                "SELECT $1(/*), load_extension('x.so') --*/)",
                "CREATE TABLE copied AS SELECT * FROM fsdir WHERE path = '/'",
                "CREATE TABLE t (a DEFAULT (readfile ('/etc/passwd')))",
                "root:x:0:0:root:/root:/bin/bash",
                ".load x.so"
            })
    void whatReachesFurtherIsRefusedBeforeAnythingRuns(String statement) throws Exception {
        String script = "CREATE TABLE before (id);\n" + statement + ";\nCREATE TABLE after (id);";
        Scripts limited = named(script, Scripts.Limits.OF_FILES);
        assertThatThrownBy(() -> RegisteredSchema.load(limited, () -> {
                    throw new AssertionError("something was about to run");
                }))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining(directory.resolve("schema.sql") + ", line ");
        assertThatThrownBy(() -> AfterHealScripts.load(limited)).isInstanceOf(SchemaException.class);
        assertThatCode(() -> AfterHealScripts.load(named(script, Scripts.Limits.NONE)))
                .as("negative control: a script of the owner's has no limits")
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA user_version = 3",
                "CREATE TABLE t (id INTEGER PRIMARY KEY, attach TEXT, [into] TEXT, note DEFAULT 'load_extension')",
                "CREATE TABLE t (a); INSERT INTO t VALUES ('ATTACH x'), ('VACUUM INTO'); UPDATE t SET a = 1; DELETE FROM t",
                "CREATE TABLE t (edit TEXT, fsdir, zipfile, \"readfile\", load_extension, eval); SELECT edit, t.eval FROM t; UPDATE t SET edit = 1",
                "CREATE TABLE edit (a); CREATE INDEX eval ON edit (a); INSERT INTO edit (a) VALUES (1); CREATE TABLE IF NOT EXISTS t (x REFERENCES edit (a))",
                "CREATE TABLE t (a); CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT * FROM t JOIN t AS u USING (a); DROP VIEW v",
                "CREATE TABLE t (a); CREATE TRIGGER r AFTER INSERT ON t BEGIN UPDATE t SET a = 2; END",
                "CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES ('x'); CREATE VIRTUAL TABLE r USING rtree(id, a, b)",
                "BEGIN; CREATE TABLE t (a); ALTER TABLE t ADD COLUMN b; COMMIT",
                "CREATE TABLE t (a, b, c); INSERT INTO t VALUES ('$y(', 'a:b', '#1'), ('@', '$', 'load_extension(1)')",
                "WITH n(i) AS (SELECT 1) SELECT * FROM n; VALUES (1); ANALYZE; REPLACE INTO sqlite_sequence SELECT 1, 2 WHERE 0"
            })
    void whatASchemaDoesIsAllowed(String script) throws Exception {
        String whole = script.contains("sqlite_sequence")
                ? "CREATE TABLE s (i INTEGER PRIMARY KEY AUTOINCREMENT);" + script
                : script;
        assertThatCode(() -> RegisteredSchema.load(named(whole, Scripts.Limits.OF_FILES), Schemas::memory))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "root:x:0:0:hunter2:/root:/bin/bash\ndaemon:x:1:1:hunter2\n",
                "password=hunter2",
                "{\"token\": \"hunter2\"}",
                "hunter2",
                "SELECT hunter2",
                "INSERT INTO hunter2 VALUES ('hunter2')",
                "CREATE TABLE t (a CHECK (a <> 'hunter2')); INSERT INTO t VALUES ('hunter2')",
                "CREATE TABLE hunter2 (a); CREATE TABLE hunter2 (a)",
                "SELECT 'hunter2",
                "create hunter2 hunter2",
                "PRAGMA hunter2 = 'hunter2'",
                "CREATE TABLE t (a); CREATE TRIGGER r BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'hunter2'); END; INSERT INTO t VALUES (1)",
                "SELECT 1; ROLLBACK; hunter2",
                "SELECT json('hunter2')",
            })
    void nothingOfAFileIsShownThatIsNoWordOfSql(String content) throws Exception {
        Scripts limited = named(content, Scripts.Limits.OF_FILES);
        SQLException refused =
                catchThrowableOfType(SQLException.class, () -> RegisteredSchema.load(limited, Schemas::memory));
        assertThat((Throwable) refused).isNotNull();
        StringWriter all = new StringWriter();
        refused.printStackTrace(new PrintWriter(all));
        assertThat(all.toString()).doesNotContain("hunter2").contains("schema.sql, line ");
    }

    @Test
    void theMessageNamesFileLineFirstWordsAndWhatSqliteMeans() throws Exception {
        assertThatThrownBy(() -> RegisteredSchema.load(
                        named("CREATE TABLE a (x);\n\nCREATE TABLE b (y,,);", Scripts.Limits.OF_FILES),
                        Schemas::memory))
                .hasMessageContaining("schema.sql, line 3: CREATE TABLE: ")
                .hasMessageContaining("syntax error");
        assertThatThrownBy(() -> RegisteredSchema.load(
                        named("CREATE TABLE a (x);\nATTACH DATABASE 'x' AS y", Scripts.Limits.OF_FILES),
                        Schemas::memory))
                .hasMessageContaining("schema.sql, line 2: ATTACH DATABASE: ")
                .hasMessageContaining("ATTACH is not allowed");
    }
}
