package org.healingsqlite.cli;

import com.grack.nanojson.JsonArray;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.healingsqlite.Healing;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.log.Disclosure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code check}: looks for damage and changes nothing. */
@Command(
        name = "check",
        description = "Looks for damage, thoroughly, and changes nothing.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:no damage",
            "1:damaged",
            "2:nobody could look, for example because it was locked",
            "3:wrong use"
        })
final class CheckCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "the database")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path file;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (!Files.isRegularFile(file)) {
            spec.commandLine().getErr().println(file + ": expected a database, found no file");
            return HealingCommand.USAGE;
        }
        try {
            Diagnosis diagnosis = Healing.of(file, Map.of()).check();
            boolean healthy = diagnosis.finding() == Diagnosis.Finding.HEALTHY;
            JsonResult result = JsonResult.of(spec);
            result.put("file", file.toString());
            result.put("finding", diagnosis.finding().name().toLowerCase(Locale.ROOT));
            result.put("evidence", new JsonArray(diagnosis.evidence()));
            out.println(file + ": " + (healthy ? "no damage" : diagnosis));
            diagnosis.evidence().forEach(line -> out.println("  " + line));
            return healthy ? 0 : 1;
        } catch (SQLException e) {
            spec.commandLine().getErr().println(file + ": " + Disclosure.message(e));
            return 2;
        }
    }
}
