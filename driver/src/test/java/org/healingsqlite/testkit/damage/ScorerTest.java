package org.healingsqlite.testkit.damage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
