package org.healingsqlite.incident;

import org.healingsqlite.log.Printable;
import org.jspecify.annotations.Nullable;

/** How healing ended. Refusing is a success of judgement, giving up is a failure. */
public sealed interface Outcome {

    /** What was lost on the way. */
    default Loss loss() {
        return Loss.NONE;
    }

    /** One word for logs and the incident log: {@code healed}, {@code healthy}, {@code refused}, {@code gave-up}. */
    String word();

    /** For a reader: what came back, or why nothing was done. */
    String explanation();

    /** Whether the statement that failed may run again. */
    default boolean allowsRetry() {
        return false;
    }

    /**
     * The database was repaired and the repair was verified.
     *
     * @param explanation what came back
     * @param loss what did not
     */
    record Healed(String explanation, Loss loss) implements Outcome {
        public Healed {
            explanation = Printable.of(explanation);
        }

        @Override
        public String word() {
            return "healed";
        }

        @Override
        public boolean allowsRetry() {
            return true;
        }
    }

    /**
     * There was nothing left to repair: another thread or process had healed, or the fault did not repeat.
     *
     * @param explanation what was looked at
     */
    record Healthy(String explanation) implements Outcome {
        public Healthy {
            explanation = Printable.of(explanation);
        }

        @Override
        public String word() {
            return "healthy";
        }

        @Override
        public boolean allowsRetry() {
            return true;
        }
    }

    /**
     * Healing would have been wrong or was not wanted; nothing was changed.
     *
     * @param explanation why
     */
    record Refused(String explanation) implements Outcome {
        public Refused {
            explanation = Printable.of(explanation);
        }

        @Override
        public String word() {
            return "refused";
        }
    }

    /**
     * Healing was tried and undone.
     *
     * @param explanation why
     * @param cause what stopped it, where that was an exception
     */
    record GaveUp(String explanation, @Nullable Exception cause) implements Outcome {
        public GaveUp {
            explanation = Printable.of(explanation);
        }

        @Override
        public String word() {
            return "gave-up";
        }
    }
}
