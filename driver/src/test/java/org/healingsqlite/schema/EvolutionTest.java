package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.schema.Evolution.Direction.NEWER;
import static org.healingsqlite.schema.Evolution.Direction.NONE;
import static org.healingsqlite.schema.Evolution.Direction.OLDER;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a database has come from what was known of it to what it is. */
class EvolutionTest {
    @TempDir
    Path directory;

    private Connection connection;

    @BeforeEach
    void open() throws SQLException {
        connection = Schemas.memory();
        Sql.run(
                connection,
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, status TEXT)",
                "CREATE TABLE jobs (id INTEGER PRIMARY KEY, what TEXT)",
                "CREATE TABLE schema_version (version TEXT)",
                "INSERT INTO schema_version VALUES ('1'), ('2')",
                "PRAGMA user_version = 2");
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    private Evolution after(OwnChanges own, String... done) throws SQLException {
        ExpectedSchema known = LearnedSchema.learn(LearnedSchema.look(connection), ExpectedSchema.NONE, List.of());
        Sql.run(connection, done);
        return Evolution.between(known, LearnedSchema.look(connection), own);
    }

    private Evolution after(String... done) throws SQLException {
        return after(OwnChanges.NONE, done);
    }

    @Test
    void whatIsMissingAndNothingElseWasLost() throws Exception {
        assertThat(after("DROP TABLE jobs")).isEqualTo(Evolution.NONE);
    }

    @Test
    void whereNothingIsMissingNothingIsAsked() throws Exception {
        assertThat(after("CREATE TABLE more (x)", "PRAGMA user_version = 3")).isEqualTo(Evolution.NONE);
    }

    @Test
    void versionsTellTheDirection() throws Exception {
        assertThat(after("DROP TABLE jobs", "PRAGMA user_version = 3").direction())
                .isEqualTo(NEWER);
    }

    @Test
    void anOlderVersionOutweighsANewObject() throws Exception {
        assertThat(after("DROP TABLE jobs", "PRAGMA user_version = 1", "CREATE TABLE x (y)")
                        .direction())
                .isEqualTo(OLDER);
    }

    @Test
    void entriesOfALedgerTellTheDirection() throws Exception {
        Evolution older = after("DROP TABLE jobs", "DELETE FROM schema_version WHERE version = '2'");
        assertThat(older.direction()).isEqualTo(OLDER);
        assertThat(older.evidence()).contains("schema_version").doesNotContain("2");
    }

    @Test
    void newEntriesOfALedgerToo() throws Exception {
        assertThat(after("DROP TABLE jobs", "INSERT INTO schema_version VALUES ('3')")
                        .direction())
                .isEqualTo(NEWER);
    }

    /** The tables of tools, made as they make them; the statement is what a newer release of an application adds. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "CREATE TABLE goose_db_version(id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER, is_applied INTEGER, tstamp TIMESTAMP);INSERT INTO goose_db_version VALUES(1, 1, 1, 'd');INSERT INTO goose_db_version VALUES(2, 2, 1, 'd')",
                "CREATE TABLE migrations(id integer primary key autoincrement, migration varchar not null, batch integer not null);INSERT INTO migrations VALUES(1, 'a', 1);INSERT INTO migrations VALUES(2, 'b', 2)",
                "CREATE TABLE migrations(id integer PRIMARY KEY, timestamp bigint NOT NULL, name varchar NOT NULL);INSERT INTO migrations VALUES(1, 17, 'Init17');INSERT INTO migrations VALUES(2, 18, 'Drop18')",
                "CREATE TABLE __drizzle_migrations(id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric);INSERT INTO __drizzle_migrations VALUES(NULL, 'h', 1);INSERT INTO __drizzle_migrations VALUES(NULL, 'i', 2)",
                "CREATE TABLE grdb_migrations(identifier TEXT NOT NULL PRIMARY KEY);INSERT INTO grdb_migrations VALUES('v1');INSERT INTO grdb_migrations VALUES('v2')",
                "CREATE TABLE VersionInfo(Version INTEGER NOT NULL, AppliedOn DATETIME, Description TEXT);INSERT INTO VersionInfo VALUES(1, 'd', 'a');INSERT INTO VersionInfo VALUES(2, 'd', 'b')",
                "CREATE TABLE schema_changes(change_id INTEGER NOT NULL PRIMARY KEY, schema_version INTEGER, changed DATETIME);INSERT INTO schema_changes VALUES(1, 42, 'd');INSERT INTO schema_changes VALUES(2, 43, 'd')",
                "CREATE TABLE migration_log(id INTEGER PRIMARY KEY, migration_id TEXT NOT NULL, success INTEGER);INSERT INTO migration_log VALUES(1, 'a', 1);INSERT INTO migration_log VALUES(2, 'b', 1)",
                "CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);INSERT INTO meta VALUES('version', '50'), ('last_compatible_version', '48'), ('other', 'x');UPDATE meta SET value = '51' WHERE key = 'version'",
                "CREATE TABLE version(idVersion integer, iCompressCount integer);INSERT INTO version VALUES(119, 0);UPDATE version SET idVersion = 121",
                "CREATE TABLE migratehistory(id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, migrated_at DATETIME NOT NULL);INSERT INTO migratehistory VALUES(1, '001', 'd');INSERT INTO migratehistory VALUES(2, '002', 'd')",
                "CREATE TABLE _yoyo_migration(migration_hash VARCHAR(64) PRIMARY KEY, migration_id VARCHAR(255), applied_at_utc TIMESTAMP);INSERT INTO _yoyo_migration VALUES('h1', '1', 'd');INSERT INTO _yoyo_migration VALUES('h2', '2', 'd')",
                "CREATE TABLE settings(name TEXT PRIMARY KEY, value TEXT);INSERT INTO settings VALUES('db_version', '3'), ('theme', 'dark');UPDATE settings SET value = '4' WHERE name = 'db_version'"
            })
    void theBooksOfToolsTellOfANewerRelease(String create, String before, String after) throws Exception {
        Sql.run(connection, create, before);
        assertThat(after("DROP TABLE jobs", after).direction()).isEqualTo(NEWER);
    }

    @Test
    void aSettingThatIsNoVersionTellsNothing() throws Exception {
        Sql.run(
                connection,
                "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT)",
                "INSERT INTO settings VALUES ('db_version', '3'), ('theme', 'dark')");
        assertThat(after("DROP TABLE jobs", "UPDATE settings SET value = 'light' WHERE name = 'theme'"))
                .isEqualTo(Evolution.NONE);
    }

    @Test
    void aSettingThatIsLowerTellsOfAnOlderRelease() throws Exception {
        Sql.run(
                connection,
                "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT)",
                "INSERT INTO settings VALUES ('db_version', '4')");
        assertThat(after("DROP TABLE jobs", "UPDATE settings SET value = '3'").direction())
                .isEqualTo(OLDER);
    }

    /** Documents have hashes and versions of their own. */
    @Test
    void whatIsCalledVersionAndIsNoneTellsNothing() throws Exception {
        Sql.run(
                connection,
                "CREATE TABLE versions (id INTEGER PRIMARY KEY, hash TEXT, document INTEGER)",
                "INSERT INTO versions VALUES (1, 'a', 1)");
        assertThat(after("DROP TABLE jobs", "INSERT INTO versions VALUES (2, 'b', 1)"))
                .isEqualTo(Evolution.NONE);
    }

    @Test
    void aLedgerWithoutEntriesHasLostThem() throws Exception {
        assertThat(after("DROP TABLE jobs", "DELETE FROM schema_version")).isEqualTo(Evolution.NONE);
    }

    @Test
    void aTableAtTheRootPageOfAnotherWasRenamed() throws Exception {
        assertThat(after("ALTER TABLE jobs ADD COLUMN due", "ALTER TABLE jobs RENAME TO tasks")
                        .evidence())
                .isEqualTo("table jobs is called tasks now");
    }

    @Test
    void anotherNewObjectIsOfAnotherReleaseUnlessThisProcessHasMadeIt() throws Exception {
        OwnChanges own = OwnChanges.NONE.and("CREATE TABLE other (a, b)");
        assertThat(after(own, "DROP TABLE jobs", "CREATE TABLE other (a, b)")).isEqualTo(Evolution.NONE);
        Sql.run(connection, "CREATE TABLE jobs (id INTEGER PRIMARY KEY, what TEXT)", "DROP TABLE other");
        assertThat(after(OwnChanges.NONE, "DROP TABLE jobs", "CREATE TABLE other (a, b)")
                        .direction())
                .isEqualTo(NEWER);
    }

    @Test
    void whatThisProcessHasWrittenOfItsVersionIsNoSign() throws Exception {
        OwnChanges own = OwnChanges.NONE.and("PRAGMA user_version = 3").and("INSERT INTO schema_version VALUES ('3')");
        assertThat(after(own, "DROP TABLE jobs", "PRAGMA user_version = 3", "INSERT INTO schema_version VALUES ('3')"))
                .isEqualTo(Evolution.NONE);
    }

    // ---- Beside what is registered

    private Evolution.Direction from(String scripts, String... done) throws Exception {
        Path script = Files.writeString(directory.resolve("schema.sql"), scripts);
        RegisteredSchema registered =
                RegisteredSchema.load(Scripts.trusted(List.of(script.toString())), Sqlite::openInMemory);
        Sql.run(connection, done);
        return Evolution.from(registered, LearnedSchema.look(connection)).direction();
    }

    private static final String SCHEMA = """
            CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, status TEXT);
            CREATE TABLE jobs (id INTEGER PRIMARY KEY, what TEXT);
            """;

    @Test
    void aSchemaThatHasGrownIsNoOtherRelease() throws Exception {
        assertThat(from(SCHEMA + "CREATE TABLE more (x, y); CREATE TABLE even_more (id INTEGER PRIMARY KEY);"))
                .isEqualTo(NONE);
        assertThat(from("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, status TEXT, email TEXT);"))
                .isEqualTo(NONE);
    }

    @Test
    void aTableOrColumnUnderAnotherNameIsOfANewerRelease() throws Exception {
        assertThat(from(SCHEMA, "ALTER TABLE jobs RENAME TO tasks")).isEqualTo(NEWER);
        Sql.run(connection, "ALTER TABLE tasks RENAME TO jobs");
        assertThat(from(SCHEMA, "ALTER TABLE users RENAME COLUMN status TO state"))
                .isEqualTo(NEWER);
    }

    @Test
    void aVersionThatNobodyKeepsTellsNothing() throws Exception {
        assertThat(from(SCHEMA + "PRAGMA user_version = 3;")).isEqualTo(OLDER);
        assertThat(from(SCHEMA + "PRAGMA user_version = 1;")).isEqualTo(NEWER);
        assertThat(from(SCHEMA + "PRAGMA user_version = 1;", "PRAGMA user_version = 0"))
                .isEqualTo(NONE);
    }
}
