package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Full-text indexes that SQLite's own check calls sound, and that do not answer, or leave out rows: they are built anew from their content. */
class FullTextGapsTest {
    private static final int ROWS = 900;

    @TempDir
    Path directory;

    /** In thirty commits, so that the index has many segments, some of which have more than one leaf. */
    private Path make(String module) throws Exception {
        Path database = directory.resolve("app.db");
        Properties inner = new Properties();
        inner.setProperty("healing.inner", "true");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database, inner)) {
            Sql.run(connection, "CREATE VIRTUAL TABLE d USING " + module);
            for (int row = 0; row < ROWS; row += 30) {
                Sql.run(
                        connection,
                        "WITH n(i) AS (SELECT " + row + " UNION ALL SELECT i + 1 FROM n WHERE i < " + (row + 29) + ")"
                                + " INSERT INTO d(a, b) SELECT 'alpha' || i || ' common',"
                                + " replace(hex(zeroblob(20)), '0', 'beta' || i || ' ') FROM n");
            }
        }
        return database;
    }

    private static final String FIRST_ROOT = "UPDATE d_segdir SET root = zeroblob(length(root))"
            + " WHERE rowid = (SELECT min(rowid) FROM d_segdir WHERE start_block > 0)";

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource(
            delimiter = '|',
            value = {"fts3(a, b)|" + FIRST_ROOT, "fts4(a, b)|" + FIRST_ROOT, "fts5(a, b)|DELETE FROM d_idx"})
    void aQuestionThatFailsOrIsHalfAnsweredHealsTheIndex(String module, String damage) throws Exception {
        Path database = make(module);
        Sql.runElsewhere(database, damage);
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
        List<Incident> incidents = new CopyOnWriteArrayList<>();

        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Healing.of(connection).addListener(incidents::add);
            if (module.startsWith("fts5")) {
                // No question fails.
                assertThat(Healing.of(connection).heal()).isInstanceOf(Outcome.Healed.class);
            }
            assertThat(Sql.rows(connection, "SELECT count(*) FROM d WHERE d MATCH 'common'"))
                    .containsExactly(List.of(ROWS));
            assertThat(Sql.rows(connection, "SELECT count(*) FROM d")).containsExactly(List.of(ROWS));
        }
        assertThat(incidents)
                .singleElement()
                .satisfies(told -> assertThat(told.outcome().explanation()).contains("built full-text indexes anew: d"))
                .satisfies(told -> assertThat(told.outcome().loss().isNone()).isTrue());
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "fts3(a, b)|" + FIRST_ROOT,
                "fts4(a, b)|" + FIRST_ROOT,
                "fts4(a, b, prefix=\"2,4\")|" + FIRST_ROOT,
                "fts5(a, b)|DELETE FROM d_idx",
                "fts5(a, b)|DELETE FROM d_idx WHERE segid = (SELECT max(segid) FROM d_idx)"
            })
    void aCheckSaysThatItIsDamaged(String module, String damage) throws Exception {
        Path database = make(module);
        Sql.runElsewhere(database, damage);

        assertThat(Healing.of(database, new Properties()).check().toString())
                .contains("full-text indexes are damaged: d");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fts3(a, b)",
                "fts4(a, b)",
                "fts4(a, b, prefix=\"2,4\")",
                "fts4(a, b, tokenize=porter)",
                "fts5(a, b)",
                "fts5(a, b, prefix='2 3')",
                "fts5(a, b, detail=none)",
                "fts5(a, b, content='')"
            })
    void whatIsSoundIsCalledSound(String module) throws Exception {
        assertThat(Healing.of(make(module), new Properties()).check().toString())
                .isEqualTo("nothing is missing");
    }

    /** A table that was dropped under its index is the application's own doing. */
    @Test
    void anIndexWithoutItsTableIsNotDamaged() throws Exception {
        Path database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, x)",
                "INSERT INTO t VALUES (1, 'a')",
                "CREATE VIRTUAL TABLE d USING fts4(content='t', x)",
                "INSERT INTO d(d) VALUES ('rebuild')",
                "DROP TABLE t");

        assertThat(Healing.of(database, new Properties()).check().toString()).isEqualTo("nothing is missing");
    }
}
