package org.healingsqlite.testkit;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The part of a large matrix that one run of the tests takes. The part changes from day to day, so that every part has its turn; the campaign takes the
 * whole. {@code -Dtest.rotation=N} takes another day's part, {@code -Dtest.rotation=all} takes everything. What it is belongs into each failure's message.
 * Thread-safe.
 */
public final class Rotation {
    private Rotation() {}

    /**
     * Whether this run takes a case.
     *
     * @param number of the case; neighbours fall into different parts
     * @param parts how many runs it takes to have taken every case once
     */
    public static boolean takes(long number, int parts) {
        String now = now();
        return now.equals("all") || Math.floorMod(number + Long.parseLong(now), parts) == 0;
    }

    /** The members of a list that this run takes, in their order. */
    public static <T> List<T> part(List<T> all, int parts) {
        return IntStream.range(0, all.size())
                .filter(number -> takes(number, parts))
                .mapToObj(all::get)
                .toList();
    }

    /** The option that takes the same part again. */
    public static String option() {
        return "-Dtest.rotation=" + now();
    }

    private static String now() {
        return System.getProperty(
                "test.rotation", Long.toString(LocalDate.now(ZoneOffset.UTC).toEpochDay()));
    }
}
