package org.healingsqlite.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.diagnosis.Diagnosis.Finding;

/**
 * What to do about a diagnosis: rungs of one kind, nothing because nothing is wrong, or nothing because it is held back. Immutable.
 *
 * @param rungs what to do, in order; empty where nothing is to be, or may be, done
 * @param heldBack why nothing may be done; empty where something may, or nothing is wrong
 * @param <R> the kind of the rungs
 */
public record HealingPlan<R extends Enum<R>>(List<R> rungs, Optional<String> heldBack) {
    public HealingPlan {
        rungs = List.copyOf(rungs);
    }

    /** Whether nothing is wrong: the statement runs again. */
    public boolean isNothingWrong() {
        return rungs.isEmpty() && heldBack.isEmpty();
    }

    /** For a file, schema or tables that are not there. */
    public static HealingPlan<SchemaRung> ofSchema(Diagnosis diagnosis, Intent intent, Sources sources) {
        if (diagnosis.finding() == Finding.HEALTHY) {
            return nothing();
        }
        Optional<String> heldBack = intent.against(diagnosis);
        if (heldBack.isPresent()) {
            return heldBack(heldBack.get());
        }
        return switch (diagnosis.finding()) {
            case HEALTHY -> nothing();
            case SCHEMA_INCOMPLETE -> completing(sources);
            case DATABASE_EMPTY -> filling(sources);
            case FILE_DELETED -> lostFile(sources.lostContent().deleted());
            case FILE_REPLACED -> lostFile(sources.lostContent().replaced());
            case LOG_DELETED, INDEXES_DAMAGED, FULL_TEXT_DAMAGED, PAGES_DAMAGED ->
                heldBack("the content is damaged: nothing is added to it");
        };
    }

    /** For content that is damaged. */
    public static HealingPlan<ContentRung> ofContent(Diagnosis diagnosis, Intent intent) {
        if (diagnosis.finding() == Finding.HEALTHY) {
            return nothing();
        }
        Optional<String> heldBack = intent.against(diagnosis);
        if (heldBack.isPresent()) {
            return heldBack(heldBack.get());
        }
        return switch (diagnosis.finding()) {
            case HEALTHY -> nothing();
            case LOG_DELETED -> climbing(List.of(ContentRung.CHECKPOINT, ContentRung.RESTORE_CONTENT));
            case INDEXES_DAMAGED -> climbing(List.of(ContentRung.REINDEX, ContentRung.RESTORE_CONTENT));
            case FULL_TEXT_DAMAGED -> climbing(List.of(ContentRung.REBUILD_FULL_TEXT, ContentRung.RESTORE_CONTENT));
            case PAGES_DAMAGED -> climbing(List.of(ContentRung.RESTORE_CONTENT));
            case SCHEMA_INCOMPLETE, DATABASE_EMPTY, FILE_DELETED, FILE_REPLACED ->
                heldBack("nothing of the content is damaged");
        };
    }

    private static HealingPlan<SchemaRung> lostFile(boolean returns) {
        return climbing(List.of(returns ? SchemaRung.BRING_BACK_LOST_CONTENT : SchemaRung.MOVE_TO_FILE_AT_PATH));
    }

    private static HealingPlan<SchemaRung> completing(Sources sources) {
        Optional<SchemaRung> schema = schemaOf(sources);
        if (schema.isEmpty()) {
            return heldBack("no schema is registered or learned");
        }
        List<SchemaRung> rungs = new ArrayList<>(List.of(schema.get()));
        if (sources.rows() == Sources.Rows.ELSEWHERE) {
            rungs.add(SchemaRung.SUPPLY_ROWS);
        }
        return climbing(rungs);
    }

    private static HealingPlan<SchemaRung> filling(Sources sources) {
        if (sources.rows() != Sources.Rows.ELSEWHERE) {
            return completing(sources);
        }
        return schemaOf(sources)
                .map(schema -> climbing(List.of(SchemaRung.FILL_EMPTY_FILE, schema, SchemaRung.SUPPLY_ROWS)))
                .orElseGet(() -> climbing(List.of(SchemaRung.FILL_EMPTY_FILE)));
    }

    private static Optional<SchemaRung> schemaOf(Sources sources) {
        return switch (sources.schema()) {
            case UNKNOWN -> Optional.empty();
            case LEARNED -> Optional.of(SchemaRung.APPLY_LEARNED_SCHEMA);
            case REGISTERED -> Optional.of(SchemaRung.APPLY_REGISTERED_SCHEMA);
        };
    }

    private static <R extends Enum<R>> HealingPlan<R> nothing() {
        return new HealingPlan<R>(List.of(), Optional.empty());
    }

    private static <R extends Enum<R>> HealingPlan<R> climbing(List<R> rungs) {
        return new HealingPlan<>(rungs, Optional.empty());
    }

    private static <R extends Enum<R>> HealingPlan<R> heldBack(String why) {
        return new HealingPlan<R>(List.of(), Optional.of(why));
    }
}
