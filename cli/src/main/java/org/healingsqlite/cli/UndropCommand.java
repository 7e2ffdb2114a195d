package org.healingsqlite.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.healingsqlite.Healing;
import org.healingsqlite.HealingOption;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code undrop}: rows of dropped tables, out of free pages and the log. */
@Command(
        name = "undrop",
        description =
                "Brings back tables that were dropped, with the rows that are left of them in free pages and in the log: of the copy"
                        + " that was kept when the tables were made again, else of the database as it is. Rows that are there stay.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:brought back, and every row is proven to be there",
            "1:brought back; rows are lost, or it is not known whether they are",
            "2:nothing was brought back; the database is as it was",
            "3:wrong use"
        })
final class UndropCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FILE", description = "the database")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path file;

    @Parameters(
            index = "1..*",
            paramLabel = "TABLE",
            description = "the tables to bring back (default: all of which anything is left)")
    private List<String> tables = List.of();

    @Option(
            names = "--schema",
            paramLabel = "PATHS",
            description = "as healing.schema, for tables whose statement the files no longer tell")
    private @Nullable String schema;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (!Files.isRegularFile(file)) {
            err.println(file + ": expected a database, found no file");
            return HealingCommand.USAGE;
        }
        Map<HealingOption, String> options = new EnumMap<>(HealingOption.class);
        if (schema != null) {
            options.put(HealingOption.SCHEMA, schema);
        }
        options.put(HealingOption.LOG_VALUES, Boolean.toString(Disclosure.showsValues()));
        try {
            Healing healing = Healing.of(file, options);
            healing.addListener(new IncidentListener() {
                @Override
                public void ended(Incident incident) {
                    incident.steps().forEach(step -> out.println("  " + step));
                }
            });
            Outcome outcome = healing.undrop(tables.toArray(String[]::new));
            out.println(file + ": " + outcome.word() + ": " + outcome.explanation());
            if (!outcome.loss().isNone()) {
                out.println("  rows: " + outcome.loss().completeness());
            }
            return !outcome.allowsRetry() ? 2 : outcome.loss().isNone() ? 0 : 1;
        } catch (SQLException e) {
            err.println(file + ": " + Disclosure.message(e));
            return 2;
        }
    }
}
