package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Random;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Planted;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Values of rows, literals, parameters, lines of archives, scripts and commands are marked with one word; whatever fault healing meets, the word is in
 * nothing that it says: not in the log, from DEBUG on, with stacks and causes; not in incidents; not in the text files beside the database; not in the
 * messages of exceptions that are its own. With {@code healing.logValues} it is.
 */
class ValuesInLogsTest {
    private static final String MARK = "kanarie";
    private static final int ROWS = 800;

    @TempDir
    Path directory;

    private Path database;
    private final Properties options = new Properties();
    private final List<String> said = new ArrayList<>();

    /** A fault, and what an application does about it. */
    enum Fault {
        DAMAGED_KEYS(true) {
            @Override
            void meet(ValuesInLogsTest test, Connection connection) throws Exception {
                Damage.LEAVES.on(test.database, new Random(3));
                Sql.run(connection, "PRAGMA shrink_memory");
                test.ask(connection, "SELECT count(note) FROM users WHERE note <> x'6b616e61726965'");
            }
        },
        DAMAGED_ROOTS(false) {
            @Override
            void meet(ValuesInLogsTest test, Connection connection) throws Exception {
                Damage.ROOTS.on(test.database, new Random(4));
                Sql.run(connection, "PRAGMA shrink_memory");
                test.ask(connection, "SELECT count(*) FROM users WHERE email LIKE 'kanarie%' AND note = \"kanarie\"");
            }
        },
        DROPPED_TABLE(false) {
            @Override
            void meet(ValuesInLogsTest test, Connection connection) throws Exception {
                Sql.runElsewhere(test.database, "DROP TABLE users");
                test.ask(connection, "INSERT INTO users VALUES ('kanarie', \"kanarie\", x'6b616e61726965') -- kanarie");
                try (PreparedStatement insert =
                        connection.prepareStatement("INSERT INTO users VALUES (?, 'kanarie1', ?)")) {
                    insert.setString(1, MARK);
                    insert.setBytes(2, MARK.getBytes(StandardCharsets.UTF_8));
                    insert.executeUpdate();
                    insert.executeUpdate();
                } catch (SQLException e) {
                    test.threw(e);
                }
            }
        },
        DELETED_FILE(false) {
            @Override
            void meet(ValuesInLogsTest test, Connection connection) throws Exception {
                Files.delete(test.database);
                test.ask(connection, "INSERT INTO users VALUES ('kanarie', 'kanarie', NULL)");
                test.ask(connection, "SELECT * FROM users WHERE email = 'kanarie'");
            }
        },
        MISTAKES_OF_THE_APPLICATION(false) {
            @Override
            void meet(ValuesInLogsTest test, Connection connection) throws Exception {
                Sql.run(
                        connection,
                        "CREATE TRIGGER no_more BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'kanarie stays'); END");
                for (String sql : List.of(
                        "INSERT INTO users VALUES ('kanarie1@example.org', 'kanarie', 1)",
                        "DELETE FROM users WHERE email = 'kanarie1@example.org'",
                        "INSERT INTO users VALUES ('O'kanarie', 'x')",
                        "INSERT INTO users VALUES ('kanarie",
                        "SELECT json('kanarie')",
                        "SELECT 12kanarie",
                        "SELECT * FROM nowhere WHERE x = 'kanarie'",
                        "PRAGMA nothing = 'kanarie'")) {
                    test.ask(connection, sql);
                }
                Sql.run(connection, "DROP TRIGGER no_more");
            }
        },
        LOST_TRANSACTION(false) {
            @Override
            void meet(ValuesInLogsTest test, Connection connection) throws Exception {
                connection.setAutoCommit(false);
                test.ask(
                        connection,
                        "UPDATE users SET number = 'kanarie-' || number WHERE email = 'kanarie7@example.org'");
                Damage.LEAVES.on(test.database, new Random(5));
                test.ask(connection, "SELECT count(note), sum(length(number)) FROM users WHERE note <> 'kanarie'");
                try {
                    connection.commit();
                } catch (SQLException e) {
                    test.threw(e);
                }
            }
        },
        DAMAGED_ARCHIVE(false) {
            @Override
            void prepare(ValuesInLogsTest test) throws IOException {
                Path archive = Files.createDirectory(test.directory.resolve("archive"));
                Files.writeString(
                        archive.resolve("users.csv"),
                        "email,number\nkanarie1@example.org,kanarie,kanarie\n\"kanarie2@example.org,555\n");
                Files.writeString(archive.resolve("users.jsonl"), "{\"email\": kanarie}\n{\"email\": \"kanarie\"\n");
                test.options.setProperty("healing.archive", archive.toString());
            }

            @Override
            void meet(ValuesInLogsTest test, Connection connection) throws Exception {
                Damage.NOISE.on(test.database, new Random(6));
                Sql.run(connection, "PRAGMA shrink_memory");
                test.ask(connection, "SELECT count(note) FROM users");
            }
        },
        DAMAGED_DUMP(true) {
            @Override
            void prepare(ValuesInLogsTest test) throws IOException {
                Path archive = Files.createDirectory(test.directory.resolve("archive"));
                Files.writeString(
                        archive.resolve("users.sql"),
                        "INSERT INTO users VALUES ('kanarie3@example.org', kanarie, 1);\nINSERT INTO users VALUES (12kanarie);\n");
                test.options.setProperty("healing.archive", archive.toString());
            }

            @Override
            void meet(ValuesInLogsTest test, Connection connection) throws Exception {
                DAMAGED_ARCHIVE.meet(test, connection);
            }
        },
        FAILING_SCRIPT(true) {
            @Override
            void prepare(ValuesInLogsTest test) throws IOException {
                test.options.setProperty(
                        "healing.afterHeal",
                        Files.writeString(
                                        test.directory.resolve("after.sql"),
                                        "INSERT INTO users VALUES ('kanarie1@example.org', 'kanarie', 1), ('kanarie1@example.org', 'kanarie', 1)")
                                .toString());
            }

            @Override
            void meet(ValuesInLogsTest test, Connection connection) throws Exception {
                DAMAGED_KEYS.meet(test, connection);
            }
        },
        FAILING_COMMAND(true) {
            @Override
            void prepare(ValuesInLogsTest test) {
                System.setProperty("healing.restoreCommand", "KEY=kanarie echo kanarie; exit 3");
            }

            @Override
            void meet(ValuesInLogsTest test, Connection connection) throws Exception {
                Damage.NOISE.on(test.database, new Random(7));
                Sql.run(connection, "PRAGMA shrink_memory");
                test.ask(connection, "SELECT count(note) FROM users");
            }
        };

        /** Whether incidents, and the log above DEBUG, show a value where they may. */
        final boolean tells;

        Fault(boolean tells) {
            this.tells = tells;
        }

        void prepare(ValuesInLogsTest test) throws IOException {}

        abstract void meet(ValuesInLogsTest test, Connection connection) throws Exception;
    }

    @BeforeEach
    void create() throws SQLException {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + Damage.PAGE,
                "CREATE TABLE users (email TEXT PRIMARY KEY, number TEXT UNIQUE, note BLOB)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                        + ") INSERT INTO users"
                        + " SELECT 'kanarie' || i || '@example.org', 'kanarie-' || (1000 + i), CAST(hex(randomblob(40)) AS BLOB) FROM n");
    }

    @AfterEach
    void noCommandIsLeft() {
        System.clearProperty("healing.restoreCommand");
    }

    private void ask(Connection connection, String sql) {
        try {
            Sql.run(connection, sql);
        } catch (SQLException e) {
            threw(e);
        }
    }

    /** SQLite's exceptions are the application's own; what healing throws is not. */
    private void threw(Throwable thrown) {
        if (!thrown.getClass().getName().startsWith("org.sqlite.")) {
            said.add(thrown.getClass().getName() + ": " + thrown.getMessage());
        }
        for (Throwable suppressed : thrown.getSuppressed()) {
            said.add(suppressed.toString());
        }
    }

    /** Everything that healing says while the fault is met and healed. */
    private List<String> saidOf(Fault fault) throws Exception {
        fault.prepare(this);
        try (LogCapture log = new LogCapture()) {
            try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database, options)) {
                fault.meet(this, connection);
                for (Incident incident : Healing.of(connection).history(100)) {
                    said.add(incident.toString());
                }
            } catch (SQLException e) {
                threw(e);
            }
            said.add(log.everything());
        }
        Path side = Path.of(database + ".healing");
        if (Files.isDirectory(side)) {
            Planted.each(side, file -> {
                boolean isEvidence = file.getParent().endsWith("quarantine")
                        && !file.toString().endsWith(".txt");
                if (Files.isRegularFile(file) && !isEvidence) {
                    said.add(file.getFileName() + ": "
                            + new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
                }
            });
        }
        return said;
    }

    private static List<String> marked(List<String> texts) {
        return texts.stream()
                .flatMap(String::lines)
                .filter(line -> {
                    String lower = line.toLowerCase(Locale.ROOT);
                    return lower.contains(MARK) || lower.contains("6b616e61726965");
                })
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void noValueIsSaid(Fault fault) throws Exception {
        assertThat(marked(saidOf(fault))).isEmpty();
        assertThat(said).as("something is said").isNotEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void valuesAreSaidWhereTheyMayBe(Fault fault) throws Exception {
        options.setProperty("healing.logValues", "true");
        List<String> all = saidOf(fault);
        if (fault.tells) {
            assertThat(marked(all)).as("negative control: %s", all).isNotEmpty();
        }
    }
}
