package org.healingsqlite.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;

/**
 * Another process that is going to be killed: it writes numbered rows, tells each acknowledged commit, and stops for ever at a step of a heal
 * where it is told to.
 */
public final class Victim implements AutoCloseable {
    private final Process process;
    private final BufferedReader told;

    private Victim(Process process) {
        this.process = process;
        this.told = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /**
     * Starts one.
     *
     * @param stopAt the step of a heal at which it stops, from 1; 0 for none
     * @param threads threads that write
     * @param firstId the number of its first row
     */
    public static Victim start(String url, int stopAt, int threads, long firstId) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new Victim(new ProcessBuilder(
                        java,
                        "-Xshare:auto",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName(),
                        url,
                        Integer.toString(stopAt),
                        Integer.toString(threads),
                        Long.toString(firstId))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    /** The next line it tells: {@code row N}, {@code step NAME}, {@code stopped}, {@code healed}, {@code error ...}; null where it has ended. */
    public String next() throws IOException {
        String line = told.readLine();
        while (line != null && !line.matches("(row|step|stopped|healed|error).*")) {
            line = told.readLine();
        }
        return line;
    }

    /** SIGKILL; then what it told before that and nobody has read yet. */
    public List<String> kill() throws IOException, InterruptedException {
        // The process's own destroyForcibly would close the pipe, and what is in it would be lost.
        process.toHandle().destroyForcibly();
        process.waitFor();
        List<String> rest = new ArrayList<>();
        try {
            for (String line = next(); line != null; line = next()) {
                rest.add(line);
            }
        } catch (IOException closed) {
            // The pipe went with the process.
            return rest;
        }
        return rest;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** The value of a row. */
    public static String value(long id) {
        return id + "-" + Long.toHexString(id * 0x9E3779B97F4A7C15L).repeat(10);
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        int stopAt = Integer.parseInt(arguments[1]);
        AtomicLong ids = new AtomicLong(Long.parseLong(arguments[3]));
        AtomicInteger steps = new AtomicInteger();
        try (Connection listening = DriverManager.getConnection(arguments[0])) {
            Healing.of(listening).addListener(new IncidentListener() {
                @Override
                public void ended(Incident incident) {
                    out.println("healed " + incident.outcome().word());
                }

                @Override
                public void progressed(Path database, String step) {
                    out.println("step " + step);
                    if (steps.incrementAndGet() == stopAt) {
                        out.println("stopped");
                        stopForEver();
                    }
                }
            });
            List<Thread> writers = new ArrayList<>();
            for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
                Thread writer = new Thread(() -> write(arguments[0], ids, out));
                writer.start();
                writers.add(writer);
            }
            for (Thread writer : writers) {
                writer.join();
            }
        }
    }

    private static void stopForEver() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void write(String url, AtomicLong ids, PrintStream out) {
        try (Connection connection = DriverManager.getConnection(url);
                PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?)")) {
            while (true) {
                long id = ids.getAndIncrement();
                insert.setLong(1, id);
                insert.setString(2, value(id));
                insert.executeUpdate();
                out.println("row " + id);
            }
        } catch (SQLException e) {
            out.println("error " + e.toString().replace('\n', ' '));
        }
    }
}
