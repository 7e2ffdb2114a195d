package org.healingsqlite.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code ./bench agent JAR [RUNS]}: whole processes of {@link PlainProgram} with and without the agent, in turn. Startup is the time from starting the
 * JVM to its end; steady state is what the program itself measures after its warm-up.
 */
final class AgentCost {
    private static final int RUNS = 15;
    private static final int STEADY_RUNS = 7;

    private AgentCost() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path jar = Path.of(arguments[0]).toAbsolutePath();
        int runs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : RUNS;
        List<Double> plain = new ArrayList<>();
        List<Double> woven = new ArrayList<>();
        for (int run = -1; run < runs; run++) {
            double without = startup(List.of());
            double with = startup(List.of("-javaagent:" + jar));
            if (run >= 0) {
                plain.add(without);
                woven.add(with);
            }
        }
        System.out.println("| what | without | with the agent | added or ratio |");
        System.out.println("| --- | --- | --- | --- |");
        System.out.printf(
                Locale.ROOT,
                "| startup and end of a small program, median of %d, ms | %.0f | %.0f | %.0f |%n",
                runs,
                median(plain),
                median(woven),
                median(woven) - median(plain));
        for (String operation : List.of("select", "insert")) {
            steady(operation, jar);
        }
        System.out.printf(Locale.ROOT, "| size of the jar, MB | | %.1f | |%n", Files.size(jar) / 1e6);
    }

    private static void steady(String operation, Path jar) throws IOException, InterruptedException {
        List<Double> plain = new ArrayList<>();
        List<Double> woven = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        for (int run = 0; run < STEADY_RUNS; run++) {
            double without = Double.parseDouble(output(List.of(), operation));
            double with = Double.parseDouble(output(List.of("-javaagent:" + jar), operation));
            plain.add(without);
            woven.add(with);
            ratios.add(with / without);
        }
        System.out.printf(
                Locale.ROOT,
                "| %s, thread CPU ns, median of %d | %.0f | %.0f | %.3f |%n",
                operation,
                STEADY_RUNS,
                median(plain),
                median(woven),
                median(ratios));
    }

    private static double startup(List<String> options) throws IOException, InterruptedException {
        long start = System.nanoTime();
        output(options, "startup");
        return (System.nanoTime() - start) / 1e6;
    }

    private static String output(List<String> options, String what) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), PlainProgram.class.getName(), what));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        if (process.waitFor() != 0) {
            throw new IOException(command + " ended with an error");
        }
        return output;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }
}
