package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code salvage} and {@code heal} of a file whose schema holds statements that are no CREATE of their object. */
class HostileFileTest {
    private static final int ROWS = 50;

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();

    private int run(String... arguments) {
        CommandLine command = HealingCommand.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(out, true));
        return command.execute(arguments);
    }

    private static void sql(Path database, List<String> statements) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static Object value(Path database, String query) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.getObject(1);
        }
    }

    private Path file(String text) throws Exception {
        Path database = directory.resolve("app.db");
        sql(
                database,
                List.of(
                        "CREATE TABLE good (id INTEGER PRIMARY KEY, v)",
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                                + ") INSERT INTO good SELECT i, 'row ' || i FROM n",
                        "CREATE TABLE a0 (x)",
                        "PRAGMA writable_schema = ON",
                        "UPDATE sqlite_schema SET sql = '"
                                + text.replace(
                                                "$made",
                                                directory.resolve("made").toString())
                                        .replace("'", "''")
                                + "' WHERE name = 'a0'"));
        return database;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ATTACH '$made' AS v",
                "VACUUM INTO '$made'",
                "SELECT load_extension('$made')",
                "SELECT writefile('$made', 'x')",
                "DELETE FROM good",
                "CREATE TABLE a0 AS SELECT * FROM good",
                "CREATE TABLE a0(x); VACUUM INTO '$made'"
            })
    void neitherCommandRunsIt(String text) throws Exception {
        Path database = file(text);
        Path output = directory.resolve("out.db");

        assertThat(run("salvage", database.toString(), "-o", output.toString())).isEqualTo(1);
        assertThat(run("heal", database.toString())).isBetween(0, 1);

        assertThat(directory.resolve("made")).doesNotExist();
        assertThat(value(output, "SELECT count(*) FROM good")).isEqualTo(ROWS);
        assertThat(value(database, "SELECT count(*) FROM good")).isEqualTo(ROWS);
        assertThat(out.toString()).contains("not run");
    }

    @Test
    void theTextIsInLostAndFound() throws Exception {
        Path database = file("ATTACH 'x' AS v");
        Path apart = directory.resolve("apart.db");
        run(
                "salvage",
                database.toString(),
                "-o",
                directory.resolve("out.db").toString(),
                "--lost-and-found",
                apart.toString());
        assertThat(Files.exists(apart)).isTrue();
        assertThat(value(apart, "SELECT c4 FROM lost_and_found WHERE tbl = 'sqlite_schema'"))
                .isEqualTo("ATTACH 'x' AS v");
    }
}
