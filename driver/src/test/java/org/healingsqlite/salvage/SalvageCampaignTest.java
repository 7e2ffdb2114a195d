package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.healingsqlite.testkit.damage.Campaign;
import org.healingsqlite.testkit.damage.DamageKind;
import org.healingsqlite.testkit.damage.Score;
import org.healingsqlite.testkit.damage.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes back of databases whose truth is known, over shapes and kinds of damage. */
class SalvageCampaignTest {

    /** Kinds under 90%, where few cases are asked for or at all; each with its reason in docs/salvage.md. */
    private static final Set<String> HARD_KINDS =
            Set.of("PAGE1_AND_INTERIORS", "INTERIORS_ALL_ZERO", "INTERIORS_ALL_NOISE");

    /** Of a million rows that can be found; docs/salvage.md says which they are. */
    private static final long MOST_WRONG_PER_MILLION = 6;

    /** Of a million rows that can be found: older states although the newer one is on disk. */
    private static final long MOST_GHOSTS_PER_MILLION = 10;

    @TempDir
    private Path directory;

    /** One case in sixteen; each kind with several shapes. */
    @Test
    void bringsBackWhatCanBeFound() throws Exception {
        long seed = 20_261_121L;
        System.out.println("seed " + seed);
        Campaign campaign = new Campaign(SalvageCampaignTest::salvage, directory)
                .run(seed, (shape, kind) -> Math.floorMod((shape + " " + kind).hashCode(), 16) == 0);
        campaign.print(System.out, true);
        // Few cases: one page of wrong rows weighs much.
        judge(campaign, 10);
    }

    /** Cases in which a page lies where one of another table was, and something in the file tells. */
    @Test
    void takesNoRowsOffPagesThatWereExchanged() throws Exception {
        Set<DamageKind> exchanges =
                Set.of(DamageKind.SWAPPED_ANY, DamageKind.SWAPPED_LEAVES, DamageKind.MISDIRECTED_WRITE);
        Set<Shape> shapes = Set.of(Shape.LOOK_ALIKES, Shape.LONG_SCHEMA, Shape.PLAIN_65536, Shape.FULL_TEXT);
        Campaign campaign = new Campaign(SalvageCampaignTest::salvage, directory);
        for (long seed = 7; seed < 10; seed++) {
            campaign.run(seed, (shape, kind) -> exchanges.contains(kind) && shapes.contains(shape));
        }
        Score all = campaign.overall();
        assertThat(all.altered() + all.foreign() + all.invented() + all.exchanged())
                .as(() -> String.join("\n", all.notes()))
                .isZero();
        assertThat(all.recall()).isGreaterThan(0.95);
    }

    /** Everything with three seeds, from {@code -Dcampaign.seed=} on; {@code -Dcampaign.kind=} and {@code -Dcampaign.shape=} narrow it. */
    @Test
    @Tag("campaign")
    void bringsBackWhatCanBeFoundInEveryCase() throws Exception {
        long first = Long.getLong("campaign.seed", 1L);
        int seeds = Integer.getInteger("campaign.seeds", 3);
        String kinds = System.getProperty("campaign.kind", "").toUpperCase(Locale.ROOT);
        String shapes = System.getProperty("campaign.shape", "").toUpperCase(Locale.ROOT);
        Campaign campaign = new Campaign(SalvageCampaignTest::salvage, directory);
        for (long seed = first; seed < first + seeds; seed++) {
            System.out.println("seed " + seed);
            campaign.run(
                    seed,
                    (shape, kind) ->
                            kind.name().startsWith(kinds) && shape.name().startsWith(shapes));
        }
        campaign.print(System.out, true);
        judge(campaign, 1);
    }

    private static void salvage(Path damaged, Path output) throws java.io.IOException {
        Salvage.of(damaged).into(output);
    }

    private static void judge(Campaign campaign, long allowance) {
        Score all = campaign.overall();
        assertThat(all.recall()).as("found of findable").isGreaterThanOrEqualTo(0.98);
        long wrong = all.altered() + all.foreign() + all.invented();
        assertThat(wrong * 1_000_000 / all.findable())
                .as("wrong rows in a million")
                .isLessThan(allowance * MOST_WRONG_PER_MILLION);
        assertThat(all.ghosts() * 1_000_000 / all.findable())
                .as("ghosts in a million")
                .isLessThan(allowance * MOST_GHOSTS_PER_MILLION);
        assertThat(all.broken()).as("broken outputs").isZero();
        assertThat(all.schemaRecall()).as("schema objects kept").isGreaterThanOrEqualTo(0.98);
        for (Map.Entry<String, Score> kind : campaign.byKind().entrySet()) {
            if (!HARD_KINDS.contains(kind.getKey())) {
                assertThat(kind.getValue().recall()).as(kind.getKey()).isGreaterThanOrEqualTo(0.90);
            }
        }
    }
}
