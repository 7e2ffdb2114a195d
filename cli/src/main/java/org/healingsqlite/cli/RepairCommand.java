package org.healingsqlite.cli;

import com.grack.nanojson.JsonArray;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.healingsqlite.Healing;
import org.healingsqlite.HealingOption;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A command that repairs a database: prints its steps and what came of it. */
abstract class RepairCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FILE", description = "the database")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path file;

    @Option(
            names = "--schema",
            paramLabel = "PATHS",
            description = "as healing.schema: scripts and directories, comma-separated")
    private @Nullable String schema;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    /** Adds options of its own. */
    void addOptions(Map<HealingOption, String> options) {}

    /** Repairs. */
    abstract Outcome repair(Healing healing) throws SQLException;

    @Override
    public final Integer call() {
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
        addOptions(options);
        try {
            List<String> steps = new ArrayList<>();
            Healing healing = Healing.of(file, options);
            healing.addListener(new Printer(out, err, steps));
            Outcome outcome = repair(healing);
            tell(outcome, steps);
            out.println(file + ": " + outcome.word() + ": " + outcome.explanation());
            if (!outcome.loss().isNone()) {
                out.println("  rows: " + outcome.loss().completeness());
                out.println("  lost: " + outcome.loss().explanation());
            }
            return !outcome.allowsRetry() ? 2 : outcome.loss().isNone() ? 0 : 1;
        } catch (SQLException e) {
            err.println(file + ": " + Disclosure.message(e));
            return 2;
        }
    }

    private void tell(Outcome outcome, List<String> steps) {
        JsonResult result = JsonResult.of(spec);
        Completeness completeness = outcome.loss().completeness();
        boolean healed = outcome instanceof Outcome.Healed;
        OptionalLong most = completeness.atMost();
        result.put("file", file.toString());
        result.put("outcome", outcome.word());
        result.put("explanation", outcome.explanation());
        result.put("steps", new JsonArray(steps));
        result.put("whole", healed ? completeness.isWhole() : null);
        result.put(
                "rows_lost_at_least",
                healed && !(completeness instanceof Completeness.Unknown) ? completeness.atLeast() : null);
        result.put("rows_lost_at_most", healed && most.isPresent() ? most.getAsLong() : null);
        result.put("lost", outcome.loss().explanation());
    }

    /** Prints steps: the current one to standard error, those of the whole to standard output. */
    private record Printer(PrintWriter out, PrintWriter err, List<String> steps) implements IncidentListener {
        @Override
        public void ended(Incident incident) {
            incident.steps().forEach(step -> out.println("  " + step));
            steps.addAll(incident.steps());
        }

        @Override
        public void progressed(Path database, String step) {
            err.println("... " + step);
            err.flush();
        }
    }
}
