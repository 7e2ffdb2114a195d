package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What this process has changed itself is no sign of another release. */
class OwnChangesTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CREATE TABLE t (x)                              | t
            create table if not exists main."T" (x)         | t
            CREATE VIRTUAL TABLE t USING fts5(x)            | t
            CREATE UNIQUE INDEX IF NOT EXISTS t ON u (x)    | t
            CREATE VIEW t AS SELECT 1                       | t
            CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1; END | t
            ALTER TABLE u RENAME TO t                       | t
            SELECT 1; CREATE TABLE t (x)                    | t
            """)
    void objects(String sql, String name) {
        OwnChanges own = OwnChanges.NONE.and(sql);
        assertThat(own.names()).isEqualTo(Set.of(name));
        assertThat(own.made("T")).isTrue();
        assertThat(own.made("u")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE t ADD COLUMN c TEXT",
                "ALTER TABLE main.t ADD \"C\"",
                "ALTER TABLE t RENAME COLUMN a TO c",
                "ALTER TABLE [T] RENAME a TO c"
            })
    void columns(String sql) {
        OwnChanges own = OwnChanges.NONE.and(sql);
        assertThat(own.made("t", "c")).isTrue();
        assertThat(own.made("t", "a")).isFalse();
        assertThat(own.made("t")).isFalse();
    }

    @Test
    void allColumnsOfATableThatWasMade() {
        assertThat(OwnChanges.NONE.and("CREATE TABLE t (x)").made("t", "y")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM t",
                "DROP TABLE t",
                "ALTER TABLE t DROP COLUMN c",
                "CREATE TEMP TABLE t (x)",
                "CREATE TABLE other.t (x)",
                "PRAGMA user_version",
                "INSERT INTO users VALUES (1)",
                "CREATE",
                "ALTER TABLE"
            })
    void whatMakesNothing(String sql) {
        assertThat(OwnChanges.NONE.and(sql)).isEqualTo(OwnChanges.NONE);
    }

    @Test
    void recordsOfTheVersion() {
        OwnChanges own = OwnChanges.NONE
                .and("PRAGMA user_version = 2")
                .and("INSERT INTO Flyway_Schema_History VALUES (1)")
                .and("UPDATE alembic_version SET version_num = 'x'");
        assertThat(own.setUserVersion()).isTrue();
        assertThat(own.wrote("flyway_schema_history")).isTrue();
        assertThat(own.wrote("alembic_version")).isTrue();
        assertThat(own.wrote("schema_migrations")).isFalse();
    }

    @Test
    void onlyAStatementThatDoesNothingElseIsOfALedger() {
        assertThat(OwnChanges.ledgerOf("INSERT INTO schema_version VALUES (1);"))
                .contains("schema_version");
        assertThat(OwnChanges.ledgerOf("INSERT INTO schema_version VALUES (1); DROP TABLE t"))
                .isEmpty();
        assertThat(OwnChanges.ledgerOf("CREATE TABLE schema_version (x)")).isEmpty();
        assertThat(OwnChanges.ledgerOf("INSERT INTO jobs VALUES (1)")).isEmpty();
    }
}
