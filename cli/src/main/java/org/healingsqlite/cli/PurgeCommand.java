package org.healingsqlite.cli;

import com.grack.nanojson.JsonArray;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.healingsqlite.Healing;
import org.healingsqlite.heal.Purged;
import org.healingsqlite.log.Disclosure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code purge}: deletes what healing has left beside a database. */
@Command(
        name = "purge",
        description =
                "Deletes what healing has left beside a database and may hold its rows: evidence, lost and found, the record of heals and of lost"
                        + " files, incidents. Without --yes it only tells. What may be the last copy of rows stays without --last-copies.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:deleted, or there is nothing",
            "1:nothing was asked to be deleted, or last copies stay",
            "2:it cannot be deleted",
            "3:wrong use"
        })
final class PurgeCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FILE", description = "the database; it need not exist")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path file;

    @Option(names = "--yes", description = "delete it")
    private boolean yes;

    @Option(names = "--last-copies", description = "with --yes, also what may be the last copy of rows")
    private boolean lastCopies;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        Path side = file.resolveSibling(file.getFileName() + ".healing");
        if (Files.exists(file) ? !Files.isRegularFile(file) : !Files.isDirectory(side)) {
            spec.commandLine().getErr().println(file + ": expected a database, found no file");
            return HealingCommand.USAGE;
        }
        try {
            Purged.Extent extent =
                    !yes ? Purged.Extent.PLAN : lastCopies ? Purged.Extent.LAST_COPIES : Purged.Extent.SAFE;
            return tell(Healing.of(file, Map.of()).purge(extent));
        } catch (SQLException e) {
            spec.commandLine().getErr().println(file + ": " + Disclosure.message(e));
            return 2;
        }
    }

    private int tell(Purged purged) {
        PrintWriter out = spec.commandLine().getOut();
        purged.deleted().forEach(each -> out.println((yes ? "deleted      " : "would delete ") + each));
        purged.lastCopies().forEach(each -> out.println("last copy    " + each));
        if (!purged.lastCopies().isEmpty()) {
            out.println(
                    "What is named a last copy may have rows that are nowhere else, and stays, with the incidents that"
                            + " tell of it; --yes --last-copies deletes it all.");
        }
        JsonResult result = JsonResult.of(spec);
        result.put("file", file.toString());
        result.put("done", yes);
        result.put("deleted", texts(purged.deleted()));
        result.put("last_copies", texts(purged.lastCopies()));
        boolean none = purged.deleted().isEmpty() && purged.lastCopies().isEmpty();
        return none || yes && purged.lastCopies().isEmpty() ? 0 : 1;
    }

    private static JsonArray texts(List<Path> paths) {
        return new JsonArray(paths.stream().map(Path::toString).toList());
    }
}
