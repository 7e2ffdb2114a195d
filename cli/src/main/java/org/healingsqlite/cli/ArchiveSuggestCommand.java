package org.healingsqlite.cli;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import org.healingsqlite.cli.suggest.ManifestSuggestion;
import org.healingsqlite.log.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code archive suggest}. */
@Command(
        name = "suggest",
        description =
                "Proposes a manifest for text that an application has written, from the files and the schema, and tries it:"
                        + " rows by table and the first of them, what is guessed, and what has no place. What it prints is a manifest;"
                        + " the rest stands behind #.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:everything has a place, and every line became a row",
            "1:something has none; what is missing is listed",
            "3:wrong use, or no archive"
        })
final class ArchiveSuggestCommand implements Callable<Integer> {
    @Parameters(paramLabel = "ARCHIVE", description = "the archive's directory; nothing is written there")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path archive;

    @Option(names = "--schema", paramLabel = "schema.sql", required = true, description = "the database's schema")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path schema;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
    private CommandSpec spec;

    @Override
    public Integer call() {
        try {
            ManifestSuggestion suggestion = ManifestSuggestion.of(archive, SchemaFile.text(schema));
            PrintWriter out = spec.commandLine().getOut();
            out.print(suggestion.manifest());
            list(out, "Guessed; look at each:", suggestion.guesses());
            list(out, "Without a place:", suggestion.unplaced());
            list(out, "Tried:", suggestion.check().toText().lines().toList());
            out.flush();
            JsonResult json = JsonResult.of(spec);
            json.put("manifest", suggestion.manifest());
            json.put("guesses", new JsonArray(suggestion.guesses()));
            json.put("without_place", new JsonArray(suggestion.unplaced()));
            JsonObject check = JsonParser.object().from(suggestion.check().toJson());
            json.put("check", check);
            return suggestion.complete() ? 0 : 1;
        } catch (JsonParserException e) {
            throw new IllegalStateException("The check's own JSON cannot be read", e);
        } catch (SQLException | IOException e) {
            return ArchiveCommand.failed(spec, e);
        }
    }

    private static void list(PrintWriter out, String title, List<String> lines) {
        out.println();
        out.println("# " + (lines.isEmpty() ? title.replaceAll("[;:].*", "") + ": nothing" : title));
        lines.forEach(line -> out.println("#   " + Printable.of(line)));
    }
}
