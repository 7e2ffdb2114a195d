package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.healingsqlite.api.Experimental;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.OutputPath;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Writes an archive of a database: its schema, and every row of every table exactly, as of one moment.
 *
 * <p>An archive is published by one rename, that of its manifest: until then the archive that was there stays whole, and after it the new one is
 * durable. The database is checked first, and what was written is read again, so that a good archive is never replaced by a bad one.
 */
@Experimental
public final class ArchiveExport {
    static final String FORMAT = "healing-sqlite-archive 1";

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final Pattern GENERATION =
            Pattern.compile("g\\d{8}T\\d{6}-[0-9a-f]{8}(?:\\.properties|\\.held)?|changes-[0-9a-f]{8}\\.jsonl");

    private final Connection database;
    private boolean evenEmpty;
    private String changes = "";
    private ArchiveHistory.Retention retention = ArchiveHistory.Retention.NONE;

    private ArchiveExport(Connection database) {
        this.database = database;
    }

    /**
     * An export through a connection.
     *
     * @param database sqlite-jdbc's, the driver's or a pool's; in autocommit mode, with no transaction open
     */
    public static ArchiveExport of(Connection database) {
        return new ArchiveExport(database);
    }

    /** Lets a database without any rows replace an archive that has some. */
    public ArchiveExport evenEmpty() {
        evenEmpty = true;
        return this;
    }

    /** Lets the archive go on in a log of changes, in its directory. */
    ArchiveExport continuedBy(String changes) {
        this.changes = changes;
        return this;
    }

    /** Lets some of what the archive was before stay beside it. */
    ArchiveExport retaining(ArchiveHistory.Retention retention) {
        this.retention = retention;
        return this;
    }

    /**
     * What was written.
     *
     * @param rows by table, {@code sqlite_sequence} among them
     */
    public record Summary(Path archive, Map<String, Long> rows) {
        public Summary {
            rows = new LinkedHashMap<>(rows);
        }

        /** Rows in all tables. */
        public long totalRows() {
            return rows.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /**
     * Writes the archive.
     *
     * @param archive the directory; created where it is missing
     * @throws ArchiveException where the database is damaged, another writes the archive, the directory is kept ({@code healing.archive}) for another database, or what was written cannot be read again; an
     *     archive that was there is as it was
     */
    public Summary into(Path archive, ProgressListener progress) throws SQLException, IOException {
        ArchiveExport export = new ArchiveExport(Sqlite.behind(database));
        export.evenEmpty = evenEmpty;
        export.changes = changes;
        Optional<Path> source = Sql.file(export.database);
        if (source.isPresent()) {
            requireApart(archive, source.get());
        }
        FormatLine.require(archive);
        boolean kept = OneDatabase.requireNotAnothers(archive, source.orElse(null));
        try (ArchiveLock lock = ArchiveLock.take(archive)) {
            if (kept) {
                ArchiveHistory.of(archive).keep();
            }
            return export.locked(lock, archive, progress);
        }
    }

    /** As {@link #into}, for one who holds the archive's lock. */
    Summary locked(ArchiveLock lock, Path archive, ProgressListener progress) throws SQLException, IOException {
        Objects.requireNonNull(lock);
        FormatLine.require(archive);
        String problem = SoundDatabase.problem(database);
        if (!problem.isEmpty()) {
            throw new ArchiveException("The database is damaged, so no archive is made of it: " + problem);
        }
        String generation = "g" + STAMP.format(Instant.now()) + "-"
                + UUID.randomUUID().toString().substring(0, 8);
        Path directory = Files.createDirectory(archive.resolve(generation));
        boolean published = false;
        try {
            Map<String, Long> rows = new LinkedHashMap<>();
            String manifest = write(directory, generation, rows, progress);
            Summary summary = new Summary(archive, rows);
            refuseToForget(archive, summary);
            Path written = archive.resolve(generation + ".part");
            Files.writeString(written, manifest, StandardCharsets.UTF_8);
            DurableFiles.forceDirectory(directory);
            verify(archive, written);
            ArchiveHistory history = ArchiveHistory.of(archive);
            if (!retention.kept().isZero() || retention.lossy().get().isPresent()) {
                history.keep();
            }
            DurableFiles.publish(written, archive.resolve(Manifest.FILE));
            published = true;
            Set<String> staying = history.retained(retention, Instant.now());
            staying.addAll(List.of(generation, changes));
            deleteOthers(archive, staying);
            return summary;
        } finally {
            if (!published) {
                Files.deleteIfExists(archive.resolve(generation + ".part"));
                DurableFiles.deleteTree(directory);
            }
        }
    }

    /**
     * Makes sure that a database is nothing that an archive in the directory writes or deletes. Its own directory it may be.
     *
     * @throws IOException naming both
     */
    static void requireApart(Path archive, Path database) throws IOException {
        OutputPath.requireApart(archive, database);
        for (String name : List.of(Manifest.FILE, ArchiveLock.NAME, OneDatabase.NAME)) {
            OutputPath.requireApart(archive.resolve(name), database);
        }
        Path directory = DatabaseFile.at(archive).main();
        Path main = DatabaseFile.at(database).main();
        if (main.startsWith(directory) && isOwn(directory.relativize(main).getName(0))) {
            throw new ArchiveException("Cannot write an archive to " + archive + ": it would delete " + main
                    + ", which has a name of the archive's own; expected another directory");
        }
    }

    /** Whether it is a name of what an archive makes, and deletes when it is made anew. */
    static boolean isOwn(Path name) {
        return GENERATION.matcher(name.toString().replace(".part", "")).matches()
                || ArchiveKeeper.COPY.matcher(name.toString()).matches();
    }

    private String write(Path directory, String generation, Map<String, Long> rows, ProgressListener progress)
            throws SQLException, IOException {
        Map<String, String> manifest = new LinkedHashMap<>();
        database.setAutoCommit(false);
        try {
            manifest.put("format", FORMAT);
            manifest.put("created", Instant.now().toString());
            for (String pragma :
                    List.of("user_version", "application_id", "encoding", "page_size", "auto_vacuum", "journal_mode")) {
                manifest.put("database." + pragma, Sql.text(database, "PRAGMA main." + pragma));
            }
            List<TableForm> forms = TableForm.readAll(database);
            boolean analysed = forms.stream().anyMatch(form -> form.name().startsWith("sqlite_stat"));
            manifest.put("database.analyzed", Boolean.toString(analysed));
            Path schema = directory.resolve("schema.jsonl");
            Files.writeString(schema, schema(), StandardCharsets.UTF_8);
            DurableFiles.force(schema);
            manifest.put("schema", generation + "/schema.jsonl");
            manifest.put("sha256." + generation + "/schema.jsonl", Checksum.of(schema));
            int number = 0;
            for (TableForm form : forms) {
                if (form.virtual() || form.name().startsWith("sqlite_stat")) {
                    continue;
                }
                number++;
                String name = String.format(
                        Locale.ROOT, "%04d_%s.jsonl", number, form.name().replaceAll("[^A-Za-z0-9_]", "_"));
                Path file = directory.resolve(name.length() > 120 ? name.substring(0, 4) + ".jsonl" : name);
                Written written = write(form, file, progress);
                String source = "source." + number + ".";
                manifest.put(source + "files", generation + "/" + file.getFileName());
                manifest.put(source + "format", RowsParser.FORMAT);
                manifest.put(source + "table", form.name());
                manifest.put(source + "rows", Long.toString(written.rows()));
                manifest.put("sha256." + generation + "/" + file.getFileName(), written.checksum());
                rows.put(form.name(), written.rows());
            }
            if (!changes.isEmpty()) {
                manifest.put("changes", changes);
            }
            manifest.put("complete", "true");
            return Manifest.text(manifest);
        } finally {
            database.rollback();
            database.setAutoCommit(true);
        }
    }

    private String schema() throws SQLException {
        StringBuilder schema = new StringBuilder();
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                        ORDER BY CASE WHEN type = 'table' THEN 1 WHEN type = 'index' THEN 2 WHEN type = 'view' THEN 3 ELSE 4 END, rowid
                        """)) {
            while (row.next()) {
                schema.append(new SchemaStatement(row.getString(1), row.getString(2)).toJson())
                        .append('\n');
            }
        }
        return schema.toString();
    }

    private record Written(long rows, String checksum) {}

    private Written write(TableForm form, Path file, ProgressListener progress) throws SQLException, IOException {
        List<String> columns = new ArrayList<>();
        form.rowid().ifPresent(columns::add);
        columns.addAll(form.columns());
        StringJoiner selected = new StringJoiner(", ", "SELECT ", " FROM main." + Sql.name(form.name()));
        for (String column : columns) {
            selected.add("typeof(" + form.quoted(column) + "), " + form.quoted(column));
        }
        try (RowsWriter writer = new RowsWriter(file, form.name(), columns, encoding(database));
                Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(selected.toString())) {
            long done = 0;
            while (row.next()) {
                writer.row(row, columns.size());
                if (++done % 1000 == 0) {
                    progress.progressed("export of " + form.name(), done, 0);
                }
            }
            long rows = writer.finish();
            String checksum = writer.checksum();
            DurableFiles.force(file);
            return new Written(rows, checksum);
        }
    }

    static Charset encoding(Connection database) throws SQLException {
        return switch (Sql.text(database, "PRAGMA encoding")) {
            case "UTF-16le" -> StandardCharsets.UTF_16LE;
            case "UTF-16be" -> StandardCharsets.UTF_16BE;
            case "UTF-16" ->
                ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_16LE;
            default -> StandardCharsets.UTF_8;
        };
    }

    /** A database that lost everything must not make the archive forget it too. */
    private void refuseToForget(Path archive, Summary summary) throws IOException {
        Path manifest = archive.resolve(Manifest.FILE);
        if (evenEmpty || summary.totalRows() > 0 || !Files.exists(manifest)) {
            return;
        }
        Archive old = Archive.open(archive);
        boolean hasRows = old.changes().isPresent()
                || old.promisedRows().values().stream().anyMatch(rows -> rows > 0);
        if (hasRows) {
            throw new ArchiveException(
                    "The database has no rows and the archive " + archive + " has; it is kept as it is");
        }
    }

    private static void verify(Path archive, Path manifest) throws IOException {
        List<Problem> problems =
                Archive.open(archive, manifest.getFileName().toString()).verify();
        if (!problems.isEmpty()) {
            throw new ArchiveException("What was written cannot be read again: " + problems.get(0));
        }
    }

    private static void deleteOthers(Path archive, Set<String> current) throws IOException {
        List<Path> others;
        try (Stream<Path> list = Files.list(archive)) {
            others = list.filter(path -> GENERATION
                                    .matcher(path.getFileName().toString().replace(".part", ""))
                                    .matches()
                            && !current.contains(path.getFileName().toString()))
                    .toList();
        }
        for (Path other : others) {
            if (Files.isDirectory(other)) {
                DurableFiles.deleteTree(other);
            } else {
                Files.deleteIfExists(other);
            }
        }
    }
}
