package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.util.Map;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.OwnerCode;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives and snapshots of databases whose collations and functions only their application knows are not empty, and not refused. */
class UnknownNamesExportTest {
    private static final int ROWS = 50;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT COLLATE app_text UNIQUE)",
                "CREATE TABLE t(id INTEGER, x TEXT COLLATE app_text PRIMARY KEY) WITHOUT ROWID",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT); CREATE INDEX i ON t(x COLLATE app_text)",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, CHECK (x > '' COLLATE app_text))",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, CHECK (weight(x) > 0))",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, g INT NOT NULL AS (weight(x)) STORED)",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, g INT NOT NULL AS (weight(x)))",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT); CREATE INDEX i ON t(weight(x)) WHERE weight(x) > 0"
            })
    void everyRowIsExported(String statements) throws Exception {
        Path database = directory.resolve("app.db");
        make(database, statements);

        assertThat(SoundDatabase.problem(database)).isEmpty();
        try (Connection connection =
                Sqlite.open(database, Access.EXISTING.confined().looking())) {
            assertThat(ArchiveExport.of(connection)
                            .into(directory.resolve("archive"), ProgressListener.NONE)
                            .rows())
                    .isEqualTo(Map.of("t", (long) ROWS));
        }
    }

    @Test
    void damageIsStillSeen() throws Exception {
        Path database = directory.resolve("app.db");
        make(database, "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT COLLATE app_text UNIQUE)");
        Sql.runElsewhere(
                database,
                "PRAGMA writable_schema = on",
                "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 't')"
                        + " WHERE type = 'index'");

        assertThat(SoundDatabase.problem(database)).isNotEmpty();
    }

    private static void make(Path database, String statements) throws Exception {
        try (Connection owner = OwnerCode.open(database)) {
            Sql.run(owner, statements.split("; "));
            for (int i = 1; i <= ROWS; i++) {
                Sql.run(owner, "INSERT INTO t(id, x) VALUES (" + i + ", 'm" + i * 7919 % 1000 + " row " + i + "')");
            }
        }
    }
}
