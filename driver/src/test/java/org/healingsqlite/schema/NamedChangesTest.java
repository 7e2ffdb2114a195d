package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What statements tell of the objects that they make and drop. */
class NamedChangesTest {
    private static NamedChanges of(String sql) {
        return NamedChanges.of(SqlStatement.split(sql));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CREATE TABLE t (x)                              | TABLE   | CREATED | true
            create table if not exists main."T" (x)         | TABLE   | CREATED | false
            CREATE UNIQUE INDEX t ON u (x)                  | INDEX   | CREATED | true
            CREATE VIEW t AS SELECT 1                       | VIEW    | CREATED | true
            CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1; END | TRIGGER | CREATED | true
            DROP TABLE [T]                                  | TABLE   | DROPPED | true
            drop view if exists main.t                      | VIEW    | DROPPED | false
            SELECT 1; DROP INDEX t; INSERT INTO u VALUES (1) | INDEX  | DROPPED | true
            """)
    void namesOfMain(String sql, SchemaObject.Type type, NamedChanges.Verb verb, boolean isCertain) {
        NamedChanges changes = of(sql);
        assertThat(changes.last()).hasSize(1).containsEntry(new NamedChanges.Named(type, "t"), verb);
        assertThat(changes.isNamed()).isTrue();
        assertThat(changes.isCertain()).isEqualTo(isCertain);
        assertThat(changes.statements()).isEqualTo(1);
        assertThat(changes.concerns("T")).isTrue();
        assertThat(changes.concerns("u")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TEMP TABLE t (x)",
                "CREATE TEMPORARY TRIGGER t AFTER INSERT ON u BEGIN SELECT 1; END",
                "CREATE TABLE temp.t (x)",
                "DROP TABLE temp.t",
                "CREATE TABLE attached.t (x)",
                "INSERT INTO t VALUES (1)",
                "SELECT 1"
            })
    void whatIsTemporaryOrOfAnotherDatabaseIsNoChange(String sql) {
        assertThat(of(sql).isNone()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE t ADD COLUMN c",
                "CREATE VIRTUAL TABLE t USING fts5(x)",
                "PRAGMA user_version = 7",
                "CREATE TABLE schema_migrations (version TEXT)",
                "CREATE TABLE t (x); ALTER TABLE t RENAME TO u"
            })
    void whatNoNameTellsIsUnnamed(String sql) {
        assertThat(of(sql).isNamed()).isFalse();
        assertThat(of(sql).isNone()).isFalse();
        assertThat(of("CREATE TABLE a (x)").and(of(sql)).isNamed()).isFalse();
    }

    @Test
    void whatWasMadeAndDroppedHasPassedAndWhatWasDroppedAndMadeIsThere() {
        NamedChanges.Named t = new NamedChanges.Named(SchemaObject.Type.TABLE, "t");
        NamedChanges passed = of("CREATE TABLE t (x); DROP TABLE t");
        assertThat(passed.last()).containsEntry(t, NamedChanges.Verb.PASSED);
        assertThat(passed.statements()).isEqualTo(2);
        NamedChanges again = of("DROP TABLE t; CREATE TABLE t (y)");
        assertThat(again.last()).containsEntry(t, NamedChanges.Verb.CREATED);
        assertThat(again.and(of("DROP TABLE t")).last()).containsEntry(t, NamedChanges.Verb.PASSED);
    }

    @Test
    void ofMoreThanAHundredAllIsLookedAt() {
        NamedChanges changes = NamedChanges.NONE;
        for (int i = 0; i < 100; i++) {
            changes = changes.and(of("CREATE TABLE t" + i + " (x)"));
        }
        assertThat(changes.isNamed()).isTrue();
        assertThat(changes.and(of("CREATE TABLE one_more (x)")).isNamed()).isFalse();
    }
}
