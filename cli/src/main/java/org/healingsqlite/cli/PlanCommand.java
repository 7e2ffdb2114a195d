package org.healingsqlite.cli;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.healingsqlite.Healing;
import org.healingsqlite.HealingOption;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.heal.PlannedHeal;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code plan}: what a heal would do, and why. Writes nothing. */
@Command(
        name = "plan",
        description = "Tells what a heal would do now, and why. Changes nothing.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:nothing is to be done",
            "1:something would be done",
            "2:nobody could look, for example because it was locked",
            "3:wrong use",
            "4:something is missing or damaged, and is left as it is"
        })
final class PlanCommand implements Callable<Integer> {
    private static final int COULD_NOT_LOOK = 2;

    @Parameters(paramLabel = "FILE", description = "the database")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path file;

    @Option(
            names = "--schema",
            paramLabel = "PATHS",
            description = "as healing.schema: scripts and directories, comma-separated")
    private @Nullable String schema;

    @Option(
            names = "--intent",
            paramLabel = "CAUTION",
            description = "as healing.intent: ask, strict or off (default: as configured)")
    private @Nullable String intent;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        Map<HealingOption, String> options = new EnumMap<>(HealingOption.class);
        if (schema != null) {
            options.put(HealingOption.SCHEMA, schema);
        }
        if (intent != null) {
            options.put(HealingOption.INTENT, intent);
        }
        options.put(HealingOption.LOG_VALUES, Boolean.toString(Disclosure.showsValues()));
        try {
            PlannedHeal plan = Healing.of(file, options).plan();
            JsonResult.of(spec).putAll(json(plan));
            print(plan, spec.commandLine().getOut());
            return switch (plan.verdict()) {
                case NOTHING -> 0;
                case HEAL -> 1;
                case HELD_BACK -> 4;
            };
        } catch (SQLException e) {
            spec.commandLine().getErr().println(file + ": " + Disclosure.message(e));
            return COULD_NOT_LOOK;
        }
    }

    private static void print(PlannedHeal plan, PrintWriter out) {
        String verdict = switch (plan.verdict()) {
            case NOTHING -> "nothing is to be done";
            case HEAL -> "a heal would change it";
            case HELD_BACK -> "it is left as it is";
        };
        out.println(plan.file() + ": " + verdict);
        out.println("  why    " + plan.why());
        evidence(plan).forEach(line -> out.println("  found  " + line));
        plan.steps().forEach(step -> out.println("  step   " + step.words()));
    }

    private static List<String> evidence(PlannedHeal plan) {
        return plan.diagnosis().map(Diagnosis::evidence).orElse(List.of());
    }

    /** {@code file}, {@code verdict}, {@code finding} (null where nobody looked into it), {@code why}, {@code missing}, {@code evidence}, {@code steps}. */
    private static JsonObject json(PlannedHeal plan) {
        JsonArray missing = new JsonArray();
        plan.diagnosis().ifPresent(found -> {
            found.missing().objects().forEach(object -> missing.add(object.type() + " " + object.name()));
            found.missing()
                    .columns()
                    .forEach(columns -> columns.names()
                            .forEach(name ->
                                    missing.add("column " + columns.table().name() + "." + name)));
        });
        JsonArray steps = new JsonArray();
        plan.steps().forEach(step -> {
            JsonObject json = new JsonObject();
            json.put("rung", step.rung().toLowerCase(Locale.ROOT));
            json.put("does", step.words());
            steps.add(json);
        });
        JsonObject json = new JsonObject();
        json.put("file", plan.file().toString());
        json.put("verdict", plan.verdict().name().toLowerCase(Locale.ROOT));
        json.put(
                "finding",
                plan.diagnosis()
                        .map(found -> found.finding().name().toLowerCase(Locale.ROOT))
                        .orElse(null));
        json.put("why", plan.why());
        json.put("missing", missing);
        json.put("evidence", new JsonArray(evidence(plan)));
        json.put("steps", steps);
        return json;
    }
}
