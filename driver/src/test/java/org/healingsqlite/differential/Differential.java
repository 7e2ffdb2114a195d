package org.healingsqlite.differential;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Sql;

/** Makes the same random calls on two sides and compares every outcome. */
final class Differential {
    static final int CALLS_PER_SESSION = 250;
    static final int MOST_OBJECTS = 60;

    private final Lane plain;
    private final Lane other;

    Differential(Path directory, Lane.Opener other) throws Exception {
        this.plain = new Lane(
                Files.createDirectories(directory.resolve("plain")),
                path -> DriverManager.getConnection("jdbc:sqlite:" + path));
        this.other = new Lane(Files.createDirectories(directory.resolve("other")), other);
    }

    /**
     * Makes calls until {@code outcomes} have been compared.
     *
     * @throws AssertionError at the first difference, with the seed and the last calls before it
     */
    void run(long seed, int outcomes) throws Exception {
        RandomCalls calls = new RandomCalls(seed);
        Deque<String> last = new ArrayDeque<>();
        boolean transactionEnded = false;
        boolean wasUnknown = false;
        for (int done = 0; done < outcomes; done++) {
            if (done % CALLS_PER_SESSION == 0 || transactionEnded) {
                begin(plain);
                begin(other);
                last.clear();
            }
            Agreement before = onTransaction(plain);
            // What an interrupt has ended, and kept from being seen until now.
            transactionEnded = wasUnknown && before == Agreement.NO;
            wasUnknown = before == Agreement.UNKNOWN;
            if (transactionEnded) {
                continue;
            }
            RandomCalls.Call call = calls.next(plain);
            String expected = outcome(call, plain);
            String found = outcome(call, other);
            last.add(call.words() + " -> " + expected);
            if (last.size() > 25) {
                last.remove();
            }
            if (isToldOfLostTransaction(expected, found)) {
                transactionEnded = true;
                continue;
            }
            if (!expected.equals(found)) {
                throw new AssertionError("seed " + seed + ", call " + done + "\n  plain: " + expected + "\n  other: "
                        + found + "\n  after:\n    " + String.join("\n    ", last));
            }
            // From there on the sides differ on purpose: sqlite-jdbc would commit every further statement by itself.
            transactionEnded =
                    before != Agreement.NO && expected.contains("Exception") && onTransaction(plain) == Agreement.NO;
            if (plain.objects.size() > MOST_OBJECTS) {
                plain.objects.subList(1, 20).clear();
                other.objects.subList(1, 20).clear();
            }
        }
        compareContents(seed);
    }

    /**
     * SQLite has rolled the transaction back, while an interrupt kept everybody from asking where it was: sqlite-jdbc's COMMIT finds none, the other side
     * says what happened.
     */
    private static boolean isToldOfLostTransaction(String expected, String found) {
        return expected.contains("no transaction is active") && found.contains("state 40001");
    }

    static void begin(Lane lane) throws Exception {
        lane.beginSession();
        Sql.runElsewhere(
                lane.database(),
                "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, data BLOB)",
                "INSERT INTO item WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)"
                        + " SELECT i, 'item ' || i, i * 1.5, CASE WHEN i % 3 = 0 THEN NULL ELSE zeroblob(i) END FROM n",
                "CREATE TABLE other (id INTEGER PRIMARY KEY AUTOINCREMENT, item INTEGER REFERENCES item (id), note TEXT)",
                "CREATE TABLE moments (date_text TEXT, at TIMESTAMP)",
                "INSERT INTO moments VALUES ('2020-02-29', 1583000000000), ('not a date', '2021-03-04 05:06:07.890')",
                "CREATE VIEW item_view AS SELECT id, upper(name) AS name FROM item WHERE id < 5",
                "CREATE INDEX item_name ON item (name)");
        lane.open();
    }

    static String outcome(RandomCalls.Call call, Lane lane) {
        Object target = lane.objects.get(call.target()).object();
        try {
            Object value = call.method().invoke(target, call.arguments().apply(lane));
            Class<?> type = call.method().getReturnType();
            String words = Outcome.of(type, value, lane);
            // The statement of generated keys is the one that made them: sqlite-jdbc gives an inner one. That is the
            // documented difference.
            boolean isKept = type != Connection.class
                    && Outcome.KINDS.contains(type)
                    && !call.method().getName().equals("getStatement");
            if (value != null && isKept) {
                lane.objects.add(new Lane.Given(type, value));
            }
            return words + state(lane.objects.get(call.target()));
        } catch (Exception e) {
            return Outcome.ofFailure(e, lane) + state(lane.objects.get(call.target()));
        }
    }

    /** What a call leaves behind on its object. */
    private static String state(Lane.Given given) {
        try {
            if (given.object() instanceof Connection connection) {
                return " | autocommit " + connection.getAutoCommit() + " closed " + connection.isClosed();
            }
            if (given.kind() == ResultSet.class && given.object() instanceof ResultSet results) {
                return " | row " + results.getRow() + " closed " + results.isClosed();
            }
            return "";
        } catch (Exception e) {
            return " | state fails";
        }
    }

    /** Whether SQLite is in a transaction where JDBC believes so; also where an interrupt keeps everybody from asking. */
    private static Agreement onTransaction(Lane lane) throws Exception {
        Connection connection = lane.connection();
        if (connection.isClosed() || connection.getAutoCommit()) {
            return Agreement.YES;
        }
        try {
            return Sqlite.inTransaction(connection) ? Agreement.YES : Agreement.NO;
        } catch (SQLException interrupted) {
            return Agreement.UNKNOWN;
        }
    }

    private enum Agreement {
        YES,
        NO,
        UNKNOWN
    }

    private void compareContents(long seed) throws Exception {
        for (Lane lane : new Lane[] {plain, other}) {
            lane.connection().close();
        }
        for (String query : new String[] {
            "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name", "SELECT * FROM item", "SELECT * FROM other"
        }) {
            String expected = String.valueOf(printable(plain, query));
            String found = String.valueOf(printable(other, query));
            if (!expected.equals(found)) {
                throw new AssertionError(
                        "seed " + seed + ", contents: " + query + "\n  plain: " + expected + "\n  other: " + found);
            }
        }
        plain.objects.clear();
        other.objects.clear();
    }

    private static Object printable(Lane lane, String query) throws Exception {
        return Sql.rowsElsewhere(lane.database(), query).stream()
                .map(row -> row.stream()
                        .map(value -> value instanceof byte[] bytes
                                ? java.util.Arrays.toString(bytes)
                                : String.valueOf(value))
                        .toList())
                .toList();
    }
}
