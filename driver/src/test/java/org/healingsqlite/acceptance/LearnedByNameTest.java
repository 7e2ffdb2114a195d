package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a connection makes and drops is known at once, in schemas of any size, although only that is looked at: what somebody else takes away comes back, what the
 * application has taken away does not.
 */
class LearnedByNameTest {
    @TempDir
    Path directory;

    private Path database;
    private Connection connection;

    @BeforeEach
    void open() throws SQLException {
        database = directory.resolve("app.db");
        connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database);
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    private void fill(int tables) throws SQLException {
        connection.setAutoCommit(false);
        for (int i = 0; i < tables; i++) {
            Sql.run(connection, "CREATE TABLE beside" + i + " (x)");
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    private List<List<Object>> ask(String sql) throws SQLException {
        return Sql.rows(connection, sql);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20, 150})
    void whatWasMadeComesBackWhereSomebodyElseDropsItNext(int tables) throws Exception {
        fill(tables);
        Sql.run(
                connection,
                "CREATE TABLE first (x)",
                "CREATE TABLE t (a TEXT DEFAULT 'd', b)",
                "CREATE INDEX i ON t (b)");
        Sql.runElsewhere(database, "DROP TABLE t");
        Sql.run(connection, "INSERT INTO t (b) VALUES (1)");
        assertThat(ask("SELECT a, b FROM t INDEXED BY i WHERE b = 1")).containsExactly(List.of("d", 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20, 150})
    void whatATransactionHasMadeComesBackAsWell(int tables) throws Exception {
        fill(tables);
        Sql.run(connection, "CREATE TABLE first (x)");
        connection.setAutoCommit(false);
        Sql.run(connection, "CREATE TABLE t (a)", "CREATE TABLE passing (a)", "DROP TABLE passing");
        connection.commit();
        Sql.runElsewhere(database, "DROP TABLE t");
        assertThat(ask("SELECT count(*) FROM t")).containsExactly(List.of(0));
        connection.rollback();
        assertThatThrownBy(() -> ask("SELECT count(*) FROM passing")).hasMessageContaining("no such table: passing");
        connection.rollback();
        connection.setAutoCommit(true);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 150})
    void whatWasRolledBackIsNotMissed(int tables) throws Exception {
        fill(tables);
        Sql.run(connection, "CREATE TABLE kept (a)");
        connection.setAutoCommit(false);
        Sql.run(connection, "CREATE TABLE never (a)", "DROP TABLE kept");
        connection.rollback();
        connection.setAutoCommit(true);
        assertThatThrownBy(() -> ask("SELECT * FROM never")).hasMessageContaining("no such table: never");
        Sql.runElsewhere(database, "DROP TABLE kept");
        assertThat(ask("SELECT count(*) FROM kept")).containsExactly(List.of(0));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 150})
    void whatTheSavepointTookBackIsNotMissed(int tables) throws Exception {
        fill(tables);
        Sql.run(connection, "CREATE TABLE kept (a)", "BEGIN", "CREATE TABLE t (a)", "SAVEPOINT s");
        Sql.run(connection, "CREATE TABLE never (a)", "ROLLBACK TO s", "COMMIT");
        assertThatThrownBy(() -> ask("SELECT * FROM never")).hasMessageContaining("no such table: never");
        Sql.runElsewhere(database, "DROP TABLE t");
        assertThat(ask("SELECT count(*) FROM t")).containsExactly(List.of(0));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20, 150})
    void whatTheApplicationHasDroppedDoesNotComeBack(int tables) throws Exception {
        fill(tables);
        Sql.run(connection, "CREATE TABLE t (a)", "CREATE INDEX i ON t (a)", "DROP TABLE t");
        assertThatThrownBy(() -> ask("SELECT * FROM t")).hasMessageContaining("no such table: t");
        Sql.run(connection, "CREATE TABLE t (b)");
        Sql.runElsewhere(database, "DROP TABLE t");
        assertThat(ask("SELECT count(b) FROM t")).containsExactly(List.of(0));
        assertThat(ask("SELECT count(*) FROM sqlite_schema WHERE name = 'i'")).containsExactly(List.of(0));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20})
    void temporaryTablesAreNobodysButTheApplications(int tables) throws Exception {
        fill(tables);
        Sql.run(connection, "CREATE TABLE t (a)", "CREATE TEMP TABLE t (b)", "DROP TABLE t");
        Sql.run(connection, "CREATE TEMP TABLE scratch (b)", "DROP TABLE scratch");
        assertThatThrownBy(() -> ask("SELECT * FROM scratch")).hasMessageContaining("no such table: scratch");
        Sql.runElsewhere(database, "DROP TABLE t");
        assertThat(ask("SELECT count(a) FROM t")).containsExactly(List.of(0));
    }
}
