package org.healingsqlite.cli;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.OutputPath;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentCounts;
import org.healingsqlite.incident.IncidentEntry;
import org.healingsqlite.incident.IncidentExport;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.incident.IncidentStatistics;
import org.healingsqlite.incident.Incidents;
import org.healingsqlite.incident.Severity;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code incidents}: what was healed, step by step; leads to its subcommands, and without one does what {@code list} does. */
@Command(
        name = "incidents",
        description = "Prints the incidents of a database, newest first, with every step and what was lost.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:printed, or there were none", "1:the log cannot be read", "3:wrong use"},
        subcommands = {
            IncidentsCommand.ListAll.class,
            IncidentsCommand.Show.class,
            IncidentsCommand.Resolve.class,
            IncidentsCommand.Stats.class,
            IncidentsCommand.Export.class
        })
final class IncidentsCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "FILE", description = "the database")
    private @Nullable Path file;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private IncidentFilter filter;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (file == null) {
            throw new ParameterException(spec.commandLine(), "Missing required parameter: 'FILE'");
        }
        return list(spec, file, filter);
    }

    /** What is done with the incidents of a database. */
    @FunctionalInterface
    private interface Use {
        int of(Incidents incidents) throws SQLException, IOException;
    }

    private static int with(CommandSpec spec, Path file, Use use) {
        PrintWriter err = spec.commandLine().getErr();
        DatabaseFile database = DatabaseFile.at(file);
        // Of a database that is gone the incidents are asked for most of all.
        if (!Files.isRegularFile(file) && !Files.isDirectory(database.side().path())) {
            err.println(file + ": expected a database, found " + (Files.isDirectory(file) ? "a directory" : "no file"));
            return HealingCommand.USAGE;
        }
        JsonResult.of(spec).put("file", database.main().toString());
        try {
            return use.of(new Incidents(new IncidentLog(database)));
        } catch (SQLException e) {
            err.println(database.side().incidents() + ": " + Disclosure.message(e));
            return 1;
        } catch (IOException e) {
            err.println("Cannot write " + Disclosure.message(e));
            return HealingCommand.USAGE;
        }
    }

    private static void requireApart(Path target, Path file) throws IOException {
        OutputPath.requireApart(target, file);
        OutputPath.requireApart(target, DatabaseFile.at(file).side().incidents());
    }

    private static void write(Path target, String text) throws IOException {
        try (Writer writer = Files.newBufferedWriter(target, StandardOpenOption.CREATE_NEW)) {
            writer.write(text);
        }
    }

    /** An empty word is what a script has whose variable was never set. */
    private static void requireId(CommandSpec spec, String id) {
        if (id.isBlank()) {
            throw new ParameterException(spec.commandLine(), "ID: expected the id of an incident, found an empty text");
        }
    }

    private static int list(CommandSpec spec, Path file, IncidentFilter filter) {
        if (!filter.isValid()) {
            throw new ParameterException(spec.commandLine(), "--limit: expected 1 or more");
        }
        return with(spec, file, incidents -> {
            PrintWriter out = spec.commandLine().getOut();
            List<IncidentEntry> found = incidents.search(filter.query());
            JsonArray all = new JsonArray();
            found.forEach(entry -> all.add(IncidentExport.json(entry)));
            JsonResult.of(spec).put("incidents", all);
            if (found.isEmpty()) {
                out.println(DatabaseFile.at(file).main() + ": no incident");
            }
            found.forEach(entry -> print(entry, out));
            return 0;
        });
    }

    private static void print(IncidentEntry entry, PrintWriter out) {
        Incident incident = entry.incident();
        out.printf(
                "%s  %s, %d ms, %s, %s%s%n  fault      %s%n  diagnosis  %s%n",
                incident.id(),
                incident.outcome().word(),
                incident.elapsed().toMillis(),
                incident.severity().name(),
                incident.component(),
                entry.occurrences() == 1 ? "" : ", " + entry.occurrences() + " times until " + entry.lastAt(),
                incident.fault(),
                incident.diagnosis());
        incident.steps().forEach(step -> out.printf("  step       %s%n", step));
        out.printf("  outcome    %s%n", incident.outcome().explanation());
        if (!incident.outcome().loss().isNone()) {
            out.printf(
                    "  rows       %s%n  lost       %s%n",
                    incident.outcome().loss().completeness().toString(),
                    incident.outcome().loss().explanation());
        }
        entry.error().ifPresent(error -> {
            error.jobId()
                    .ifPresent(id -> out.printf(
                            "  job        %s %s%n", id, error.jobName().orElse("")));
            error.stackTrace().lines().forEach(line -> out.printf("  stack      %s%n", line));
        });
        out.printf(
                "  resolved   %s%n",
                entry.resolution()
                        .map(resolution -> resolution.at()
                                + (resolution.byItself() ? " by itself" : "")
                                + (resolution.note().isEmpty() ? "" : ": " + resolution.note()))
                        .orElse("no"));
    }

    /** {@code incidents list}. */
    @Command(
            name = "list",
            description = "Prints incidents, newest first, with every step and what was lost.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:printed, or there were none", "1:the log cannot be read", "3:wrong use"})
    static final class ListAll implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "the database")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private Path file;

        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it.
        private IncidentFilter filter;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it.
        private CommandSpec spec;

        @Override
        public Integer call() {
            return list(spec, file, filter);
        }
    }

    /** {@code incidents show}. */
    @Command(
            name = "show",
            description = "Prints one incident.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {
                "0:printed, or written",
                "1:there is no such incident, or the log cannot be read",
                "3:wrong use, or writing failed"
            })
    static final class Show implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "FILE", description = "the database")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private Path file;

        @Parameters(index = "1", paramLabel = "ID", description = "the incident's id, as in log and exceptions")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private String id;

        @Option(
                names = "--html",
                paramLabel = "OUT",
                description = "writes it as one file of HTML that needs no other; must not exist")
        private @Nullable Path html;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it.
        private CommandSpec spec;

        @Override
        public Integer call() {
            requireId(spec, id);
            return with(spec, file, incidents -> {
                Path target = html;
                if (target != null) {
                    requireApart(target, file);
                }
                Optional<IncidentEntry> found = incidents.find(id);
                if (found.isEmpty()) {
                    spec.commandLine().getErr().println(file + ": no incident " + id);
                    return 1;
                }
                JsonResult.of(spec).put("incident", IncidentExport.json(found.get()));
                if (target != null) {
                    write(target, IncidentPage.of(found.get()));
                    JsonResult.of(spec).put("output", target.toString());
                    spec.commandLine().getOut().println("Written to " + target + ".");
                    return 0;
                }
                print(found.get(), spec.commandLine().getOut());
                return 0;
            });
        }
    }

    /** {@code incidents resolve}. */
    @Command(
            name = "resolve",
            description = "Notes that nobody has to look at an incident any more.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {
                "0:noted",
                "1:there is no such incident, it was resolved before, or the log cannot be read or written",
                "3:wrong use"
            })
    static final class Resolve implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "FILE", description = "the database")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private Path file;

        @Parameters(index = "1", paramLabel = "ID", description = "the incident's id")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private String id;

        @Option(names = "--note", paramLabel = "TEXT", defaultValue = "", description = "why, for who reads it later")
        @SuppressWarnings("NullAway.Init") // It has a default.
        private String note;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it.
        private CommandSpec spec;

        @Override
        public Integer call() {
            requireId(spec, id);
            return with(spec, file, incidents -> {
                Optional<IncidentEntry> found = incidents.find(id);
                String own = found.map(entry -> entry.incident().id()).orElse(id);
                boolean resolved = incidents.resolve(own, note);
                JsonResult.of(spec).put("id", own);
                JsonResult.of(spec).put("resolved", resolved || found.isPresent());
                if (resolved) {
                    spec.commandLine().getOut().println(own + ": resolved");
                    return 0;
                }
                spec.commandLine()
                        .getErr()
                        .println(file + ": " + (found.isPresent() ? "resolved before: " : "no incident ") + own);
                return 1;
            });
        }
    }

    /** {@code incidents stats}. */
    @Command(
            name = "stats",
            description = "Prints how many incidents there are, of what, and how many nobody had to resolve.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:printed", "1:the log cannot be read", "3:wrong use"})
    static final class Stats implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "the database")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private Path file;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it.
        private CommandSpec spec;

        @Override
        public Integer call() {
            return with(spec, file, incidents -> {
                IncidentStatistics statistics = incidents.statistics();
                JsonResult.of(spec).putAll(json(statistics));
                print(statistics, spec.commandLine().getOut());
                return 0;
            });
        }

        private static JsonObject json(IncidentStatistics statistics) {
            IncidentCounts counts = statistics.counts();
            JsonObject severities = new JsonObject();
            for (Severity severity : Severity.values()) {
                severities.put(severity.name(), counts.bySeverity().get(severity));
            }
            JsonObject json = new JsonObject();
            json.put("total", counts.total());
            json.put("unresolved", counts.unresolved());
            json.put("unresolved_critical", counts.unresolvedCritical());
            json.put("last_24h", counts.last24Hours());
            json.put("by_severity", severities);
            json.put("by_component", new JsonObject(new java.util.TreeMap<String, Object>(statistics.byComponent())));
            json.put(
                    "most_frequent_component",
                    statistics.mostFrequentComponent().orElse(null));
            json.put("healed", statistics.healed());
            json.put("healed_whole", statistics.healedWhole());
            json.put("resolution_rate", number(statistics.resolutionRate()));
            json.put("resolved_without_a_person", number(statistics.withoutAPerson()));
            return json;
        }

        private static @Nullable Double number(OptionalDouble share) {
            return share.isPresent() ? share.getAsDouble() : null;
        }

        private static void print(IncidentStatistics statistics, PrintWriter out) {
            IncidentCounts counts = statistics.counts();
            out.printf("incidents   %d, %d within 24 hours%n", counts.total(), counts.last24Hours());
            out.printf("unresolved  %d, %d critical%n", counts.unresolved(), counts.unresolvedCritical());
            for (Severity severity : Severity.values()) {
                out.printf("  %-9s %d%n", severity.name(), counts.bySeverity().get(severity));
            }
            new java.util.TreeMap<>(statistics.byComponent())
                    .forEach((component, number) -> out.printf("component   %s %d%n", component, number));
            out.printf(
                    "healed      %d, %d of them with every row proven to be there%n",
                    statistics.healed(), statistics.healedWhole());
            out.printf(
                    "resolved    %s, without a person %s%n",
                    share(statistics.resolutionRate()), share(statistics.withoutAPerson()));
        }

        private static String share(OptionalDouble share) {
            return share.isPresent()
                    ? String.format(Locale.ROOT, "%.0f %%", 100 * share.getAsDouble())
                    : "none on record";
        }
    }

    /** {@code incidents export}. */
    @Command(
            name = "export",
            description = "Writes incidents as CSV or JSON, newest first.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:written", "1:the log cannot be read", "3:wrong use, or writing failed"})
    static final class Export implements Callable<Integer> {
        /** What it is written as. */
        private enum Format {
            csv,
            json
        }

        @Parameters(paramLabel = "FILE", description = "the database")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private Path file;

        @Option(
                names = "--format",
                paramLabel = "FORMAT",
                defaultValue = "csv",
                description = "csv (RFC 4180) or json (default: csv)")
        @SuppressWarnings("NullAway.Init") // It has a default.
        private Format format;

        @Option(
                names = {"-o", "--output"},
                paramLabel = "OUT",
                description = "where it goes; must not exist (default: standard output)")
        private @Nullable Path output;

        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it.
        private IncidentFilter filter;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it.
        private CommandSpec spec;

        @Override
        public Integer call() {
            if (!filter.isValid()) {
                throw new ParameterException(spec.commandLine(), "--limit: expected 1 or more");
            }
            return with(spec, file, incidents -> {
                Path target = output;
                if (target != null) {
                    requireApart(target, file);
                }
                StringWriter text = new StringWriter();
                if (format == Format.csv) {
                    incidents.exportCsv(filter.query(), text);
                } else {
                    incidents.exportJson(filter.query(), text);
                }
                if (target == null) {
                    spec.commandLine().getOut().print(text);
                    spec.commandLine().getOut().flush();
                    JsonResult.of(spec).put("text", text.toString());
                    return 0;
                }
                write(target, text.toString());
                JsonResult.of(spec).put("output", target.toString());
                spec.commandLine().getOut().println("Exported to " + target + ".");
                return 0;
            });
        }
    }
}
