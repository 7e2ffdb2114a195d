package org.healingsqlite.completeness;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * How much of the rows is there. Being whole is proven, never assumed: whoever does not know says {@link Unknown}. Immutable.
 */
public sealed interface Completeness {
    /** Every row is there, and that is proven. */
    static Completeness whole() {
        return Whole.PROVEN;
    }

    /** The most keys that are named. */
    int MOST_KEYS = 20;

    /** The most rows that are lost; empty where no bound is known. */
    OptionalLong atMost();

    /** Rows that are lost for certain. */
    default long atLeast() {
        return 0;
    }

    /** Whether every row is there for certain. */
    default boolean isWhole() {
        return false;
    }

    /** Every row is there. */
    enum Whole implements Completeness {
        /** There is no other way to be whole. */
        PROVEN;

        @Override
        public OptionalLong atMost() {
            return OptionalLong.of(0);
        }

        @Override
        public boolean isWhole() {
            return true;
        }

        @Override
        public String toString() {
            return "whole";
        }
    }

    /**
     * Rows are lost.
     *
     * @param rows lost for certain, one or more
     * @param atMost the most that can be lost; empty where no bound is known
     * @param keys of some of them, as text: the first where there are many
     */
    record AtLeast(long rows, OptionalLong atMost, List<String> keys) implements Completeness {
        public AtLeast {
            if (rows < 1) {
                throw new IllegalArgumentException("rows: expected 1 or more, found " + rows);
            }
            keys = List.copyOf(keys.subList(0, Math.min(keys.size(), MOST_KEYS)));
            if (atMost.isPresent() && atMost.getAsLong() < rows) {
                atMost = OptionalLong.of(rows);
            }
        }

        @Override
        public long atLeast() {
            return rows;
        }

        @Override
        public String toString() {
            String most = atMost.isEmpty()
                    ? "at least " + rows
                    : atMost.getAsLong() == rows ? Long.toString(rows) : rows + " to " + atMost.getAsLong();
            return most + " rows lost" + listed(keys, rows);
        }
    }

    /**
     * Keys of some rows, for a reader, and of how many more nothing is named: {@code " [a, b and 5 more]"}.
     *
     * @param keys empty gives the empty text
     * @param rows how many there are at least
     */
    static String listed(List<String> keys, long rows) {
        long more = rows - keys.size();
        return keys.isEmpty() ? "" : " [" + String.join(", ", keys) + (more > 0 ? " and " + more + " more" : "") + "]";
    }

    /**
     * Nobody knows whether rows are lost.
     *
     * @param where what is not known of, for a reader
     * @param atMost the most that can be lost; empty where no bound is known
     */
    record Unknown(String where, OptionalLong atMost) implements Completeness {
        @Override
        public String toString() {
            return "unknown whether rows are lost" + (atMost.isPresent() ? ", at most " + atMost.getAsLong() : "")
                    + ": " + where;
        }
    }

    /** Nobody knows whether, or how many, rows are lost. */
    static Completeness unknown(String where) {
        return new Unknown(where, OptionalLong.empty());
    }

    /**
     * What bounds say.
     *
     * @param atLeast rows lost for certain
     * @param atMost the most that can be lost; empty where no bound is known
     * @param keys of some lost rows
     * @param where what is not known of, for a reader
     */
    static Completeness of(long atLeast, OptionalLong atMost, List<String> keys, String where) {
        if (atLeast > 0) {
            return new AtLeast(atLeast, atMost, keys);
        }
        return atMost.isPresent() && atMost.getAsLong() <= 0 ? whole() : new Unknown(where, atMost);
    }

    /** What holds of both together: their losses add up. */
    default Completeness and(Completeness other) {
        if (isWhole()) {
            return other;
        }
        if (other.isWhole()) {
            return this;
        }
        OptionalLong most = atMost().isPresent() && other.atMost().isPresent()
                ? OptionalLong.of(atMost().getAsLong() + other.atMost().getAsLong())
                : OptionalLong.empty();
        if (this instanceof Unknown here && other instanceof Unknown there) {
            return new Unknown(
                    here.where().equals(there.where()) ? here.where() : here.where() + "; " + there.where(), most);
        }
        List<String> keys = new ArrayList<>();
        for (Completeness part : List.of(this, other)) {
            if (part instanceof AtLeast lost) {
                keys.addAll(lost.keys());
            }
        }
        return new AtLeast(atLeast() + other.atLeast(), most, keys);
    }
}
