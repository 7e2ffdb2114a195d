package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The application throws its file away while nobody has it open, and begins anew. */
class ResetTest {
    private static final String RECORDS = "CREATE TABLE records (id INTEGER PRIMARY KEY, v TEXT)";
    private static final String INDEX = "CREATE INDEX records_v ON records (v)";

    @TempDir
    Path directory;

    private Connection open() throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + directory.resolve("app.db"));
    }

    private void makeAndThrowAway(String way) throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, RECORDS, INDEX, "PRAGMA user_version = 3", "INSERT INTO records (v) VALUES ('old')");
        }
        if (way.equals("deleted")) {
            Files.delete(directory.resolve("app.db"));
        } else {
            Files.write(directory.resolve("app.db"), new byte[0]);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"deleted", "emptied"})
    void theApplicationMakesItsTablesItself(String way) throws Exception {
        makeAndThrowAway(way);
        try (Connection connection = open()) {
            assertThat(Sql.value(connection, "PRAGMA user_version")).isEqualTo(0);
            assertThat(Sql.names(connection, "table")).isEmpty();
            Sql.run(connection, RECORDS, INDEX, "PRAGMA user_version = 3");
            assertThat(Sql.value(connection, "SELECT count(*) FROM records")).isEqualTo(0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"deleted", "emptied"})
    void aStatementThatMissesATableGetsIt(String way) throws Exception {
        makeAndThrowAway(way);
        try (Connection connection = open()) {
            assertThat(Sql.rows(connection, "SELECT * FROM records")).isEmpty();
            assertThat(Sql.value(connection, "PRAGMA user_version")).isEqualTo(3);
            assertThat(Healing.of(connection).history(1))
                    .as("its rows are told as lost: nobody knows that they were not wanted any more")
                    .allMatch(incident -> !incident.outcome().loss().isNone());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatAHealHasMadeGivesWayToWhatTheApplicationMakes(boolean autoCommit) throws Exception {
        makeAndThrowAway("deleted");
        try (Connection connection = open()) {
            assertThat(Sql.rows(connection, "SELECT * FROM records")).isEmpty();
            connection.setAutoCommit(autoCommit);
            Sql.run(connection, RECORDS, INDEX, "INSERT INTO records (v) VALUES ('new')");
            if (!autoCommit) {
                connection.commit();
            }
            assertThat(Sql.rows(connection, "SELECT v FROM records")).hasToString("[[new]]");
            assertThat(Sql.names(connection, "index")).containsExactly("records_v");
        }
    }

    @Test
    void whatSomebodyHasTouchedStays() throws Exception {
        makeAndThrowAway("deleted");
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO records (v) VALUES ('kept')");
            assertThatThrownBy(() -> Sql.run(connection, RECORDS)).hasMessageContaining("already exists");
            assertThat(Sql.rows(connection, "SELECT v FROM records")).hasToString("[[kept]]");
        }
    }

    @Test
    void whatTheApplicationHasMadeItselfIsThereAlready() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, RECORDS);
            assertThatThrownBy(() -> Sql.run(connection, RECORDS)).hasMessageContaining("already exists");
        }
    }
}
