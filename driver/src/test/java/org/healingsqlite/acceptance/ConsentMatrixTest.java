package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every sign of somebody's intent, in every journal mode, with a schema that is registered and one that was seen, through every kind of statement: the application sees what
 * plain sqlite-jdbc shows, and the files stay as they are. The oracle is sqlite-jdbc itself, on a second database that the same happens to.
 */
class ConsentMatrixTest {
    /** Of 480 cells one run takes 30: some seconds. */
    private static final int PARTS = 16;

    private static final List<String> MODES = List.of("DELETE", "TRUNCATE", "PERSIST", "WAL");

    private static final String[] VERSION_1 = {
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, status TEXT)",
        "CREATE TABLE jobs (id INTEGER PRIMARY KEY, what TEXT NOT NULL, due INTEGER)",
        "CREATE VIEW due_jobs AS SELECT what FROM jobs WHERE due > 0",
        "INSERT INTO users VALUES (1, 'a', 'on'), (2, 'b', 'off')",
        "INSERT INTO jobs VALUES (1, 'j1', 1), (2, 'j2', 0)"
    };

    private static final String[] VERSION_2 = {
        "ALTER TABLE users ADD COLUMN email TEXT",
        "UPDATE users SET email = name || '@example.org'",
        "CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT)"
    };

    private static final String SCHEMA = """
            CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, status TEXT, email TEXT);
            CREATE TABLE jobs (id INTEGER PRIMARY KEY, what TEXT NOT NULL, due INTEGER);
            CREATE VIEW due_jobs AS SELECT what FROM jobs WHERE due > 0;
            CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT);
            """;

    @TempDir
    Path directory;

    /** How an application, or its migration tool, keeps its version: made for version 1, and raised to 2. */
    enum Ledger {
        USER_VERSION(new String[] {"PRAGMA user_version = 1"}, "PRAGMA user_version = 2"),
        OURS(
                new String[] {
                    "CREATE TABLE schema_migrations (migration_id INTEGER PRIMARY KEY, version TEXT UNIQUE, status TEXT)",
                    "INSERT INTO schema_migrations VALUES (1, '001', 'completed')"
                },
                "INSERT INTO schema_migrations VALUES (2, '002', 'completed')"),
        FLYWAY(
                new String[] {
                    "CREATE TABLE flyway_schema_history (installed_rank INT PRIMARY KEY, version TEXT, script TEXT, success BOOL)",
                    "INSERT INTO flyway_schema_history VALUES (1, '1', 'V1__a.sql', 1)"
                },
                "INSERT INTO flyway_schema_history VALUES (2, '2', 'V2__b.sql', 1)"),
        LIQUIBASE(
                new String[] {
                    "CREATE TABLE DATABASECHANGELOG (ID TEXT, AUTHOR TEXT, FILENAME TEXT, DATEEXECUTED TEXT)",
                    "INSERT INTO DATABASECHANGELOG VALUES ('1', 'me', 'c.xml', 'x')"
                },
                "INSERT INTO DATABASECHANGELOG VALUES ('2', 'me', 'c.xml', 'y')"),
        RAILS(
                new String[] {
                    "CREATE TABLE schema_migrations (version varchar NOT NULL PRIMARY KEY)",
                    "INSERT INTO schema_migrations VALUES ('20240101120000')"
                },
                "INSERT INTO schema_migrations VALUES ('20240201120000')"),
        KNEX(
                new String[] {
                    "CREATE TABLE knex_migrations (id INTEGER PRIMARY KEY, name TEXT, batch INTEGER, migration_time TEXT)",
                    "INSERT INTO knex_migrations VALUES (1, '001_a.js', 1, 'x')"
                },
                "INSERT INTO knex_migrations VALUES (2, '002_b.js', 2, 'y')"),
        ALEMBIC(
                new String[] {
                    "CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)",
                    "INSERT INTO alembic_version VALUES ('1')"
                },
                "UPDATE alembic_version SET version_num = '2'"),
        ROOM(
                new String[] {
                    "PRAGMA user_version = 1",
                    "CREATE TABLE room_master_table (id INTEGER PRIMARY KEY, identity_hash TEXT)",
                    "INSERT INTO room_master_table VALUES (42, 'aaaa')"
                },
                "UPDATE room_master_table SET identity_hash = 'bbbb'",
                "PRAGMA user_version = 2"),
        BY_SHAPE(
                new String[] {
                    "CREATE TABLE app_schema_version (version INTEGER, applied_at TEXT)",
                    "INSERT INTO app_schema_version VALUES (1, 'x')"
                },
                "INSERT INTO app_schema_version VALUES (2, 'y')"),
        REGISTERED(
                new String[] {"CREATE TABLE release (name TEXT)", "INSERT INTO release VALUES ('1.0')"},
                "UPDATE release SET name = '2.0'");

        private final String[] first;
        private final String[] second;

        Ledger(String[] first, String... second) {
            this.first = first;
            this.second = second;
        }
    }

    /**
     * What somebody means.
     *
     * @param done by another process; empty where an older backup is put in place
     * @param query what then misses something
     */
    private record Case(String name, Ledger ledger, List<String> done, String query) {}

    private static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (Ledger ledger : Ledger.values()) {
            cases.add(new Case("older backup, " + ledger, ledger, List.of(), "SELECT name, email FROM users"));
        }
        String drop = "DROP TABLE audit";
        String audit = "SELECT count(*) FROM audit";
        cases.add(newer("rename of a table", "SELECT count(*) FROM jobs", "ALTER TABLE jobs RENAME TO tasks"));
        cases.add(newer(
                "rename of a column", "SELECT status FROM users", "ALTER TABLE users RENAME COLUMN status TO state"));
        cases.add(newer("a table dropped by a newer release", audit, drop, "PRAGMA user_version = 3"));
        cases.add(newer(
                "a column dropped by a newer release",
                "SELECT status FROM users",
                "ALTER TABLE users DROP COLUMN status",
                "PRAGMA user_version = 3"));
        cases.add(newer(
                "a table for another", audit, drop, "CREATE TABLE audit_2 (id INTEGER PRIMARY KEY, t TEXT, u TEXT)"));
        cases.add(newer(
                "a column for another",
                "SELECT status FROM users",
                "ALTER TABLE users ADD COLUMN state INTEGER",
                "ALTER TABLE users DROP COLUMN status"));
        cases.add(newer(
                "a table built anew in another form",
                "SELECT due FROM jobs",
                "CREATE TABLE new_jobs (id INTEGER PRIMARY KEY, what TEXT, at TEXT)",
                "INSERT INTO new_jobs SELECT id, what, due FROM jobs",
                "DROP VIEW due_jobs",
                "DROP TABLE jobs",
                "ALTER TABLE new_jobs RENAME TO jobs"));
        cases.add(newer(
                "a view for another",
                "SELECT * FROM due_jobs",
                "DROP VIEW due_jobs",
                "CREATE VIEW open_jobs AS SELECT what FROM jobs",
                "PRAGMA user_version = 3"));
        cases.add(new Case(
                "a newer release, by its history",
                Ledger.FLYWAY,
                List.of(drop, "INSERT INTO flyway_schema_history VALUES (3, '3', 'V3__c.sql', 1)"),
                audit));
        cases.add(new Case(
                "a newer release, by its only version",
                Ledger.ALEMBIC,
                List.of(drop, "UPDATE alembic_version SET version_num = '3'"),
                audit));
        return cases;
    }

    private static Case newer(String name, String query, String... done) {
        return new Case(name, Ledger.USER_VERSION, List.of(done), query);
    }

    private enum Way {
        WARM,
        KEPT_STATEMENT,
        IN_TRANSACTION
    }

    private record Cell(Case what, String mode, boolean registered, Way way) {
        @Override
        public String toString() {
            return what.name() + ", " + mode + ", " + (registered ? "registered" : "learned") + ", " + way;
        }
    }

    private static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (Case what : cases()) {
            for (String mode : MODES) {
                for (boolean registered : new boolean[] {true, false}) {
                    for (Way way : Way.values()) {
                        cells.add(new Cell(what, mode, registered, way));
                    }
                }
            }
        }
        return cells;
    }

    @Test
    void theMatrixHasTheSizeThatWasPromised() {
        assertThat(cases()).hasSize(20);
        assertThat(cells()).hasSize(20 * 4 * 2 * 3);
    }

    @TestFactory
    Stream<DynamicTest> whatSomebodyMeansIsLeftAlone() {
        return tests(Rotation.part(cells(), PARTS));
    }

    @TestFactory
    @Tag("campaign")
    Stream<DynamicTest> whatSomebodyMeansIsLeftAloneInEveryCell() {
        return tests(cells());
    }

    private Stream<DynamicTest> tests(List<Cell> cells) {
        return cells.stream().map(cell -> DynamicTest.dynamicTest(cell.toString(), () -> assertLeftAlone(cell)));
    }

    private void assertLeftAlone(Cell cell) throws Exception {
        String seen = lane(cell, Files.createTempDirectory(directory, "healing"), true);
        String plain = lane(cell, Files.createTempDirectory(directory, "plain"), false);
        assertThat(plain).as("the query misses something: %s", cell).contains("no such");
        assertThat(seen).as("%s %s", cell, Rotation.option()).isEqualTo(plain);
    }

    private static String lane(Cell cell, Path place, boolean heals) throws Exception {
        Path database = place.resolve("app.db");
        Path backup = place.resolve("backup");
        Sql.runElsewhere(database, "PRAGMA journal_mode = " + cell.mode());
        Sql.runElsewhere(database, VERSION_1);
        Sql.runElsewhere(database, cell.what().ledger().first);
        Sql.runElsewhere(database, "VACUUM INTO '" + backup + "'");
        Sql.runElsewhere(database, VERSION_2);
        Sql.runElsewhere(database, cell.what().ledger().second);
        try (Connection connection = open(cell, place, database, heals)) {
            Sql.rows(connection, "SELECT * FROM users");
            PreparedStatement kept = connection.prepareStatement(cell.what().query());
            kept.executeQuery().close();
            if (cell.what().done().isEmpty()) {
                Sql.runElsewhere(database, "restore from '" + backup + "'");
            } else {
                Sql.runElsewhere(database, cell.what().done().toArray(String[]::new));
            }
            Map<String, Integer> before = files(place);
            List<String> seen = new ArrayList<>();
            if (cell.way() == Way.IN_TRANSACTION) {
                connection.setAutoCommit(false);
                seen.add(outcome(connection, "SELECT name FROM users ORDER BY id"));
            }
            for (int time = 1; time <= 2; time++) {
                seen.add(
                        cell.way() == Way.KEPT_STATEMENT
                                ? outcome(kept)
                                : outcome(connection, cell.what().query()));
            }
            seen.add(outcome(connection, "SELECT name FROM users ORDER BY id"));
            if (cell.way() == Way.IN_TRANSACTION) {
                connection.commit();
            }
            assertThat(files(place)).as("files, %s", cell).isEqualTo(before);
            return String.join("\n", seen);
        }
    }

    private static Connection open(Cell cell, Path place, Path database, boolean heals) throws Exception {
        Properties properties = new Properties();
        if (!heals) {
            properties.setProperty("healing.inner", "true");
            return DriverManager.getConnection("jdbc:sqlite:" + database, properties);
        }
        if (cell.registered()) {
            Path schema = Files.writeString(place.resolve("schema.sql"), SCHEMA);
            properties.setProperty("healing.schema", schema.toString());
        }
        properties.setProperty("healing.versionTable", "release");
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database, properties);
    }

    private static String outcome(Connection connection, String query) {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return Sql.rows(rows).toString();
        } catch (SQLException e) {
            return e.getMessage();
        }
    }

    private static String outcome(PreparedStatement statement) {
        try (ResultSet rows = statement.executeQuery()) {
            return Sql.rows(rows).toString();
        } catch (SQLException e) {
            return e.getMessage();
        }
    }

    /** Content of every file but the shared memory of a log, which is none. */
    private static Map<String, Integer> files(Path place) throws IOException {
        Map<String, Integer> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(place)) {
            for (Path file :
                    all.filter(path -> !path.toString().endsWith("-shm")).toList()) {
                files.put(
                        place.relativize(file).toString(),
                        Files.isDirectory(file) ? 0 : java.util.Arrays.hashCode(Files.readAllBytes(file)));
            }
        }
        return files;
    }
}
