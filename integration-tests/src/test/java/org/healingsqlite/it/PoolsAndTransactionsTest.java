package org.healingsqlite.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.Healing;
import org.healingsqlite.HealingDataSource;
import org.healingsqlite.jdbc.HealingConnection;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.IndexDamage;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Transactions that damage has taken, as pools and Spring see them. */
class PoolsAndTransactionsTest {
    @TempDir
    Path directory;

    private Path database;
    private IndexDamage damage;

    @BeforeEach
    void create() throws SQLException {
        database = directory.resolve("books.db");
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + Damage.PAGE,
                "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL)",
                "CREATE TABLE loan (book INTEGER, who TEXT)",
                "CREATE INDEX by_who ON loan (who)");
        damage = IndexDamage.of(database);
    }

    private HikariDataSource pool(String options) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:healing:sqlite:" + database + options);
        config.setMaximumPoolSize(1);
        return new HikariDataSource(config);
    }

    @Test
    @DisplayName("C-01 HikariCP keeps a connection whose transaction was rolled back by a heal, and it works")
    void hikariKeepsAConnectionWhoseTransactionWasRolledBack() throws Exception {
        try (HikariDataSource pool = pool("?healing.replay=off")) {
            HealingConnection before;
            try (Connection connection = pool.getConnection()) {
                before = connection.unwrap(HealingConnection.class);
                connection.setAutoCommit(false);
                Sql.run(connection, "INSERT INTO book (title) VALUES ('one')");
                damage.strike("by_who");
                assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO loan VALUES (1, 'me')"))
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                e -> assertThat(e.getSQLState()).isEqualTo("40001"));
            }
            try (Connection connection = pool.getConnection()) {
                assertThat(connection.unwrap(HealingConnection.class)).isSameAs(before);
                assertThat(connection.getAutoCommit()).isTrue();
                Sql.run(connection, "INSERT INTO loan VALUES (1, 'me')");
            }
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT (SELECT count(*) FROM book), (SELECT count(*) FROM loan)"))
                .hasToString("[[0, 1]]");
    }

    @Test
    @DisplayName("C-01 through HikariCP a transaction is replayed, and nobody notices")
    void aPooledTransactionIsReplayed() throws Exception {
        try (HikariDataSource pool = pool("");
                Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO book (title) VALUES ('one')");
            damage.strike("by_who");
            Sql.run(connection, "INSERT INTO loan VALUES (1, 'me')");
            connection.commit();
            assertThat(Healing.of(connection).statistics().healed()).isEqualTo(1);
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT (SELECT count(*) FROM book), (SELECT count(*) FROM loan)"))
                .hasToString("[[1, 1]]");
    }

    @Test
    @DisplayName(
            "S4-05 Spring takes the lost transaction for a transient failure: rolled back, run again, once in effect")
    void springRunsTheTransactionAgain() {
        HealingDataSource source = new HealingDataSource("jdbc:healing:sqlite:" + database + "?healing.replay=off");
        JdbcTemplate template = new JdbcTemplate(source);
        TransactionTemplate transactions = new TransactionTemplate(new DataSourceTransactionManager(source));
        int runs = 0;
        while (true) {
            boolean first = runs++ == 0;
            try {
                transactions.executeWithoutResult(status -> {
                    template.update("INSERT INTO book (title) VALUES (?)", "one");
                    if (first) {
                        damage.strike("by_who");
                    }
                    template.update("INSERT INTO loan VALUES (1, ?)", "me");
                });
                break;
            } catch (TransientDataAccessException again) {
                assertThat(runs).isEqualTo(1);
            }
        }
        assertThat(runs).isEqualTo(2);
        assertThat(template.queryForObject("SELECT count(*) FROM book", Integer.class))
                .isEqualTo(1);
        assertThat(template.queryForObject("SELECT count(*) FROM loan", Integer.class))
                .isEqualTo(1);
    }
}
