package org.healingsqlite.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is built anew in place is kept before, judged before it is committed, and not done by halves. */
class InPlaceRepairTest {
    @TempDir
    Path directory;

    private Path database;

    /** An index that lacks rows. */
    @BeforeEach
    void create() throws SQLException {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "CREATE INDEX i ON t (v) WHERE id < 50",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
                        + " INSERT INTO t SELECT i, 'v' || i FROM n",
                "PRAGMA writable_schema = on",
                "UPDATE sqlite_schema SET sql = replace(sql, '50', '60') WHERE name = 'i'");
    }

    private InPlaceRepair repair(Surroundings surroundings, long mostBytesToJudge) throws IOException {
        return new InPlaceRepair(DatabaseFile.at(database), surroundings, mostBytesToJudge);
    }

    private List<Path> besides() throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve("app.db.healing"))) {
            return files.filter(Files::isRegularFile)
                    .filter(path -> !path.endsWith("lock") && !path.endsWith("version"))
                    .toList();
        }
    }

    @Test
    void theFilesAreKeptByteForByteAndTheOutcomeIsJudged() throws Exception {
        byte[] damaged = Files.readAllBytes(database);
        NotingSurroundings surroundings = new NotingSurroundings();

        Restored done = repair(surroundings, Long.MAX_VALUE).reindex(List.of("i"));

        assertThat(Files.readAllBytes(done.evidence())).isEqualTo(damaged);
        assertThat(done.completeness().isWhole()).isTrue();
        assertThat(done.values()).as("no other index has all values").isEqualTo(Content.UNVERIFIED);
        assertThat(surroundings.seen).containsExactly("quarantine", "built indexes anew", "judging", "decided");
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
        assertThat(besides())
                .as("nothing is left of the copy that was judged")
                .allMatch(path -> path.toString().startsWith(done.evidence().toString()));
    }

    @Test
    void whatIsTooLargeToBeJudgedIsBuiltAndToldAsUnknown() throws Exception {
        NotingSurroundings surroundings = new NotingSurroundings();

        Restored done = repair(surroundings, 4096).reindex(List.of("i"));

        assertThat(done.completeness().isWhole()).isFalse();
        assertThat(done.lost()).contains("of " + Files.size(database) + " bytes, more than 4096");
        assertThat(surroundings.seen).containsExactly("quarantine", "decided");
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    @Test
    void whatIsTooLargeToBeJudgedIsLeftAloneWhereNoRowMayBeLost() throws Exception {
        byte[] damaged = Files.readAllBytes(database);
        NotingSurroundings careful = new NotingSurroundings() {
            @Override
            public boolean acceptsLoss() {
                return false;
            }
        };

        assertThatThrownBy(() -> repair(careful, 4096).reindex(List.of("i")))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("nobody has compared");

        assertThat(Files.readAllBytes(database)).isEqualTo(damaged);
        assertThat(besides()).isEmpty();
    }

    @Test
    void anErrorAfterTheJudgementLeavesTheFileAsItWas() throws Exception {
        byte[] damaged = Files.readAllBytes(database);
        NotingSurroundings failing = new NotingSurroundings() {
            @Override
            public void decided(Restored result) {
                throw new OutOfMemoryError("of a test");
            }
        };

        assertThatThrownBy(() -> repair(failing, Long.MAX_VALUE).reindex(List.of("i")))
                .isInstanceOf(OutOfMemoryError.class);

        assertThat(Files.readAllBytes(database)).isEqualTo(damaged);
        assertThat(besides()).isEmpty();
        Sql.runElsewhere(database, "INSERT INTO t VALUES (1000, 'nobody holds a lock')");
    }

    @Test
    void whatAnIndexKnowsMoreIsNotOverwritten() throws Exception {
        Sql.runElsewhere(database, "CREATE INDEX all_v ON t (v)");
        schema("t (v)", "t (v) WHERE id < 0");
        Sql.runElsewhere(database, "DELETE FROM t WHERE id = 70");
        schema("t (v) WHERE id < 0", "t (v)");
        byte[] damaged = Files.readAllBytes(database);

        assertThatThrownBy(
                        () -> repair(new NotingSurroundings(), Long.MAX_VALUE).reindex(List.of("all_v")))
                .hasMessageContaining("all_v knows of rows that its table has not");

        assertThat(Files.readAllBytes(database)).isEqualTo(damaged);
        assertThat(besides()).isEmpty();
    }

    private void schema(String before, String after) throws SQLException {
        Sql.runElsewhere(
                database,
                "PRAGMA writable_schema = on",
                "UPDATE sqlite_schema SET sql = replace(sql, '" + before + "', '" + after + "') WHERE name = 'all_v'");
    }
}
