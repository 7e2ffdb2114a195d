package org.healingsqlite.cli;

import org.healingsqlite.log.Disclosure;
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
        version = "healing-sqlite",
        subcommands = {
            StatusCommand.class,
            CheckCommand.class,
            PlanCommand.class,
            HealCommand.class,
            IncidentsCommand.class,
            VerifyCommand.class,
            SalvageCommand.class,
            UndropCommand.class,
            ArchiveCommand.class,
            DownCommand.class,
            AttachCommand.class
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

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
    private CommandSpec spec;

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
                return each.execute(parsed);
            }
        });
        // A file whose name begins with @ is a database, too, and no list of arguments.
        line.setExpandAtFiles(false);
        line.setParameterExceptionHandler((exception, args) -> {
            CommandLine failed = exception.getCommandLine();
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
