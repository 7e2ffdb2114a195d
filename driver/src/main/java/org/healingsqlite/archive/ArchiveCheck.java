package org.healingsqlite.archive;

import com.grack.nanojson.JsonStringWriter;
import com.grack.nanojson.JsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.healingsqlite.api.Experimental;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Printable;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.schema.Scripts;
import org.healingsqlite.schema.SqlScript;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * What an archive would give to a database of a schema: a dry run, in a database of its own that is gone afterwards.
 *
 * @param report rows by table; what could not be read or does not fit, by file and line
 * @param firstRows the first rows of each table that got some, as SQL writes their values, its columns before them
 * @param withoutPartner rows whose foreign key leads to no row: the first of them
 * @param leftOut statements of the schema that create nothing, and were not run
 */
@Experimental
public record ArchiveCheck(
        ImportReport report, Map<String, List<List<String>>> firstRows, List<String> withoutPartner, long leftOut) {
    private static final int SHOWN_ROWS = 3;
    private static final int SHOWN_PARTNERS = 100;
    private static final int SHOWN_CHARS = 60;

    public ArchiveCheck {
        firstRows = new LinkedHashMap<>(firstRows);
        withoutPartner = List.copyOf(withoutPartner);
    }

    /**
     * Tries an archive.
     *
     * @param schema the script that makes the tables; its statements that create nothing are not run
     * @throws ArchiveException where the archive's manifest cannot be used, or the schema cannot be created
     */
    public static ArchiveCheck of(Archive archive, String schema) throws SQLException, IOException {
        long leftOut = statements(schema).stream()
                .filter(statement -> !creates(statement))
                .count();
        return of(archive, ArchiveRestore.of(archive, creating(schema)), leftOut);
    }

    /** The statements of a script that create something; a check runs no others. */
    public static String creating(String schema) throws ArchiveException {
        StringBuilder creating = new StringBuilder();
        statements(schema).stream()
                .filter(ArchiveCheck::creates)
                .forEach(statement -> creating.append(statement).append("\n;\n"));
        return creating.toString();
    }

    private static List<String> statements(String schema) {
        return new SqlScript("the schema", schema, Scripts.Limits.NONE)
                .statements().stream().map(SqlStatement::text).toList();
    }

    /** Tries an archive that has its schema. */
    public static ArchiveCheck of(Archive archive) throws SQLException, IOException {
        return of(archive, ArchiveRestore.of(archive), 0);
    }

    private static boolean creates(String statement) {
        try {
            new SchemaStatement("", statement).create();
            return true;
        } catch (ArchiveException e) {
            return false;
        }
    }

    private static ArchiveCheck of(Archive archive, ArchiveRestore restore, long leftOut)
            throws SQLException, IOException {
        Path directory = Files.createTempDirectory("healing-archive-check");
        try (Connection database = Sqlite.open(directory.resolve("check.db"), Access.CREATE.confined())) {
            Sql.execute(database, "PRAGMA synchronous = OFF");
            restore.schemaInto(database);
            ImportReport report =
                    ArchiveImport.of(archive).into(database, MergePolicy.DATABASE_WINS, ProgressListener.NONE);
            Map<String, List<List<String>>> rows = new LinkedHashMap<>();
            for (String table : report.rowCounts().keySet()) {
                rows.put(table, firstRows(database, table));
            }
            return new ArchiveCheck(report, rows, withoutPartner(database), leftOut);
        } finally {
            DurableFiles.deleteTree(directory);
        }
    }

    private static List<List<String>> firstRows(Connection database, String table) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        try (Statement statement = database.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT * FROM main." + Sql.name(table) + " LIMIT " + SHOWN_ROWS)) {
            ResultSetMetaData columns = row.getMetaData();
            List<String> names = new ArrayList<>();
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                names.add(columns.getColumnName(i));
            }
            rows.add(names);
            while (row.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    values.add(shown(row.getObject(i)));
                }
                rows.add(values);
            }
        }
        return rows;
    }

    private static String shown(@Nullable Object value) {
        if (value == null) {
            return "NULL";
        }
        if (value instanceof byte[] bytes) {
            return "a BLOB of " + bytes.length + " bytes";
        }
        String text = Printable.of(String.valueOf(value));
        String cut = text.length() <= SHOWN_CHARS ? text : text.substring(0, SHOWN_CHARS - 3) + "...";
        return value instanceof String ? "'" + cut + "'" : cut;
    }

    private static List<String> withoutPartner(Connection database) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA foreign_key_check")) {
            while (row.next() && found.size() < SHOWN_PARTNERS) {
                found.add("a row of " + row.getString(1)
                        + (row.getObject(2) == null ? "" : " (rowid " + row.getLong(2) + ")") + " leads to no row of "
                        + row.getString(3));
            }
        }
        return found;
    }

    /** Whether every line became a row, and every key has its partner. */
    public boolean clean() {
        return report.complete() && report.countsAgree() && report.danglingReferences() == 0;
    }

    /** For people: rows by table, the first of them where values may be shown, then everything that was not taken. */
    public String toText() {
        StringBuilder text = new StringBuilder();
        report.rowCounts().forEach((table, count) -> {
            text.append(table).append(": ").append(count).append('\n');
            List<List<String>> rows = firstRows.getOrDefault(table, List.of());
            for (List<String> row : Disclosure.showsValues() ? rows : rows.subList(0, Math.min(1, rows.size()))) {
                StringJoiner line = new StringJoiner(" | ", "    ", "\n");
                row.forEach(line::add);
                text.append(line);
            }
        });
        if (leftOut > 0) {
            text.append(leftOut).append(" statements of the schema create nothing, and were not run\n");
        }
        text.append(report.problemCount()).append(" problems\n");
        report.problems().forEach(problem -> text.append("    ").append(problem).append('\n'));
        if (report.problemCount() > report.problems().size()) {
            text.append("    and ")
                    .append(report.problemCount() - report.problems().size())
                    .append(" more\n");
        }
        text.append(report.danglingReferences()).append(" keys without a partner\n");
        withoutPartner.forEach(row -> text.append("    ").append(row).append('\n'));
        if (!Disclosure.showsValues()) {
            text.append("Rows and values are not shown; --log-values or healing.logValues=true shows them.\n");
        }
        return text.toString();
    }

    /**
     * As JSON: {@code clean}, {@code tables} (each with {@code archived}, {@code there}, {@code columns}, and {@code first_rows} where values may be shown),
     * {@code problem_count}, {@code problems} (each with {@code file}, {@code line}, {@code reason}), {@code keys_without_partner}, {@code without_partner},
     * {@code statements_left_out}.
     */
    public String toJson() {
        JsonStringWriter json = JsonWriter.indent("  ")
                .string()
                .object()
                .value("clean", clean())
                .object("tables");
        report.rowCounts().forEach((table, count) -> {
            List<List<String>> rows = firstRows.getOrDefault(table, List.of());
            json.object(table)
                    .value("archived", count.archived())
                    .value("there", count.after())
                    .array("columns", rows.isEmpty() ? List.of() : rows.get(0));
            if (Disclosure.showsValues() && !rows.isEmpty()) {
                json.array("first_rows", rows.subList(1, rows.size()));
            }
            json.end();
        });
        json.end().value("problem_count", report.problemCount()).array("problems");
        report.problems()
                .forEach(problem -> json.object()
                        .value("file", problem.file())
                        .value("line", problem.line())
                        .value("reason", problem.reason())
                        .end());
        return json.end()
                .value("keys_without_partner", report.danglingReferences())
                .array("without_partner", withoutPartner)
                .value("statements_left_out", leftOut)
                .end()
                .done();
    }
}
