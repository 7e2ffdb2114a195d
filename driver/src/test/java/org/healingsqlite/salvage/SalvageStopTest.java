package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A salvage of any size can be stopped, in each of its phases, and then was never there. */
class SalvageStopTest {

    @TempDir
    private Path directory;

    private Path damaged;

    @BeforeEach
    void makeDatabase() throws Exception {
        damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=512",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
                        + " INSERT INTO t SELECT i, hex(randomblob(40)) FROM n",
                "CREATE INDEX t_a ON t(a)");
    }

    @Test
    void hearsOfManyPlacesWithinOnePhase() throws Exception {
        int[] rowsHeard = {0};
        Salvage.of(damaged)
                .progress((phase, done, total) -> rowsHeard[0] += phase.equals("rows") ? 1 : 0)
                .into(directory.resolve("output.db"));
        assertThat(rowsHeard[0]).isGreaterThan(10);
    }

    @Test
    void stopsInEachPhaseAndLeavesNothingBehind() throws Exception {
        byte[] before = Files.readAllBytes(damaged);
        Path output = directory.resolve("output.db");
        Set<String> phases = new LinkedHashSet<>();
        Salvage.of(damaged).progress((phase, done, total) -> phases.add(phase)).into(output);
        Files.delete(output);
        assertThat(phases).contains("survey", "rows").anyMatch(phase -> phase.contains("t_a"));
        for (String wanted : phases) {
            CancellationException stop = new CancellationException("enough");
            assertThatThrownBy(() -> Salvage.of(damaged)
                            .progress((phase, done, total) -> {
                                if (phase.equals(wanted)) {
                                    throw stop;
                                }
                            })
                            .into(output))
                    .as(wanted)
                    .isSameAs(stop);
            try (Stream<Path> left = Files.list(directory)) {
                assertThat(left).as(wanted).containsExactly(damaged);
            }
        }
        assertThat(Files.readAllBytes(damaged)).isEqualTo(before);
    }
}
