package org.healingsqlite.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.healingsqlite.differential.OutcomeLog;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** On a healthy database woven sqlite-jdbc is sqlite-jdbc, call by call, errors included. */
class WovenDifferentialTest {
    @TempDir
    Path directory;

    private static Stream<Arguments> everyRelease() {
        return Agents.javaHomes().flatMap(home -> Agents.RELEASES.stream().map(release -> Arguments.of(release, home)));
    }

    @ParameterizedTest(name = "sqlite-jdbc {0}, {1}")
    @MethodSource("everyRelease")
    void aHealthyDatabaseShowsNoDifference(String release, String home) throws Exception {
        // A seed with batches that have fewer parameters than rows.
        compare(release, home, 24126, 4_000);
    }

    @ParameterizedTest(name = "sqlite-jdbc {0}, {1}")
    @MethodSource("everyRelease")
    @Tag("campaign")
    void aHealthyDatabaseShowsNoDifferenceOverManyCalls(String release, String home) throws Exception {
        compare(release, home, System.nanoTime(), 110_000);
    }

    private void compare(String release, String home, long seed, int calls) throws Exception {
        System.out.println("seed " + seed);
        List<String> plain = outcomes("plain", List.of(), release, home, seed, calls);
        List<String> woven = outcomes("woven", List.of(Agents.option("")), release, home, seed, calls);
        assertThat(plain).hasSize(calls);
        for (int call = 0; call < calls; call++) {
            assertThat(woven.get(call))
                    .as("seed %d, call %d, after %s", seed, call, plain.subList(Math.max(0, call - 10), call))
                    .isEqualTo(plain.get(call));
        }
    }

    private List<String> outcomes(String name, List<String> options, String release, String home, long seed, int calls)
            throws Exception {
        Path log = directory.resolve(name + ".log");
        Agents.Ended ended = Agents.run(
                home,
                options,
                Agents.classPath(release, false),
                OutcomeLog.class.getName(),
                directory.resolve(name).toString(),
                log.toString(),
                Long.toString(seed),
                Integer.toString(calls));
        assertThat(ended.code()).as(ended.output()).isZero();
        return Files.readAllLines(log);
    }
}
