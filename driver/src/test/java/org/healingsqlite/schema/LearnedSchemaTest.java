package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.schema.SqlStatement.Removal;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LearnedSchemaTest {

    private Connection connection;
    private ExpectedSchema learned;

    @BeforeEach
    void openAndLearn() throws SQLException {
        connection = Schemas.memory();
        Sql.run(
                connection,
                "CREATE TABLE a (x TEXT, y TEXT)",
                "CREATE INDEX a_x ON a (x)",
                "CREATE TABLE b (x)",
                "CREATE TABLE flyway_schema_history (installed_rank INTEGER PRIMARY KEY, version TEXT)",
                "INSERT INTO flyway_schema_history VALUES (1, '1'), (2, '2')",
                "CREATE TABLE DATABASECHANGELOGLOCK (ID INTEGER PRIMARY KEY, LOCKED INTEGER)",
                "INSERT INTO DATABASECHANGELOGLOCK VALUES (1, 1)",
                "PRAGMA user_version = 9");
        learned = LearnedSchema.learn(LearnedSchema.look(connection), ExpectedSchema.NONE, List.of());
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    private void learnAfter(String... statements) throws SQLException {
        Sql.run(connection, statements);
        List<Removal> removals = List.of(statements).stream()
                .flatMap(sql -> SqlStatement.removals(sql).stream())
                .toList();
        learned = LearnedSchema.learn(LearnedSchema.look(connection), learned, removals);
    }

    private List<String> missing() throws SQLException {
        return SchemaDifference.between(learned.snapshot(), SchemaSnapshot.read(connection)).objects().stream()
                .map(SchemaObject::name)
                .toList();
    }

    @Test
    void whatSomebodyElseDroppedIsMissed() throws SQLException {
        Sql.run(connection, "DROP TABLE a");
        learned = LearnedSchema.learn(LearnedSchema.look(connection), learned, List.of());

        assertThat(missing()).containsExactly("a", "a_x");
    }

    @Test
    @DisplayName("C-06: what the application drops stays dropped, with all that belongs to it")
    void whatTheApplicationDroppedIsNotMissed() throws SQLException {
        learnAfter("DROP TABLE a");

        assertThat(missing()).isEmpty();
    }

    @Test
    void aDropThatWasRolledBackIsNone() throws SQLException {
        learnAfter("BEGIN", "DROP TABLE a", "ROLLBACK");
        Sql.run(connection, "DROP TABLE a");

        assertThat(missing()).containsExactly("a", "a_x");
    }

    @Test
    void aRenamedTableIsKnownByItsNewName() throws SQLException {
        learnAfter("ALTER TABLE a RENAME TO c");
        assertThat(missing()).isEmpty();

        Sql.run(connection, "DROP TABLE c");
        assertThat(missing()).containsExactlyInAnyOrder("c", "a_x");
        SchemaApplier.repair(connection, learned, "test.db", false);
        assertThat(missing()).isEmpty();
    }

    @Test
    void aColumnThatTheApplicationDroppedIsNotMissedAndOneThatVanishedIs() throws SQLException {
        learnAfter("ALTER TABLE a DROP COLUMN y");
        assertThat(learned.snapshot().columns("a"))
                .extracting(SchemaSnapshot.Column::name)
                .containsExactly("x");

        Sql.run(connection, "DROP TABLE a", "CREATE TABLE a (z)", "CREATE INDEX a_x ON a (z)");
        learned = LearnedSchema.learn(LearnedSchema.look(connection), learned, List.of());
        assertThat(learned.snapshot().columns("a"))
                .extracting(SchemaSnapshot.Column::name)
                .contains("x");
    }

    @Test
    void bookkeepingAndNumbersComeBackAndALockDoesNot() throws SQLException {
        try (Connection empty = Schemas.memory()) {
            SchemaApplier.repair(empty, learned, "test.db", false);

            assertThat(Sql.rows(empty, "SELECT version FROM flyway_schema_history"))
                    .hasToString("[[1], [2]]");
            assertThat(Sql.value(empty, "SELECT count(*) FROM DATABASECHANGELOGLOCK"))
                    .as("Liquibase would wait for a lock that nobody holds")
                    .isEqualTo(0);
            assertThat(Sql.value(empty, "PRAGMA user_version")).isEqualTo(9);
        }
    }
}
