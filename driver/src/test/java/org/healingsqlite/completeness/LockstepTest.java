package org.healingsqlite.completeness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an index that is whole says of a table of which every page closes. */
class LockstepTest {
    private static final int PAGE = 512;

    @TempDir
    Path directory;

    private Path old;
    private Path fresh;

    @BeforeEach
    void name() {
        old = directory.resolve("old.db");
        fresh = directory.resolve("fresh.db");
    }

    private void make(String index) throws Exception {
        Sql.runElsewhere(
                old,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
                        + " INSERT INTO t SELECT i, printf('text %04d', (i * 37) % 1000), i / 4.0 FROM n",
                index,
                // Room on every page.
                "DELETE FROM t WHERE id % 7 = 3");
        Files.copy(old, fresh);
    }

    /** Changes the damaged file behind SQLite's back: the table or the index keeps its pages of before. */
    private void changeAllBut(String kept, String... change) throws Exception {
        byte[] before = Files.readAllBytes(old);
        Sql.runElsewhere(old, change);
        byte[] bytes = Files.readAllBytes(old);
        assertThat(bytes).hasSameSizeAs(before);
        for (List<Object> page : Sql.rowsElsewhere(old, "SELECT pageno FROM dbstat WHERE name = '" + kept + "'")) {
            int at = (((Number) page.get(0)).intValue() - 1) * PAGE;
            System.arraycopy(before, at, bytes, at, PAGE);
        }
        Files.write(old, bytes);
        Files.deleteIfExists(fresh);
        // The new content: the rows of the table, and an index over them.
        Files.copy(old, fresh);
        Sql.runElsewhere(fresh, "REINDEX");
    }

    private Completeness told() throws Exception {
        return Judge.judge(old, fresh).completeness();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE INDEX i ON t(a)",
                "CREATE INDEX i ON t(a DESC, b)",
                "CREATE INDEX i ON t(b) WHERE id > 50",
                "CREATE INDEX i ON t(a COLLATE NOCASE)",
                "CREATE INDEX i ON t(length(a), b)"
            })
    void anIndexThatAgreesLeavesItWhole(String index) throws Exception {
        make(index);
        assertThat(told()).isEqualTo(Completeness.whole());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE INDEX i ON t(a)",
                "CREATE INDEX i ON t(a DESC)",
                "CREATE INDEX i ON t(a) WHERE id > 50",
                "CREATE INDEX i ON t(a COLLATE NOCASE)"
            })
    void anIndexWithOtherValuesLeavesNothingProven(String index) throws Exception {
        make(index);
        changeAllBut("i", "UPDATE t SET a = printf('text %04d', id * 5) WHERE id IN (100, 130, 160)");
        assertThat(told()).isInstanceOf(Completeness.Unknown.class);
        assertThat(told().atMost()).isEqualTo(OptionalLong.of(3));
        assertThat(told().toString()).contains("an index disagrees");
    }

    @ParameterizedTest
    @CsvSource({"CREATE INDEX i ON t(a), 3", "CREATE INDEX i ON t(a) WHERE id > 50, 3", "'CREATE INDEX i ON t(b, a)', 3"
    })
    void rowsThatOnlyTheIndexKnowsAreLost(String index, long lost) throws Exception {
        make(index);
        changeAllBut("i", "DELETE FROM t WHERE id IN (100, 120, 140)");
        assertThat(told().atLeast()).isEqualTo(lost);
    }

    @Test
    void rowsThatTheIndexDoesNotKnowAreThere() throws Exception {
        make("CREATE INDEX i ON t(a)");
        changeAllBut("t", "DELETE FROM t WHERE id IN (100, 120, 140)");
        assertThat(told()).isEqualTo(Completeness.whole());
    }

    /** The entry is where the row's value belongs, and not where its own does: it is what was hit. */
    @ParameterizedTest
    @CsvSource({
        "CREATE INDEX i ON t(a), true",
        "CREATE INDEX i ON t(a DESC), true",
        "CREATE INDEX i ON t(a COLLATE NOCASE), false"
    })
    void anEntryThatIsOutOfItsPlaceContradictsNoRow(String index, boolean whole) throws Exception {
        make(index);
        // Both cases of letters, so that another order is seen for what it is.
        Sql.runElsewhere(old, "UPDATE t SET a = 'TEXT' || substr(a, 5) WHERE id % 2 = 0", "REINDEX");
        Files.delete(fresh);
        Files.copy(old, fresh);
        byte[] bytes = Files.readAllBytes(old);
        List<Integer> pages = new ArrayList<>();
        for (List<Object> page :
                Sql.rowsElsewhere(old, "SELECT pageno FROM dbstat WHERE name = 'i' AND pagetype = 'leaf'")) {
            pages.add(((Number) page.get(0)).intValue());
        }
        int at = (pages.get(2) - 1) * PAGE + PAGE - 60;
        while (bytes[at] != ' ' || bytes[at + 1] < '0') {
            at++;
        }
        bytes[at + 1] = '~';
        Files.write(old, bytes);

        assertThat(told().isWhole()).isEqualTo(whole);
        assertThat(told().atMost()).hasValue(whole ? 0 : 1);
    }
}
