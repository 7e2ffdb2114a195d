package org.healingsqlite.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.healingsqlite.HealingDriver;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What sqlite-jdbc makes of a URL and of the first statement of a transaction holds behind healing as well. */
class RulesOfSqliteJdbcTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "?journal_mode=WAL&journal_mode=TRUNCATE, ''",
        "?journal_mode=TRUNCATE&journal_mode=WAL, ''",
        "?journal_mode=WAL, TRUNCATE",
        "?journal_mode=TRUNCATE, WAL",
        "?JOURNAL_MODE=WAL, ''",
        "?foreign_keys=on&Journal_Mode=wal&cache_size=100, ''",
        "?foreign_keys=on, PERSIST",
        "'', ''"
    })
    void aJournalModeThatIsGivenTwiceIsTheOneThatSqliteJdbcTakes(String parameters, String property) throws Exception {
        assertThat(journalMode("jdbc:healing:sqlite:", "healing.db", parameters, property))
                .isEqualTo(journalMode("jdbc:sqlite:", "plain.db", parameters, property));
    }

    private String journalMode(String scheme, String name, String parameters, String property) throws SQLException {
        Path database = directory.resolve(name);
        Sql.runElsewhere(database, "CREATE TABLE t (v)");
        Properties properties = new Properties();
        if (!property.isEmpty()) {
            properties.setProperty("journal_mode", property);
        }
        try (Connection connection = DriverManager.getConnection(scheme + database + parameters, properties)) {
            return String.valueOf(Sql.value(connection, "PRAGMA journal_mode"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"write", "read and write", "write, commit and write", "read, commit and write"})
    void explicitReadOnlyAllowsWhatItAllowsInSqliteJdbc(String pattern) throws Exception {
        assertThat(outcomes("jdbc:healing:sqlite:", "healing.db", pattern))
                .isEqualTo(outcomes("jdbc:sqlite:", "plain.db", pattern));
    }

    private List<String> outcomes(String scheme, String name, String pattern) throws SQLException {
        Path database = directory.resolve(name);
        Sql.runElsewhere(database, "CREATE TABLE there (v)");
        try (Connection connection = DriverManager.getConnection(scheme + database + "?jdbc.explicit_readonly=true")) {
            connection.setAutoCommit(false);
            String first =
                    outcome(connection, pattern.startsWith("read") ? "SELECT * FROM there" : "CREATE TABLE t (v)");
            if (pattern.contains("commit")) {
                connection.commit();
            }
            String second = outcome(connection, "INSERT INTO there VALUES (1)");
            String third = outcome(connection, "INSERT INTO there VALUES (2)");
            connection.rollback();
            return List.of(first, second, third);
        }
    }

    @Test
    void toolsMayAskForTheOptionsBeforeTheyHaveAUrl() throws Exception {
        assertThat(new HealingDriver().getPropertyInfo(null, null))
                .extracting(info -> info.name)
                .contains("healing.mode", "journal_mode");
    }

    private static String outcome(Connection connection, String sql) throws SQLException {
        try {
            Sql.run(connection, sql);
            return "done";
        } catch (SQLException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
