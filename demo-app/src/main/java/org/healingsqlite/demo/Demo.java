package org.healingsqlite.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.healingsqlite.demo.report.ActResult;
import org.healingsqlite.demo.report.DriverLog;
import org.healingsqlite.demo.report.Summary;
import org.healingsqlite.demo.report.Timeline;
import org.healingsqlite.demo.scenario.Pace;
import org.healingsqlite.demo.scenario.Player;
import org.healingsqlite.demo.scenario.Scenario;
import org.healingsqlite.demo.scenario.Scenarios;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code ./demo}: plays scenarios and says whether they went as they must. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description =
                "Plays applications whose SQLite database breaks, on plain sqlite-jdbc and on Healing SQLite at once.",
        footer = {
            "",
            "Exit status: 0 where the healing lane saw no error and the plain lane did, 1 otherwise, 2 for wrong usage."
        })
final class Demo implements Callable<Integer> {
    @Parameters(
            paramLabel = "SCENARIO",
            description = "What to play: S0 to S4; everything where nothing is named. --list tells what they are.")
    private List<Scenario> chosen = Scenarios.ALL;

    @Option(names = "--list", description = "List the scenarios and their acts.")
    private boolean list;

    @Option(
            names = "--speed",
            paramLabel = "FACTOR",
            description = "Seconds of the applications in one second of the demo (default: 8).")
    private Pace pace = new Pace(8);

    @Option(
            names = "--directory",
            paramLabel = "DIRECTORY",
            description =
                    "Where the databases and the log go, and stay (default: a temporary directory, kept where the demo fails).")
    private @Nullable Path parent;

    private final PrintStream out;

    private Demo(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) {
        System.exit(run(new PrintStream(System.out, true, StandardCharsets.UTF_8), arguments));
    }

    /** Runs the demo; gives its exit status. */
    static int run(PrintStream out, String... arguments) {
        return new CommandLine(new Demo(out))
                .registerConverter(Pace.class, Demo::pace)
                .registerConverter(Scenario.class, Demo::scenario)
                .execute(arguments);
    }

    private static Pace pace(String speed) {
        try {
            return new Pace(Double.parseDouble(speed));
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("expected a number above 0, found " + speed);
        }
    }

    private static Scenario scenario(String name) {
        return Scenarios.ALL.stream()
                .filter(scenario -> scenario.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("expected one of "
                        + Scenarios.ALL.stream().map(Scenario::name).toList() + ", found " + name));
    }

    @Override
    public Integer call() throws IOException, SQLException, InterruptedException {
        if (list) {
            list(chosen);
            return CommandLine.ExitCode.OK;
        }
        Path directory = createDirectory();
        DriverLog log = new DriverLog(directory.resolve("demo.log"));
        log.open();
        out.println("Databases and log: " + directory);
        Player player = new Player(directory, pace, new Timeline(out, System::nanoTime), log);
        List<ActResult> results = new ArrayList<>();
        for (Scenario scenario : chosen) {
            results.addAll(player.play(scenario));
        }
        Summary summary = new Summary(results);
        summary.print(out);
        if (summary.isGood() && parent == null) {
            delete(directory);
        }
        return summary.isGood() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private Path createDirectory() throws IOException {
        String prefix = "healing-sqlite-demo-";
        Path directory = parent == null
                ? Files.createTempDirectory(prefix)
                : Files.createTempDirectory(Files.createDirectories(parent), prefix);
        return directory.toRealPath();
    }

    private void list(List<Scenario> scenarios) {
        for (Scenario scenario : scenarios) {
            out.println(scenario.name() + "  " + scenario.title());
            scenario.titles().forEach(title -> out.println("      " + title));
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            paths.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
