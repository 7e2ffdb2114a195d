package org.healingsqlite.plan;

import java.util.List;
import org.healingsqlite.diagnosis.Diagnosis;

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
            boolean restoresReplaced) {}

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
            case SCHEMA_INCOMPLETE, DATABASE_EMPTY ->
                means.registeredSchema()
                        ? climbing(Rung.APPLY_REGISTERED_SCHEMA)
                        : means.learnedSchema()
                                ? climbing(Rung.APPLY_LEARNED_SCHEMA)
                                : refused("no schema is registered or learned");
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

    private static HealingPlan climbing(Rung... rungs) {
        return new HealingPlan(List.of(rungs), "");
    }

    private static HealingPlan refused(String why) {
        return new HealingPlan(List.of(), why);
    }
}
