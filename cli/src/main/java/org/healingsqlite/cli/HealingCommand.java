package org.healingsqlite.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.healingsqlite.log.Disclosure;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The program {@code healing-sqlite}: does nothing itself, leads to its subcommands. */
@Command(
        name = "healing-sqlite",
        description = "Keeps SQLite databases alive.",
        mixinStandardHelpOptions = true,
        versionProvider = HealingCommand.Version.class,
        subcommands = {
            StatusCommand.class,
            CheckCommand.class,
            PlanCommand.class,
            HealCommand.class,
            IncidentsCommand.class,
            VerifyCommand.class,
            SalvageCommand.class,
            UndropCommand.class,
            ForgetCommand.class,
            PurgeCommand.class,
            ArchiveCommand.class,
            ReplicaCommand.class,
            DownCommand.class,
            AttachCommand.class,
            ModeCommand.class,
            AutoComplete.GenerateCompletion.class
        })
public final class HealingCommand implements Runnable {

    /** Wrong use: unknown options, missing files. */
    static final int USAGE = 3;

    @Option(
            names = "--log-values",
            scope = ScopeType.INHERIT,
            description =
                    "show values of rows and literals of statements in what is printed; by default they are left out")
    private boolean logValues;

    @Option(
            names = "--json",
            scope = ScopeType.INHERIT,
            description = "print the result as JSON (docs/cli.schema.json)")
    private boolean json;

    private final JsonResult result = new JsonResult();

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
    private CommandSpec spec;

    /** What the command has to tell for programs. */
    JsonResult result() {
        return result;
    }

    /** The version that this program was built as. */
    static String version() throws IOException {
        try (InputStream version = HealingCommand.class.getResourceAsStream("version.txt")) {
            return new String(Objects.requireNonNull(version).readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }

    /** The answer to {@code --version}. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() throws IOException {
            return new String[] {"healing-sqlite " + version()};
        }
    }

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    /** Runs a command line and returns the exit code. */
    static int run(String... arguments) {
        return commandLine().execute(arguments);
    }

    static CommandLine commandLine() {
        HealingCommand command = new HealingCommand();
        CommandLine line = new CommandLine(command);
        line.setOut(new LineWriter(line.getOut()));
        line.setErr(new LineWriter(line.getErr()));
        CommandLine.IExecutionStrategy each = line.getExecutionStrategy();
        line.setExecutionStrategy(parsed -> {
            try (Disclosure.Scope ignored = Disclosure.ofValues(command.logValues)) {
                return command.json ? JsonResult.run(line, command.result, each, parsed) : each.execute(parsed);
            }
        });
        // A file whose name begins with @ is a database, too, and no list of arguments.
        line.setExpandAtFiles(false);
        line.setParameterExceptionHandler((exception, args) -> {
            CommandLine failed = exception.getCommandLine();
            // What was given cannot be relied on to have been read.
            if (List.of(args).contains("--json")) {
                JsonResult.wrongUse(line, failed.getCommandSpec(), String.valueOf(exception.getMessage()));
            }
            failed.getErr().println(exception.getMessage());
            failed.usage(failed.getErr());
            return USAGE;
        });
        return line;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }
}
