package org.healingsqlite.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import org.healingsqlite.Healing;
import org.healingsqlite.HealingDataSource;
import org.healingsqlite.log.Disclosure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code verify}: whether a database has the registered schema; what is missing is added. */
@Command(
        name = "verify",
        description = "Looks whether a database has the schema it should have, and adds what is missing.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:valid, or recovered",
            "1:not valid, and it could not be recovered",
            "3:wrong use, or no file and no --create"
        })
final class VerifyCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "the database")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path file;

    @Option(
            names = "--schema",
            paramLabel = "PATHS",
            required = true,
            description = "as healing.schema: scripts and directories, comma-separated")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private String schema;

    @Option(names = "--create", description = "make the database where there is no file")
    private boolean create;

    @Option(names = "--observe", description = "look only, change nothing")
    private boolean observe;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (!create && !Files.isRegularFile(file)) {
            spec.commandLine()
                    .getErr()
                    .println(file + ": expected a database, found "
                            + (Files.isDirectory(file) ? "a directory" : "no file") + "; --create makes one");
            return HealingCommand.USAGE;
        }
        HealingDataSource source = new HealingDataSource("jdbc:healing:sqlite:" + file);
        source.setSchema(schema);
        source.setLogValues(Disclosure.showsValues());
        source.setMode(observe ? "observe" : "heal");
        try (Connection connection = source.getConnection()) {
            Healing healing = Healing.of(connection);
            boolean valid = healing.verify();
            boolean recovered = valid && healing.statistics().initialisations() > 0;
            JsonResult.of(spec).put("file", file.toString());
            JsonResult.of(spec).put("valid", valid);
            JsonResult.of(spec).put("recovered", recovered);
            spec.commandLine()
                    .getOut()
                    .println(file + ": " + (!valid ? "not valid" : recovered ? "recovered" : "valid"));
            return valid ? 0 : 1;
        } catch (SQLException e) {
            spec.commandLine().getErr().println(file + ": " + Disclosure.message(e));
            return 1;
        }
    }
}
