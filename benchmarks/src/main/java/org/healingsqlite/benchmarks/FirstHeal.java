package org.healingsqlite.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The first heal of a JVM, of one table that another connection has dropped: from the call to its result. Each is a process of its own. */
final class FirstHeal {
    private static final int RUNS = Integer.getInteger("runs", 11);

    /** An application that has worked for a while. */
    private static final int QUERIES = 2_000;

    /** How long it does, before somebody drops the table. */
    private static final long WORKING_MILLIS = Long.getLong("working", 3_000);

    private FirstHeal() {}

    /** Milliseconds of each run. */
    static List<Double> runs() throws IOException, InterruptedException {
        List<Double> millis = new ArrayList<>();
        for (int run = 0; run < RUNS; run++) {
            Path directory = Files.createTempDirectory("healing-first");
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            FirstHeal.class.getName(),
                            directory.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            millis.add(Double.valueOf(said.strip()));
            Pairs.delete(directory);
        }
        return millis;
    }

    public static void main(String[] arguments) throws SQLException, InterruptedException {
        String database = arguments[0] + File.separator + "app.db";
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
            }
            for (int i = 0; i < QUERIES; i++) {
                query(connection);
            }
            TimeUnit.MILLISECONDS.sleep(WORKING_MILLIS);
            try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + database);
                    Statement statement = other.createStatement()) {
                statement.executeUpdate("DROP TABLE t");
            }
            long start = System.nanoTime();
            query(connection);
            System.out.println((System.nanoTime() - start) / 1e6);
        }
    }

    private static void query(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM t")) {
            row.next();
        }
    }
}
