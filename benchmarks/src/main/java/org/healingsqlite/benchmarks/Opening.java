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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** {@code ./bench open}: connections that are opened, asked once and closed, of plain sqlite-jdbc and healing, in turn, in databases of 0, 20 and 500 tables. */
final class Opening {
    private static final int[] TABLES = {0, 20, 500};
    private static final int WARMUPS = Integer.getInteger("warmups", 500);
    private static final int ROUNDS = Integer.getInteger("rounds", 200);
    private static final int CONNECTIONS = 10;
    private static final int THREADS = 8;
    private static final int CALLS = 400;
    private static final int STORMS = Integer.getInteger("storms", 11);

    private Opening() {}

    public static void main(String[] arguments) throws SQLException, IOException {
        String scheme = arguments.length > 0 && arguments[0].equals("agent") ? "jdbc:sqlite:" : "jdbc:healing:sqlite:";
        Path directory = Files.createTempDirectory("healing-open");
        try {
            Pairs.printHead("default settings, per connection");
            for (int tables : TABLES) {
                String plain = "jdbc:sqlite:" + directory.resolve("plain" + tables + ".db");
                String healing = scheme + directory.resolve("healed" + tables + ".db");
                fill(plain, tables);
                fill(healing, tables);
                Pairs.of(() -> ask(plain), () -> ask(healing), CONNECTIONS, WARMUPS, ROUNDS)
                        .print("open, query, close; " + tables + " tables");
                Pairs.of(() -> open(plain), () -> open(healing), CONNECTIONS, WARMUPS, ROUNDS)
                        .print("open, close; " + tables + " tables");
                try (Connection staying = DriverManager.getConnection(healing)) {
                    Pairs.of(() -> ask(plain), () -> ask(healing), CONNECTIONS, WARMUPS, ROUNDS)
                            .print("open, query, close beside another; " + tables + " tables");
                    if (staying.isClosed()) {
                        throw new SQLException("was closed");
                    }
                }
            }
            throughput(directory, scheme);
        } finally {
            Pairs.delete(directory);
        }
    }

    private static void fill(String url, int tables) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.executeUpdate("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
            statement.executeUpdate("INSERT INTO item VALUES (1, 'one')");
            for (int i = 1; i < tables; i++) {
                statement.executeUpdate(
                        "CREATE TABLE t" + i + " (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL)");
            }
            connection.commit();
        }
    }

    private static void open(String url) throws SQLException {
        for (int i = 0; i < CONNECTIONS; i++) {
            DriverManager.getConnection(url).close();
        }
    }

    private static void ask(String url) throws SQLException {
        for (int i = 0; i < CONNECTIONS; i++) {
            askOnce(url);
        }
    }

    private static void askOnce(String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT name FROM item WHERE id = 1")) {
            if (!row.next()) {
                throw new SQLException("no row");
            }
        }
    }

    private static void throughput(Path directory, String scheme) throws SQLException {
        String plain = "jdbc:sqlite:" + directory.resolve("plain-storm.db");
        String healing = scheme + directory.resolve("healed-storm.db");
        fill(plain, 20);
        fill(healing, 20);
        List<Double> ratios = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            for (int storm = -2; storm < STORMS; storm++) {
                double one = callsPerSecond(threads, plain);
                double other = callsPerSecond(threads, healing);
                if (storm >= 0) {
                    ratios.add(other / one);
                }
            }
        } finally {
            threads.shutdown();
        }
        System.out.printf(
                Locale.ROOT,
                "%n%d threads, a connection for each call, 20 tables: %.3f of plain's throughput, %.3f - %.3f%n",
                THREADS,
                Pairs.quantile(ratios, 0.5),
                Pairs.quantile(ratios, 0.25),
                Pairs.quantile(ratios, 0.75));
    }

    private static double callsPerSecond(ExecutorService threads, String url) throws SQLException {
        long start = System.nanoTime();
        List<Future<?>> calls = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            calls.add(threads.submit(() -> {
                for (int i = 0; i < CALLS / THREADS; i++) {
                    askOnce(url);
                }
                return null;
            }));
        }
        try {
            for (Future<?> call : calls) {
                call.get();
            }
        } catch (ExecutionException e) {
            throw new SQLException("a call failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted", e);
        }
        return CALLS / ((System.nanoTime() - start) / 1e9);
    }
}
