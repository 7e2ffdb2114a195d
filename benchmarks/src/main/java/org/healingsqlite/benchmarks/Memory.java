package org.healingsqlite.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
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
 * {@code ./bench memory}, in a heap of 64 MiB: what is kept of databases of 500 tables that were opened, asked and closed, and what the JVM does for 1,000 databases that are open and
 * not used.
 */
final class Memory {
    private static final int TABLES = 500;
    private static final int CLOSED = Integer.getInteger("closed", 2_000);
    private static final int OPEN = Integer.getInteger("open", 1_000);
    private static final int IDLE_SECONDS = Integer.getInteger("seconds", 20);

    private Memory() {}

    public static void main(String[] arguments) throws SQLException, IOException, InterruptedException {
        Path directory = Files.createTempDirectory("healing-memory");
        try {
            closed(directory);
            System.out.println();
            idle(directory);
        } finally {
            Pairs.delete(directory);
        }
    }

    private static void closed(Path directory) throws SQLException, IOException {
        Path first = directory.resolve("first.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + first);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < TABLES; i++) {
                statement.executeUpdate("CREATE TABLE customer_table_" + i
                        + " (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, created_at TEXT, note TEXT)");
            }
            connection.commit();
        }
        long before = usedKilobytes();
        System.out.printf("%-52s %10s%n", "databases of 500 tables, closed", "kB of heap");
        for (int i = 1; i <= CLOSED; i++) {
            Path database = Files.copy(first, directory.resolve("closed" + i + ".db"));
            try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database);
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT count(*) FROM customer_table_7")) {
                if (!row.next()) {
                    throw new SQLException("no row");
                }
            }
            Files.delete(database);
            if (i == 1 || i == CLOSED / 20 || i == CLOSED / 4 || i == CLOSED) {
                System.out.printf("%-52d %10d%n", i, usedKilobytes() - before);
            }
        }
    }

    private static long usedKilobytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 10;
    }

    private static void idle(Path directory) throws SQLException, InterruptedException {
        List<Connection> open = new ArrayList<>();
        for (int i = 0; i < OPEN; i++) {
            Connection connection =
                    DriverManager.getConnection("jdbc:healing:sqlite:" + directory.resolve("open" + i + ".db"));
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("CREATE TABLE t (x)");
            }
            open.add(connection);
        }
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long watch = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("healing-sqlite-watch"))
                .mapToLong(Thread::getId)
                .findFirst()
                .orElseThrow();
        // Until what has just been made is no news any more.
        Thread.sleep(IDLE_SECONDS * 500L);
        long cpu = threads.getThreadCpuTime(watch);
        Thread.sleep(IDLE_SECONDS * 1_000L);
        System.out.printf(
                Locale.ROOT,
                "%d databases open and idle: %.2f ms of CPU a second%n",
                OPEN,
                (threads.getThreadCpuTime(watch) - cpu) / 1e6 / IDLE_SECONDS);
        for (Connection connection : open) {
            connection.close();
        }
    }
}
