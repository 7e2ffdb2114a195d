package org.healingsqlite.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import org.healingsqlite.Healing;
import org.healingsqlite.log.Disclosure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code forget}: a database is about to be deleted, renamed or replaced on purpose. */
@Command(
        name = "forget",
        description =
                "Says that what happens to a database within the next ten minutes is meant: whoever has it open moves to what is at"
                        + " the path then, and nothing of it comes back. Before it is deleted (a factory reset), renamed (rotation) or replaced."
                        + " Deletes and changes nothing itself.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:forgotten", "2:it could not be noted beside the database", "3:wrong use"})
final class ForgetCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FILE", description = "the database; it need not exist")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path file;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            spec.commandLine().getErr().println(file + ": expected a database, found no file");
            return HealingCommand.USAGE;
        }
        try {
            Healing.forget(file);
            JsonResult.of(spec).put("file", file.toString());
            spec.commandLine()
                    .getOut()
                    .println(file + ": forgotten; nothing of it comes back that goes within ten minutes");
            return 0;
        } catch (SQLException e) {
            spec.commandLine().getErr().println(file + ": " + Disclosure.message(e));
            return 2;
        }
    }
}
