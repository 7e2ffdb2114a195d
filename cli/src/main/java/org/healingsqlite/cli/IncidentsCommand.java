package org.healingsqlite.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.log.Disclosure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code incidents}: what was healed, step by step. */
@Command(
        name = "incidents",
        description = "Prints the incidents of a database, newest first, with every step and what was lost.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:printed, or there were none", "1:the log cannot be read", "3:wrong use"})
final class IncidentsCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "the database")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path file;

    @Option(
            names = "--limit",
            paramLabel = "COUNT",
            defaultValue = "20",
            description = "the most to print (default: 20)")
    private int limit;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        DatabaseFile database = DatabaseFile.at(file);
        try {
            List<Incident> incidents = new IncidentLog(database).recent(limit);
            if (incidents.isEmpty()) {
                out.println(database.main() + ": no incident");
            }
            for (Incident incident : incidents) {
                out.printf(
                        "%s  %s, %d ms%n  fault      %s%n  diagnosis  %s%n",
                        incident.id(),
                        incident.outcome().word(),
                        incident.elapsed().toMillis(),
                        incident.fault(),
                        incident.diagnosis());
                incident.steps().forEach(step -> out.printf("  step       %s%n", step));
                out.printf("  outcome    %s%n", incident.outcome().explanation());
                if (!incident.outcome().loss().isNone()) {
                    out.printf("  lost       %s%n", incident.outcome().loss().explanation());
                }
            }
            return 0;
        } catch (SQLException e) {
            spec.commandLine().getErr().println(database.side().incidents() + ": " + Disclosure.message(e));
            return 1;
        }
    }
}
