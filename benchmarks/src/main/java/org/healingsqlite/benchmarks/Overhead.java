package org.healingsqlite.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** {@code ./bench overhead}: runs {@link OverheadBenchmark} and prints one table, the ratio of thread CPU time to plain sqlite-jdbc. */
final class Overhead {
    private static final int FORKS = Integer.getInteger("forks", 3);
    private static final int ITERATIONS = Integer.getInteger("iterations", 40);

    /** Databases of plain and of healing. */
    private static final int LANES = 2;

    private Overhead() {}

    public static void main(String[] arguments) throws RunnerException {
        OptionsBuilder options = new OptionsBuilder();
        options.include(OverheadBenchmark.class.getName());
        // As after a while: a heap that still grows makes every large array cost its pages.
        options.jvmArgsAppend("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch");
        options.forks(FORKS)
                .warmupIterations(12)
                .measurementIterations(ITERATIONS)
                .verbosity(VerboseMode.SILENT);
        if (arguments.length > 0) {
            options.param("operation", arguments);
        }
        Collection<RunResult> results = new Runner(options.build()).run();
        System.out.printf(
                "Thread CPU time per operation, sqlite-jdbc against healing, %d forks x %d pairs in turn%n%n",
                FORKS, ITERATIONS);
        System.out.printf(
                "%-48s %12s %12s %8s %19s %8s %8s %8s%n",
                "operation", "raw ns", "healing ns", "ratio", "middle half", "P6Spy", "proxy", "Hikari");
        for (RunResult result : results) {
            Operation operation = Operation.valueOf(result.getParams().getParam("operation"));
            print(operation, result);
        }
    }

    private static void print(Operation operation, RunResult result) {
        List<Double> raw = new ArrayList<>();
        List<Double> healing = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        List<Double> p6spy = new ArrayList<>();
        List<Double> proxy = new ArrayList<>();
        List<Double> hikari = new ArrayList<>();
        for (BenchmarkResult fork : result.getBenchmarkResults()) {
            for (IterationResult iteration : fork.getIterationResults()) {
                double rawNanos = score(iteration, "raw");
                double healingNanos = score(iteration, "healing");
                raw.add(rawNanos / LANES / operation.times());
                healing.add(healingNanos / LANES / operation.times());
                ratios.add(healingNanos / rawNanos);
                // Of these there is one of each.
                p6spy.add(LANES * score(iteration, "p6spy") / rawNanos);
                proxy.add(LANES * score(iteration, "proxy") / rawNanos);
                hikari.add(LANES * score(iteration, "hikari") / rawNanos);
            }
        }
        System.out.println(String.format(
                Locale.ROOT,
                "%-48s %12.0f %12.0f %8.3f %9.3f - %7.3f %8.3f %8.3f %8.3f",
                operation.title(),
                quantile(raw, 0.5),
                quantile(healing, 0.5),
                quantile(ratios, 0.5),
                quantile(ratios, 0.25),
                quantile(ratios, 0.75),
                quantile(p6spy, 0.5),
                quantile(proxy, 0.5),
                quantile(hikari, 0.5)));
    }

    private static double score(IterationResult iteration, String counter) {
        return Objects.requireNonNull(iteration.getSecondaryResults().get(counter), counter)
                .getScore();
    }

    private static double quantile(List<Double> values, double share) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.round(share * (sorted.size() - 1)));
    }
}
