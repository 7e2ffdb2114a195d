package org.healingsqlite.cli;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.healingsqlite.replica.Replica;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code replica}: what a store has of a database; leads to its subcommands. */
@Command(
        name = "replica",
        description = "Tells what a replica has, and restores from it.",
        mixinStandardHelpOptions = true,
        subcommands = {
            ReplicaCommand.Status.class,
            ReplicaCommand.Histories.class,
            ReplicaCommand.Restore.class,
            ReplicaCommand.Verify.class
        })
final class ReplicaCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command: status, list, restore or verify?");
    }

    /** What all subcommands have. */
    abstract static class OfStore implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "URL", description = "the store, such as file:///backups/app")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private String url;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it.
        private CommandSpec spec;

        @Override
        public Integer call() {
            try {
                return run(Replica.at(new URI(url)), spec.commandLine().getOut(), JsonResult.of(spec));
            } catch (URISyntaxException e) {
                return failed(url + ": expected the address of a store, such as file:///backups/app");
            } catch (IOException e) {
                return failed(String.valueOf(e.getMessage()));
            }
        }

        int failed(String message) {
            spec.commandLine().getErr().println(message);
            return HealingCommand.USAGE;
        }

        CommandSpec spec() {
            return spec;
        }

        abstract int run(Replica replica, PrintWriter out, JsonResult result) throws IOException;
    }

    private static @Nullable String text(Optional<?> value) {
        return value.map(Object::toString).orElse(null);
    }

    /** {@code replica status}. */
    @Command(
            name = "status",
            description = "Tells what would be restored, and who ships now.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:there is something to restore", "1:there is nothing", "3:wrong use, or it cannot be read"
            })
    static final class Status extends OfStore {
        @Override
        int run(Replica replica, PrintWriter out, JsonResult result) throws IOException {
            List<Replica.History> all = replica.histories();
            Optional<Replica.History> newest = all.isEmpty()
                    ? Optional.empty()
                    : Optional.of(all.get(all.size() - 1))
                            .filter(each -> each.from().isPresent() && !each.ended());
            Optional<String> holder = replica.holder();
            result.put("store", replica.toString());
            result.put("generation", text(newest.map(Replica.History::generation)));
            result.put("as_of", text(newest.map(Replica.History::to)));
            result.put("shipped_by", text(holder));
            out.println("store      " + replica);
            out.println("newest     "
                    + newest.map(each -> "generation " + each.generation() + ", last stored " + each.to())
                            .orElse("nothing that comes back by itself"));
            out.println("shipped by " + holder.orElse("nobody now"));
            return newest.isPresent() ? 0 : 1;
        }
    }

    /** {@code replica list}. */
    @Command(
            name = "list",
            description = "Lists the histories in a store, oldest first.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:listed", "3:wrong use, or it cannot be read"})
    static final class Histories extends OfStore {
        @Override
        int run(Replica replica, PrintWriter out, JsonResult result) throws IOException {
            JsonArray array = new JsonArray();
            for (Replica.History each : replica.histories()) {
                JsonObject object = new JsonObject();
                object.put("generation", each.generation());
                object.put("number", each.number());
                object.put("ended", each.ended());
                object.put("from", text(each.from()));
                object.put("to", each.to().toString());
                object.put("snapshots", each.snapshots());
                object.put("segments", each.segments());
                object.put("bytes", each.sizeBytes());
                array.add(object);
                out.println(each.generation() + "  "
                        + each.from()
                                .map(from -> "from " + from + " to " + each.to())
                                .orElse("not complete")
                        + "  " + each.snapshots() + " snapshots, " + each.segments() + " segments, "
                        + each.sizeBytes() + " bytes" + (each.ended() ? ", ended" : ""));
            }
            result.put("store", replica.toString());
            result.put("generations", array);
            return 0;
        }
    }

    /** {@code replica restore}. */
    @Command(
            name = "restore",
            description = "Makes a database of what a store has, and checks it.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {
                "0:restored, and sound",
                "1:restored, and SQLite's check finds damage",
                "3:wrong use, or it cannot be restored"
            })
    static final class Restore extends OfStore {
        @Option(names = "--at", paramLabel = "TIME", description = "as of which moment, such as 2026-11-30T10:00:00Z")
        private @Nullable String at;

        @Option(names = "-o", paramLabel = "FILE", required = true, description = "where to; nothing may be there")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private Path output;

        @Override
        int run(Replica replica, PrintWriter out, JsonResult result) throws IOException {
            Optional<Instant> moment = Optional.ofNullable(at).map(text -> ArchiveCommand.moment(spec(), text));
            Replica.Restored restored = replica.restore(moment, output);
            List<String> problems = Replica.problems(output);
            result.put("file", output.toString());
            result.put("generation", restored.generation());
            result.put("as_of", restored.asOf().toString());
            result.put("problems", new JsonArray(problems));
            out.println(output + ": generation " + restored.generation() + ", last stored " + restored.asOf() + ", "
                    + (problems.isEmpty() ? "sound" : "damaged"));
            problems.forEach(problem -> out.println("  " + problem));
            return problems.isEmpty() ? 0 : 1;
        }
    }

    /** {@code replica verify}. */
    @Command(
            name = "verify",
            description =
                    "Restores the newest state into a temporary file, checks it, and deletes it again. For a drill every week.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {
                "0:it can be restored, and is sound",
                "1:restored, and SQLite's check finds damage",
                "3:wrong use, or it cannot be restored"
            })
    static final class Verify extends OfStore {
        @Option(names = "--scratch", paramLabel = "DIR", description = "where the temporary file goes")
        private @Nullable Path scratch;

        @Override
        int run(Replica replica, PrintWriter out, JsonResult result) throws IOException {
            Path directory = scratch == null ? Path.of(System.getProperty("java.io.tmpdir", ".")) : scratch;
            if (!Files.isDirectory(directory)) {
                return failed(directory + ": expected a directory");
            }
            List<String> problems = replica.verify(directory);
            result.put("store", replica.toString());
            result.put("problems", new JsonArray(problems));
            out.println(replica + ": " + (problems.isEmpty() ? "restored, sound" : "restored, damaged"));
            problems.forEach(problem -> out.println("  " + problem));
            return problems.isEmpty() ? 0 : 1;
        }
    }
}
