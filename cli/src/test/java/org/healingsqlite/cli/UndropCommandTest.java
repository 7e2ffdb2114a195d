package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Somebody has dropped a table, with or without an application that heals it, and brings it back by hand. */
class UndropCommandTest {
    @TempDir
    Path directory;

    private Path database;
    private final StringWriter out = new StringWriter();

    @BeforeEach
    void make() throws Exception {
        database = directory.resolve("my app.db");
        plain(
                "CREATE TABLE other (v)",
                "CREATE TABLE runs (id INTEGER PRIMARY KEY, status TEXT)",
                "CREATE INDEX runs_status ON runs (status)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
                        + " INSERT INTO runs SELECT i, 'status ' || i FROM n",
                "PRAGMA secure_delete = off",
                "DROP TABLE runs");
    }

    private int run(String... arguments) {
        CommandLine command = HealingCommand.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(out, true));
        return command.execute(arguments);
    }

    private void plain(String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private long count(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.getLong(1);
        }
    }

    @Test
    void bringsBackTheTableThatNobodyHasHealed() throws Exception {
        assertThat(run("undrop", database.toString())).as(out.toString()).isEqualTo(1);
        assertThat(out.toString()).contains("rows of table runs").contains("unknown whether rows are lost");
        assertThat(count("SELECT count(*) FROM runs")).isEqualTo(2000);
        assertThat(count("SELECT count(*) FROM runs WHERE status <> 'status ' || id"))
                .isZero();
        assertThat(count("SELECT count(*) FROM other")).isZero();
    }

    @Test
    void bringsBackTheRowsOfATableThatAnApplicationHasMadeAgain() throws Exception {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?healing.schema=" + schema());
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO runs VALUES (5000, 'new')");
        }
        assertThat(run("undrop", database.toString(), "runs"))
                .as(out.toString())
                .isEqualTo(1);
        assertThat(count("SELECT count(*) FROM runs WHERE status = 'status ' || id"))
                .isGreaterThan(1800);
        assertThat(count("SELECT count(*) FROM runs WHERE id = 5000 AND status = 'new'"))
                .isEqualTo(1);
    }

    private Path schema() throws Exception {
        return java.nio.file.Files.writeString(
                directory.resolve("schema.sql"),
                "CREATE TABLE IF NOT EXISTS runs (id INTEGER PRIMARY KEY, status TEXT);");
    }

    @Test
    void saysWhereNothingIsLeft() throws Exception {
        plain("VACUUM");
        assertThat(run("undrop", database.toString())).as(out.toString()).isEqualTo(2);
        assertThat(out.toString()).contains("nothing is left of any dropped table");
        assertThat(run("undrop", directory.resolve("none.db").toString())).isEqualTo(3);
    }
}
