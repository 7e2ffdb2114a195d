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
