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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Predicate;
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
                        rows.row(table, columns, values, line);
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
    private static final class Run implements AutoCloseable {
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
        private boolean sequencesKnown;

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
            close();
            writeSequences();
            writeVersions();
            for (Map.Entry<String, String> trigger : triggers.entrySet()) {
                bringBack(trigger.getKey(), trigger.getValue());
            }
            return report.build(Sql.rows(database, "PRAGMA foreign_key_check"), verifiedCounts());
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
                if (leftOut.add(key) && !key.startsWith("sqlite_")) {
                    report.problem(new Problem(
                            file,
                            line,
                            form == null
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

    /** Takes an SQLException through a parser. */
    private static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        private final SQLException reason;

        Refused(SQLException reason) {
            super(reason);
            this.reason = reason;
        }

        SQLException reason() {
            return reason;
        }
    }

    /** The rows of one file, on their way from its parser to the tables. */
    private static final class FileRows implements RowConsumer {
        private static final int REMEMBERED_MENTIONS = 10_000;

        private final Run run;
        private final ArchiveFile file;
        private final Settings settings;
        private final Map<String, FieldTime> times = new LinkedHashMap<>();
        private final Map<String, String> renamed = new LinkedHashMap<>();
        private final Set<String> unknown = new HashSet<>();
        private final Map<String, @Nullable Object> known = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, @Nullable Object> eldest) {
                return size() > REMEMBERED_MENTIONS;
            }
        };
        private Form form = new Form("", List.of(), null, List.of(), List.of(), List.of(), true);

        /** How the rows of one form become rows of a table. */
        private record Form(
                String table,
                List<String> fields,
                @Nullable TableLoader loader,
                List<String> columns,
                List<Integer> positions,
                List<Link> links,
                boolean plain) {}

        /**
         * A column that leads to another table.
         *
         * @param position in the row
         * @param translated whether the archive has a name where the database has the other row's key
         */
        private record Link(int position, String table, String column, boolean translated, boolean create) {}

        FileRows(Run run, ArchiveFile file) throws IOException {
            this.run = run;
            this.file = file;
            this.settings = file.settings();
            String stored = settings.get("timeAs").orElse(null);
            for (Map.Entry<String, String> entry : settings.below("time").entrySet()) {
                times.put(TableForm.key(entry.getKey()), new FieldTime(entry.getValue(), stored));
            }
            settings.below("column").forEach((field, column) -> renamed.put(TableForm.key(field), column));
        }

        @Override
        public void problem(long line, String reason) {
            run.problem(new Problem(file.name(), line, reason));
        }

        @Override
        public void row(String table, List<String> columns, List<@Nullable Object> values, long line)
                throws IOException {
            try {
                run.given(table);
                if (table.equalsIgnoreCase("sqlite_sequence")) {
                    sequence(columns, values);
                    return;
                }
                if (columns != form.fields() || !table.equals(form.table())) {
                    form = form(table, columns, values.size(), line);
                }
                TableLoader loader = form.loader();
                if (loader == null) {
                    return;
                }
                boolean wanted = run.wanted.test(loader.form().name());
                if (!wanted && form.links().stream().noneMatch(this::createsWanted)) {
                    return;
                }
                List<@Nullable Object> row = usable(values, line);
                if (!wanted) {
                    return;
                }
                String counted = loader.form().name();
                run.counts().archived(counted);
                if (row == null) {
                    run.counts().unusable(counted);
                } else {
                    ImportReport.Fate fate = loader.add(form.columns(), row);
                    run.counts().became(counted, fate);
                    run.count(loader, fate, file.name(), line);
                }
            } catch (SQLException e) {
                throw new Refused(e);
            }
        }

        private @Nullable List<@Nullable Object> usable(List<@Nullable Object> values, long line)
                throws SQLException, IOException {
            if (values.size() <= last(form.positions())) {
                problem(line, "expected " + form.positions().size() + " values, found " + values.size());
                return null;
            }
            return converted(values, line);
        }

        private boolean createsWanted(Link link) {
            return link.create() && run.wanted.test(link.table());
        }

        private static int last(List<Integer> positions) {
            return positions.stream().mapToInt(Integer::intValue).max().orElse(-1);
        }

        private void sequence(List<String> columns, List<@Nullable Object> values) {
            int name = columns.isEmpty() ? 0 : columns.indexOf("name");
            int seq = columns.isEmpty() ? 1 : columns.indexOf("seq");
            if (name >= 0 && seq >= 0 && values.size() > Math.max(name, seq)) {
                run.sequence(values.get(name), values.get(seq));
            }
        }

        private Form form(String table, List<String> fields, int count, long line) throws SQLException {
            TableLoader loader = run.loader(table, file.name(), line);
            if (loader == null) {
                return new Form(table, fields, null, List.of(), List.of(), List.of(), true);
            }
            TableForm target = loader.form();
            List<String> given = fields;
            if (fields.isEmpty()) {
                given = target.columns();
                if (count != given.size()) {
                    problem(line, "expected " + given.size() + " values for table " + table + ", found " + count);
                    return new Form(table, List.of(), null, List.of(), List.of(), List.of(), true);
                }
            }
            List<String> columns = new ArrayList<>();
            List<Integer> positions = new ArrayList<>();
            for (int i = 0; i < given.size(); i++) {
                String field = given.get(i);
                String wanted = renamed.getOrDefault(TableForm.key(field), field);
                String column = wanted.isEmpty() ? null : target.column(wanted);
                if (column != null && !columns.contains(column)) {
                    columns.add(column);
                    positions.add(i);
                } else if (!wanted.isEmpty() && unknown.add(table + "." + field)) {
                    problem(line, "the field " + field + " has no column of its own in table " + table + "; left out");
                }
            }
            List<Link> links = new ArrayList<>();
            links(links, "lookup", columns, true);
            links(links, "reference", columns, false);
            List<String> key = new ArrayList<>();
            for (String name : settings.list("key." + table).isEmpty() && table.equalsIgnoreCase(file.table())
                    ? settings.list("key")
                    : settings.list("key." + table)) {
                String column = target.column(name);
                if (column != null) {
                    key.add(column);
                }
            }
            loader.key(key);
            boolean plain = links.isEmpty()
                    && times.isEmpty()
                    && settings.below("encoding").isEmpty()
                    && positions.size() == given.size();
            return new Form(table, fields, columns.isEmpty() ? null : loader, columns, positions, links, plain);
        }

        private void links(List<Link> links, String kind, List<String> columns, boolean translated) {
            List<String> create = settings.list("create");
            settings.below(kind).forEach((column, target) -> {
                int dot = target.indexOf('.');
                for (int i = 0; i < columns.size(); i++) {
                    if (dot > 0 && TableForm.key(columns.get(i)).equals(TableForm.key(column))) {
                        String other = target.substring(0, dot);
                        links.add(new Link(
                                i,
                                other,
                                target.substring(dot + 1),
                                translated,
                                create.stream().anyMatch(other::equalsIgnoreCase)));
                    }
                }
            });
        }

        /** The values in the order of the form's columns; null where one of them cannot be used. */
        private @Nullable List<@Nullable Object> converted(List<@Nullable Object> values, long line)
                throws SQLException, IOException {
            List<@Nullable Object> row = new ArrayList<>(form.columns().size());
            for (int i = 0; i < form.positions().size(); i++) {
                Object value = values.get(form.positions().get(i));
                if (value instanceof String text) {
                    if (!wellFormed(text)) {
                        problem(line, "the column " + form.columns().get(i) + " has half a surrogate pair");
                        return null;
                    }
                    if (!form.plain()) {
                        String column = form.columns().get(i);
                        value = converted(column, text);
                        if (value == null) {
                            problem(line, "cannot read " + column + ": " + BlocksParser.excerpt(text));
                            return null;
                        }
                    }
                }
                row.add(value);
            }
            for (Link link : form.links()) {
                Object value = row.get(link.position());
                if (value == null) {
                    continue;
                }
                Object key = follow(link, value, line);
                if (link.translated()) {
                    if (key == null) {
                        problem(
                                line,
                                "no row of " + link.table() + " has " + link.column() + " " + Disclosure.value(value));
                        return null;
                    }
                    row.set(link.position(), key);
                }
            }
            return row;
        }

        private @Nullable Object converted(String column, String text) {
            FieldTime time = times.get(TableForm.key(column));
            if (time != null && !text.isEmpty()) {
                return time.converted(text);
            }
            Optional<String> encoding = settings.get("encoding." + column);
            if (encoding.isEmpty()) {
                return text;
            }
            try {
                return encoding.get().equals("hex")
                        ? java.util.HexFormat.of().parseHex(text)
                        : java.util.Base64.getDecoder().decode(text);
            } catch (IllegalArgumentException e) {
                return null;
            }
        }

        private static boolean wellFormed(String text) {
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (Character.isSurrogate(c)) {
                    if (Character.isLowSurrogate(c)
                            || i + 1 == text.length()
                            || !Character.isLowSurrogate(text.charAt(i + 1))) {
                        return false;
                    }
                    i++;
                }
            }
            return true;
        }

        /** The key of the row that a value leads to, created if need be and allowed; null where there is none. */
        private @Nullable Object follow(Link link, Object value, long line) throws SQLException, IOException {
            String memory = link.table() + "\0" + link.column() + "\0" + value;
            Object remembered = known.get(memory);
            if (remembered != null) {
                return remembered;
            }
            TableLoader other = run.loader(link.table(), file.name(), line);
            String column = other == null ? null : other.form().column(link.column());
            if (other == null || column == null) {
                return null;
            }
            Object key = other.find(column, value);
            if (key == null && link.create()) {
                List<String> columns = new ArrayList<>(List.of(column));
                List<@Nullable Object> row = new ArrayList<>();
                row.add(value);
                settings.below("create." + link.table()).forEach((name, text) -> {
                    String known = other.form().column(name);
                    if (known != null && !columns.contains(known)) {
                        columns.add(known);
                        row.add(text);
                    }
                });
                ImportReport.Fate fate = other.mention(columns, row);
                if (fate == ImportReport.Fate.MENTIONED) {
                    run.counts().mentioned(other.form().name());
                }
                run.count(other, fate, file.name(), line);
                key = other.find(column, value);
            }
            if (key != null) {
                known.put(memory, key);
            }
            return key;
        }
    }
}
