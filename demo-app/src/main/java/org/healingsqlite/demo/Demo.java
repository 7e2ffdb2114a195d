package org.healingsqlite.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.healingsqlite.demo.report.Counts;
import org.healingsqlite.demo.report.Timeline;
import org.healingsqlite.demo.scenario.ExperimentsScenario;
import org.healingsqlite.demo.scenario.Scenario;
import org.healingsqlite.demo.scenario.TrainerScenario;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Plays scenarios in two lanes at once, and says what the clients of each lane saw. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = "Plays real systems' scenarios with plain sqlite-jdbc and with the healing driver, side by side.")
public final class Demo implements Callable<Integer> {
    private static final List<Scenario> ALL = List.of(new TrainerScenario(), new ExperimentsScenario());
    private static final int COLUMN_WIDTH = 78;

    @Parameters(paramLabel = "ID", description = "The scenarios to play; all of them where none is named.")
    private List<String> ids = new ArrayList<>();

    @Option(names = "--list", description = "List the scenarios.")
    private boolean list;

    @Option(
            names = "--pace",
            paramLabel = "MILLISECONDS",
            defaultValue = "2000",
            description = "Length of a phase between two faults (default: 2000).")
    private long paceMillis;

    private final PrintStream out = System.out;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Demo()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        if (list) {
            ALL.forEach(scenario -> out.println(scenario.id() + "  " + scenario.title()));
            return 0;
        }
        List<Scenario> chosen = ALL.stream()
                .filter(scenario -> ids.isEmpty() || ids.stream().anyMatch(scenario.id()::equalsIgnoreCase))
                .toList();
        if (chosen.size() < Math.max(1, ids.size())) {
            out.println("Unknown scenario in " + ids + ": expected some of "
                    + ALL.stream().map(Scenario::id).toList());
            return CommandLine.ExitCode.USAGE;
        }
        boolean passed = true;
        for (Scenario scenario : chosen) {
            passed &= play(scenario, Duration.ofMillis(paceMillis));
        }
        out.println(passed ? "The healing lane saw no error." : "FAILED: see above.");
        return passed ? 0 : 1;
    }

    private boolean play(Scenario scenario, Duration pace) throws Exception {
        Path directory = Files.createTempDirectory("healing-demo-");
        Timeline timeline = new Timeline();
        Lane plain = Lane.plain(home(directory, "plain"), timeline);
        Lane healing = Lane.healing(home(directory, "healing"), scenario.schema(), timeline);
        out.println();
        out.println(scenario.id() + "  " + scenario.title());
        out.println("    files in " + directory);
        out.println();
        List<String> wrong = new ArrayList<>();
        ExecutorService lanes = Executors.newFixedThreadPool(2);
        try {
            Future<List<String>> ofPlain = lanes.submit(() -> scenario.play(plain, pace));
            Future<List<String>> ofHealing = lanes.submit(() -> scenario.play(healing, pace));
            ofPlain.get();
            wrong.addAll(ofHealing.get());
        } finally {
            lanes.shutdownNow();
        }
        timeline.print(out, List.of(plain.name(), healing.name()), COLUMN_WIDTH);
        out.println();
        out.println(String.format(
                Locale.ROOT,
                "%-8s %8s %8s %9s %7s   %s",
                "lane",
                "calls",
                "errors",
                "failures",
                "heals",
                "time to heal (min / median / max)"));
        print(plain);
        print(healing);
        out.println();
        if (plain.counts().errors() == 0) {
            wrong.add("the plain lane saw no error: the faults did not strike");
        }
        if (healing.counts().errors() > 0) {
            wrong.add("the healing lane saw " + healing.counts().errors() + " errors");
        }
        wrong.forEach(line -> out.println("WRONG: " + line));
        return wrong.isEmpty();
    }

    private static Path home(Path directory, String lane) throws IOException {
        return Files.createDirectory(directory.resolve(lane)).resolve("var");
    }

    private void print(Lane lane) {
        Counts counts = lane.counts();
        out.println(String.format(
                Locale.ROOT,
                "%-8s %8d %8d %8.1f%% %7d   %s",
                lane.name(),
                counts.calls(),
                counts.errors(),
                100 * counts.failureRate(),
                counts.heals(),
                counts.timeToHeal()));
    }
}
