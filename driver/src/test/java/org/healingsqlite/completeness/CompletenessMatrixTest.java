package org.healingsqlite.completeness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.healingsqlite.completeness.Matrix.Case;
import org.healingsqlite.completeness.Matrix.Kind;
import org.healingsqlite.completeness.Matrix.Outcome;
import org.healingsqlite.completeness.Matrix.Tally;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is told of a salvaged database against the undamaged one, for each unit of damage on each kind of page, with and without indexes, of pages filled in
 * several ways.
 */
class CompletenessMatrixTest {
    /** So many of all cases in a normal run: another choice each day. */
    private static final int IN_A_NORMAL_RUN = 40;

    private static final double LEAST_WHOLE = 0.95;
    private static final double MOST_UNKNOWN = 0.30;

    @TempDir
    Path directory;

    @Test
    void nothingIsToldThatIsNotSo() throws Exception {
        long seed = Long.getLong(
                "completeness.seed",
                java.time.LocalDate.now(java.time.ZoneOffset.UTC).toEpochDay());
        System.out.println("completeness.seed=" + seed);
        List<Case> cases = new ArrayList<>(Matrix.all(1));
        Collections.shuffle(cases, new Random(seed));
        cases.removeIf(of -> of.kind() == Kind.INTERIOR);
        run(cases.subList(0, IN_A_NORMAL_RUN), seed);
    }

    @Test
    @Tag("campaign")
    void wholeIsClaimedWhereNothingIsLostAndUnknownIsNoRefuge() throws Exception {
        long seed = Long.getLong("completeness.seed", 1L);
        String kinds = System.getProperty("completeness.kind", "");
        List<Case> cases = Matrix.all(Integer.getInteger("completeness.seeds", 3)).stream()
                .filter(of -> kinds.isEmpty() || of.kind().name().equals(kinds))
                .toList();
        Map<Kind, Tally> tallies = run(cases, seed);
        tallies.forEach((kind, tally) -> {
            System.out.printf(java.util.Locale.ROOT, "%-15s %s%n", kind, tally);
            assertThat(tally.whole()).as("whole, %s: %s", kind, tally).isGreaterThanOrEqualTo(LEAST_WHOLE);
            assertThat(tally.unknown()).as("unknown, %s: %s", kind, tally).isLessThanOrEqualTo(MOST_UNKNOWN);
        });
    }

    private Map<Kind, Tally> run(List<Case> cases, long seed) throws Exception {
        Matrix matrix = new Matrix(directory);
        Map<Kind, Tally> tallies = new EnumMap<>(Kind.class);
        for (Case of : cases) {
            Outcome outcome = matrix.run(of, seed);
            if (outcome == null) {
                continue;
            }
            assertThat(outcome.toldTooLittle())
                    .as("told too little: %s", outcome)
                    .isFalse();
            assertThat(outcome.toldTooMuch()).as("told too much: %s", outcome).isFalse();
            assertThat(outcome.wrong() > 0 && outcome.verdict().content() == Content.VERIFIED)
                    .as("wrong and verified: %s", outcome)
                    .isFalse();
            assertThat(outcome.parentOrIndexSurvives()
                            && outcome.told().atMost().isEmpty())
                    .as("without a bound: %s", outcome)
                    .isFalse();
            tallies.computeIfAbsent(of.kind(), kind -> new Tally()).add(outcome);
            if (Boolean.getBoolean("completeness.print") && outcome.told() instanceof Completeness.Unknown) {
                System.out.println(outcome + (outcome.parentOrIndexSurvives() ? " (bounded)" : ""));
            }
        }
        return tallies;
    }
}
