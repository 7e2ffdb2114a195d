package org.healingsqlite.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code ./bench schema}: 20 tables with an index each are dropped by another connection; measured is the query that meets the fault, from the
 * call to its result, beside the time that plain sqlite-jdbc takes to create the same tables in one transaction.
 */
final class SchemaHeal {
    private static final int TABLES = 20;
    private static final int WARMUP = 30;
    private static final int ROUNDS = 60;

    private SchemaHeal() {}

    public static void main(String[] arguments) throws SQLException, IOException, InterruptedException {
        Path directory = Files.createTempDirectory("healing-schema");
        Path script = Files.writeString(directory.resolve("schema.sql"), script());
        List<Double> heals = new ArrayList<>();
        List<Double> creations = new ArrayList<>();
        Path database = directory.resolve("healing.db");
        try (Connection healing =
                        DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?healing.schema=" + script);
                Connection plain = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("plain.db"))) {
            for (int round = 0; round < WARMUP + ROUNDS; round++) {
                dropAll("jdbc:sqlite:" + database);
                double heal = millis(() -> query(healing));
                double creation = millis(() -> create(plain));
                dropAll("jdbc:sqlite:" + directory.resolve("plain.db"));
                if (round >= WARMUP) {
                    heals.add(heal);
                    creations.add(creation);
                }
            }
        }
        System.out.printf("%d tables with an index each, %d warm rounds in turn%n%n", TABLES, ROUNDS);
        System.out.printf("%-52s %10s %20s%n", "", "median ms", "middle half");
        print("healing: from the fault to the result", heals);
        print("plain sqlite-jdbc: creating them in one transaction", creations);
        print("first heal of a JVM, one table", FirstHeal.runs());
    }

    private static String script() {
        StringBuilder script = new StringBuilder();
        for (int i = 0; i < TABLES; i++) {
            script.append(String.format(
                    Locale.ROOT,
                    "CREATE TABLE t%d (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, at TEXT DEFAULT CURRENT_TIMESTAMP);%n"
                            + "CREATE INDEX i%d ON t%d (name);%n",
                    i,
                    i,
                    i));
        }
        return script.toString();
    }

    private static void dropAll(String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("BEGIN");
            for (int i = 0; i < TABLES; i++) {
                statement.executeUpdate("DROP TABLE IF EXISTS t" + i);
            }
            statement.executeUpdate("COMMIT");
        }
    }

    private static void query(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM t7")) {
            row.next();
        }
    }

    private static void create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("BEGIN; " + script() + "COMMIT;");
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws SQLException;
    }

    private static double millis(Work work) throws SQLException {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e6;
    }

    private static void print(String what, List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        System.out.println(String.format(
                Locale.ROOT,
                "%-52s %10.2f %9.2f - %8.2f",
                what,
                sorted.get(sorted.size() / 2),
                sorted.get(sorted.size() / 4),
                sorted.get(sorted.size() * 3 / 4)));
    }
}
