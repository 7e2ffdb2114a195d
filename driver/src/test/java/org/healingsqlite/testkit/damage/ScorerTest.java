package org.healingsqlite.testkit.damage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.healingsqlite.testkit.Sql;
import org.healingsqlite.testkit.damage.DatabaseFiles.Part;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scorer passes the truth and catches each lie that is planted in it. */
class ScorerTest {

    private static final long SEED = 5;

    @TempDir
    private Path directory;

    private Victim victim;
    private Path output;

    @BeforeEach
    void makeVictimAndPerfectOutput() throws Exception {
        victim = Shape.PLAIN.make(SEED, directory);
        output = directory.resolve("output.db");
        victim.files().write(output);
    }

    @Test
    void findsNothingWrongWithTheTruth() {
        Score score = score();
        assertThat(score.findable()).isEqualTo(988);
        assertThat(score.found()).isEqualTo(score.findable());
        assertThat(wrong(score)).isZero();
        assertThat(score.schemaRecall()).isEqualTo(1);
    }

    @Test
    void missesAMissingRow() throws Exception {
        Sql.runElsewhere(output, "DELETE FROM customer WHERE id = 7");
        assertThat(score().found()).isEqualTo(987);
    }

    @Test
    void catchesAnAlteredRow() throws Exception {
        Sql.runElsewhere(output, "UPDATE customer SET name = name || '?' WHERE id = 7");
        Score score = score();
        assertThat(score.altered()).isEqualTo(1);
        assertThat(score.found()).isEqualTo(987);
    }

    @Test
    void catchesAnIntegerInPlaceOfAReal() throws Exception {
        // A column of type REAL would turn it back; the schema is not what is tested here.
        Sql.runElsewhere(
                output,
                "CREATE TABLE other(id INTEGER PRIMARY KEY, name TEXT NOT NULL, mail TEXT UNIQUE, score, born INT)",
                "INSERT INTO other SELECT id, name, mail, CAST(score AS INTEGER), born FROM customer",
                "DROP TABLE customer",
                "ALTER TABLE other RENAME TO customer");
        assertThat(score().altered()).isEqualTo(300);
    }

    @Test
    void catchesARowOfAnotherTable() throws Exception {
        Sql.runElsewhere(
                output,
                "INSERT INTO setting SELECT body, picture FROM note WHERE rowid = (SELECT max(rowid) FROM note)");
        assertThat(score().foreign()).isEqualTo(1);
    }

    @Test
    void catchesAGhost() throws Exception {
        // What the row was before the last change.
        Sql.runElsewhere(output, "UPDATE customer SET born = born - 1 WHERE id = 14 OR id = 25");
        Score score = score();
        assertThat(score.ghosts()).isPositive();
        assertThat(score.altered()).isZero();
    }

    @Test
    void catchesAnInventedRow() throws Exception {
        Sql.runElsewhere(output, "INSERT INTO customer(id, name) VALUES(99999, 'nobody')");
        assertThat(score().invented()).isEqualTo(1);
    }

    @Test
    void catchesAMissingSchemaObject() throws Exception {
        Sql.runElsewhere(output, "DROP VIEW spending");
        assertThat(score().schemaRecall()).isLessThan(1);
    }

    @Test
    void catchesABrokenOutput() throws Exception {
        byte[] bytes = Files.readAllBytes(output);
        new Random(SEED).nextBytes(bytes);
        byte[] magic = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(magic, 0, bytes, 0, magic.length);
        Files.write(output, bytes);
        assertThat(score().broken()).isEqualTo(1);
    }

    @Test
    void catchesAToolThatBringsBackNothing() {
        Score score = Scorer.score(undamaged(), directory.resolve("absent.db"), "absent");
        assertThat(score.found()).isZero();
        assertThat(score.recall()).isZero();
    }

    @Test
    void doesNotAskForRowsWhoseBytesAreGone() {
        Damaged damaged = undamaged();
        java.util.Arrays.fill(damaged.files().get(Part.MAIN), (byte) 0);
        Score score = Scorer.score(damaged, directory.resolve("absent.db"), "all zero");
        assertThat(score.findable()).isZero();
    }

    @Test
    void asksForRowsThatOnlyTheLogHas() throws Exception {
        Victim logged = Shape.WAL_ALL.make(SEED, directory);
        Damaged damaged = new Damaged(logged, new Random(SEED));
        damaged.files().set(Part.MAIN, new byte[0]);
        Score score = Scorer.score(damaged, directory.resolve("absent.db"), "log only");
        assertThat(score.findable()).isGreaterThan(900);
    }

    /** Nothing in the file tells that two such leaves were exchanged; where nothing was, the same rows are altered rows. */
    @Test
    void tellsRowsOnExchangedLeavesFromAlteredOnes() throws Exception {
        Victim alike = Shape.LOOK_ALIKES.make(SEED, directory);
        int[] pages = leavesWithTheSameKeys(alike);
        for (boolean exchanged : new boolean[] {true, false}) {
            Damaged damaged = new Damaged(alike, new Random(SEED));
            byte[] main = damaged.main();
            for (int i = 0; i < alike.pageSize(); i++) {
                int one = (pages[0] - 1) * alike.pageSize() + i;
                int other = (pages[1] - 1) * alike.pageSize() + i;
                byte kept = main[one];
                main[one] = main[other];
                main[other] = kept;
            }
            if (exchanged) {
                damaged.moved(pages[0], alike.place(pages[1]));
                damaged.moved(pages[1], alike.place(pages[0]));
            }
            Files.write(output, main);
            Score score = Scorer.score(damaged, output, "exchanged " + exchanged);
            long wrong = score.altered() + score.foreign() + score.tainted() + score.invented();
            assertThat(score.exchanged() > 0).isEqualTo(exchanged);
            assertThat(wrong > 0).isNotEqualTo(exchanged);
        }
    }

    private static int[] leavesWithTheSameKeys(Victim victim) {
        Map<String, Integer> byKeys = new HashMap<>();
        for (String table : victim.truth().keySet()) {
            Map<Integer, String> keys = new LinkedHashMap<>();
            victim.extents(table)
                    .forEach((key, at) -> keys.merge(at.get(0).page(), key, (all, one) -> all + " " + one));
            for (Map.Entry<Integer, String> leaf : keys.entrySet()) {
                Integer before = byKeys.put(leaf.getValue(), leaf.getKey());
                if (before != null) {
                    return new int[] {before, leaf.getKey()};
                }
            }
        }
        throw new IllegalStateException("no two leaves have the same keys");
    }

    @Test
    void excusesAGhostWhoseNewerStateIsGone() throws Exception {
        // Row 14 as it was before the last change; its bytes now are lost.
        Sql.runElsewhere(output, "UPDATE customer SET born = born - 1 WHERE id = 14");
        Damaged damaged = undamaged();
        assertThat(Scorer.score(damaged, output, "there").ghosts()).isEqualTo(1);
        BtreeLocator.Extent row =
                Objects.requireNonNull(victim.extents("customer").get("14")).get(0);
        damaged.main()[(row.page() - 1) * victim.pageSize() + row.offset() + 5] ^= 1;
        Score score = Scorer.score(damaged, output, "gone");
        assertThat(score.ghosts()).isZero();
        assertThat(score.altered()).isZero();
    }

    private Score score() {
        return Scorer.score(undamaged(), output, "seed " + SEED);
    }

    private Damaged undamaged() {
        return new Damaged(victim, new Random(SEED));
    }

    private static long wrong(Score score) {
        return score.altered() + score.foreign() + score.invented() + score.ghosts() + score.broken();
    }
}
