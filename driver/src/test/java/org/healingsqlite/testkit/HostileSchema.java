package org.healingsqlite.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A damaged database whose {@code sqlite_schema} holds texts that somebody put there, beside tables that have nothing to do with them; and, in a directory
 * beside it, databases that nobody may touch.
 */
public final class HostileSchema {
    private static final int PAGE = 512;
    private static final int ROWS = 40;

    private final Path directory;
    private final Path work;
    private final Path canaries;
    private final Map<String, byte[]> untouched;
    private final List<String> names = new ArrayList<>();
    private int made;

    /**
     * What is put into a row of {@code sqlite_schema}.
     *
     * @param type of the row, which is named {@code a0}, {@code a1} and so on
     * @param sql where {@code $name} stands for the row's name, {@code $canary} for a database and {@code $made} for a file that is not there
     */
    public record Text(String type, String sql) {}

    /** A directory with canaries in it. */
    public HostileSchema(Path directory) throws IOException, SQLException {
        this.directory = directory;
        this.work = Files.createDirectories(directory.resolve("work"));
        this.canaries = Files.createDirectories(directory.resolve("canaries"));
        try (Connection connection = connect(canary())) {
            Sql.run(
                    connection,
                    "CREATE TABLE accounts(owner TEXT, balance INT)",
                    "INSERT INTO accounts VALUES('owner', 1000)");
        }
        Files.writeString(canaries.resolve("notes.txt"), "nobody writes here");
        this.untouched = contents();
    }

    private Path canary() {
        return canaries.resolve("bank.db");
    }

    /** The damaged database, each time at another path: what is known of one file is not known of the next. */
    public Path database() {
        return work.resolve("app" + made + ".db");
    }

    private static Connection connect(Path database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("healing.inner", "true");
        properties.setProperty("synchronous", "OFF");
        return DriverManager.getConnection("jdbc:sqlite:" + database, properties);
    }

    /** Empties the working directory, and makes the database in it: texts in its schema, and one page of a table of no interest overwritten. */
    public void make(List<Text> texts, boolean byWritableSchema) throws SQLException, IOException {
        clear(work);
        names.clear();
        made++;
        int damaged;
        try (Connection connection = connect(database())) {
            Sql.run(
                    connection,
                    "PRAGMA page_size = " + PAGE,
                    "PRAGMA journal_mode = OFF",
                    "BEGIN",
                    "CREATE TABLE good(id INTEGER PRIMARY KEY, v TEXT NOT NULL CHECK (length(v) > 3), n INT DEFAULT (1 + 1))",
                    "CREATE TABLE keyed(k TEXT PRIMARY KEY, v) WITHOUT ROWID",
                    "CREATE TABLE noted(id)",
                    "CREATE TABLE filler(v)");
            for (int i = 0; i < texts.size(); i++) {
                String name = "a" + i;
                names.add(name);
                Sql.run(connection, placeholder(texts.get(i).type(), name));
                if (texts.get(i).type().equals("table")) {
                    Sql.run(connection, "INSERT INTO " + name + " VALUES ('row of " + name + "'), (2)");
                }
            }
            String rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS + ") ";
            Sql.run(
                    connection,
                    rows + "INSERT INTO good SELECT i, 'row ' || i || printf('%*c', i % 70, 'x'), i FROM n",
                    rows + "INSERT INTO keyed SELECT 'key ' || i, i * 1.5 FROM n",
                    rows + "INSERT INTO filler SELECT 'filler ' || i || printf('%*c', 100, 'x') FROM n",
                    "CREATE INDEX good_v ON good(v)",
                    "CREATE VIEW of_good AS SELECT id, v FROM good",
                    "CREATE TRIGGER note AFTER INSERT ON good BEGIN INSERT INTO noted VALUES (new.id); END");
            if (byWritableSchema) {
                Sql.run(connection, "PRAGMA writable_schema = ON");
                try (PreparedStatement put =
                        connection.prepareStatement("UPDATE sqlite_schema SET sql = ? WHERE name = ?")) {
                    for (int i = 0; i < texts.size(); i++) {
                        put.setString(1, text(texts.get(i), names.get(i)));
                        put.setString(2, names.get(i));
                        put.executeUpdate();
                    }
                }
            }
            damaged = ((Number) Sql.value(
                            connection, "SELECT max(pageno) FROM dbstat WHERE name = 'filler' AND pagetype = 'leaf'"))
                    .intValue();
            Sql.run(connection, "COMMIT");
        }
        if (!byWritableSchema) {
            editBytes(texts);
        }
        try (RandomAccessFile file = new RandomAccessFile(database().toFile(), "rw")) {
            byte[] noise = new byte[PAGE];
            Arrays.fill(noise, (byte) 0xa5);
            file.seek((long) (damaged - 1) * PAGE);
            file.write(noise);
        }
    }

    /** Room for a text that is put there byte by byte: a statement with a comment of that length. */
    private static String placeholder(String type, String name) {
        String room = "/*" + "~".repeat(150) + "*/";
        return switch (type) {
            case "index" -> "CREATE INDEX " + name + " ON good(n) WHERE" + room + " n > 1";
            case "view" -> "CREATE VIEW " + name + " AS SELECT" + room + " 1";
            case "trigger" -> "CREATE TRIGGER " + name + " AFTER DELETE ON good BEGIN SELECT" + room + " 1; END";
            default -> "CREATE TABLE " + name + "(x" + room + ")";
        };
    }

    private String text(Text text, String name) {
        return text.sql()
                .replace("$name", name)
                .replace("$canary", canary().toString())
                .replace("$made", canaries.resolve("made").toString());
    }

    /** Writes each text over the statement that is there, where it has room; so no checksum, length or counter of SQLite's says that anything was changed. */
    private void editBytes(List<Text> texts) throws IOException {
        byte[] bytes = Files.readAllBytes(database());
        String all = new String(bytes, StandardCharsets.ISO_8859_1);
        for (int i = 0; i < texts.size(); i++) {
            String type = texts.get(i).type();
            String there = placeholder(type, names.get(i));
            int at = all.indexOf(there);
            byte[] text = text(texts.get(i), names.get(i)).getBytes(StandardCharsets.UTF_8);
            if (at >= 0 && text.length <= there.length()) {
                Arrays.fill(bytes, at, at + there.length(), (byte) ' ');
                System.arraycopy(text, 0, bytes, at, text.length);
            }
        }
        Files.write(database(), bytes);
    }

    /** Everything in the directory of the canaries, and the names of what is in the others. */
    private Map<String, byte[]> contents() throws IOException {
        Map<String, byte[]> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(canaries)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(canaries.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        for (Path names : List.of(directory, Path.of("."))) {
            try (Stream<Path> files = Files.list(names)) {
                files.forEach(file -> contents.put(file.toString(), new byte[0]));
            }
        }
        return contents;
    }

    /** That nothing outside the working directory has changed, and nothing is in it but what belongs to the database and the given files. */
    public void assertNothingRan(String what, Path... own) throws IOException {
        Map<String, byte[]> now = contents();
        assertThat(now.keySet()).as(what).isEqualTo(untouched.keySet());
        now.forEach((name, bytes) -> assertThat(bytes).as("%s: %s", what, name).isEqualTo(untouched.get(name)));
        try (Stream<Path> files = Files.list(work)) {
            assertThat(files.map(Path::getFileName)
                            .map(Path::toString)
                            .filter(name -> !name.startsWith("app" + made + ".db")))
                    .as(what)
                    .isSubsetOf(Stream.of(own)
                            .map(path -> path.getFileName().toString())
                            .toList());
        }
    }

    /** That a database has all rows of the tables that the texts have nothing to do with, their index, view and trigger, and no object that is not in the damaged one. */
    public void assertTheRestIsWhole(String what, Path database) throws SQLException {
        try (Connection connection = connect(database)) {
            List<List<Object>> good = Sql.rows(connection, "SELECT id, v, n FROM good ORDER BY id");
            assertThat((List<?>) good).as(what).hasSize(ROWS);
            for (int i = 1; i <= ROWS; i++) {
                String filler = String.format(Locale.ROOT, "%" + Math.max(1, i % 70) + "s", "x");
                assertThat((List<?>) good.get(i - 1)).as(what).isEqualTo(List.of(i, "row " + i + filler, i));
            }
            assertThat(Sql.value(connection, "SELECT count(*) || ' ' || sum(v) || ' ' || count(DISTINCT k) FROM keyed"))
                    .as(what)
                    .isEqualTo(ROWS + " " + ROWS * (ROWS + 1) / 2 * 1.5 + " " + ROWS);
            assertThat(Sql.value(connection, "SELECT count(*) FROM noted"))
                    .as(what)
                    .isEqualTo(0);
            assertThat(Sql.value(connection, "PRAGMA user_version")).as(what).isEqualTo(0);
            List<String> expected = new ArrayList<>(names);
            expected.addAll(List.of("good", "good_v", "of_good", "note", "keyed", "noted", "filler"));
            List<String> objects = new ArrayList<>();
            Sql.rows(
                            connection,
                            "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND name NOT LIKE 'a_\\_%' ESCAPE '\\'")
                    .forEach(row -> objects.add((String) row.get(0)));
            assertThat(objects).as(what).isSubsetOf(expected).contains("good", "good_v", "of_good", "note", "keyed");
        }
    }

    /** Removes everything in a directory. */
    private static void clear(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                if (!file.equals(directory)) {
                    Files.delete(file);
                }
            }
        }
    }

    // ---- Texts

    /** Statements of every kind that SQLite knows, each of which would leave a trace. */
    public static final List<String> STATEMENTS = List.of(
            "ATTACH '$canary' AS v",
            "ATTACH '$made' AS w",
            "ATTACH DATABASE '$canary' AS main2",
            "UPDATE v.accounts SET balance = balance - 100",
            "CREATE TABLE v.loot(x)",
            "CREATE TABLE w.$name(x)",
            "CREATE TABLE other(x)",
            "CREATE TABLE main.other2(x)",
            "CREATE TEMP TABLE $name(x)",
            "CREATE TABLE other3 AS SELECT * FROM good",
            "CREATE TABLE $name AS SELECT load_extension('$made')",
            "CREATE TABLE $name AS SELECT writefile('$made', 'x')",
            "CREATE VIEW other4 AS SELECT 1",
            "CREATE INDEX other5 ON good(n)",
            "CREATE TRIGGER other6 AFTER INSERT ON good BEGIN DELETE FROM good; END",
            "CREATE VIRTUAL TABLE $name USING csv(filename='$made')",
            "CREATE VIRTUAL TABLE $name USING fsdir",
            "CREATE VIRTUAL TABLE $name USING zipfile('$made')",
            "CREATE VIRTUAL TABLE $name USING dbstat",
            "CREATE VIRTUAL TABLE $name USING fts4(x, compress=load_extension, uncompress=readfile)",
            "CREATE VIRTUAL TABLE other7 USING fts5(x)",
            "ALTER TABLE good RENAME TO bad",
            "ALTER TABLE good ADD COLUMN bad",
            "ALTER TABLE good DROP COLUMN n",
            "ANALYZE",
            "BEGIN",
            "COMMIT",
            "END",
            "ROLLBACK",
            "SAVEPOINT s",
            "RELEASE s",
            "DELETE FROM good",
            "DELETE FROM sqlite_schema",
            "INSERT INTO good VALUES (1000, 'intruder', 1)",
            "REPLACE INTO good VALUES (1, 'intruder', 1)",
            "INSERT INTO good VALUES (1, 'intruder', 1) ON CONFLICT DO UPDATE SET v = 'intruder'",
            "UPDATE good SET v = 'intruder'",
            "WITH x AS (SELECT 1) DELETE FROM keyed",
            "SELECT load_extension('$made')",
            "SELECT writefile('$made', 'x')",
            "VALUES (load_extension('$made'))",
            "EXPLAIN DELETE FROM good",
            "EXPLAIN QUERY PLAN DELETE FROM good",
            "DETACH v",
            "DROP TABLE good",
            "DROP INDEX good_v",
            "DROP VIEW of_good",
            "DROP TRIGGER note",
            "PRAGMA user_version = 666",
            "PRAGMA writable_schema = ON",
            "PRAGMA temp_store_directory = '$made'",
            "PRAGMA journal_mode = WAL",
            "REINDEX",
            "VACUUM",
            "VACUUM INTO '$made'");

    /** Statements of the object itself that call what they may not, or do harm when they run. */
    private static final List<Text> OWN = List.of(
            new Text("table", "CREATE TABLE $name(x DEFAULT (load_extension('$made')))"),
            new Text("table", "CREATE TABLE $name(x CHECK (load_extension('$made') IS NULL))"),
            new Text("table", "CREATE TABLE $name(x CHECK (writefile('$made', x)))"),
            new Text("table", "CREATE TABLE $name(x, y AS (readfile('$made')))"),
            new Text("table", "CREATE TABLE $name(x AS (edit('$made')) STORED)"),
            new Text("table", "CREATE TABLE $name(x DEFAULT (nosuch('$made')), CHECK (nosuch(x)))"),
            new Text("table", "CREATE TABLE $name(x COLLATE nosuch)"),
            new Text("table", "CREATE VIRTUAL TABLE $name USING fts5(x, content='of_good')"),
            new Text("index", "CREATE INDEX $name ON good(load_extension(v))"),
            new Text("index", "CREATE INDEX $name ON good(nosuch(v))"),
            new Text("index", "CREATE UNIQUE INDEX $name ON good((1))"),
            new Text("index", "CREATE INDEX $name ON good(n) WHERE writefile('$made', v)"),
            new Text("view", "CREATE VIEW $name AS SELECT load_extension('$made')"),
            new Text("view", "CREATE VIEW $name AS SELECT writefile('$made', v) FROM good"),
            new Text("view", "CREATE VIEW $name(a, b) AS SELECT nosuch(1), edit('x')"),
            new Text("trigger", "CREATE TRIGGER $name AFTER INSERT ON good BEGIN DELETE FROM good; END"),
            new Text(
                    "trigger", "CREATE TRIGGER $name BEFORE INSERT ON keyed BEGIN SELECT load_extension('$made'); END"),
            new Text(
                    "trigger",
                    "CREATE TRIGGER $name INSTEAD OF INSERT ON of_good BEGIN SELECT writefile('$made', 1); END"),
            new Text(
                    "trigger",
                    "CREATE TRIGGER $name AFTER INSERT ON filler WHEN CASE WHEN nosuch(1) THEN 1 END BEGIN UPDATE good SET v = 'x'; END"));

    private static final List<String> TYPES = List.of("table", "index", "view", "trigger");

    /** Some texts of a generated file. */
    public static List<Text> texts(Random random) {
        List<Text> texts = new ArrayList<>();
        for (int i = 1 + random.nextInt(5); i > 0; i--) {
            texts.add(text(random));
        }
        return texts;
    }

    private static Text text(Random random) {
        if (random.nextInt(4) == 0) {
            Text own = OWN.get(random.nextInt(OWN.size()));
            return new Text(own.type(), dressed(own.sql(), random));
        }
        String type = TYPES.get(random.nextInt(TYPES.size()));
        String sql = STATEMENTS.get(random.nextInt(STATEMENTS.size()));
        for (int i = random.nextInt(3); i > 0; i--) {
            sql = wrapped(sql, type, random);
        }
        return new Text(type, dressed(sql, random));
    }

    /** A statement in, behind, or before another. */
    private static String wrapped(String sql, String type, Random random) {
        String own = switch (type) {
            case "index" -> "CREATE INDEX $name ON good(n)";
            case "view" -> "CREATE VIEW $name AS SELECT 1";
            case "trigger" -> "CREATE TRIGGER $name AFTER DELETE ON good BEGIN SELECT 1; END";
            default -> "CREATE TABLE $name(x)";
        };
        return switch (random.nextInt(11)) {
            case 0 -> own + "; " + sql;
            case 1 -> own + ";\n;;" + sql + ";";
            case 2 -> sql + "; " + own;
            case 3 -> own + " /* */; " + sql + " --";
            case 4 -> "CREATE TRIGGER $name AFTER INSERT ON good BEGIN " + sql + "; END";
            case 5 -> "CREATE TRIGGER $name AFTER INSERT ON good BEGIN SELECT 1; END; " + sql + "; END";
            case 6 -> "CREATE TABLE $name(x DEFAULT '" + sql.replace("'", "''") + "')";
            case 7 -> "CREATE VIEW $name AS " + sql;
            case 8 -> "CREATE TABLE $name(x)/*" + sql + "*/";
            case 9 -> "CREATE TABLE \"$name\"(x); -- '\n" + sql;
            default -> "CREATE TABLE $name(x /* ' */ ); " + sql + " /* ' */";
        };
    }

    /** The same with comments, blanks, case and quotes of another kind, or a piece of it broken. */
    private static String dressed(String sql, Random random) {
        return switch (random.nextInt(14)) {
            case 0 -> "/* a ; ' comment */ " + sql;
            case 1 -> sql.replace(" ", "\n\t");
            case 2 -> sql.replace(" ", "/**/ ");
            case 3 -> sql.toLowerCase(Locale.ROOT);
            case 4 -> sql.replace("$name", "\"$name\"");
            case 5 -> sql.replace("$name", "[$name]");
            case 6 -> sql.replace("$name", "`$name`");
            case 7 -> sql.replace("$name", "'$name'");
            case 8 -> sql.replace("$name", "main.$name");
            case 9 -> sql + ";";
            case 10 -> sql + "; DROP TABLE good";
            case 11 -> sql.substring(0, 1 + random.nextInt(sql.length()));
            case 12 ->
                new StringBuilder(sql)
                        .insert(
                                random.nextInt(sql.length()),
                                List.of("'", "\"", ";", "/*", "--", "\0", "[", "(", ")", "\ufeff")
                                        .get(random.nextInt(10)))
                        .toString();
            default -> sql;
        };
    }
}
