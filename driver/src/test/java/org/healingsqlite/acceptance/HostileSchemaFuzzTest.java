package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.testkit.HostileSchema;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever texts are in {@code sqlite_schema} of a damaged file: salvage and heal run none of them, nothing outside the database changes, and every row of the
 * tables beside them comes back. A test of the kind that refusing everything does not pass.
 */
class HostileSchemaFuzzTest {
    @TempDir
    Path directory;

    @Test
    void nothingRunsAndNoRowOfOthersIsLostInAHundredFiles() throws Exception {
        // Another part of them each day, and the same all day long.
        long day = System.currentTimeMillis() / 86_400_000;
        run(day, 0, 100, 10);
    }

    @Test
    @Tag("campaign")
    void nothingRunsAndNoRowOfOthersIsLostInFiveThousandFiles() throws Exception {
        run(
                Long.getLong("fuzz.seed", 1L),
                Integer.getInteger("fuzz.from", 0),
                Integer.getInteger("fuzz.count", 5_000),
                1);
    }

    /**
     * Makes the files of a seed.
     *
     * @param from the first of them: what a failure names
     * @param healed of how many files one is healed as well
     */
    private void run(long seed, int from, int count, int healed) throws Exception {
        System.out.println("seed " + seed + ", " + count + " files");
        HostileSchema hostile = new HostileSchema(directory);
        Path output = directory.resolve("work/out.db");
        Path apart = directory.resolve("work/apart.db");
        for (int i = from; i < from + count; i++) {
            Random random = new Random(seed * 1_000_003 + i);
            List<HostileSchema.Text> texts = HostileSchema.texts(random);
            boolean byWritableSchema = random.nextInt(4) != 0;
            String what = "seed " + seed + ", file " + i + ": " + texts;
            hostile.make(texts, byWritableSchema);
            Salvage.of(hostile.database()).lostAndFound(apart).into(output);
            hostile.assertNothingRan("salvage of " + what, output, apart);
            hostile.assertTheRestIsWhole("salvage of " + what, output);
            if (i % healed == 0) {
                Files.delete(output);
                Files.deleteIfExists(apart);
                Outcome outcome =
                        Healing.of(hostile.database(), new Properties()).heal();
                assertThat(outcome).as("heal of " + what).isInstanceOf(Outcome.Healed.class);
                hostile.assertNothingRan("heal of " + what);
                hostile.assertTheRestIsWhole("heal of " + what, hostile.database());
            }
        }
    }
}
