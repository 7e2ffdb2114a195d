package org.healingsqlite.agent.weave;

import static org.assertj.core.api.Assertions.assertThat;

import org.healingsqlite.schema.SqlStatement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the core takes for a record of a version reaches it; what most statements write to does not. */
class GateVersionsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "PRAGMA user_version = 3",
                "pragma main.user_version(3)",
                "INSERT INTO flyway_schema_history VALUES (1)",
                "insert or replace into main.schema_version values (1)",
                "REPLACE INTO \"schema_migrations\" VALUES (1)",
                "UPDATE OR IGNORE alembic_version SET version_num = '2'",
                "DELETE FROM [knex_migrations] WHERE id = 2",
                "INSERT INTO `DATABASECHANGELOG` VALUES (1)",
                "UPDATE room_master_table SET identity_hash = ?",
                "INSERT INTO android_metadata VALUES ('en')",
                "INSERT INTO ar_internal_metadata VALUES (1)",
                "INSERT INTO SequelizeMeta VALUES ('a')",
                "INSERT INTO phinxlog VALUES (1)",
                "INSERT INTO __EFMigrationsHistory VALUES (1)",
                "INSERT INTO db_version VALUES (1)",
                "INSERT INTO versions VALUES (1)"
            })
    void whatTheCoreTakesForARecordOfAVersionReachesIt(String sql) {
        assertThat(SqlStatement.mayChangeSchema(sql)).isTrue();
        assertThat(GateVersions.mayWrite(sql, 0)).isTrue();
        assertThat(GateVersions.mayWrite("  " + sql, 2)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO users VALUES ('version')",
                "UPDATE jobs SET schema_version = 1",
                "DELETE FROM runs",
                "PRAGMA journal_mode = WAL",
                "REPLACE INTO jobs VALUES (1)",
                "INSERT",
                "UPDATE",
                "PRAGMA",
                "ROLLBACK",
                "REINDEX schema_version"
            })
    void whatStatementsWriteToAsARuleDoesNot(String sql) {
        assertThat(SqlStatement.mayChangeSchema(sql)).isFalse();
        assertThat(GateVersions.mayWrite(sql, 0)).isFalse();
    }

    @Test
    void aTableOfTheApplicationsOwnIsToldOf() {
        assertThat(GateVersions.mayWrite("UPDATE Release_Of_App SET name = '2.0'", 0))
                .isFalse();
        GateVersions.heed(new String[] {"release_of_app", "Other"});
        assertThat(GateVersions.mayWrite("UPDATE Release_Of_App SET name = '2.0'", 0))
                .isTrue();
        assertThat(GateVersions.mayWrite("UPDATE release_of SET name = '2.0'", 0))
                .isFalse();
    }
}
