package org.healingsqlite.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The faults, made by real processes: {@code rm}, and another JVM with plain sqlite-jdbc. */
public final class Faults {
    private Faults() {}

    /** {@code rm -f app.db app.db-wal app.db-shm app.db-journal}. */
    public static void delete(Path database) {
        run(List.of("rm", "-f", database.toString(), database + "-wal", database + "-shm", database + "-journal"));
    }

    /** {@code rm -rf} of the directory. */
    public static void deleteDirectory(Path directory) {
        run(List.of("rm", "-rf", directory.toString()));
    }

    /** Another process drops tables. */
    public static void dropTables(Path database, String... tables) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Faults.class.getName(),
                database.toString()));
        command.addAll(List.of(tables));
        run(command);
    }

    private static void run(List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            int status = process.waitFor();
            if (status != 0) {
                throw new IllegalStateException(command + " ended with status " + status);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The other process. */
    public static void main(String[] arguments) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:sqlite:" + arguments[0] + "?busy_timeout=10000");
                Statement statement = connection.createStatement()) {
            for (int i = 1; i < arguments.length; i++) {
                statement.executeUpdate("DROP TABLE IF EXISTS " + arguments[i]);
            }
        }
    }
}
