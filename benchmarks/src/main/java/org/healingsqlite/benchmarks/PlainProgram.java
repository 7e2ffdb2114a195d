package org.healingsqlite.benchmarks;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A program on plain sqlite-jdbc: starts and ends, or does one thing for a while and prints what it cost in nanoseconds of its thread's CPU time. */
final class PlainProgram {
    /** So many that the agent's core, which is loaded a second after the first connection, is there before the half that counts. */
    private static final int ROUNDS = 150;

    private static final int CALLS_PER_ROUND = 10_000;

    private PlainProgram() {}

    public static void main(String[] arguments) throws SQLException, IOException {
        Path database = Files.createTempDirectory("plain-program").resolve("app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("PRAGMA synchronous = OFF");
            statement.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO item (name) VALUES (?)");
                    PreparedStatement select = connection.prepareStatement("SELECT name FROM item WHERE id = ?")) {
                for (int i = 0; i < 10; i++) {
                    insert.setString(1, "item " + i);
                    insert.executeUpdate();
                }
                switch (arguments[0]) {
                    case "startup" -> {
                        attach(System.getProperty("attached"));
                        read(select, 1);
                    }
                    case "select" ->
                        measure(() -> {
                            for (int i = 0; i < CALLS_PER_ROUND; i++) {
                                read(select, i % 10 + 1);
                            }
                        });
                    case "insert" ->
                        measure(() -> {
                            connection.setAutoCommit(false);
                            for (int i = 0; i < CALLS_PER_ROUND; i++) {
                                insert.setString(1, "item");
                                insert.executeUpdate();
                            }
                            connection.rollback();
                        });
                    default -> throw new IllegalArgumentException(arguments[0]);
                }
            }
        }
    }

    /** Brings an agent into this JVM, where sqlite-jdbc is loaded and connections are open. */
    private static void attach(@Nullable String agent) {
        if (agent == null) {
            return;
        }
        try {
            VirtualMachine own =
                    VirtualMachine.attach(Long.toString(ProcessHandle.current().pid()));
            own.loadAgent(agent);
            own.detach();
        } catch (AttachNotSupportedException | AgentLoadException | AgentInitializationException | IOException e) {
            throw new IllegalStateException("cannot attach " + agent, e);
        }
    }

    private static void read(PreparedStatement select, int id) throws SQLException {
        select.setInt(1, id);
        try (ResultSet row = select.executeQuery()) {
            if (!row.next() || row.getString(1) == null) {
                throw new IllegalStateException("no row " + id);
            }
        }
    }

    @FunctionalInterface
    private interface Round {
        void run() throws SQLException;
    }

    /** The median of the later half of the rounds. */
    private static void measure(Round round) throws SQLException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long[] nanos = new long[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            long before = threads.getCurrentThreadCpuTime();
            round.run();
            nanos[i] = threads.getCurrentThreadCpuTime() - before;
        }
        long[] later = Arrays.copyOfRange(nanos, ROUNDS / 2, ROUNDS);
        Arrays.sort(later);
        System.out.println((double) later[later.length / 2] / CALLS_PER_ROUND);
    }
}
