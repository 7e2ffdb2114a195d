package org.healingsqlite.cli;

import com.grack.nanojson.JsonArray;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.schema.RegisteredSchema;
import org.healingsqlite.schema.SchemaApplier;
import org.healingsqlite.schema.Scripts;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code down}: undoes migrations by their {@code U1__name.sql} scripts. Never done by healing. */
@Command(
        name = "down",
        description =
                "Undoes migrations, the latest first, by their U<version>__name.sql scripts. What these drop is lost.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:undone", "1:a script is missing or failed; nothing was changed", "3:wrong use"})
final class DownCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "the database")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path file;

    @Option(
            names = "--schema",
            paramLabel = "PATHS",
            required = true,
            description = "scripts and directories, comma-separated")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private String schema;

    @Option(
            names = "--to",
            paramLabel = "VERSION",
            required = true,
            description = "the version to go back to; 0 undoes all")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private String version;

    @Option(names = "--lose-data", required = true, description = "says that you know that rows will be lost")
    private boolean loseData;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (!loseData) {
            spec.commandLine().getErr().println("--lose-data: expected true");
            return 3;
        }
        try (Connection connection = Sqlite.open(file, Access.EXISTING)) {
            RegisteredSchema registered =
                    RegisteredSchema.load(Scripts.trusted(List.of(schema.split(",", -1))), Sqlite::openInMemory);
            List<String> steps = SchemaApplier.down(connection, registered, version, file.toString())
                    .steps();
            JsonResult.of(spec).put("file", file.toString());
            JsonResult.of(spec).put("steps", new JsonArray(steps));
            steps.forEach(spec.commandLine().getOut()::println);
            return 0;
        } catch (SQLException e) {
            spec.commandLine().getErr().println(file + ": " + Disclosure.message(e));
            return 1;
        }
    }
}
