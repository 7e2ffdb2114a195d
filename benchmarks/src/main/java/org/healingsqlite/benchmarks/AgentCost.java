package org.healingsqlite.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code ./bench agent JAR [RUNS]}: whole processes of {@link PlainProgram} without an agent, with one that does nothing, and with this one in several ways, in turn. Startup is from
 * starting the JVM to its end, as time that passes and as CPU time of all its threads; steady state is what the program itself measures after its warm-up. What is added is
 * the median of the differences within each turn.
 */
final class AgentCost {
    private static final String PLAIN = "without an agent";
    private static final String ATTACHED = "the agent, attached to the program while it runs";
    private static final int RUNS = 15;

    private static final Pattern WORDS = Pattern.compile("\\s+");

    /** What the JVM is started with. */
    private final Map<String, List<String>> ways = new LinkedHashMap<>();

    /** Ways that differ at the start only. */
    private final Map<String, List<String>> waysToStart = new LinkedHashMap<>();

    private final Path directory;

    private AgentCost(Path agent, Path directory) throws IOException {
        Path idle = directory.resolve("idle-agent.jar");
        IdleAgent.pack(idle);
        this.directory = directory;
        ways.put(PLAIN, List.of());
        ways.put("an agent that does nothing", List.of("-javaagent:" + idle));
        ways.put("the agent", List.of("-javaagent:" + agent));
        ways.put("the agent, with an option", List.of("-javaagent:" + agent + "=mode=heal"));
        Path unprepared = directory.resolve("unprepared-agent.jar");
        withoutWovenFiles(agent, unprepared);
        waysToStart.putAll(ways);
        waysToStart.put("the agent, and a release that it does not know", List.of("-javaagent:" + unprepared));
        waysToStart.put(ATTACHED, List.of("-Djdk.attach.allowAttachSelf=true", "-Dattached=" + agent));
    }

    /** A copy of the agent that knows no release of sqlite-jdbc. */
    private static void withoutWovenFiles(Path agent, Path copy) throws IOException {
        Files.copy(agent, copy);
        try (FileSystem jar = FileSystems.newFileSystem(copy);
                Stream<Path> woven = Files.list(jar.getPath("/META-INF/woven"))) {
            for (Path each : woven.toList()) {
                Files.delete(each);
            }
        }
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path jar = Path.of(arguments[0]).toAbsolutePath();
        int runs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : RUNS;
        Path directory = Files.createTempDirectory("agent-cost");
        try {
            AgentCost cost = new AgentCost(jar, directory);
            cost.startup(runs);
            cost.steady("select", runs);
            cost.steady("insert", runs);
        } finally {
            delete(directory);
        }
        System.out.printf(Locale.ROOT, "%nSize of the jar: %.1f MB%n", Files.size(jar) / 1e6);
    }

    private static void delete(Path directory) throws IOException {
        List<Path> all;
        try (var files = Files.walk(directory)) {
            all = new ArrayList<>(files.toList());
        }
        for (int i = all.size() - 1; i >= 0; i--) {
            Files.delete(all.get(i));
        }
    }

    private record Run(double output, double millis, double cpuMillis) {}

    private void startup(int runs) throws IOException, InterruptedException {
        Map<String, List<Run>> measured = measure(waysToStart, "startup", runs);
        System.out.printf(Locale.ROOT, "| startup and end, ms, median of %d | passes | added | CPU | added |%n", runs);
        System.out.println("| --- | --- | --- | --- | --- |");
        List<Run> plain = measured.getOrDefault(PLAIN, List.of());
        measured.forEach((way, those) -> System.out.printf(
                Locale.ROOT,
                "| %s | %.0f | %.0f | %.0f | %.0f |%n",
                way,
                median(those.stream().map(Run::millis).toList()),
                median(each(those, plain, (with, without) -> with.millis() - without.millis())),
                median(those.stream().map(Run::cpuMillis).toList()),
                median(each(those, plain, (with, without) -> with.cpuMillis() - without.cpuMillis()))));
    }

    private void steady(String operation, int runs) throws IOException, InterruptedException {
        Map<String, List<Run>> measured = measure(ways, operation, runs);
        System.out.printf(
                Locale.ROOT,
                "%n| %s, CPU time of the thread, ns, median of %d | | ratio | least | ratio |%n",
                operation,
                runs);
        System.out.println("| --- | --- | --- | --- | --- |");
        List<Run> plain = measured.getOrDefault(PLAIN, List.of());
        measured.forEach((way, those) -> System.out.printf(
                Locale.ROOT,
                "| %s | %.0f | %.3f | %.0f | %.3f |%n",
                way,
                median(those.stream().map(Run::output).toList()),
                median(each(those, plain, (with, without) -> with.output() / without.output())),
                least(those),
                least(those) / least(plain)));
    }

    /** All ways in turn, first one turn that is thrown away. */
    private Map<String, List<Run>> measure(Map<String, List<String>> ways, String what, int turns)
            throws IOException, InterruptedException {
        Map<String, List<Run>> measured = new LinkedHashMap<>();
        for (int turn = -1; turn < turns; turn++) {
            for (Map.Entry<String, List<String>> way : ways.entrySet()) {
                Run run = run(way.getValue(), what);
                if (turn >= 0) {
                    measured.computeIfAbsent(way.getKey(), name -> new ArrayList<>())
                            .add(run);
                }
            }
        }
        return measured;
    }

    private Run run(List<String> options, String what) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of("bash", "-c", "TIMEFORMAT='%3U %3S'; { time \"$0\" \"$@\" 2>/dev/null; } 2>&1"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // sqlite-jdbc looks through all of it when it starts.
        command.add("-Djava.io.tmpdir=" + directory);
        command.addAll(options);
        command.addAll(List.of("-cp", classPath(), PlainProgram.class.getName(), what));
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        double millis = (System.nanoTime() - start) / 1e6;
        if (process.waitFor() != 0) {
            throw new IOException(command + " ended with an error");
        }
        List<Double> numbers = WORDS.splitAsStream(output).map(Double::valueOf).toList();
        int last = numbers.size();
        return new Run(last > 2 ? numbers.get(0) : 0, millis, 1_000 * (numbers.get(last - 2) + numbers.get(last - 1)));
    }

    /** A small program's: nothing of the driver and its libraries. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.matches(".*(benchmarks.target.classes|sqlite-jdbc-[^/]*|slf4j-[^/]*)"))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    @FunctionalInterface
    private interface Comparison {
        double of(Run with, Run without);
    }

    private static List<Double> each(List<Run> with, List<Run> without, Comparison comparison) {
        return IntStream.range(0, with.size())
                .mapToObj(i -> comparison.of(with.get(i), without.get(i)))
                .toList();
    }

    private static double least(List<Run> runs) {
        return runs.stream().mapToDouble(Run::output).min().orElseThrow();
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }
}
