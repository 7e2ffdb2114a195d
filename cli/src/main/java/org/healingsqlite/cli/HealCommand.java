package org.healingsqlite.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.EnumMap;
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

/** {@code heal}: what an application's driver would do, done now. */
@Command(
        name = "heal",
        description =
                "Looks for damage and heals it in place, also while applications use the database. A copy of the damaged files is kept first.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:no damage, or healed and every row is proven to be there",
            "1:healed; rows were lost, or it is not known whether they were",
            "2:not healed; the database is as it was",
            "3:wrong use"
        })
final class HealCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "the database")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path file;

    @Option(
            names = "--schema",
            paramLabel = "PATHS",
            description = "as healing.schema: scripts and directories, comma-separated")
    private @Nullable String schema;

    @Option(names = "--refuse-loss", description = "leave the database as it is where not everything can be recovered")
    private boolean refuseLoss;

    @Option(
            names = "--go-on",
            description =
                    "heals although it was damaged again and again, or a heal of the same damage has failed before")
    private boolean goOn;

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
        options.put(HealingOption.ON_LOSS, refuseLoss ? "refuse" : "accept");
        try {
            Healing healing = Healing.of(file, options);
            healing.addListener(new IncidentListener() {
                @Override
                public void ended(Incident incident) {
                    incident.steps().forEach(step -> out.println("  " + step));
                }

                @Override
                public void progressed(Path database, String step) {
                    err.println("... " + step);
                    err.flush();
                }
            });
            if (goOn) {
                healing.resetBreakers();
            }
            Outcome outcome = healing.heal();
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
}
