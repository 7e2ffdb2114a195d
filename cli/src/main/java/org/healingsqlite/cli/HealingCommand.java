package org.healingsqlite.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
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
            HealCommand.class,
            IncidentsCommand.class,
            VerifyCommand.class,
            SalvageCommand.class,
            ArchiveCommand.class,
            DownCommand.class,
            AttachCommand.class
        })
public final class HealingCommand implements Runnable {

    /** Wrong use: unknown options, missing files. */
    static final int USAGE = 3;

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
        CommandLine line = new CommandLine(new HealingCommand());
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
