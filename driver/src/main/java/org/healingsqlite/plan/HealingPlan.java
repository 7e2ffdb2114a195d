package org.healingsqlite.plan;

import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.diagnosis.Diagnosis;
import org.jspecify.annotations.Nullable;

/**
 * The rungs to try, in order, until one holds.
 *
 * @param rungs what to do; empty where nothing may be done
 * @param refusal why nothing may be done; empty where something may
 */
public record HealingPlan(List<Rung> rungs, String refusal) {
    public HealingPlan {
        rungs = List.copyOf(rungs);
    }

    /**
     * What there is to heal from, and what is allowed.
     *
     * @param restoresDeleted whether the content of a deleted file goes back to its path
     * @param restoresReplaced whether it does where another database has taken its place
     */
    public record Means(
            boolean registeredSchema,
            boolean learnedSchema,
            boolean readOnly,
            boolean observing,
            boolean inTransaction,
            boolean restoresDeleted,
            boolean restoresReplaced,
            boolean otherSources) {
        /** The rung that brings the schema; null where none is known. */
        private @Nullable Rung schema() {
            return registeredSchema ? Rung.APPLY_REGISTERED_SCHEMA : learnedSchema ? Rung.APPLY_LEARNED_SCHEMA : null;
        }

        /** Whether rows can come from elsewhere: they need the write lock, which a transaction of the application may have. */
        private boolean canSupply() {
            return otherSources && !inTransaction;
        }
    }

    public static HealingPlan of(Diagnosis diagnosis, Means means) {
        if (diagnosis.finding() == Diagnosis.Finding.HEALTHY) {
            return climbing(Rung.RETRY);
        }
        if (means.observing()) {
            return refused("mode is observe");
        }
        if (means.readOnly()) {
            return refused("the connection is read-only");
        }
        return switch (diagnosis.finding()) {
            case HEALTHY -> climbing(Rung.RETRY);
            case SCHEMA_INCOMPLETE -> completing(means, means.canSupply() ? List.of(Rung.SUPPLY_ROWS) : List.of());
            case DATABASE_EMPTY -> means.canSupply() ? filling(means) : completing(means, List.of());
            case FILE_DELETED -> lostFile(means, means.restoresDeleted());
            case FILE_REPLACED -> lostFile(means, means.restoresReplaced());
            case LOG_DELETED -> climbing(Rung.CHECKPOINT, Rung.RESTORE_CONTENT);
            case INDEXES_DAMAGED -> climbing(Rung.REINDEX, Rung.RESTORE_CONTENT);
            case FULL_TEXT_DAMAGED -> climbing(Rung.REBUILD_FULL_TEXT, Rung.RESTORE_CONTENT);
            case PAGES_DAMAGED -> climbing(Rung.RESTORE_CONTENT);
        };
    }

    private static HealingPlan lostFile(Means means, boolean restores) {
        if (means.inTransaction()) {
            return refused("a transaction is in flight on the lost file");
        }
        return climbing(restores ? Rung.BRING_BACK_LOST_CONTENT : Rung.MOVE_TO_FILE_AT_PATH);
    }

    private static HealingPlan completing(Means means, List<Rung> then) {
        Rung schema = means.schema();
        if (schema == null) {
            return refused("no schema is registered or learned");
        }
        List<Rung> rungs = new ArrayList<>(List.of(schema));
        rungs.addAll(then);
        return new HealingPlan(rungs, "");
    }

    private static HealingPlan filling(Means means) {
        Rung schema = means.schema();
        return schema == null
                ? climbing(Rung.FILL_EMPTY_FILE)
                : climbing(Rung.FILL_EMPTY_FILE, schema, Rung.SUPPLY_ROWS);
    }

    private static HealingPlan climbing(Rung... rungs) {
        return new HealingPlan(List.of(rungs), "");
    }

    private static HealingPlan refused(String why) {
        return new HealingPlan(List.of(), why);
    }
}
