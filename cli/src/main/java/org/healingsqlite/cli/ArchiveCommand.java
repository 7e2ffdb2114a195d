package org.healingsqlite.cli;

import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.concurrent.Callable;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveCheck;
import org.healingsqlite.archive.ArchiveExport;
import org.healingsqlite.archive.ArchiveHistory;
import org.healingsqlite.archive.ArchiveImport;
import org.healingsqlite.archive.ArchiveRestore;
import org.healingsqlite.archive.ImportReport;
import org.healingsqlite.archive.MergePolicy;
import org.healingsqlite.archive.Problem;
import org.healingsqlite.files.OutputPath;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code archive}: text archives of databases; leads to its subcommands. */
@Command(
        name = "archive",
        description = "Writes, reads and checks text archives of databases.",
        mixinStandardHelpOptions = true,
        subcommands = {
            ArchiveCommand.Export.class,
            ArchiveCommand.Import.class,
            ArchiveCommand.Verify.class,
            ArchiveCommand.Check.class,
            ArchiveSuggestCommand.class
        })
final class ArchiveCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command: export, import, verify, check or suggest?");
    }

    private static Connection open(Path database) throws SQLException {
        return Sqlite.open(database, Access.EXISTING);
    }

    /** The moment that {@code --at} names. */
    static Instant moment(CommandSpec spec, String time) {
        try {
            return time.matches(".*(?:Z|[+-]\\d{2}:\\d{2})")
                    ? OffsetDateTime.parse(time).toInstant()
                    : LocalDateTime.parse(time).atZone(ZoneId.systemDefault()).toInstant();
        } catch (DateTimeParseException e) {
            throw new ParameterException(
                    spec.commandLine(), "--at is " + time + ": expected a time such as 2026-11-30T12:00:00Z", e);
        }
    }

    static int failed(CommandSpec spec, Exception e) {
        spec.commandLine()
                .getErr()
                .println(e instanceof SQLException ? "SQLite: " + Disclosure.message(e) : Disclosure.message(e));
        return HealingCommand.USAGE;
    }

    /** {@code archive export}. */
    @Command(
            name = "export",
            description =
                    "Writes every row of a database as text. An archive that is there is replaced only by a good one.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {
                "0:written and read again",
                "1:written, but with --at not all of what there was could be read; what was not is listed",
                "3:wrong use, a damaged database, or writing failed"
            })
    static final class Export implements Callable<Integer> {
        @Parameters(
                index = "0",
                paramLabel = "FILE.db",
                description = "the database; with --at an archive that is kept")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private Path database;

        @Parameters(index = "1", paramLabel = "ARCHIVE", description = "the archive's directory; made if missing")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private Path archive;

        @Option(
                names = "--at",
                paramLabel = "TIME",
                description =
                        "what there was at a time, from an archive that is kept (archiveHistory): 2026-11-30T12:00:00Z,"
                                + " or without Z in the system's time zone")
        private @Nullable String at;

        @Option(names = "--even-empty", description = "let a database without rows replace an archive that has some")
        private boolean evenEmpty;

        @Spec
        @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
        private CommandSpec spec;

        @Override
        public Integer call() {
            if (at != null) {
                return earlier(at);
            }
            return export(database);
        }

        private int earlier(String time) {
            Path scratch = null;
            try {
                Instant moment = moment(spec, time);
                scratch = Files.createTempDirectory("healing-archive-at");
                Path restored = scratch.resolve("at.db");
                ArchiveHistory.Restored then = ArchiveHistory.of(database).restore(moment, restored);
                int code = export(restored);
                PrintWriter out = spec.commandLine().getOut();
                out.println("As of " + moment + "; the rows were written at " + then.written() + ".");
                if (code != 0 || then.report().complete()) {
                    return code;
                }
                out.println("Not all of what there was could be read:");
                then.report().problems().forEach(problem -> out.println("  " + problem));
                return 1;
            } catch (SQLException | IOException e) {
                return failed(spec, e);
            } finally {
                if (scratch != null) {
                    delete(scratch);
                }
            }
        }

        private static void delete(Path scratch) {
            try {
                Files.deleteIfExists(scratch.resolve("at.db"));
                Files.deleteIfExists(scratch);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private int export(Path from) {
            try (Connection connection =
                    Sqlite.open(from, Access.EXISTING.confined().looking())) {
                ArchiveExport export = ArchiveExport.of(connection);
                if (evenEmpty) {
                    export.evenEmpty();
                }
                ArchiveExport.Summary summary =
                        export.into(archive, ProgressLine.on(spec.commandLine().getErr()));
                PrintWriter out = spec.commandLine().getOut();
                summary.rows().forEach((table, rows) -> out.println("  " + table + ": " + rows + " rows"));
                out.println("Exported " + summary.totalRows() + " rows to " + archive + ".");
                return 0;
            } catch (SQLException | IOException e) {
                return failed(spec, e);
            }
        }
    }

    /** {@code archive import}. */
    @Command(
            name = "import",
            description =
                    "Brings the rows of an archive into a database: into one that is there, key by key, or a new one.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {
                "0:every row is there",
                "1:some of the archive is not there; the report lists it",
                "3:wrong use, or reading or writing failed; the database is as it was"
            })
    static final class Import implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "ARCHIVE", description = "the archive's directory")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private Path archive;

        @Parameters(index = "1", paramLabel = "FILE.db", description = "the database")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private Path database;

        @Option(
                names = "--schema",
                paramLabel = "schema.sql",
                description = "the schema of a new database, if the archive has none")
        private @Nullable Path schema;

        @Option(
                names = "--archive-wins",
                description = "where both have a row of the same key, take the archive's values")
        private boolean archiveWins;

        @Spec
        @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
        private CommandSpec spec;

        @Override
        public Integer call() {
            try {
                ImportReport report = load(Archive.open(archive));
                spec.commandLine().getOut().print(report.toText());
                spec.commandLine().getOut().flush();
                return report.complete() && report.danglingReferences() == 0 ? 0 : 1;
            } catch (SQLException | IOException e) {
                return failed(spec, e);
            }
        }

        private ImportReport load(Archive opened) throws SQLException, IOException {
            // Opening it is enough for SQLite to write back a log, or roll back a journal, that is none of its own.
            opened.requireApart(database);
            if (schema != null) {
                OutputPath.requireApart(database, schema);
            }
            if (!Files.exists(database)) {
                ArchiveRestore restore =
                        schema == null ? ArchiveRestore.of(opened) : ArchiveRestore.of(opened, SchemaFile.text(schema));
                return restore.into(database, ProgressLine.on(spec.commandLine().getErr()));
            }
            try (Connection connection = open(database)) {
                return ArchiveImport.of(opened)
                        .into(
                                connection,
                                archiveWins ? MergePolicy.ARCHIVE_WINS : MergePolicy.DATABASE_WINS,
                                ProgressLine.on(spec.commandLine().getErr()));
            }
        }
    }

    /** {@code archive verify}. */
    @Command(
            name = "verify",
            description = "Reads an archive to its end: checksums, form, promised rows.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:sound", "1:not sound; what is wrong is listed", "3:wrong use, or no archive"})
    static final class Verify implements Callable<Integer> {
        @Parameters(paramLabel = "ARCHIVE", description = "the archive's directory")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private Path archive;

        @Spec
        @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
        private CommandSpec spec;

        @Override
        public Integer call() {
            try {
                List<Problem> problems = Archive.open(archive).verify();
                PrintWriter out = spec.commandLine().getOut();
                problems.forEach(problem -> out.println("  " + problem));
                out.println(archive + (problems.isEmpty() ? ": sound" : ": " + problems.size() + " problems"));
                return problems.isEmpty() ? 0 : 1;
            } catch (IOException e) {
                return failed(spec, e);
            }
        }
    }

    /** {@code archive check}. */
    @Command(
            name = "check",
            description =
                    "Tries an archive without any database of yours: rows by table and the first of them, lines that"
                            + " are not read, values that do not fit, keys without a partner.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {
                "0:every line became a row",
                "1:some did not; what is wrong is listed",
                "3:wrong use, no archive, or a manifest that cannot be used"
            })
    static final class Check implements Callable<Integer> {
        @Parameters(paramLabel = "ARCHIVE", description = "the archive's directory")
        @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
        private Path archive;

        @Option(names = "--schema", paramLabel = "schema.sql", description = "the schema, if the archive has none")
        private @Nullable Path schema;

        @Option(
                names = "--manifest",
                paramLabel = "FILE",
                description = "a manifest to try in place of the archive's own")
        private @Nullable Path manifest;

        @Spec
        @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
        private CommandSpec spec;

        @Override
        public Integer call() {
            try {
                Archive opened = manifest == null ? Archive.open(archive) : Archive.open(archive, manifest);
                ArchiveCheck check =
                        schema == null ? ArchiveCheck.of(opened) : ArchiveCheck.of(opened, SchemaFile.text(schema));
                PrintWriter out = spec.commandLine().getOut();
                out.print(check.toText());
                out.flush();
                JsonResult.of(spec).putAll(JsonParser.object().from(check.toJson()));
                return check.clean() ? 0 : 1;
            } catch (JsonParserException e) {
                throw new IllegalStateException("The check's own JSON cannot be read", e);
            } catch (SQLException | IOException e) {
                return failed(spec, e);
            }
        }
    }
}
