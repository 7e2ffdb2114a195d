package org.healingsqlite.testkit;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Appends numbered rows to a table, in autocommit, and notes every acknowledged commit and every error outside of the database: {@code + ID} and {@code ! ERROR}
 * lines in a file. In a thread, or as a process of its own that ends when its standard input does.
 */
public final class Appender implements Runnable {
    /** The table it writes to. */
    public static final String SCHEMA = "CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";

    private static final int ROWS_A_CONNECTION = 40;
    private static final long BREATH_NANOS = 3_000_000;

    private final String url;
    private final long firstId;
    private final Path notes;
    private final boolean reconnects;
    private volatile boolean over;

    /**
     * An appender.
     *
     * @param firstId of its rows; the others count on from there
     * @param reconnects whether it opens a connection anew every few rows
     */
    public Appender(String url, long firstId, Path notes, boolean reconnects) {
        this.url = url;
        this.firstId = firstId;
        this.notes = notes;
        this.reconnects = reconnects;
    }

    /** Ends it after the row it is at. */
    public void end() {
        over = true;
    }

    @Override
    public void run() {
        try (Writer notebook = Files.newBufferedWriter(notes, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (long id = firstId; !over; ) {
                try (Connection connection = DriverManager.getConnection(url);
                        PreparedStatement insert = connection.prepareStatement("INSERT INTO log VALUES (?, ?)")) {
                    for (int row = 0; !over && (!reconnects || row < ROWS_A_CONNECTION); row++, id++) {
                        insert.setLong(1, id);
                        insert.setString(2, "row " + id);
                        insert.executeUpdate();
                        note(notebook, "+ " + id);
                        // SQLite's busy handler is not fair: writers that never rest starve each other.
                        LockSupport.parkNanos(BREATH_NANOS);
                    }
                } catch (SQLException e) {
                    note(notebook, "! " + id + " " + trace(e));
                    // Whether it was applied is not known: it is neither expected nor forbidden.
                    id++;
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String trace(SQLException error) {
        StringWriter trace = new StringWriter();
        error.printStackTrace(new PrintWriter(trace));
        return trace.toString().replaceAll("\\R\\s*", " | ");
    }

    private static void note(Writer notebook, String line) throws IOException {
        notebook.write(line);
        notebook.write('\n');
        notebook.flush();
    }

    /** A process of its own, with the class path of this one. */
    public static Process start(String url, long firstId, Path notes, boolean reconnects) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Appender.class.getName(),
                url,
                Long.toString(firstId),
                notes.toString(),
                Boolean.toString(reconnects)));
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(new java.io.File(notes + ".err"))
                .start();
    }

    public static void main(String[] arguments) throws Exception {
        Appender appender = new Appender(
                arguments[0], Long.parseLong(arguments[1]), Path.of(arguments[2]), Boolean.parseBoolean(arguments[3]));
        Thread thread = new Thread(appender, "appender");
        thread.start();
        try (InputStreamReader in = new InputStreamReader(System.in, StandardCharsets.UTF_8)) {
            while (in.read() >= 0) {
                // until the parent closes it
            }
        }
        appender.end();
        thread.join();
    }
}
