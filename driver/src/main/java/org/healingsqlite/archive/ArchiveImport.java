package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.api.Experimental;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.SchemaException;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Brings the rows of an archive into a database that has its schema: a fresh one, or one that holds salvaged rows already. Every value is bound; no
 * text of the archive is ever run.
 */
@Experimental
public final class ArchiveImport {
    private static final List<ArchiveParser> OWN = List.of(
            new CsvParser(),
            new JsonLinesParser(),
            new RowsParser(),
            new SqlDumpParser(),
            new DelimitedParser(),
            new BlocksParser(),
            new LinesParser(),
            new RecordParser());

    /** Forms of records that are kept: JSON has as many as it has sets of keys. */
    private static final int REMEMBERED_FORMS = 1000;

    private final Archive archive;
    private Predicate<String> wanted = table -> true;
    private @Nullable ParsedRows parsed;

    private ArchiveImport(Archive archive) {
        this.archive = archive;
    }

    public static ArchiveImport of(Archive archive) {
        return new ArchiveImport(archive);
    }

    /** Leaves the rows of other tables out, but those that wanted rows mention and that the manifest says to create. */
    public ArchiveImport onlyTables(Predicate<String> tables) {
        wanted = tables;
        return this;
    }

    /** Takes the rows of each file from there: what {@link Archive#parse} gave, and the caller has looked at. */
    public ArchiveImport parsed(ParsedRows rows) {
        parsed = rows;
        return this;
    }

    /**
     * Imports everything in one transaction: all of it is there afterwards, or nothing has changed. Triggers are set aside meanwhile, since their
     * effects are rows of the archive too, and foreign keys are checked only at the end. Then the rows of each table are counted in the database, and
     * compared with the archive's: see {@link ImportReport#rowCounts}.
     *
     * @param database in autocommit mode, with no transaction open
     * @param progress hears of rows; the total is not known
     * @throws ArchiveException where the thread was interrupted, a parser is missing, or the archive goes on in a log of changes and its rows were
     *     parsed before: only the log knows what became of them
     */
    public ImportReport into(Connection database, MergePolicy policy, ProgressListener progress)
            throws SQLException, IOException {
        if (!database.getAutoCommit()) {
            throw new ArchiveException("An import needs a connection in autocommit mode");
        }
        Optional<Path> target = Sql.file(database);
        if (target.isPresent()) {
            archive.requireApart(target.get());
        }
        if (archive.changes().isPresent() && parsed != null) {
            throw new ArchiveException("The archive " + archive.directory()
                    + " goes on in a log of changes; it can be imported whole, not from rows that were parsed before");
        }
        return archive.changes().isPresent()
                ? compacted(database, policy, progress)
                : rowsInto(database, policy, progress);
    }

    /** As {@link #into}, without what was committed after the rows were written. */
    ImportReport rowsInto(Connection database, MergePolicy policy, ProgressListener progress)
            throws SQLException, IOException {
        boolean foreignKeys = Sql.number(database, "PRAGMA foreign_keys") == 1;
        Sql.execute(database, "PRAGMA foreign_keys = OFF");
        database.setAutoCommit(false);
        boolean committed = false;
        try (Run run = new Run(this, database, policy, progress)) {
            ImportReport report = run.all();
            run.close();
            database.commit();
            committed = true;
            return report;
        } finally {
            if (!committed) {
                database.rollback();
            }
            database.setAutoCommit(true);
            if (foreignKeys) {
                Sql.execute(database, "PRAGMA foreign_keys = ON");
            }
        }
    }

    /** Rows and a log of changes cannot be merged by key one after the other: the log says what became of the rows. They are made one archive first. */
    private ImportReport compacted(Connection database, MergePolicy policy, ProgressListener progress)
            throws SQLException, IOException {
        Path directory = Files.createTempDirectory("healing-archive");
        try {
            Path whole = directory.resolve("whole.db");
            ImportReport restored = ArchiveRestore.of(archive).into(whole, progress);
            try (Connection connection = Sqlite.open(whole, Access.EXISTING)) {
                ArchiveExport.of(connection).into(directory.resolve("archive"), progress);
            }
            return of(Archive.open(directory.resolve("archive")))
                    .onlyTables(wanted)
                    .into(database, policy, progress)
                    .with(restored.problems());
        } finally {
            DurableFiles.deleteTree(directory);
        }
    }

    /** Gives the rows of a file to a consumer; what no table can have, and what is not read to its end, is a problem. */
    static void parse(ArchiveFile file, RowConsumer rows) throws IOException {
        try {
            parser(file).parse(file, new RowConsumer() {
                @Override
                public void row(String table, List<String> columns, List<@Nullable Object> values, long line)
                        throws IOException {
                    if (values.size() > Bounds.COLUMNS) {
                        rows.problem(line, "more than " + Bounds.COLUMNS + " columns");
                    } else {
                        for (String one : file.settings().tables(table)) {
                            rows.row(one, columns, values, line);
                        }
                    }
                }

                @Override
                public void problem(long line, String reason) {
                    rows.problem(line, reason);
                }
            });
        } catch (SqlTokens.WithoutEnd e) {
            rows.problem(e.line(), "is not read further: " + Disclosure.message(e));
        } catch (LineTemplate.TooSlow e) {
            rows.problem(0, "is not read further: " + Disclosure.message(e));
        }
    }

    /** The parser of a file. */
    static ArchiveParser parser(ArchiveFile file) throws ArchiveException {
        Map<String, ArchiveParser> parsers = parsers();
        String format = file.settings().get("format").orElse("");
        ArchiveParser parser = parsers.get(format);
        if (parser == null) {
            throw new ArchiveException(
                    "No parser for the format " + format + " of " + file.name() + "; known: " + parsers.keySet());
        }
        return parser;
    }

    private static Map<String, ArchiveParser> parsers() {
        Map<String, ArchiveParser> parsers = new LinkedHashMap<>();
        OWN.forEach(parser -> parsers.put(parser.format(), parser));
        ServiceLoader.load(ArchiveParser.class).forEach(parser -> parsers.put(parser.format(), parser));
        return parsers;
    }

    /** One import. */
    static final class Run implements AutoCloseable {
        private final Archive archive;
        private final Predicate<String> wanted;
        private final @Nullable ParsedRows parsed;
        private final Connection database;
        private final MergePolicy policy;
        private final ProgressListener progress;
        private final ImportReport.Builder report = new ImportReport.Builder();
        private final RowCounts counts;
        private final PromisedRows promised = new PromisedRows();
        private final Map<String, TableForm> forms = new LinkedHashMap<>();
        private final Map<String, TableLoader> loaders = new LinkedHashMap<>();
        private final Set<String> leftOut = new HashSet<>();
        private final Map<String, Long> sequences = new LinkedHashMap<>();
        private final Set<String> merged = new HashSet<>();
        private final Map<FormKey, RowForm> rowForms = new HashMap<>();
        private final Map<FormKey, Map<String, Problem>> unusedFields = new LinkedHashMap<>();
        private final IdentityHashMap<RowForm, Map<BitSet, List<String>>> columnLists = new IdentityHashMap<>();
        private final Set<String> told = new HashSet<>();
        private boolean sequencesKnown;

        /** What a manifest says of a column of a whole source, or of the archive; a row's are looked at with its table. */
        private static final Pattern OF_COLUMN = Pattern.compile(
                "(?:source\\.[^.]+\\.)?(?:set|default|null|map|time|timeAs|type|encoding|lookup|reference)\\.(.+)");

        /** Records of one form of one source; sources compare by identity. */
        private record FormKey(Settings settings, String row, List<String> columns, int count) {}

        Run(ArchiveImport what, Connection database, MergePolicy policy, ProgressListener progress)
                throws SQLException {
            this.archive = what.archive;
            this.wanted = what.wanted;
            this.parsed = what.parsed;
            this.database = database;
            this.counts = new RowCounts(database);
            this.policy = policy;
            this.progress = progress;
            for (TableForm form : TableForm.readAll(database)) {
                forms.put(form.name().toLowerCase(Locale.ROOT), form);
                if (!form.virtual()
                        && Sql.number(database, "SELECT EXISTS (SELECT 1 FROM main." + Sql.name(form.name()) + ")")
                                == 1) {
                    merged.add(form.name());
                }
            }
        }

        ImportReport all() throws SQLException, IOException {
            archive.problems().forEach(report::problem);
            columnsAreThere();
            Map<String, String> triggers = dropTriggers();
            emptyShadowTables();
            for (ArchiveFile file : archive.files()) {
                ArchiveFile resolved = new ArchiveFile(file.name(), file.path(), table(file), file.settings());
                ParsedRows rows = parsed == null ? ArchiveImport::parse : parsed;
                if (parsed == null) {
                    promised.begin(resolved);
                }
                try {
                    rows.giveTo(resolved, new FileRows(this, resolved));
                } catch (Refused e) {
                    throw e.reason();
                } catch (ArchiveException e) {
                    throw e;
                } catch (IOException e) {
                    report.problem(new Problem(file.name(), 0, "cannot be read: " + Disclosure.text(e)));
                }
            }
            unusedFields.values().forEach(fields -> fields.values().forEach(report::problem));
            close();
            writeSequences();
            writeVersions();
            for (Map.Entry<String, String> trigger : triggers.entrySet()) {
                bringBack(trigger.getKey(), trigger.getValue());
            }
            return report.build(Sql.rows(database, "PRAGMA foreign_key_check"), verifiedCounts());
        }

        /** A column that no table has is a slip of the pen, or of a newer schema than the database's: what the manifest says of it is said of nothing. */
        private void columnsAreThere() {
            if (!archive.manifest().second()) {
                return;
            }
            for (String key : archive.manifest().all().keySet()) {
                Matcher matcher = OF_COLUMN.matcher(key);
                if (matcher.matches()
                        && forms.values().stream().allMatch(form -> form.column(matcher.group(1)) == null)) {
                    report.problem(new Problem(Manifest.FILE, 0, key + " is of a column that no table has"));
                }
            }
        }

        /** What the archive holds against what is in the database now; differences that nothing explains are problems. */
        private Map<String, RowCount> verifiedCounts() throws SQLException {
            Map<String, RowCount> compared = counts.compared();
            compared.forEach((table, count) -> {
                if (!count.agrees()) {
                    report.problem(new Problem(
                            String.valueOf(archive.directory().getFileName()),
                            0,
                            Problem.COUNTS + table + " has " + count.after() + " rows in the database, expected "
                                    + count.expected() + ": " + count));
                }
            });
            promised.broken().forEach(report::problem);
            return compared;
        }

        /** Without a manifest the file's name or its directory's tells the table. */
        private String table(ArchiveFile file) {
            if (!file.table().isEmpty()) {
                return file.table();
            }
            String name = file.name().substring(file.name().lastIndexOf('/') + 1);
            String stem = name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : name;
            String bare = stem.replaceFirst("^\\d+[_-]+", "").replaceFirst("([_-]*\\d+)+$", "");
            int slash = file.name().lastIndexOf('/');
            String parent = slash < 0 ? "" : file.name().substring(0, slash);
            parent = parent.substring(parent.lastIndexOf('/') + 1);
            for (String candidate : List.of(stem, bare, parent)) {
                if (forms.containsKey(candidate.toLowerCase(Locale.ROOT))) {
                    return candidate;
                }
            }
            return stem;
        }

        /** What was in the database as a trigger's text, and is none, is not run. */
        private void bringBack(String trigger, String sql) throws SQLException {
            try {
                CreateStatement statement = CreateStatement.stored(SchemaObject.Type.TRIGGER, trigger, sql);
                Sql.execute(database, statement.sql());
            } catch (SchemaException e) {
                report.problem(new Problem(
                        String.valueOf(archive.directory().getFileName()),
                        0,
                        "trigger " + trigger + " is gone: " + Disclosure.message(e)));
            }
        }

        private Map<String, String> dropTriggers() throws SQLException {
            Map<String, String> triggers = new LinkedHashMap<>();
            try (Statement statement = database.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND sql IS NOT NULL ORDER BY rowid")) {
                while (row.next()) {
                    triggers.put(row.getString(1), row.getString(2));
                }
            }
            for (String name : triggers.keySet()) {
                Sql.execute(database, "DROP TRIGGER main." + Sql.name(name));
            }
            return triggers;
        }

        /** A virtual table without rows takes those of the archive whole; one with rows keeps its own. */
        private void emptyShadowTables() throws SQLException {
            if (archive.files().stream()
                    .noneMatch(file -> file.settings().get("format").orElse("").equals(RowsParser.FORMAT))) {
                return;
            }
            Map<String, Boolean> empty = new LinkedHashMap<>();
            for (TableForm form : forms.values()) {
                if (form.virtual()) {
                    empty.put(
                            form.name().toLowerCase(Locale.ROOT) + "_",
                            Sql.number(database, "SELECT EXISTS (SELECT 1 FROM main." + Sql.name(form.name()) + ")")
                                    == 0);
                }
            }
            for (TableForm form : forms.values()) {
                if (form.shadow()) {
                    String lower = form.name().toLowerCase(Locale.ROOT);
                    Optional<Boolean> owner = empty.entrySet().stream()
                            .filter(entry -> lower.startsWith(entry.getKey()))
                            .map(Map.Entry::getValue)
                            .findFirst();
                    if (owner.orElse(false)) {
                        Sql.execute(database, "DELETE FROM main." + Sql.name(form.name()));
                    } else {
                        leftOut.add(lower);
                    }
                }
            }
        }

        /** The loader of a table; null where the rows of the table are not taken. */
        @Nullable
        TableLoader loader(String table, String file, long line) throws SQLException {
            String key = table.toLowerCase(Locale.ROOT);
            TableLoader loader = loaders.get(key);
            if (loader != null) {
                return loader;
            }
            if (leftOut.contains(key)) {
                return null;
            }
            TableForm form = forms.get(key);
            if (form == null || form.virtual() || key.startsWith("sqlite_")) {
                // Statistics are made anew.
                if (leftOut.add(key) && !key.startsWith("sqlite_stat")) {
                    report.problem(new Problem(
                            file,
                            line,
                            key.startsWith("sqlite_")
                                    ? table + " is a table of SQLite's own; its rows are left out"
                                    : form == null
                                            ? "there is no table " + table + "; its rows are left out"
                                            : table + " is a virtual table; its rows are left out"));
                }
                return null;
            }
            loader = new TableLoader(database, form, policy, archive.lastWins(), loaders.size());
            loaders.put(key, loader);
            counts.begin(form.name());
            return loader;
        }

        TableLoader loader(RowForm form) throws SQLException {
            TableLoader loader = loaders.get(form.table().name().toLowerCase(Locale.ROOT));
            if (loader == null) {
                throw new IllegalStateException(
                        "a form without its table: " + form.table().name());
            }
            return loader;
        }

        boolean wanted(String table) {
            return wanted.test(table);
        }

        /** What the manifest says of rows that it calls so, over what it says of their source. */
        Settings rules(Settings source, String row) {
            Map<String, String> own = source.below("row." + row);
            return own.isEmpty() ? source : source.with(own);
        }

        /** How the records of one form become rows; null where they become none. */
        @Nullable
        RowForm form(
                ArchiveFile file,
                Settings settings,
                String row,
                List<String> columns,
                List<String> pathFields,
                int count,
                long line)
                throws SQLException, IOException {
            FormKey key = new FormKey(settings, row, columns, count);
            RowForm known = rowForms.get(key);
            if (known != null && loaders.containsKey(known.table().name().toLowerCase(Locale.ROOT))) {
                unused(file, known, settings, columns, line);
                return known;
            }
            TableLoader loader = loader(settings.tableOf(row), file.name(), line);
            if (loader == null) {
                return null;
            }
            List<String> given = new ArrayList<>(columns);
            if (columns.isEmpty()) {
                given.addAll(loader.form().columns());
                if (count != given.size()) {
                    problem(new Problem(
                            file.name(),
                            line,
                            "expected " + given.size() + " values for table " + row + ", found " + count));
                    return null;
                }
            }
            given.addAll(pathFields);
            RowForm.check(loader.form(), row, settings.below("row." + row));
            RowForm form = RowForm.of(
                    loader.form(),
                    rules(settings, row),
                    row.equalsIgnoreCase(file.table())
                            || settings.get("row." + row + ".key").isPresent(),
                    given);
            loader.key(form.identity().key());
            if (rowForms.size() >= REMEMBERED_FORMS) {
                rowForms.clear();
                columnLists.clear();
            }
            rowForms.put(key, form);
            unused(file, form, settings, columns, line);
            return form;
        }

        /** Fields without a column: told for each file in the first version, in the second where no row of a line takes them. */
        private void unused(ArchiveFile file, RowForm form, Settings settings, List<String> columns, long line) {
            if (!settings.second()) {
                for (String field : form.unused()) {
                    if (told.add(file.name() + "\0" + form.table().name() + "." + field)) {
                        problem(new Problem(
                                file.name(),
                                line,
                                withoutColumn(field, form.table().name())));
                    }
                }
                return;
            }
            Map<String, Problem> unused = unusedFields.get(new FormKey(settings, "", columns, 0));
            if (unused != null) {
                unused.keySet().retainAll(form.unused());
                return;
            }
            Map<String, Problem> fields = new LinkedHashMap<>();
            form.unused()
                    .forEach(field -> fields.put(
                            field,
                            new Problem(
                                    file.name(),
                                    line,
                                    withoutColumn(field, form.table().name()))));
            unusedFields.put(new FormKey(settings, "", columns, 0), fields);
        }

        private static String withoutColumn(String field, String table) {
            return "the field " + field + " has no column of its own in table " + table + "; left out";
        }

        /** How a row is made that is known only from being mentioned. */
        RowForm mentioned(TableForm table, Settings source, String row, String column) throws IOException {
            FormKey key = new FormKey(source, row + "\0mentioned", List.of(column), 0);
            RowForm known = rowForms.get(key);
            if (known == null) {
                Settings rules = rules(source, row);
                Map<String, String> given = new LinkedHashMap<>();
                source.below("create." + row)
                        .forEach((name, text) -> given.put(
                                "default." + name,
                                source.second() ? text : text.replace("{", "{{").replace("}", "}}")));
                Map<String, String> own = new LinkedHashMap<>();
                rules.all().forEach((name, text) -> {
                    boolean kept = !name.startsWith("set.") && !name.startsWith("column.");
                    if (kept && !(name.startsWith("default.") && ofFields(name, text))) {
                        own.put(name, text);
                    }
                });
                own.putAll(given);
                known = RowForm.of(table, new Settings(own), true, List.of(column));
                rowForms.put(key, known);
            }
            return known;
        }

        /** A default that is made of fields means those of the row's own records. */
        private static boolean ofFields(String key, String text) {
            try {
                return !Expression.of(key, text).fields().isEmpty();
            } catch (ArchiveException e) {
                return true;
            }
        }

        /** The columns of a form but those left out: the same list each time. */
        List<String> columns(RowForm form, BitSet left) {
            return columnLists
                    .computeIfAbsent(form, key -> new HashMap<>())
                    .computeIfAbsent((BitSet) left.clone(), key -> {
                        List<String> columns = new ArrayList<>(form.columns());
                        for (int i = columns.size() - 1; i >= 0; i--) {
                            if (left.get(i)) {
                                columns.remove(i);
                            }
                        }
                        return List.copyOf(columns);
                    });
        }

        void sequence(@Nullable Object table, @Nullable Object value) {
            sequencesKnown = true;
            if (table instanceof String name && value instanceof Long number) {
                sequences.merge(name, number, Math::max);
            }
        }

        void count(TableLoader loader, ImportReport.Fate fate, String file, long line) throws ArchiveException {
            report.count(loader.form().name(), fate);
            switch (fate) {
                case KEPT, REPLACED, REFUSED -> report.problem(new Problem(file, line, loader.refusal()));
                case INSERTED, DUPLICATE, COMPLETED, MENTIONED -> {}
            }
            if (report.rows() % 1000 == 0) {
                progress.progressed("archive", report.rows(), 0);
                if (Thread.currentThread().isInterrupted()) {
                    throw new ArchiveException("The import was interrupted");
                }
            }
        }

        void problem(Problem problem) {
            report.problem(problem);
        }

        /** A parser has given a row; counted whatever becomes of it. */
        void given(String table) {
            promised.row(table);
        }

        RowCounts counts() {
            return counts;
        }

        /** SQLite has counted the rows itself; the archive knows better, but for tables that had rows before. */
        private void writeSequences() throws SQLException {
            if (!sequencesKnown || !forms.containsKey("sqlite_sequence")) {
                return;
            }
            try (PreparedStatement delete = database.prepareStatement("DELETE FROM sqlite_sequence WHERE name = ?");
                    PreparedStatement update =
                            database.prepareStatement("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1");
                    PreparedStatement insert =
                            database.prepareStatement("INSERT INTO sqlite_sequence VALUES (?1, ?2)")) {
                for (TableForm form : forms.values()) {
                    if (!merged.contains(form.name())) {
                        delete.setString(1, form.name());
                        delete.executeUpdate();
                    }
                }
                for (Map.Entry<String, Long> entry : sequences.entrySet()) {
                    update.setString(1, entry.getKey());
                    update.setLong(2, entry.getValue());
                    if (update.executeUpdate() == 0) {
                        insert.setString(1, entry.getKey());
                        insert.setLong(2, entry.getValue());
                        insert.executeUpdate();
                    }
                }
            }
        }

        /** Else the application's own migrations would run twice. */
        private void writeVersions() throws SQLException {
            for (String setting : List.of("user_version", "application_id")) {
                Optional<String> archived = archive.database(setting).filter(value -> value.matches("-?\\d{1,10}"));
                if (archived.isPresent() && Sql.number(database, "PRAGMA main." + setting) == 0) {
                    Sql.execute(database, "PRAGMA main." + setting + " = " + archived.get());
                }
            }
        }

        @Override
        public void close() throws SQLException {
            for (TableLoader loader : loaders.values()) {
                loader.close();
            }
            loaders.clear();
        }
    }
}
