package org.healingsqlite.demo.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SummaryTest {
    private static final LaneResult BROKEN = lane(0, 3, List.of(), List.of("missing: table runs"));
    private static final LaneResult HEALED = lane(0, 0, List.of(30, 10, 20), List.of());

    private static LaneResult lane(int errorsBefore, int errorsAfter, List<Integer> healMillis, List<String> findings) {
        return new LaneResult(
                tally(8, errorsBefore),
                tally(4, errorsAfter),
                healMillis.stream().map(Duration::ofMillis).toList(),
                9,
                findings);
    }

    private static Tally tally(int calls, int errors) {
        return new Tally(calls, errors, Duration.ofMillis(5), errors == 0 ? null : "no such table: runs");
    }

    private static ActResult act(LaneResult plain, LaneResult healing) {
        return new ActResult("S0 act", new Lanes<>(plain, healing));
    }

    private static String printed(ActResult... acts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new Summary(List.of(acts)).print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void isGoodWhereThePlainLaneFailedAndTheHealingLaneDidNot() {
        assertThat(act(BROKEN, HEALED).failures()).isEmpty();
        assertThat(new Summary(List.of(act(BROKEN, HEALED))).isGood()).isTrue();
    }

    @Test
    void anErrorInTheHealingLaneIsAFailure() {
        assertThat(act(BROKEN, lane(0, 1, List.of(), List.of())).failures())
                .containsExactly("the healing lane saw 1 errors, first no such table: runs");
        assertThat(new Summary(List.of(act(BROKEN, HEALED), act(BROKEN, BROKEN))).isGood())
                .isFalse();
    }

    @Test
    void aFindingInTheHealedDatabaseIsAFailure() {
        assertThat(act(BROKEN, lane(0, 0, List.of(1), List.of("run-2: expected DONE, found no row")))
                        .failures())
                .containsExactly("the healing lane's database: run-2: expected DONE, found no row");
    }

    @Test
    void aPlainLaneWithoutErrorsIsAFailureBecauseTheFaultWasNotThere() {
        assertThat(act(HEALED, HEALED).failures())
                .containsExactly("the plain lane saw no error, so the fault was not there");
    }

    @Test
    void anErrorBeforeTheFaultIsAFailureInEitherLane() {
        assertThat(act(lane(1, 3, List.of(), List.of()), lane(2, 0, List.of(), List.of()))
                        .failures())
                .hasSize(2)
                .allMatch(failure -> failure.contains("before the fault"));
    }

    @Test
    void aHealingLaneThatNobodyAskedAfterTheFaultIsAFailure() {
        LaneResult silent = new LaneResult(tally(8, 0), Tally.NONE, List.of(), 9, List.of());

        assertThat(act(BROKEN, silent).failures()).containsExactly("the healing lane made no call after the fault");
    }

    @Test
    @DisplayName("C-07 prints counts, failure rates and times of each lane")
    void printsCountsRatesAndTimesOfEachLane() {
        assertThat(printed(act(BROKEN, HEALED))
                        .lines()
                        .map(line -> line.replaceAll(" +", " ").strip()))
                .contains(
                        "S0 act plain 12 3 0.0 % 75.0 % 0 - 5.0 ms 9",
                        "healing 12 0 0.0 % 0.0 % 3 10/20/30 ms 5.0 ms 9",
                        "As it must be: after the fault 75.0 % of the calls failed with plain sqlite-jdbc, 0.0 % with healing.");
    }

    @Test
    void addsUpSeveralActs() {
        assertThat(printed(act(BROKEN, HEALED), act(BROKEN, HEALED))
                        .lines()
                        .map(line -> line.replaceAll(" +", " ").strip()))
                .contains(
                        "all plain 24 6 0.0 % 75.0 % 0 - 5.0 ms 18",
                        "healing 24 0 0.0 % 0.0 % 6 10/20/30 ms 5.0 ms 18");
    }

    @Test
    void namesWhatWentWrong() {
        assertThat(printed(act(BROKEN, BROKEN)))
                .contains("FAILED S0 act: the healing lane saw 3 errors")
                .contains("NOT as it must be");
    }
}
