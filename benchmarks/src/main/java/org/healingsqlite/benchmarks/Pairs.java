package org.healingsqlite.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** One piece of work done in two ways, in turn, and the ratio of what each pair has taken: time that passes, and CPU time of the thread. Not thread-safe. */
final class Pairs {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final List<Double> plainMicros = new ArrayList<>();
    private final List<Double> healingMicros = new ArrayList<>();
    private final List<Double> ratios = new ArrayList<>();
    private final List<Double> cpuRatios = new ArrayList<>();

    /** One of the two ways; gives nothing back, and fails where what it did has failed. */
    @FunctionalInterface
    interface Work {
        void run() throws SQLException;
    }

    private record Took(double micros, double cpuMicros) {
        static Took by(Work work) throws SQLException {
            long cpu = THREADS.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            work.run();
            double micros = (System.nanoTime() - start) / 1e3;
            return new Took(micros, (THREADS.getCurrentThreadCpuTime() - cpu) / 1e3);
        }
    }

    /**
     * Does both.
     *
     * @param operations how many of what is reported one run of the work does
     */
    static Pairs of(Work plain, Work healing, int operations, int warmups, int rounds) throws SQLException {
        Pairs pairs = new Pairs();
        for (int round = -warmups; round < rounds; round++) {
            boolean plainFirst = (round & 1) == 0;
            Took first = Took.by(plainFirst ? plain : healing);
            Took second = Took.by(plainFirst ? healing : plain);
            if (round >= 0) {
                pairs.add(plainFirst ? first : second, plainFirst ? second : first, operations);
            }
        }
        return pairs;
    }

    private void add(Took plain, Took healing, int operations) {
        plainMicros.add(plain.micros() / operations);
        healingMicros.add(healing.micros() / operations);
        ratios.add(healing.micros() / plain.micros());
        cpuRatios.add(healing.cpuMicros() / plain.cpuMicros());
    }

    /** The head of the table that {@link #print} gives rows of. */
    static void printHead(String operation) {
        System.out.printf(
                Locale.ROOT,
                "%-52s %10s %10s %7s %17s %7s%n",
                operation,
                "plain us",
                "healing us",
                "ratio",
                "middle half",
                "CPU");
    }

    void print(String what) {
        System.out.printf(
                Locale.ROOT,
                "%-52s %10.1f %10.1f %7.3f %7.3f - %7.3f %7.3f%n",
                what,
                quantile(plainMicros, 0.5),
                quantile(healingMicros, 0.5),
                quantile(ratios, 0.5),
                quantile(ratios, 0.25),
                quantile(ratios, 0.75),
                quantile(cpuRatios, 0.5));
    }

    static double quantile(List<Double> values, double share) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.round(share * (sorted.size() - 1)));
    }

    /** Removes a directory with all that is in it. */
    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
