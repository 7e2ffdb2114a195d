package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/** The rows of one file, on their way from its parser to the tables. For one import; not shared by threads. */
final class FileRows implements RowConsumer {
    private static final int REMEMBERED_MENTIONS = 10_000;

    /** Formats in which a field that is missing is not one that is NULL. */
    private static final Set<String> PEOPLES = Set.of("lines", "record", "blocks", "delimited");

    private final ArchiveImport.Run run;
    private final ArchiveFile file;
    private final Settings settings;
    private final boolean absent;
    private final List<String> pathFields;
    private final List<@Nullable Object> pathValues;
    private final Map<String, @Nullable Object> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, @Nullable Object> eldest) {
            return size() > REMEMBERED_MENTIONS;
        }
    };
    private @Nullable RowForm form;
    private String target = "";
    private @Nullable BitSet listedWithout;
    private List<String> listedColumns = List.of();
    private List<String> fields = List.of();

    FileRows(ArchiveImport.Run run, ArchiveFile file) throws IOException {
        this.run = run;
        this.file = file;
        this.settings = file.settings();
        this.absent =
                settings.second() && PEOPLES.contains(settings.get("format").orElse(""));
        List<String> names = List.of();
        List<@Nullable Object> values = List.of();
        if (settings.second() && settings.get("path").isPresent()) {
            LineTemplate path = LineTemplate.of(settings.get("path").orElseThrow(), settings);
            List<@Nullable Object> found = path.match(file.name());
            if (found == null) {
                problem(0, "its name does not match path " + path.text());
            } else {
                names = path.groups();
                values = found;
            }
        }
        this.pathFields = names;
        this.pathValues = values;
    }

    @Override
    public void problem(long line, String reason) {
        run.problem(new Problem(file.name(), line, reason));
    }

    @Override
    public void row(String table, List<String> columns, List<@Nullable Object> given, long line) throws IOException {
        try {
            run.given(settings.tableOf(table));
            if (table.equalsIgnoreCase("sqlite_sequence")) {
                sequence(columns, given);
                return;
            }
            if (columns != fields || !table.equals(target)) {
                form = run.form(file, settings, table, columns, pathFields, given.size(), line);
                target = table;
                fields = columns;
                listedWithout = null;
            }
            RowForm shape = form;
            if (shape == null) {
                return;
            }
            boolean wanted = run.wanted(shape.table().name());
            if (!wanted && shape.links().stream().noneMatch(link -> link.create() && run.wanted(link.table()))) {
                return;
            }
            List<@Nullable Object> values = given;
            if (!pathFields.isEmpty() && given.size() == columns.size()) {
                values = new ArrayList<>(given);
                values.addAll(pathValues);
            }
            TableLoader loader = run.loader(shape);
            ArchiveRow row = usable(shape, loader, values, line);
            if (!wanted) {
                return;
            }
            String counted = shape.table().name();
            run.counts().archived(counted);
            if (row == null) {
                run.counts().unusable(counted);
            } else {
                ImportReport.Fate fate = loader.add(row);
                run.counts().became(counted, fate);
                run.count(loader, fate, file.name(), line);
            }
        } catch (SQLException e) {
            throw new Refused(e);
        }
    }

    private void sequence(List<String> columns, List<@Nullable Object> values) {
        int name = columns.isEmpty() ? 0 : columns.indexOf("name");
        int seq = columns.isEmpty() ? 1 : columns.indexOf("seq");
        if (name >= 0 && seq >= 0 && values.size() > Math.max(name, seq)) {
            run.sequence(values.get(name), values.get(seq));
        }
    }

    /** The row for its table; null where one of its values cannot be used. */
    private @Nullable ArchiveRow usable(RowForm shape, TableLoader loader, List<@Nullable Object> values, long line)
            throws SQLException, IOException {
        if (values.size() < shape.width()) {
            long expected =
                    shape.cells().stream().filter(cell -> cell.position() >= 0).count();
            problem(line, "expected " + expected + " values, found " + values.size());
            return null;
        }
        List<@Nullable Object> said = new ArrayList<>(shape.cells().size());
        BitSet left = new BitSet();
        for (int i = 0; i < shape.cells().size(); i++) {
            RowForm.Cell cell = shape.cells().get(i);
            Expression expression = cell.said();
            try {
                if (expression != null) {
                    said.add(cell.value(expression, name -> field(shape, name, values, line)));
                    if (said.get(i) == null && cell.leftToSchema(true)) {
                        left.set(i);
                    }
                } else {
                    Object value = cell.position() < 0 ? null : values.get(cell.position());
                    said.add(cell.rule().converted(value));
                    if (said.get(i) == null
                            && cell.position() >= 0
                            && cell.otherwise() == null
                            && shape.table().isRowid(cell.column())) {
                        problem(
                                line,
                                "has no value of the key " + cell.column()
                                        + "; left out (default." + cell.column()
                                        + "={#number} gives it the next number)");
                        return null;
                    }
                    if (cell.position() < 0 || absent && said.get(i) == null && cell.leftToSchema(value == null)) {
                        left.set(i);
                    }
                }
            } catch (ColumnRule.Unfit e) {
                problem(line, Disclosure.message(e));
                return null;
            }
        }
        if (saysNothing(shape, values)) {
            problem(line, "has no field with a column in table " + shape.table().name() + "; left out");
            return null;
        }
        for (RowForm.Link link : shape.links()) {
            Object value = said.get(link.cell());
            Object key = value == null ? null : follow(shape, link, value, values, line);
            if (value != null && link.translated()) {
                if (key == null) {
                    problem(
                            line,
                            "no row of " + link.table() + " has " + link.column() + " " + Disclosure.value(value));
                    return null;
                }
                said.set(link.cell(), key);
            }
        }
        return completed(shape, loader, values, said, left, line);
    }

    /** Whether a record has values, and none of them has a place in the row: a row of it would be made up. */
    private static boolean saysNothing(RowForm shape, List<@Nullable Object> values) {
        return !values.isEmpty() && shape.cells().stream().allMatch(cell -> cell.position() < 0 && cell.said() == null);
    }

    /** What a field has; null where the record has none of this name. */
    private @Nullable Object field(RowForm shape, String name, List<@Nullable Object> values, long line) {
        if (name.equals("#file")) {
            return file.name();
        }
        if (name.equals("#line")) {
            return line;
        }
        for (int i = 0; i < shape.fields().size() && i < values.size(); i++) {
            if (values.get(i) != null && shape.fields().get(i).equals(name)) {
                return values.get(i);
            }
        }
        return null;
    }

    /** The row with what stands in for columns that the record leaves open; those that are left to the schema are not in it. */
    private @Nullable ArchiveRow completed(
            RowForm shape,
            TableLoader loader,
            List<@Nullable Object> values,
            List<@Nullable Object> said,
            BitSet left,
            long line)
            throws SQLException {
        BitSet open = new BitSet();
        List<@Nullable Object> inserted = new ArrayList<>(said);
        for (int i = 0; i < said.size(); i++) {
            RowForm.Cell cell = shape.cells().get(i);
            if (cell.open() || shape.identity().completes()) {
                open.set(i);
            }
            Expression otherwise = cell.otherwise();
            if (said.get(i) == null && otherwise != null) {
                left.clear(i);
                try {
                    inserted.set(
                            i,
                            cell.value(
                                    otherwise,
                                    name -> name.startsWith("#")
                                            ? generated(shape, loader, cell, name, said, line)
                                            : field(shape, name, values, line)));
                } catch (ColumnRule.Unfit e) {
                    problem(line, Disclosure.message(e));
                    return null;
                }
            }
        }
        if (left.isEmpty()) {
            return new ArchiveRow(columns(shape, left), inserted, said, open, shape.identity());
        }
        List<@Nullable Object> less = new ArrayList<>();
        List<@Nullable Object> lessSaid = new ArrayList<>();
        BitSet lessOpen = new BitSet();
        for (int i = left.nextClearBit(0); i < said.size(); i = left.nextClearBit(i + 1)) {
            lessOpen.set(less.size(), open.get(i));
            less.add(inserted.get(i));
            lessSaid.add(said.get(i));
        }
        return new ArchiveRow(columns(shape, left), less, lessSaid, lessOpen, shape.identity());
    }

    /** The columns of a form but those left out; rows of one kind follow one another. */
    private List<String> columns(RowForm shape, BitSet left) {
        if (!left.equals(listedWithout)) {
            listedColumns = run.columns(shape, left);
            listedWithout = left;
        }
        return listedColumns;
    }

    private @Nullable Object generated(
            RowForm shape, TableLoader loader, RowForm.Cell cell, String name, List<@Nullable Object> said, long line)
            throws SQLException {
        return switch (name) {
            case "#file" -> file.name();
            case "#line" -> line;
            case "#number" -> loader.next(cell.column());
            default -> key(name, shape, said);
        };
    }

    /** A key made of what tells the row from others: the same row has the same key wherever it stands, and in each import. */
    private static String key(String name, RowForm shape, List<@Nullable Object> said) {
        StringBuilder text = new StringBuilder(shape.table().name());
        List<String> columns = shape.columns();
        for (int i = 0; i < said.size(); i++) {
            Object value = said.get(i);
            List<String> key = shape.identity().key();
            if (value != null && (key.isEmpty() || key.contains(columns.get(i)))) {
                text.append('\0').append(columns.get(i)).append('=').append(value);
            }
        }
        String uuid = UUID.nameUUIDFromBytes(text.toString().getBytes(StandardCharsets.UTF_8))
                .toString();
        return name.equals("#hex") ? uuid.replace("-", "") : uuid;
    }

    /** The key of the row that a value leads to, created if need be and allowed; null where there is none. */
    private @Nullable Object follow(
            RowForm shape, RowForm.Link link, Object value, List<@Nullable Object> values, long line)
            throws SQLException, IOException {
        String memory = link.table() + "\0" + link.column() + "\0" + value;
        Object remembered = known.get(memory);
        if (remembered != null) {
            return remembered;
        }
        TableLoader other = run.loader(settings.tableOf(link.table()), file.name(), line);
        String column = other == null ? null : other.form().column(link.column());
        if (other == null || column == null) {
            return null;
        }
        Object key = other.find(column, value);
        if (key == null && link.create()) {
            create(shape, link, other, column, value, values, line);
            key = other.find(column, value);
        }
        if (key != null) {
            known.put(memory, key);
        }
        return key;
    }

    private void create(
            RowForm shape,
            RowForm.Link link,
            TableLoader other,
            String column,
            Object value,
            List<@Nullable Object> values,
            long line)
            throws SQLException, IOException {
        RowForm mentioned = run.mentioned(other.form(), settings, link.table(), column);
        List<@Nullable Object> said = new ArrayList<>();
        mentioned.cells().forEach(cell -> said.add(cell.column().equals(column) ? value : null));
        List<String> columns = new ArrayList<>();
        List<@Nullable Object> row = new ArrayList<>();
        for (int i = 0; i < said.size(); i++) {
            RowForm.Cell cell = mentioned.cells().get(i);
            Object found = said.get(i);
            Expression otherwise = cell.otherwise();
            try {
                if (found == null && otherwise != null) {
                    found = cell.value(
                            otherwise,
                            name -> name.startsWith("#")
                                    ? generated(mentioned, other, cell, name, said, line)
                                    : field(shape, name, values, line));
                }
            } catch (ColumnRule.Unfit e) {
                problem(line, Disclosure.message(e));
            }
            if (found != null) {
                columns.add(cell.column());
                row.add(found);
            }
        }
        ImportReport.Fate fate = other.mention(new ArchiveRow(columns, row, row, new BitSet(), mentioned.identity()));
        if (fate == ImportReport.Fate.MENTIONED) {
            run.counts().mentioned(other.form().name());
        }
        run.count(other, fate, file.name(), line);
    }
}
