package org.healingsqlite.archive;

import java.math.BigInteger;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.healingsqlite.testkit.Sql;

/** Databases with every kind of table and of value, made from a seed; and what is in a database, to the last bit. */
final class SeededDatabase {
    private SeededDatabase() {}

    static void create(Path file, long seed) throws SQLException {
        Random random = new Random(seed);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            Sql.run(
                    connection,
                    "PRAGMA encoding = '"
                            + List.of("UTF-8", "UTF-8", "UTF-16le", "UTF-16be").get(random.nextInt(4)) + "'",
                    "PRAGMA page_size = " + (512 << random.nextInt(5)),
                    "PRAGMA auto_vacuum = " + random.nextInt(3));
            if (random.nextBoolean()) {
                Sql.run(connection, "PRAGMA journal_mode = WAL");
            }
            Sql.run(
                    connection,
                    "PRAGMA user_version = " + random.nextInt(),
                    "PRAGMA application_id = " + random.nextInt(),
                    "CREATE TABLE schema_migrations (version TEXT PRIMARY KEY)",
                    "INSERT INTO schema_migrations VALUES ('1'), ('2')",
                    "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, x)",
                    "INSERT INTO counted (x) VALUES (1), (2), (3)",
                    "DELETE FROM counted WHERE id > " + random.nextInt(4));
            int tables = 3 + random.nextInt(5);
            for (int i = 0; i < tables; i++) {
                table(connection, "t" + i + (random.nextBoolean() ? "" : " od\"d 表" + i), random);
            }
            Sql.run(
                    connection,
                    "CREATE TABLE log (what TEXT)",
                    "CREATE TRIGGER counted_log AFTER INSERT ON counted BEGIN INSERT INTO log VALUES ('it; is -- ' || NEW.id); END",
                    "CREATE VIEW both AS SELECT id, what FROM counted, log /* kept */",
                    "CREATE UNIQUE INDEX counted_x ON counted (x) WHERE x > 1",
                    "INSERT INTO counted (x) VALUES (17)");
            if (random.nextBoolean()) {
                Sql.run(
                        connection,
                        "CREATE VIRTUAL TABLE found USING fts5(title, body)",
                        "INSERT INTO found VALUES ('one', 'a text'), ('two', 'another text')",
                        "CREATE VIRTUAL TABLE \"bo xes\" USING rtree(id, x0, x1)",
                        "INSERT INTO \"bo xes\" VALUES (1, 0.5, 2), (9, -1, 1)");
            }
        }
    }

    private static void table(Connection connection, String name, Random random) throws SQLException {
        String quoted = '"' + name.replace("\"", "\"\"") + '"';
        int kind = random.nextInt(6);
        String columns = "a, b TEXT, c INTEGER, d REAL, e BLOB, f NUMERIC";
        String types = "a ANY, b TEXT, c INTEGER, d REAL, e BLOB, f ANY";
        String sql = switch (kind) {
            case 0 -> quoted + " (id INTEGER PRIMARY KEY, " + columns + ")";
            case 1 -> quoted + " (" + columns + ")";
            case 2 ->
                quoted + " (k TEXT, n INTEGER, " + columns + ", PRIMARY KEY (k COLLATE NOCASE, n DESC)) WITHOUT ROWID";
            case 3 -> quoted + " (id INTEGER PRIMARY KEY AUTOINCREMENT, " + types + ") STRICT";
            case 4 ->
                quoted + " (id INTEGER PRIMARY KEY, " + columns
                        + ", g AS (c + 1) STORED, h TEXT AS (b || 'x') VIRTUAL, CHECK (id > -100))";
            default -> quoted + " (rowid TEXT, " + columns + ", UNIQUE (rowid) ON CONFLICT REPLACE)";
        };
        Sql.run(connection, "CREATE TABLE " + sql);
        boolean strict = kind == 3;
        int rows = random.nextInt(60);
        String names = "(a, b, c, d, e, f" + (kind == 2 ? ", k, n" : "") + (kind == 5 ? ", rowid" : "") + ")";
        for (int i = 0; i < rows; i++) {
            List<Object> values = new ArrayList<>();
            for (int column = 0; column < 6; column++) {
                values.add(strict ? typed(column, random) : any(random));
            }
            if (kind == 2) {
                values.add("k" + i);
                values.add((long) random.nextInt(3));
            }
            if (kind == 5) {
                values.add("r" + i);
            }
            StringBuilder places = new StringBuilder();
            for (Object value : values) {
                places.append(places.isEmpty() ? "" : ", ").append(value instanceof byte[][] ? "CAST(? AS TEXT)" : "?");
            }
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT INTO " + quoted + names + " VALUES (" + places + ")")) {
                for (int p = 0; p < values.size(); p++) {
                    Object value = values.get(p);
                    if (value instanceof byte[][] raw) {
                        insert.setBytes(p + 1, raw[0]);
                    } else {
                        insert.setObject(p + 1, value);
                    }
                }
                insert.executeUpdate();
            }
        }
        if (rows > 5 && kind != 2) {
            Sql.run(connection, "DELETE FROM " + quoted + " WHERE _rowid_ % 7 = 3");
        }
    }

    private static Object typed(int column, Random random) {
        return switch (column) {
            case 1 -> text(random);
            case 2 -> random.nextLong();
            case 3 -> random.nextDouble();
            case 4 -> blob(random);
            default -> any(random);
        };
    }

    private static Object any(Random random) {
        return switch (random.nextInt(14)) {
            case 0 -> Long.MAX_VALUE;
            case 1 -> Long.MIN_VALUE;
            case 2 -> (long) random.nextInt(5);
            case 3 -> -0.0;
            case 4 -> Double.longBitsToDouble(random.nextLong() & 0xBFEFFFFFFFFFFFFFL);
            case 5 -> Double.POSITIVE_INFINITY;
            case 6 -> 1e300 * (random.nextBoolean() ? 1 : -1);
            case 7 -> blob(random);
            case 8 -> new byte[0];
            case 9 -> "";
            // Text that is not valid in any encoding.
            case 10 -> new byte[][] {{(byte) 0xff, (byte) 0xfe, 'a', (byte) 0xd8, (byte) 0xc0, (byte) 0xdc}};
            case 11 -> "12.50";
            case 12 -> (double) random.nextInt(100);
            default -> text(random);
        };
    }

    private static byte[] blob(Random random) {
        byte[] bytes = new byte[random.nextInt(3000)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static String text(Random random) {
        return List.of(
                        "plain",
                        "line\nline\r\n\ttab",
                        "NUL\0inside",
                        "{\"rows\":3}",
                        "ünïcödé 🙏 \u2028 \u007f",
                        "'); DROP TABLE t;--",
                        "back\\slash \"quote\"",
                        "x".repeat(random.nextInt(5000)))
                .get(random.nextInt(8));
    }

    /** Schema, settings and every value with its storage class. */
    static List<String> content(Path file) throws SQLException {
        List<String> content = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            for (String pragma : List.of(
                    "user_version",
                    "application_id",
                    "encoding",
                    "page_size",
                    "auto_vacuum",
                    "journal_mode",
                    "integrity_check")) {
                content.add(pragma + " " + Sql.value(connection, "PRAGMA " + pragma));
            }
            Sql.rows(connection, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
                    .forEach(row -> content.add(row.toString()));
            List<TableForm> forms = new ArrayList<>(TableForm.readAll(connection));
            forms.sort(Comparator.comparing(TableForm::name));
            for (TableForm form : forms) {
                rows(connection, form, content);
            }
        }
        return content;
    }

    private static void rows(Connection connection, TableForm form, List<String> content) throws SQLException {
        List<String> columns = new ArrayList<>();
        form.rowid().ifPresent(columns::add);
        columns.addAll(form.columns());
        StringBuilder sql = new StringBuilder("SELECT ");
        for (String column : columns) {
            sql.append("typeof(")
                    .append(form.quoted(column))
                    .append("), ")
                    .append(form.quoted(column))
                    .append(", ");
        }
        List<String> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(sql + "0 FROM \"" + form.name().replace("\"", "\"\"") + "\"")) {
            while (row.next()) {
                StringBuilder line = new StringBuilder(form.name());
                for (int i = 1; i <= 2 * columns.size(); i += 2) {
                    String type = row.getString(i);
                    line.append('|').append(type).append(' ');
                    switch (type) {
                        case "integer" -> line.append(row.getLong(i + 1));
                        case "real" -> line.append(Long.toHexString(Double.doubleToRawLongBits(row.getDouble(i + 1))));
                        case "text", "blob" -> {
                            byte[] bytes = row.getBytes(i + 1);
                            line.append(bytes == null ? "" : told(bytes));
                        }
                        default -> line.append('-');
                    }
                }
                rows.add(line.toString());
            }
        }
        rows.stream().sorted().forEach(content::add);
        content.add(form.name() + " has " + rows.size() + " rows");
    }

    private static String told(byte[] bytes) {
        return bytes.length <= 40
                ? HexFormat.of().formatHex(bytes)
                : bytes.length + " bytes " + new BigInteger(1, Checksum.sha256().digest(bytes)).toString(36);
    }
}
