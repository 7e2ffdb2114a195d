package org.healingsqlite.cli;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.healingsqlite.files.OutputPath;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.salvage.SalvageException;
import org.healingsqlite.salvage.SalvageReport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code salvage}: rows out of a damaged database into a new one. */
@Command(
        name = "salvage",
        description = "Gets rows out of a damaged database into a new one. The damaged file, and the -wal and -journal"
                + " beside it, are read and never touched.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:recovered whole: every row and every object is there, and that is proven",
            "1:recovered; rows or objects are lost or in doubt, or it is not known whether they are",
            "2:nothing to recover; no database is written",
            "3:wrong use, or reading or writing failed"
        })
final class SalvageCommand implements Callable<Integer> {

    @Parameters(paramLabel = "DAMAGED.db", description = "the damaged database")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path damaged;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT.db",
            required = true,
            description = "the new database; must not exist")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path output;

    @Option(
            names = "--schema",
            paramLabel = "schema.sql",
            description = "statements that create what the database had, for what the file no longer tells")
    private @Nullable Path schema;

    @Option(
            names = "--lost-and-found",
            paramLabel = "LF.db",
            description = "database for rows that no table can claim; must not exist, and is made only if there are"
                    + " such rows (default: OUT.db with .lost-and-found.db behind it)")
    private @Nullable Path lostAndFound;

    @Option(
            names = "--main-file-only",
            description = "leaves out the -wal and -journal beside the file: they are those of another one")
    private boolean mainFileOnly;

    @Option(names = "--report", paramLabel = "r.json", description = "where the report goes as JSON")
    private @Nullable Path report;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try {
            Path apart = lostAndFound != null
                    ? lostAndFound
                    : output.resolveSibling(output.getFileName() + ".lost-and-found.db");
            requireApart(apart);
            Salvage salvage = Salvage.of(damaged).lostAndFound(apart).progress(ProgressLine.on(err));
            if (mainFileOnly) {
                salvage.mainFileOnly();
            }
            if (schema != null) {
                salvage.schema(SchemaFile.text(schema));
            }
            SalvageReport done = salvage.into(output);
            if (report != null) {
                Files.writeString(report, done.toJson());
            }
            JsonResult.of(spec).put("output", output.toString());
            JsonResult.of(spec).put("report", read(done.toJson()));
            out.print(done.toText());
            if (done.lostAndFoundRows() > 0 && Files.exists(apart, LinkOption.NOFOLLOW_LINKS)) {
                out.println("  rows that no table could claim: " + apart);
            }
            out.flush();
            return switch (done.outcome()) {
                case WHOLE -> 0;
                case LOSSES -> 1;
                case NOTHING -> 2;
            };
        } catch (SalvageException e) {
            err.println(Disclosure.message(e));
        } catch (IOException e) {
            err.println("Cannot read or write " + Disclosure.message(e));
        }
        err.flush();
        return HealingCommand.USAGE;
    }

    private static JsonObject read(String report) {
        try {
            return JsonParser.object().from(report);
        } catch (JsonParserException e) {
            throw new IllegalStateException("a report that is no JSON", e);
        }
    }

    /** What the salvage itself does not know of: the script is read, and the report is written when all else is. */
    private void requireApart(Path apart) throws IOException {
        if (schema != null) {
            OutputPath.requireApart(output, schema);
            OutputPath.requireApart(apart, schema);
        }
        if (report != null) {
            OutputPath.requireApart(report, damaged);
            OutputPath.requireApart(report, output);
            OutputPath.requireApart(report, apart);
            if (schema != null) {
                OutputPath.requireApart(report, schema);
            }
        }
    }
}
