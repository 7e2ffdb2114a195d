package org.healingsqlite.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sqlite.core.DB;

/** Every code and message that sqlite-jdbc is known to give, and what it means. */
class FaultTest {

    /** Messages made by sqlite-jdbc itself from a result code and SQLite's text. */
    @Nested
    class OfMessages {
        @ParameterizedTest(name = "{0} {1}")
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '`',
                value = {
                    "1    | no such table: runs                                    | MissingObject TABLE runs",
                    "1    | no such table: main.runs                               | MissingObject TABLE main.runs",
                    "1    | no such table: No Pe                                   | MissingObject TABLE No Pe",
                    "1    | no such table: we\"ird                                 | MissingObject TABLE we\"ird",
                    "1    | no such table: x.nope                                  | MissingObject TABLE x.nope",
                    "1    | no such index: i                                       | MissingObject INDEX i",
                    "1    | no such view: v                                        | MissingObject VIEW v",
                    "1    | no such trigger: t                                     | MissingObject TRIGGER t",
                    "1    | no such column: c                                      | MissingColumn  c",
                    "1    | no such column: t.c                                    | MissingColumn  t.c",
                    "1    | no such column: main.t.c                               | MissingColumn  main.t.c",
                    "1    | no such column: \"zz\"                                 | MissingColumn  \"zz\"",
                    "1    | table T has no column named C                          | MissingColumn T C",
                    "1    | table a has no column named b has no column named C    | MissingColumn a has no column named b C",
                    "1    | unsupported file format                                | Corruption UNSUPPORTED_FORMAT",
                    "1    | no such function: upper_()                             | Application",
                    "1    | no such savepoint: s                                   | Application",
                    "1    | no such database: x                                    | Application",
                    "1    | no such module: m                                      | Application",
                    "1    | unknown database x                                     | Application",
                    "1    | table T has 2 columns but 1 values were supplied       | Application",
                    "1    | 1 values for 2 columns                                 | Application",
                    "1    | unable to identify the object to be reindexed          | Application",
                    "1    | near \"SELEC\": syntax error                           | Application",
                    "257  | no such collation sequence: c                          | Application",
                    "19   | UNIQUE constraint failed: t.a (b)                      | Application",
                    "9    | interrupted                                            | Application",
                    "5    | database is locked                                     | Unavailable BUSY",
                    "517  | database is locked                                     | Unavailable SNAPSHOT",
                    "6    | database table is locked                               | Unavailable LOCKED",
                    "262  | database table is locked: t                            | Unavailable LOCKED",
                    "15   | locking protocol                                       | Unavailable PROTOCOL",
                    "8    | attempt to write a readonly database                   | Unavailable READ_ONLY",
                    "1544 | attempt to write a readonly database                   | Unavailable READ_ONLY",
                    "776  | attempt to write a readonly database                   | Unavailable READ_ONLY",
                    "1032 | attempt to write a readonly database                   | FileMoved",
                    "14   | unable to open database file                           | Unavailable CANNOT_OPEN",
                    "13   | database or disk is full                               | Unavailable FULL",
                    "266  | disk I/O error                                         | Unavailable IO",
                    "778  | disk I/O error                                         | Unavailable IO",
                    "1034 | disk I/O error                                         | Unavailable IO",
                    "1546 | disk I/O error                                         | Unavailable IO",
                    "1802 | disk I/O error                                         | Unavailable IO",
                    "2570 | disk I/O error                                         | Unavailable IO",
                    "3850 | disk I/O error                                         | Unavailable IO",
                    "4618 | disk I/O error                                         | Unavailable IO",
                    "4874 | disk I/O error                                         | Unavailable IO",
                    "5386 | disk I/O error                                         | Unavailable IO",
                    "522  | disk I/O error                                         | Corruption SHORT_READ",
                    "8458 | disk I/O error                                         | Corruption FILE_SYSTEM",
                    "5898 | disk I/O error                                         | JournalVanished",
                    "11   | database disk image is malformed                       | Corruption MALFORMED",
                    "11   | malformed database schema (t) - invalid rootpage       | Corruption SCHEMA",
                    "267  | database disk image is malformed                       | Corruption VIRTUAL_TABLE",
                    "523  | database disk image is malformed                       | Corruption SEQUENCE",
                    "779  | database disk image is malformed                       | Corruption INDEX",
                    "26   | file is not a database                                 | Corruption NOT_A_DATABASE",
                    "8714 | something new                                          | Unavailable IO",
                })
        void aCodeAndAText(int code, String text, String expected) {
            SQLException exception = DB.newSQLException(code, text);

            Fault fault = Fault.of(exception);

            assertThat(words(fault)).isEqualTo(expected);
            assertThat(fault.text()).isEqualTo(text);
            assertThat(fault.symptom().resultCode()).isEqualTo(code);
            assertThat((Throwable) fault.symptom().exception()).isSameAs(exception);
        }

        @ParameterizedTest(name = "{0}")
        @CsvSource({"no such table: runs, MissingObject TABLE runs", "file is not a database, Application"})
        void theMessageAloneTellsWhereThePoolHasCopiedIt(String text, String expected) {
            SQLException copied = new SQLException(DB.newSQLException(1, text).getMessage(), null, 1);

            assertThat(words(Fault.of(copied))).isEqualTo(expected);
        }

        @Test
        void theExtendedCodeIsReadOffTheMessageOfAnotherClassLoadersException() {
            SQLException copied = new SQLException(
                    DB.newSQLException(1032, "attempt to write a readonly database")
                            .getMessage(),
                    null,
                    8);

            assertThat(Fault.of(copied)).isInstanceOf(Fault.FileMoved.class);
        }

        @Test
        void sqliteJdbcsOwnComplaintOfAMissingDirectoryIsNoCorruption() {
            Fault fault = Fault.of(new SQLException("path to '/a/b.db': '/a' does not exist"));

            assertThat(words(fault)).isEqualTo("Unavailable CANNOT_OPEN");
            assertThat(words(Fault.of(new SQLException("database connection closed"))))
                    .isEqualTo("Application");
        }

        @Test
        void anExceptionWithoutAMessageIsTheApplications() {
            assertThat(words(Fault.of(new SQLException()))).isEqualTo("Application");
            assertThat(words(Fault.of(new SQLException((String) null, "08001", 1))))
                    .isEqualTo("Application");
        }

        @Test
        void whatHasTakenEffectIsKnown() {
            assertThat(Fault.of(DB.newSQLException(1, "no such table: t")).effect())
                    .isEqualTo(Effect.NOT_APPLIED);
            assertThat(Fault.of(DB.newSQLException(5898, "disk I/O error")).effect())
                    .isEqualTo(Effect.APPLIED);
            assertThat(Fault.of(DB.newSQLException(778, "disk I/O error")).effect())
                    .isEqualTo(Effect.UNKNOWN);
        }
    }

    private static String words(Fault fault) {
        if (fault instanceof Fault.MissingObject missing) {
            return "MissingObject " + missing.kind() + " " + missing.name();
        }
        if (fault instanceof Fault.MissingColumn missing) {
            return "MissingColumn " + missing.table() + " " + missing.name();
        }
        if (fault instanceof Fault.Corruption corruption) {
            return "Corruption " + corruption.kind();
        }
        if (fault instanceof Fault.Unavailable unavailable) {
            return "Unavailable " + unavailable.kind();
        }
        return fault.getClass().getSimpleName();
    }

    /** The same, from a real database. */
    @Nested
    class OfRealDatabases {
        @TempDir
        Path directory;

        private Path file;

        @BeforeEach
        void create() throws Exception {
            file = directory.resolve("app.db");
            Sql.runElsewhere(
                    file,
                    "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)",
                    "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i, 'row ' || i FROM n",
                    "CREATE INDEX tb ON t (b)",
                    "CREATE VIEW v AS SELECT * FROM gone",
                    "CREATE TABLE child (p REFERENCES parent (x))",
                    "CREATE TRIGGER tr AFTER INSERT ON child BEGIN INSERT INTO journal VALUES (1); END");
        }

        private Connection open() throws SQLException {
            return DriverManager.getConnection("jdbc:sqlite:" + file);
        }

        private String of(String sql) throws SQLException {
            try (Connection connection = open()) {
                return words(Fault.of(catchThrowableOfType(SQLException.class, () -> Sql.run(connection, sql))));
            }
        }

        @ParameterizedTest(name = "{0}")
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '`',
                value = {
                    "SELECT * FROM nope                      | MissingObject TABLE nope",
                    "SELECT * FROM \"No Pe\"                 | MissingObject TABLE No Pe",
                    "SELECT * FROM main.nope                 | MissingObject TABLE main.nope",
                    "SELECT * FROM v                         | MissingObject TABLE main.gone",
                    "INSERT INTO child VALUES (NULL)         | MissingObject TABLE main.journal",
                    "CREATE INDEX x ON nope (y)              | MissingObject TABLE main.nope",
                    "SELECT * FROM t INDEXED BY nope         | MissingObject INDEX nope",
                    "DROP VIEW nope                          | MissingObject VIEW nope",
                    "DROP TRIGGER nope                       | MissingObject TRIGGER nope",
                    "SELECT nope FROM t                      | MissingColumn  nope",
                    "SELECT t.nope FROM t                    | MissingColumn  t.nope",
                    "INSERT INTO t (nope) VALUES (1)         | MissingColumn t nope",
                    "SELECT nope()                           | Application",
                    "SELECT * FROM t ORDER BY b COLLATE nope | Application",
                    "CREATE VIRTUAL TABLE x USING nope       | Application",
                    "INSERT INTO t VALUES (1, 'taken')       | Application",
                })
        void ofAStatement(String sql, String expected) throws Exception {
            assertThat(of(sql)).isEqualTo(expected);
        }

        @Test
        void ofABatchOfTexts() throws Exception {
            try (Connection connection = open();
                    Statement statement = connection.createStatement()) {
                statement.addBatch("INSERT INTO t (b) VALUES ('x')");
                statement.addBatch("INSERT INTO nope VALUES (1)");
                BatchUpdateException thrown = catchThrowableOfType(BatchUpdateException.class, statement::executeBatch);

                Fault fault = Fault.of(thrown);

                assertThat(words(fault)).isEqualTo("MissingObject TABLE nope");
                assertThat(fault.batchEntry()).isEqualTo(1);
            }
        }

        @Test
        void ofAPreparedBatch() throws Exception {
            try (Connection connection = open();
                    PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, 'x')")) {
                insert.setInt(1, 5000);
                insert.addBatch();
                Sql.runElsewhere(file, "DROP TABLE t");
                Fault fault = Fault.of(catchThrowableOfType(SQLException.class, insert::executeBatch));

                assertThat(words(fault)).isEqualTo("MissingObject TABLE t");
                assertThat(fault.batchEntry()).isEqualTo(-1);
            }
        }

        @Test
        void ofAnOverwrittenHeader() throws Exception {
            overwrite(0, 100);
            assertThat(of("SELECT * FROM t")).isEqualTo("Corruption NOT_A_DATABASE");
        }

        @Test
        void ofAnOverwrittenRootPage() throws Exception {
            overwrite(4096, 4096);
            assertThat(of("SELECT count(b) FROM t NOT INDEXED")).isEqualTo("Corruption MALFORMED");
        }

        @Test
        void ofAFileCutInHalf() throws Exception {
            try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
                access.setLength(access.length() / 2);
            }
            assertThat(of("SELECT count(b) FROM t NOT INDEXED")).isEqualTo("Corruption MALFORMED");
        }

        @Test
        void ofABadSchemaRow() throws Exception {
            Sql.runElsewhere(
                    file,
                    "PRAGMA writable_schema = ON",
                    "UPDATE sqlite_schema SET sql = 'CREATE TABLE nonsense (' WHERE name = 't'");
            assertThat(of("SELECT * FROM child")).isEqualTo("Corruption SCHEMA");
        }

        @Test
        void ofALockedDatabase() throws Exception {
            try (Connection holder = open();
                    Connection other = DriverManager.getConnection("jdbc:sqlite:" + file + "?busy_timeout=0")) {
                Sql.run(holder, "BEGIN EXCLUSIVE");
                Fault fault = Fault.of(catchThrowableOfType(
                        SQLException.class, () -> Sql.run(other, "INSERT INTO t (b) VALUES ('x')")));
                assertThat(words(fault)).isEqualTo("Unavailable BUSY");
            }
        }

        @Test
        void ofAStaleSnapshot() throws Exception {
            Sql.runElsewhere(file, "PRAGMA journal_mode = WAL");
            try (Connection reader = open()) {
                Sql.run(reader, "BEGIN");
                Sql.rows(reader, "SELECT count(*) FROM t");
                Sql.runElsewhere(file, "INSERT INTO t (b) VALUES ('newer')");
                Fault fault = Fault.of(catchThrowableOfType(
                        SQLException.class, () -> Sql.run(reader, "INSERT INTO t (b) VALUES ('x')")));
                assertThat(words(fault)).isEqualTo("Unavailable SNAPSHOT");
            }
        }

        @Test
        void ofAFullDatabase() throws Exception {
            try (Connection connection = open()) {
                Sql.run(connection, "PRAGMA max_page_count = 1");
                Fault fault = Fault.of(catchThrowableOfType(
                        SQLException.class, () -> Sql.run(connection, "INSERT INTO t (b) VALUES (zeroblob(100000))")));
                assertThat(words(fault)).isEqualTo("Unavailable FULL");
            }
        }

        @Test
        void ofAMovedFile() throws Exception {
            try (Connection connection = open()) {
                Sql.rows(connection, "SELECT count(*) FROM t");
                Files.move(file, directory.resolve("moved.db"));
                Fault fault = Fault.of(catchThrowableOfType(
                        SQLException.class, () -> Sql.run(connection, "INSERT INTO t (b) VALUES ('x')")));
                assertThat(words(fault)).isEqualTo("FileMoved");
            }
        }

        @Test
        void ofAJournalThatVanishesInATransaction() throws Exception {
            try (Connection connection = open()) {
                connection.setAutoCommit(false);
                Sql.run(connection, "INSERT INTO t (b) VALUES ('x')");
                Files.delete(Path.of(file + "-journal"));
                Fault fault = Fault.of(catchThrowableOfType(SQLException.class, connection::commit));
                assertThat(words(fault)).isEqualTo("JournalVanished");
                assertThat(Sql.rowsElsewhere(file, "SELECT count(*) FROM t")
                                .get(0)
                                .get(0))
                        .isEqualTo(3001);
            }
        }

        @Test
        void ofAFileThatCannotBeOpened() throws Exception {
            file = Files.createDirectory(directory.resolve("directory.db"));
            SQLException thrown = catchThrowableOfType(SQLException.class, this::open);
            assertThat(words(Fault.of(thrown))).isEqualTo("Unavailable CANNOT_OPEN");
        }

        @Test
        void ofADirectoryThatIsMissing() {
            file = directory.resolve("missing").resolve("app.db");
            SQLException thrown = catchThrowableOfType(SQLException.class, this::open);
            assertThat(words(Fault.of(thrown))).isEqualTo("Unavailable CANNOT_OPEN");
        }

        private void overwrite(long offset, int length) throws IOException {
            try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
                access.seek(offset);
                for (int i = 0; i < length; i++) {
                    access.write(0xA5 + i);
                }
            }
        }
    }
}
