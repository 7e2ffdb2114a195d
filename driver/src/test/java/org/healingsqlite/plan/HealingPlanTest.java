package org.healingsqlite.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.plan.Sources.Returning;
import org.healingsqlite.plan.Sources.Rows;
import org.healingsqlite.plan.Sources.Schema;
import org.healingsqlite.schema.SchemaDifference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every finding, every intent, every source: what is done, in order, or why nothing is. */
class HealingPlanTest {
    private static final Returning NOTHING_RETURNS = new Returning(false, false);
    private static final Sources NO_SOURCES = new Sources(Schema.UNKNOWN, Rows.NONE, NOTHING_RETURNS);
    private static final Set<Finding> OF_CONTENT =
            EnumSet.of(Finding.INDEXES_DAMAGED, Finding.FULL_TEXT_DAMAGED, Finding.LOG_DELETED, Finding.PAGES_DAMAGED);
    private static final Set<Finding> OF_LOST_FILE = EnumSet.of(Finding.FILE_DELETED, Finding.FILE_REPLACED);

    private static Diagnosis found(Finding finding) {
        return new Diagnosis(finding, SchemaDifference.NONE, List.of(), List.of());
    }

    private static HealingPlan<SchemaRung> ofSchema(Finding finding, Sources sources) {
        return HealingPlan.ofSchema(found(finding), Intent.NONE, sources);
    }

    private static Sources sources(Schema schema, Rows rows) {
        return new Sources(schema, rows, NOTHING_RETURNS);
    }

    private static Sources returning(boolean deleted, boolean replaced) {
        return new Sources(Schema.LEARNED, Rows.ELSEWHERE, new Returning(deleted, replaced));
    }

    @ParameterizedTest
    @EnumSource(Intent.Kind.class)
    void whereNothingIsWrongNothingIsDoneAndNothingHeldBack(Intent.Kind kind) {
        Intent intent = new Intent(kind, "why");
        HealingPlan<SchemaRung> ofSchema = HealingPlan.ofSchema(found(Finding.HEALTHY), intent, NO_SOURCES);
        HealingPlan<ContentRung> ofContent = HealingPlan.ofContent(found(Finding.HEALTHY), intent);
        assertThat(ofSchema.isNothingWrong()).isTrue();
        assertThat(ofContent.isNothingWrong()).isTrue();
        assertThat(ofSchema.rungs()).isEmpty();
        assertThat(ofContent.heldBack()).isEmpty();
    }

    @Test
    void damagedContentIsMendedWhereItIsDamagedAndRestoredWhereThatDoesNotHold() {
        Map<Finding, List<ContentRung>> expected = new EnumMap<>(Map.of(
                Finding.LOG_DELETED, List.of(ContentRung.CHECKPOINT, ContentRung.RESTORE_CONTENT),
                Finding.INDEXES_DAMAGED, List.of(ContentRung.REINDEX, ContentRung.RESTORE_CONTENT),
                Finding.FULL_TEXT_DAMAGED, List.of(ContentRung.REBUILD_FULL_TEXT, ContentRung.RESTORE_CONTENT),
                Finding.PAGES_DAMAGED, List.of(ContentRung.RESTORE_CONTENT)));
        assertThat(expected.keySet()).isEqualTo(OF_CONTENT);
        expected.forEach((finding, rungs) -> {
            HealingPlan<ContentRung> plan = HealingPlan.ofContent(found(finding), Intent.NONE);
            assertThat(plan.rungs()).as("%s", finding).isEqualTo(rungs);
            assertThat(plan.heldBack()).isEmpty();
            assertThat(plan.isNothingWrong()).isFalse();
        });
    }

    @ParameterizedTest
    @EnumSource(Finding.class)
    void aPlanOfOneKindNeverTouchesWhatIsOfTheOther(Finding finding) {
        if (finding == Finding.HEALTHY) {
            return;
        }
        HealingPlan<?> other = OF_CONTENT.contains(finding)
                ? ofSchema(finding, returning(true, true))
                : HealingPlan.ofContent(found(finding), Intent.NONE);
        assertThat(other.rungs()).isEmpty();
        assertThat(other.heldBack()).hasValueSatisfying(why -> assertThat(why).isNotBlank());
        assertThat(other.isNothingWrong()).isFalse();
    }

    @Test
    void aLostFilesContentReturnsWhereThatIsWanted() {
        assertThat(ofSchema(Finding.FILE_DELETED, returning(true, false)).rungs())
                .containsExactly(SchemaRung.BRING_BACK_LOST_CONTENT);
        assertThat(ofSchema(Finding.FILE_DELETED, returning(false, true)).rungs())
                .containsExactly(SchemaRung.MOVE_TO_FILE_AT_PATH);
        assertThat(ofSchema(Finding.FILE_REPLACED, returning(false, true)).rungs())
                .containsExactly(SchemaRung.BRING_BACK_LOST_CONTENT);
        assertThat(ofSchema(Finding.FILE_REPLACED, returning(true, false)).rungs())
                .containsExactly(SchemaRung.MOVE_TO_FILE_AT_PATH);
    }

    @Test
    void aSchemaIsCompletedFromWhatIsRegisteredOrElseLearned() {
        assertThat(ofSchema(Finding.SCHEMA_INCOMPLETE, sources(Schema.REGISTERED, Rows.NONE))
                        .rungs())
                .containsExactly(SchemaRung.APPLY_REGISTERED_SCHEMA);
        assertThat(ofSchema(Finding.SCHEMA_INCOMPLETE, sources(Schema.LEARNED, Rows.NONE))
                        .rungs())
                .containsExactly(SchemaRung.APPLY_LEARNED_SCHEMA);
        HealingPlan<SchemaRung> unknown = ofSchema(Finding.SCHEMA_INCOMPLETE, sources(Schema.UNKNOWN, Rows.ELSEWHERE));
        assertThat(unknown.rungs()).isEmpty();
        assertThat(unknown.heldBack()).contains("no schema is registered or learned");
    }

    @Test
    void tablesThatAreThereAgainGetRowsFromElsewhereWhereTheseAreWithinReach() {
        assertThat(ofSchema(Finding.SCHEMA_INCOMPLETE, sources(Schema.LEARNED, Rows.ELSEWHERE))
                        .rungs())
                .containsExactly(SchemaRung.APPLY_LEARNED_SCHEMA, SchemaRung.SUPPLY_ROWS);
        assertThat(ofSchema(Finding.SCHEMA_INCOMPLETE, sources(Schema.LEARNED, Rows.OUT_OF_REACH))
                        .rungs())
                .containsExactly(SchemaRung.APPLY_LEARNED_SCHEMA);
    }

    @Test
    void anEmptyDatabaseIsFilledFirstAndCompletedThen() {
        assertThat(ofSchema(Finding.DATABASE_EMPTY, sources(Schema.REGISTERED, Rows.ELSEWHERE))
                        .rungs())
                .containsExactly(
                        SchemaRung.FILL_EMPTY_FILE, SchemaRung.APPLY_REGISTERED_SCHEMA, SchemaRung.SUPPLY_ROWS);
        assertThat(ofSchema(Finding.DATABASE_EMPTY, sources(Schema.UNKNOWN, Rows.ELSEWHERE))
                        .rungs())
                .containsExactly(SchemaRung.FILL_EMPTY_FILE);
        for (Rows rows : List.of(Rows.NONE, Rows.OUT_OF_REACH)) {
            assertThat(ofSchema(Finding.DATABASE_EMPTY, sources(Schema.LEARNED, rows))
                            .rungs())
                    .containsExactly(SchemaRung.APPLY_LEARNED_SCHEMA);
            assertThat(ofSchema(Finding.DATABASE_EMPTY, sources(Schema.UNKNOWN, rows))
                            .heldBack())
                    .isPresent();
        }
    }

    @ParameterizedTest
    @EnumSource(Finding.class)
    void whatIsMeantIsHeldBackWithTheEvidence(Finding finding) {
        if (finding == Finding.HEALTHY) {
            return;
        }
        for (Intent intent : List.of(Intent.OBSERVE, Intent.READ_ONLY, Intent.application("no such column: x"))) {
            HealingPlan<SchemaRung> ofSchema = HealingPlan.ofSchema(found(finding), intent, returning(true, true));
            HealingPlan<ContentRung> ofContent = HealingPlan.ofContent(found(finding), intent);
            assertThat(ofSchema.rungs()).isEmpty();
            assertThat(ofContent.rungs()).isEmpty();
            assertThat(ofSchema.heldBack()).isEqualTo(Optional.of(intent.evidence()));
            assertThat(ofContent.heldBack()).isEqualTo(Optional.of(intent.evidence()));
        }
    }

    @ParameterizedTest
    @EnumSource(Finding.class)
    void aTransactionHoldsBackTheMoveFromItsFileAndNothingElse(Finding finding) {
        if (finding == Finding.HEALTHY) {
            return;
        }
        Sources sources = returning(true, true);
        HealingPlan<SchemaRung> inTransaction = HealingPlan.ofSchema(found(finding), Intent.IN_TRANSACTION, sources);
        if (OF_LOST_FILE.contains(finding)) {
            assertThat(inTransaction.rungs()).isEmpty();
            assertThat(inTransaction.heldBack()).contains("a transaction is in flight on the lost file");
        } else {
            assertThat(inTransaction).isEqualTo(ofSchema(finding, sources));
        }
    }

    @Test
    void onlyTheApplicationsOwnFaultIsNotLookedAt() {
        assertThat(Intent.application("syntax error").isApplications()).isTrue();
        assertThat(List.of(Intent.NONE, Intent.OBSERVE, Intent.READ_ONLY, Intent.IN_TRANSACTION))
                .noneMatch(Intent::isApplications);
    }

    @Test
    void evidenceSaysWhatIsMeant() {
        assertThat(Intent.OBSERVE.evidence()).isEqualTo("mode is observe");
        assertThat(Intent.READ_ONLY.evidence()).isEqualTo("the connection is read-only");
        assertThat(Intent.application("syntax error").evidence()).isEqualTo("syntax error");
        assertThat(Intent.NONE.evidence()).isEmpty();
    }
}
