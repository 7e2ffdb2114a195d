package org.healingsqlite.completeness;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.format.TextEncoding;
import org.jspecify.annotations.Nullable;

/** The rows of {@code sqlite_schema} that can be read. Immutable once read. */
final class SchemaRows {
    static final String SHADOW_OF_CONTENT = "_content";

    /** Source: SQLite, FTS3/4 §1 and FTS5 §1. */
    private static final Pattern OF_FULL_TEXT =
            Pattern.compile("\\bUSING\\s+[\"'`\\[]?fts[345]\\b", Pattern.CASE_INSENSITIVE);

    private static final String CREATE_TABLE = "CREATE TABLE ";

    private final Map<String, Row> tables = new HashMap<>();
    private final Map<String, Row> indexes = new HashMap<>();
    private final List<String> virtual = new ArrayList<>();
    private final Set<List<String>> objects = new HashSet<>();
    private boolean whole = true;

    /**
     * A table or an index.
     *
     * @param root the root page; 0 for a virtual table
     * @param sql as stored; empty for an index that a constraint made
     */
    record Row(String name, String table, long root, String sql) {
        /** Whether rows may be left out of it: said too often rather than too seldom. */
        boolean mayBePartial() {
            return sql.toUpperCase(Locale.ROOT).contains("WHERE");
        }
    }

    private SchemaRows() {}

    /** Reads them, noting the pages. */
    static SchemaRows read(Pages pages, @Nullable Uses uses, Charset charset) throws IOException {
        SchemaRows rows = new SchemaRows();
        TreeCursor cursor = new TreeCursor(pages, uses, 1, true);
        RecordCursor record = new RecordCursor();
        for (TreeCursor.Event event = cursor.next(); event != TreeCursor.Event.END; event = cursor.next()) {
            if (event == TreeCursor.Event.GAP || uses != null && !Payload.isWhole(cursor, uses)) {
                rows.whole = false;
                continue;
            }
            byte[] payload = Payload.of(cursor).bytes();
            if (!record.moveTo(payload, 0, payload.length) || record.count() < 5 || !record.isText(0)) {
                rows.whole = false;
                continue;
            }
            rows.add(record, charset);
        }
        return rows;
    }

    private void add(RecordCursor record, Charset charset) {
        String type = text(record, 0, charset);
        objects.add(identity(record, charset));
        long root = record.kind(3) == RecordCursor.Kind.INTEGER ? record.integer(3) : 0;
        String sql = text(record, 4, charset);
        String table = text(record, 2, charset);
        // Tables have their name three times: two outvote the third.
        boolean outvoted = type.equals("table") && creates(sql, table);
        Row row = new Row(outvoted ? table : text(record, 1, charset), table, root, sql);
        String key = row.name().toLowerCase(Locale.ROOT);
        if (type.equals("table")) {
            tables.put(key, row);
            if (root == 0) {
                virtual.add(key);
            }
        } else if (type.equals("index")) {
            indexes.put(key, row);
        } else if (!type.equals("view") && !type.equals("trigger")) {
            whole = false;
        }
    }

    /** Whether a statement creates a table of this name. */
    private static boolean creates(String sql, String name) {
        int at = CREATE_TABLE.length();
        if (name.isEmpty() || !sql.regionMatches(true, 0, CREATE_TABLE, 0, at)) {
            return false;
        }
        at += at < sql.length() && "\"'`[".indexOf(sql.charAt(at)) >= 0 ? 1 : 0;
        int end = at + name.length();
        return sql.regionMatches(true, at, name, 0, name.length())
                && end < sql.length()
                && !Character.isJavaIdentifierPart(sql.charAt(end));
    }

    /** All of a row but where its tree begins. */
    private static List<String> identity(RecordCursor record, Charset charset) {
        return List.of(
                text(record, 0, charset), text(record, 1, charset), text(record, 2, charset), text(record, 4, charset));
    }

    /** Whether a row, read from elsewhere, is that of an object of this schema. */
    boolean has(TreeCursor row, Charset charset) throws IOException {
        byte[] payload = Payload.of(row).bytes();
        RecordCursor record = new RecordCursor();
        return record.moveTo(payload, 0, payload.length)
                && record.count() == 5
                && record.isText(0)
                && objects.contains(identity(record, charset));
    }

    /** Whether a record is like a row of a schema. */
    static boolean isRow(RecordCursor record) {
        return record.count() == 5
                && record.isText(0)
                && record.isText(1)
                && record.isText(2)
                && (record.isText(4) || record.isNull(4));
    }

    private static String text(RecordCursor record, int field, Charset charset) {
        return record.isText(field) ? new String(record.copy(field), charset) : "";
    }

    static Charset charset(Pages pages, Pages other) {
        Optional<TextEncoding> told = pages.header().flatMap(header -> header.encoding());
        return told.or(() -> other.header().flatMap(header -> header.encoding()))
                .map(TextEncoding::charset)
                .orElse(StandardCharsets.UTF_8);
    }

    /** Whether every row was read. */
    boolean isWhole() {
        return whole;
    }

    Map<String, Row> tables() {
        return tables;
    }

    Map<String, Row> indexes() {
        return indexes;
    }

    /** The virtual table that a table is kept for; empty where it is nobody's. */
    Optional<String> ownerOf(String table) {
        String key = table.toLowerCase(Locale.ROOT);
        return virtual.stream().filter(name -> key.startsWith(name + "_")).findFirst();
    }

    /** Whether a virtual table keeps what was stored in a table of its own, from which the rest can be made anew: of a module that is not known, nobody knows. */
    boolean keepsContent(String virtualTable) {
        String key = virtualTable.toLowerCase(Locale.ROOT);
        Row row = tables.get(key);
        return row != null && OF_FULL_TEXT.matcher(row.sql()).find() && tables.containsKey(key + SHADOW_OF_CONTENT);
    }

    /** Whether a table's rows are somebody's: not SQLite's own, nor what a virtual table makes of its content. */
    boolean isJudged(String table) {
        String key = table.toLowerCase(Locale.ROOT);
        return !key.startsWith("sqlite_") && (ownerOf(key).isEmpty() || key.endsWith(SHADOW_OF_CONTENT));
    }
}
