package org.healingsqlite.testkit.damage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Databases as applications have them, made from a seed. Each shape stands for something a salvage must understand. */
public enum Shape {
    PLAIN(4096, "", Keep.NOTHING, Shape::shop),
    PLAIN_512(512, "", Keep.NOTHING, Shape::shop),
    PLAIN_1024(1024, "", Keep.NOTHING, Shape::shop),
    PLAIN_8192(8192, "", Keep.NOTHING, Shape::shop),
    PLAIN_65536(65536, "", Keep.NOTHING, Shape::bigShop),
    LARGER(1024, "", Keep.NOTHING, Shape::bigShop),
    LOOK_ALIKES(1024, "", Keep.NOTHING, f -> lookAlikes(f, 6, 150)),
    MANY_TABLES(512, "", Keep.NOTHING, f -> lookAlikes(f, 70, 25)),
    WITHOUT_ROWID(1024, "", Keep.NOTHING, Shape::withoutRowid),
    GENERATED(1024, "", Keep.NOTHING, Shape::generated),
    AUTOINCREMENT(1024, "", Keep.NOTHING, Shape::autoincrement),
    UTF16LE(1024, "PRAGMA encoding='UTF-16le'", Keep.NOTHING, Shape::shop),
    UTF16BE(4096, "PRAGMA encoding='UTF-16be'", Keep.NOTHING, Shape::oddities),
    RESERVED_BYTES(1024, "reserve", Keep.NOTHING, Shape::shop),
    AUTO_VACUUM(1024, "PRAGMA auto_vacuum=FULL", Keep.NOTHING, Shape::shop),
    INCREMENTAL_VACUUM(512, "PRAGMA auto_vacuum=INCREMENTAL", Keep.NOTHING, Shape::overflow),
    FULL_TEXT(1024, "", Keep.NOTHING, Shape::fullText),
    RTREE(1024, "", Keep.NOTHING, Shape::rtree),
    OVERFLOW(1024, "", Keep.NOTHING, Shape::overflow),
    OVERFLOW_4096(4096, "", Keep.NOTHING, Shape::overflow),
    DELETED_ROWS(1024, "", Keep.NOTHING, Shape::deleted),
    ADDED_COLUMNS(1024, "", Keep.NOTHING, Shape::addedColumns),
    KEYS(1024, "", Keep.NOTHING, Shape::keys),
    ODDITIES(1024, "", Keep.NOTHING, Shape::oddities),
    INDEXES(1024, "", Keep.NOTHING, Shape::indexes),
    STRICT(1024, "", Keep.NOTHING, Shape::strict),
    LONG_SCHEMA(512, "", Keep.NOTHING, Shape::longSchema),
    SMALL(4096, "", Keep.NOTHING, Shape::small),
    WAL(1024, "", Keep.WAL, Shape::shop),
    WAL_4096(4096, "", Keep.WAL, Shape::bigShop),
    WAL_RESTARTED(1024, "", Keep.RESTARTED_WAL, Shape::shop),
    WAL_ALL(1024, "", Keep.WHOLE_WAL, Shape::shop),
    HOT_JOURNAL(1024, "", Keep.JOURNAL, Shape::shop),
    HOT_JOURNAL_4096(4096, "", Keep.JOURNAL, Shape::bigShop);

    /** What lies beside the main file when it is copied. */
    enum Keep {
        NOTHING,
        WAL,
        RESTARTED_WAL,
        WHOLE_WAL,
        JOURNAL
    }

    interface Content {
        void fill(Filling filling) throws SQLException;
    }

    private final int pageSize;
    private final String setting;
    private final Keep keep;
    private final Content content;

    Shape(int pageSize, String setting, Keep keep, Content content) {
        this.pageSize = pageSize;
        this.setting = setting;
        this.keep = keep;
        this.content = content;
    }

    boolean hasWal() {
        return keep == Keep.WAL || keep == Keep.RESTARTED_WAL || keep == Keep.WHOLE_WAL;
    }

    boolean hasJournal() {
        return keep == Keep.JOURNAL;
    }

    /** Makes the database and learns its truth. */
    public Victim make(long seed, Path directory) throws SQLException, IOException {
        Path file = directory.resolve(name() + "-" + seed + ".db");
        Random random = new Random(seed * 31 + name().hashCode());
        if (setting.equals("reserve")) {
            reserve(file);
        }
        List<Map<String, TableRows>> older = new ArrayList<>();
        DatabaseFiles files;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            if (setting.equals("reserve")) {
                statement.execute("VACUUM");
            } else {
                statement.execute("PRAGMA page_size=" + pageSize);
                if (!setting.isEmpty()) {
                    statement.execute(setting);
                }
            }
            if (hasWal()) {
                statement.execute("PRAGMA journal_mode=WAL");
                statement.execute("PRAGMA wal_autocheckpoint=0");
            }
            Filling filling = new Filling(connection, random, older);
            content.fill(filling);
            files = keep == Keep.NOTHING ? DatabaseFiles.read(file) : keep(filling, file);
        }
        DatabaseFiles.delete(file);
        return Victim.of(name(), files, older, directory);
    }

    private DatabaseFiles keep(Filling filling, Path file) throws SQLException, IOException {
        if (keep == Keep.JOURNAL) {
            filling.run("PRAGMA cache_size=4");
            filling.connection.setAutoCommit(false);
            filling.change();
            filling.remember();
            DatabaseFiles files = DatabaseFiles.read(file);
            filling.connection.rollback();
            filling.connection.setAutoCommit(true);
            return files;
        }
        if (keep != Keep.WHOLE_WAL) {
            filling.run("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        for (int i = 0; i < 4; i++) {
            filling.remember();
            filling.change();
            if (i == 2 && keep == Keep.RESTARTED_WAL) {
                filling.run("PRAGMA wal_checkpoint(RESTART)");
            }
        }
        return DatabaseFiles.read(file);
    }

    /** SQLite takes the number of reserved bytes from the header of an empty database, if a VACUUM follows. */
    private void reserve(Path file) throws SQLException, IOException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size=" + pageSize);
            statement.execute("CREATE TABLE gone(a)");
            statement.execute("DROP TABLE gone");
            statement.execute("VACUUM");
        }
        byte[] bytes = Files.readAllBytes(file);
        bytes[20] = 32;
        ByteBuffer.wrap(bytes).putShort(105, (short) (pageSize - 32));
        Files.write(file, bytes);
    }

    /** A connection with words for filling it. */
    static final class Filling {
        private final Connection connection;
        private final Random random;
        private final List<Map<String, TableRows>> older;

        Filling(Connection connection, Random random, List<Map<String, TableRows>> older) {
            this.connection = connection;
            this.random = random;
            this.older = older;
        }

        void run(String... statements) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                for (String sql : statements) {
                    statement.execute(sql);
                }
            }
        }

        void remember() throws SQLException {
            older.add(TableRows.ofAll(connection));
        }

        void insert(String sql, int rows, Values values) throws SQLException {
            boolean auto = connection.getAutoCommit();
            if (auto) {
                connection.setAutoCommit(false);
            }
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < rows; i++) {
                    Object[] row = values.row(i);
                    for (int k = 0; k < row.length; k++) {
                        statement.setObject(k + 1, row[k]);
                    }
                    statement.executeUpdate();
                }
            }
            if (auto) {
                connection.commit();
                connection.setAutoCommit(true);
            }
        }

        interface Values {
            Object[] row(int i);
        }

        String text(int least, int most) {
            int length = least + random.nextInt(most - least + 1);
            StringBuilder text = new StringBuilder(length);
            while (text.length() < length) {
                int kind = random.nextInt(12);
                if (kind == 0) {
                    text.append(random.nextBoolean() ? "é" : "日🙂");
                } else if (kind == 1) {
                    text.append(' ');
                } else {
                    text.append((char) ('a' + random.nextInt(26)));
                }
            }
            return text.toString();
        }

        byte[] blob(int least, int most) {
            byte[] bytes = new byte[least + random.nextInt(most - least + 1)];
            random.nextBytes(bytes);
            return bytes;
        }

        /** One transaction of an application's life with the shop. */
        void change() throws SQLException {
            boolean auto = connection.getAutoCommit();
            if (auto) {
                connection.setAutoCommit(false);
            }
            insert(
                    "INSERT INTO customer(name, mail, score, born) VALUES(?,?,?,?)",
                    20 + random.nextInt(20),
                    i -> customer(1000 + random.nextInt(1_000_000)));
            int first = random.nextInt(200);
            run("UPDATE customer SET name = name || ' changed', score = score + 1 WHERE id BETWEEN " + first + " AND "
                    + (first + 60));
            run("DELETE FROM orders WHERE id % 17 = " + random.nextInt(17));
            if (auto) {
                connection.commit();
                connection.setAutoCommit(true);
            }
        }

        Object[] customer(int i) {
            return new Object[] {
                text(4, 40),
                "m" + i + "-" + random.nextInt(1_000_000) + "@example.org",
                random.nextInt(5) == 0 ? (double) random.nextInt(100) : random.nextDouble() * 1000,
                random.nextInt(9) == 0 ? null : 1900 + random.nextInt(120)
            };
        }
    }

    private static void shop(Filling f) throws SQLException {
        shop(f, 300);
    }

    private static void bigShop(Filling f) throws SQLException {
        shop(f, 2500);
    }

    private static void shop(Filling f, int rows) throws SQLException {
        f.run(
                "CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT NOT NULL, mail TEXT UNIQUE, score REAL, born INT)",
                "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INT NOT NULL REFERENCES customer(id), placed TEXT, total NUMERIC)",
                "CREATE TABLE note(body TEXT, picture BLOB)",
                "CREATE TABLE setting(k TEXT PRIMARY KEY, v)",
                "CREATE INDEX orders_customer ON orders(customer, placed)",
                "CREATE VIEW spending AS SELECT customer, sum(total) FROM orders GROUP BY customer",
                "CREATE TRIGGER orders_gone AFTER DELETE ON orders BEGIN UPDATE setting SET v = v + 1 WHERE k = 'deleted'; END");
        f.insert("INSERT INTO customer(name, mail, score, born) VALUES(?,?,?,?)", rows, f::customer);
        f.insert("INSERT INTO orders(customer, placed, total) VALUES(?,?,?)", rows * 2, i -> new Object[] {
            1 + f.random.nextInt(rows),
            "2024-0" + (1 + f.random.nextInt(9)) + "-1" + f.random.nextInt(10),
            f.random.nextInt(100000) / 100.0
        });
        f.insert("INSERT INTO note VALUES(?,?)", rows / 4, i ->
                new Object[] {f.text(10, 120), f.random.nextInt(4) == 0 ? f.blob(100, 3000) : f.blob(0, 30)});
        f.insert("INSERT INTO setting VALUES(?,?)", 20, i ->
                new Object[] {"key" + i, f.random.nextInt(3) == 0 ? f.text(1, 20) : f.random.nextInt()});
        f.run("INSERT INTO setting VALUES('deleted', 0)");
        f.remember();
        f.run("DELETE FROM note WHERE rowid % 9 = 4", "UPDATE customer SET born = born + 1 WHERE id % 11 = 3");
    }

    private static void lookAlikes(Filling f, int tables, int rows) throws SQLException {
        for (int t = 0; t < tables; t++) {
            f.run("CREATE TABLE log" + t + "(id INTEGER PRIMARY KEY, at INTEGER, level TEXT, message TEXT)");
        }
        for (int i = 0; i < 4; i++) {
            for (int t = 0; t < tables; t++) {
                int table = t;
                f.insert("INSERT INTO log" + t + "(at, level, message) VALUES(?,?,?)", rows / 4, k -> new Object[] {
                    f.random.nextInt(), k % 3 == 0 ? "warn" : "info", "table " + table + " " + f.text(20, 60)
                });
            }
        }
    }

    private static void withoutRowid(Filling f) throws SQLException {
        f.run(
                "CREATE TABLE word(w TEXT PRIMARY KEY, n INT, note TEXT) WITHOUT ROWID",
                "CREATE TABLE edge(weight REAL, b INT, a INT, label TEXT, PRIMARY KEY(a, b DESC)) WITHOUT ROWID",
                "CREATE TABLE twice(x INT, y TEXT, z BLOB, PRIMARY KEY(x, y, x)) WITHOUT ROWID",
                "CREATE INDEX edge_label ON edge(label)");
        f.insert("INSERT OR IGNORE INTO word VALUES(?,?,?)", 400, i ->
                new Object[] {f.text(3, 12) + i, i, f.text(0, 40)});
        f.insert(
                "INSERT OR IGNORE INTO edge VALUES(?,?,?,?)", 400, i -> new Object[] {
                    f.random.nextInt(50) / 2.0, f.random.nextInt(1000), f.random.nextInt(1000), f.text(2, 10)
                });
        f.insert("INSERT OR IGNORE INTO twice VALUES(?,?,?)", 200, i -> new Object[] {
            f.random.nextInt(500), f.text(2, 30), f.random.nextInt(10) == 0 ? f.blob(500, 2500) : f.blob(0, 20)
        });
        f.remember();
        f.run("DELETE FROM word WHERE n % 13 = 5", "UPDATE edge SET weight = weight * 2 WHERE a % 7 = 1");
    }

    private static void generated(Filling f) throws SQLException {
        f.run(
                "CREATE TABLE item(v INT AS (price * 2), name TEXT, price REAL, s TEXT GENERATED ALWAYS AS (name || '!') STORED, note TEXT)",
                "CREATE TABLE line(id INTEGER PRIMARY KEY, a INT, total AS (a + b), b INT, c TEXT AS (a || '-' || b) STORED UNIQUE)",
                "CREATE INDEX item_v ON item(v)");
        f.insert(
                "INSERT INTO item(name, price, note) VALUES(?,?,?)", 300, i -> new Object[] {
                    f.text(3, 20), f.random.nextInt(1000) / 4.0, f.random.nextBoolean() ? null : f.text(5, 50)
                });
        f.insert("INSERT INTO line(a, b) VALUES(?,?)", 300, i -> new Object[] {i, f.random.nextInt(1000)});
        f.remember();
        f.run("DELETE FROM item WHERE rowid % 10 = 3");
    }

    private static void autoincrement(Filling f) throws SQLException {
        f.run(
                "CREATE TABLE event(id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT, data BLOB)",
                "CREATE TABLE job(id INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT CHECK(state IN ('new','done')), tries INT DEFAULT 0)");
        f.insert("INSERT INTO event(what, data) VALUES(?,?)", 500, i -> new Object[] {f.text(5, 40), f.blob(0, 60)});
        f.insert("INSERT INTO job(state, tries) VALUES(?,?)", 300, i ->
                new Object[] {i % 2 == 0 ? "new" : "done", f.random.nextInt(5)});
        f.remember();
        f.run("DELETE FROM event WHERE id > 480", "DELETE FROM job WHERE id % 5 = 0");
    }

    private static void fullText(Filling f) throws SQLException {
        f.run(
                "CREATE VIRTUAL TABLE mail USING fts5(subject, body)",
                "CREATE TABLE doc(id INTEGER PRIMARY KEY, title TEXT, body TEXT)",
                "CREATE VIRTUAL TABLE doc_index USING fts5(title, body, content='doc', content_rowid='id')");
        f.insert("INSERT INTO mail VALUES(?,?)", 200, i -> new Object[] {f.text(5, 20), f.text(20, 200)});
        f.insert("INSERT INTO doc(title, body) VALUES(?,?)", 150, i -> new Object[] {f.text(5, 20), f.text(20, 200)});
        f.run("INSERT INTO doc_index(doc_index) VALUES('rebuild')");
        f.remember();
        f.run("DELETE FROM mail WHERE rowid % 8 = 2");
    }

    private static void rtree(Filling f) throws SQLException {
        f.run(
                "CREATE VIRTUAL TABLE place USING rtree(id, x0, x1, y0, y1)",
                "CREATE TABLE place_name(id INTEGER PRIMARY KEY, name TEXT)");
        f.insert("INSERT INTO place VALUES(?,?,?,?,?)", 300, i -> {
            double x = f.random.nextInt(1000);
            double y = f.random.nextInt(1000);
            return new Object[] {i + 1, x, x + 2, y, y + 3};
        });
        f.insert("INSERT INTO place_name VALUES(?,?)", 300, i -> new Object[] {i + 1, f.text(5, 30)});
    }

    private static void overflow(Filling f) throws SQLException {
        f.run(
                "CREATE TABLE file(id INTEGER PRIMARY KEY, name TEXT, content BLOB)",
                "CREATE TABLE article(title TEXT, body TEXT, tail INT)",
                "CREATE INDEX article_title ON article(title)");
        f.insert("INSERT INTO file(name, content) VALUES(?,?)", 60, i ->
                new Object[] {"file" + i, i == 30 ? f.blob(200_000, 400_000) : f.blob(10, i % 3 == 0 ? 9000 : 1500)});
        f.insert("INSERT INTO article VALUES(?,?,?)", 60, i ->
                new Object[] {i % 10 == 0 ? f.text(1500, 2500) : f.text(5, 30), f.text(100, 4000), i});
        f.remember();
        f.run("DELETE FROM file WHERE id % 9 = 5", "DELETE FROM article WHERE tail % 11 = 7");
    }

    private static void deleted(Filling f) throws SQLException {
        f.run(
                "CREATE TABLE big(id INTEGER PRIMARY KEY, a TEXT, b INT)",
                "CREATE TABLE kept(id INTEGER PRIMARY KEY, a TEXT, b INT)",
                "CREATE TABLE dropped(id INTEGER PRIMARY KEY, a TEXT, b INT)",
                "CREATE INDEX big_b ON big(b)");
        f.insert("INSERT INTO big(a, b) VALUES(?,?)", 900, i -> new Object[] {f.text(10, 60), i});
        f.insert("INSERT INTO kept(a, b) VALUES(?,?)", 200, i -> new Object[] {f.text(10, 60), i});
        f.insert("INSERT INTO dropped(a, b) VALUES(?,?)", 200, i -> new Object[] {f.text(10, 60), i});
        f.remember();
        f.run(
                "DROP TABLE dropped",
                "DELETE FROM big WHERE id BETWEEN 200 AND 600",
                "DELETE FROM big WHERE id % 3 = 0",
                "UPDATE kept SET a = substr(a, 1, 5) WHERE id % 4 = 0");
        f.insert("INSERT INTO kept(a, b) VALUES(?,?)", 30, i -> new Object[] {f.text(10, 60), i});
    }

    private static void addedColumns(Filling f) throws SQLException {
        f.run("CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT)");
        f.insert("INSERT INTO person(name) VALUES(?)", 300, i -> new Object[] {f.text(5, 40)});
        f.run(
                "ALTER TABLE person ADD COLUMN age INT DEFAULT 42",
                "ALTER TABLE person ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'",
                "ALTER TABLE person ADD COLUMN rate REAL DEFAULT 1");
        f.insert("INSERT INTO person(name, age, mood, rate) VALUES(?,?,?,?)", 200, i ->
                new Object[] {f.text(5, 40), f.random.nextInt(90), f.text(3, 9), f.random.nextInt(9)});
        f.run("ALTER TABLE person ADD COLUMN last BLOB");
        f.run("CREATE TABLE other(a TEXT, b INT)", "ALTER TABLE other RENAME COLUMN a TO renamed");
        f.insert("INSERT INTO other VALUES(?,?)", 200, i -> new Object[] {f.text(5, 40), i});
        f.run("ALTER TABLE other DROP COLUMN b");
    }

    private static void keys(Filling f) throws SQLException {
        f.run(
                "CREATE TABLE int_key(a INT PRIMARY KEY, b TEXT)",
                "CREATE TABLE desc_key(a INTEGER PRIMARY KEY DESC, b TEXT)",
                "CREATE TABLE late_key(b TEXT, a INTEGER, c INT, PRIMARY KEY(a))",
                "CREATE TABLE text_key(rowid TEXT, k TEXT PRIMARY KEY NOT NULL, n REAL)",
                "CREATE TABLE negative(id INTEGER PRIMARY KEY, b TEXT)");
        f.insert("INSERT INTO int_key VALUES(?,?)", 150, i -> new Object[] {5000 - i * 7, f.text(5, 40)});
        f.insert("INSERT INTO desc_key VALUES(?,?)", 150, i -> new Object[] {9000 - i * 3, f.text(5, 40)});
        f.insert("INSERT INTO late_key VALUES(?,?,?)", 150, i -> new Object[] {f.text(5, 40), 100 + i * 11, i % 7});
        f.insert("INSERT INTO text_key VALUES(?,?,?)", 150, i -> new Object[] {f.text(1, 9), "k" + i, i});
        f.insert("INSERT INTO negative VALUES(?,?)", 150, i ->
                new Object[] {i % 2 == 0 ? -1L - (long) i * 1_000_000_007L : (long) i << 40, f.text(5, 40)});
        f.run("INSERT INTO negative VALUES(9223372036854775807, 'last'), (-9223372036854775808, 'first')");
    }

    private static void oddities(Filling f) throws SQLException {
        f.run(
                "CREATE TABLE odd(a, b NUMERIC, c REAL, d TEXT, e BLOB, f INTEGER)",
                "CREATE TABLE \"a name, with 'signs' [and] more\"(\"col \"\"1\" TEXT, [order] INT)",
                "CREATE TABLE one(a)",
                "CREATE TABLE empty(a, b)");
        Object[] values = {
            null,
            0,
            1,
            -1,
            127,
            128,
            32767,
            -32769,
            8388607,
            8388608,
            Integer.MIN_VALUE,
            1L << 40,
            -(1L << 47),
            1L << 48,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            0.0,
            -0.0,
            1e300,
            -1e-300,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            Double.NaN,
            3.0,
            1e15,
            0.1,
            "",
            "1",
            "1.0",
            "abc",
            "nul\u0000inside",
            "ünï",
            new byte[0],
            new byte[] {0},
            new byte[] {(byte) 255, 0, 1}
        };
        f.insert("INSERT INTO odd VALUES(?,?,?,?,?,?)", 300, i -> {
            Object[] row = new Object[6];
            for (int k = 0; k < 6; k++) {
                row[k] = values[f.random.nextInt(values.length)];
            }
            return row;
        });
        f.insert("INSERT INTO odd(a, d) VALUES(CAST(? AS TEXT), CAST(? AS TEXT))", 60, i -> new Object[] {
            ("ok\u0000" + f.text(1, 20)).getBytes(StandardCharsets.UTF_8),
            f.random.nextInt(3) == 0
                    ? new byte[] {(byte) 0xff, (byte) 0xfe, 'a', (byte) 0xc3}
                    : "x".repeat(f.random.nextInt(40)).getBytes(StandardCharsets.UTF_8)
        });
        f.insert("INSERT INTO \"a name, with 'signs' [and] more\" VALUES(?,?)", 100, i ->
                new Object[] {f.text(0, 40), i});
        f.insert("INSERT INTO one VALUES(?)", 200, i ->
                new Object[] {i % 3 == 0 ? null : i % 3 == 1 ? i : f.text(0, 9)});
    }

    private static void indexes(Filling f) throws SQLException {
        f.run(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT COLLATE NOCASE, c REAL, UNIQUE(a, b))",
                "CREATE INDEX t_expression ON t(lower(b), a + 1)",
                "CREATE INDEX t_partial ON t(c) WHERE a > 500",
                "CREATE INDEX t_desc ON t(c DESC, b)",
                "CREATE UNIQUE INDEX t_cover ON t(a, b, c, id)",
                "CREATE VIEW v(x) AS SELECT b FROM t WHERE a > 3",
                "CREATE VIEW v2 AS SELECT x FROM v",
                "CREATE TRIGGER v_in INSTEAD OF INSERT ON v BEGIN INSERT INTO t(b) VALUES(new.x); END",
                "CREATE TRIGGER t_ai AFTER INSERT ON t BEGIN UPDATE t SET c = 1 WHERE id = -1; END");
        f.insert("INSERT INTO t(a, b, c) VALUES(?,?,?)", 500, i ->
                new Object[] {f.random.nextInt(1000), f.text(3, 30) + i, f.random.nextInt(400) / 8.0});
        f.run("ANALYZE");
    }

    private static void strict(Filling f) throws SQLException {
        f.run(
                "CREATE TABLE s(i INTEGER PRIMARY KEY, n INT NOT NULL, r REAL, t TEXT, b BLOB, x ANY) STRICT",
                "CREATE TABLE k(a TEXT, b INTEGER, c ANY, PRIMARY KEY(a, b)) STRICT, WITHOUT ROWID");
        f.insert("INSERT INTO s(n, r, t, b, x) VALUES(?,?,?,?,?)", 300, i -> new Object[] {
            i,
            f.random.nextInt(100) / 2.0,
            f.text(3, 30),
            f.blob(0, 20),
            i % 3 == 0 ? "00" + i : i % 3 == 1 ? i : i / 2.0
        });
        f.insert("INSERT INTO k VALUES(?,?,?)", 300, i ->
                new Object[] {f.text(3, 12), i, i % 2 == 0 ? "1" : f.blob(2, 9)});
    }

    private static void longSchema(Filling f) throws SQLException {
        for (int t = 0; t < 12; t++) {
            StringBuilder sql = new StringBuilder("CREATE TABLE wide" + t + "(id INTEGER PRIMARY KEY");
            for (int c = 0; c < 8 + 3 * t; c++) {
                sql.append(",\n  column_number_")
                        .append(c)
                        .append(c % 3 == 0 ? " TEXT" : c % 3 == 1 ? " INT -- a count" : " REAL /* weight */");
            }
            f.run(sql.append("\n)").toString());
            int columns = 8 + 3 * t;
            f.insert(
                    "INSERT INTO wide" + t + "(column_number_0, column_number_1, column_number_" + (columns - 1)
                            + ") VALUES(?,?,?)",
                    25,
                    i -> new Object[] {f.text(5, 20), i, f.random.nextInt(50)});
        }
    }

    private static void small(Filling f) throws SQLException {
        f.run("CREATE TABLE one_page(id INTEGER PRIMARY KEY, a TEXT)", "CREATE TABLE two(a TEXT, b TEXT)");
        f.insert("INSERT INTO one_page(a) VALUES(?)", 25, i -> new Object[] {f.text(5, 40)});
        f.insert("INSERT INTO two VALUES(?,?)", 12, i -> new Object[] {f.text(5, 40), f.text(0, 4)});
    }
}
