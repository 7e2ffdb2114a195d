package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a degraded read answers: no rows, and never a value that nobody has computed from them. */
class DegradedReadsTest {
    @TempDir
    Path directory;

    private Connection connection;
    private Connection rival;

    @BeforeEach
    void lock() throws SQLException {
        Path database = directory.resolve("app.db");
        connection = DriverManager.getConnection(
                "jdbc:healing:sqlite:" + database + "?busy_timeout=1&healing.retries=0&healing.degradeReads=notes");
        Sql.run(
                connection,
                "CREATE TABLE notes (id INTEGER PRIMARY KEY, v TEXT)",
                "INSERT INTO notes (v) VALUES ('a')");
        rival = DriverManager.getConnection("jdbc:sqlite:" + database);
        Sql.run(rival, "BEGIN EXCLUSIVE");
    }

    @AfterEach
    void close() throws SQLException {
        rival.close();
        connection.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT count(*) FROM notes",
                "SELECT sum(id) FROM notes",
                "SELECT max(id), min(v) FROM notes",
                "SELECT exists(SELECT 1 FROM notes)",
                "SELECT coalesce((SELECT v FROM notes), 'none')",
                "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM notes)",
                "SELECT 0 AS n UNION ALL SELECT id FROM notes",
                "WITH c AS (SELECT count(*) AS n FROM notes) SELECT n FROM c",
                "VALUES ((SELECT total(id) FROM notes))"
            })
    void aValueThatNobodyHasComputedIsNotGiven(String query) {
        assertThatThrownBy(() -> Sql.rows(connection, query))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("SQLITE_BUSY");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM notes",
                "SELECT v FROM notes WHERE id = 1",
                "SELECT v, count(*) FROM notes GROUP BY v",
                "SELECT a.v FROM notes a JOIN notes b USING (id) ORDER BY 1 LIMIT 5"
            })
    void aListIsEmpty(String query) throws SQLException {
        assertThat(Sql.rows(connection, query)).isEmpty();
    }
}
