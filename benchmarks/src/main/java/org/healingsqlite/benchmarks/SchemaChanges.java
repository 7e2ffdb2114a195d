package org.healingsqlite.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * {@code ./bench ddl}: statements that change the schema, on plain sqlite-jdbc and healing, in turn, in databases of 0, 20 and 500 tables. Under an agent, what is plain
 * has another directory that the agent leaves alone: {@code ./bench ddl agent}.
 */
final class SchemaChanges {
    private static final int[] TABLES = {0, 20, 500};
    private static final int WARMUPS = Integer.getInteger("warmups", 150);
    private static final int ROUNDS = Integer.getInteger("rounds", 300);
    private static final int CYCLES = 10;
    private static final int GROWTH = 1_000;
    private static final int GROWTHS = Integer.getInteger("growths", 7);

    private SchemaChanges() {}

    public static void main(String[] arguments) throws SQLException, IOException {
        String healing = arguments.length > 0 && arguments[0].equals("agent") ? "jdbc:sqlite:" : "jdbc:healing:sqlite:";
        Path directory = Files.createTempDirectory("healing-ddl");
        try {
            Pairs.printHead("WAL, synchronous=NORMAL, per cycle");
            for (int tables : TABLES) {
                cycles(directory, healing, tables);
            }
            temporary(directory, healing);
            transactions(directory, healing);
            growth(directory, healing);
        } finally {
            Pairs.delete(directory);
        }
    }

    private static Connection open(String scheme, Path directory, String name) throws SQLException {
        return DriverManager.getConnection(scheme + directory.resolve(name) + "?journal_mode=WAL&synchronous=NORMAL");
    }

    private static void cycles(Path directory, String healing, int tables) throws SQLException {
        try (Connection one = open("jdbc:sqlite:", directory, "plain" + tables + ".db");
                Connection other = open(healing, directory, "healed" + tables + ".db")) {
            fill(one, tables);
            fill(other, tables);
            Pairs.of(() -> cycle(one, ""), () -> cycle(other, ""), CYCLES, WARMUPS, ROUNDS)
                    .print("CREATE, INSERT, DROP; " + tables + " tables beside");
        }
    }

    private static void temporary(Path directory, String healing) throws SQLException {
        try (Connection one = open("jdbc:sqlite:", directory, "plain-temp.db");
                Connection other = open(healing, directory, "healed-temp.db")) {
            fill(one, 20);
            fill(other, 20);
            Pairs.of(() -> cycle(one, "TEMP "), () -> cycle(other, "TEMP "), CYCLES, WARMUPS, ROUNDS)
                    .print("CREATE TEMP, INSERT, DROP; 20 tables beside");
        }
    }

    private static void transactions(Path directory, String healing) throws SQLException {
        try (Connection one = open("jdbc:sqlite:", directory, "plain-tx.db");
                Connection other = open(healing, directory, "healed-tx.db")) {
            fill(one, 20);
            fill(other, 20);
            Pairs.of(() -> inTransaction(one), () -> inTransaction(other), 1, WARMUPS, ROUNDS)
                    .print("transaction of 10 times the same; 20 tables beside");
        }
    }

    private static void growth(Path directory, String healing) throws SQLException {
        int[] count = new int[1];
        Pairs.of(
                        () -> grow(directory, "jdbc:sqlite:", "plain-growth" + count[0]++ + ".db"),
                        () -> grow(directory, healing, "healed-growth" + count[0]++ + ".db"),
                        GROWTH,
                        2,
                        GROWTHS)
                .print("1,000 times CREATE, INSERT");
    }

    private static void fill(Connection connection, int tables) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            for (int i = 0; i < tables; i++) {
                statement.executeUpdate(create("", "t" + i));
            }
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    private static String create(String kind, String name) {
        return "CREATE " + kind + "TABLE " + name
                + " (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, at TEXT)";
    }

    private static void cycle(Connection connection, String kind) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (int i = 0; i < CYCLES; i++) {
                statement.executeUpdate(create(kind, "scratch"));
                statement.executeUpdate("INSERT INTO scratch (name, price) VALUES ('one', 1)");
                statement.executeUpdate("DROP TABLE scratch");
            }
        }
    }

    private static void inTransaction(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        cycle(connection, "");
        connection.commit();
        connection.setAutoCommit(true);
    }

    private static void grow(Path directory, String scheme, String name) throws SQLException {
        try (Connection connection = open(scheme, directory, name);
                Statement statement = connection.createStatement()) {
            for (int i = 0; i < GROWTH; i++) {
                statement.executeUpdate(create("", "t" + i));
                statement.executeUpdate("INSERT INTO t" + i + " (name, price) VALUES ('one', 1)");
            }
        }
    }
}
