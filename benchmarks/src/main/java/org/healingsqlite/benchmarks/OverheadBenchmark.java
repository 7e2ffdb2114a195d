package org.healingsqlite.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/**
 * S3-06: one invocation runs the same operation raw and healing, one right after the other and in turn first, and counts the thread's CPU time of each:
 * a machine whose speed drifts slows both. There are two databases of each: of equal ones, one may be slower by some percent for a whole run.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@State(Scope.Thread)
public class OverheadBenchmark {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** What is run: the name of an operation. */
    @Param({"SELECT_KEPT", "SELECT_NEW", "SCAN", "INSERT", "TRANSACTION", "BATCH"})
    public String operation = "";

    private Path directory = Path.of("");
    private List<Lane> lanes = List.of();
    private int invocation;

    private record Lane(boolean healing, Connection connection, Operation.Work work) {}

    /** CPU nanoseconds of the lanes in one invocation. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(Scope.Thread)
    public static class Cpu {
        /** Of plain sqlite-jdbc. */
        public long raw;

        /** Of the healing driver. */
        public long healing;
    }

    @Setup(Level.Trial)
    public void open() throws SQLException, IOException {
        directory = Files.createTempDirectory("healing-overhead");
        Operation chosen = Operation.valueOf(operation);
        lanes = List.of(
                lane("jdbc:sqlite:", "raw.db", chosen),
                lane("jdbc:healing:sqlite:", "healing.db", chosen),
                lane("jdbc:healing:sqlite:", "healing2.db", chosen),
                lane("jdbc:sqlite:", "raw2.db", chosen));
    }

    private Lane lane(String scheme, String name, Operation chosen) throws SQLException {
        Connection connection =
                DriverManager.getConnection(scheme + directory.resolve(name) + "?journal_mode=WAL&synchronous=NORMAL");
        Operation.createTables(connection);
        return new Lane(!scheme.equals("jdbc:sqlite:"), connection, chosen.prepare(connection));
    }

    @Benchmark
    public void bothLanes(Cpu cpu, Blackhole blackhole) throws SQLException {
        int first = invocation++;
        for (int turn = 0; turn < lanes.size(); turn++) {
            Lane lane = lanes.get((first + turn) % lanes.size());
            long nanos = cpuNanos(lane, blackhole);
            if (lane.healing()) {
                cpu.healing += nanos;
            } else {
                cpu.raw += nanos;
            }
        }
    }

    private long cpuNanos(Lane lane, Blackhole blackhole) throws SQLException {
        int times = Operation.valueOf(operation).times();
        long before = THREADS.getCurrentThreadCpuTime();
        for (int i = 0; i < times; i++) {
            blackhole.consume(lane.work().run(i));
        }
        return THREADS.getCurrentThreadCpuTime() - before;
    }

    /** The tables stay as they were filled: what an iteration inserts is taken away after it, outside the measurement. */
    @TearDown(Level.Iteration)
    public void empty() throws SQLException {
        for (Lane lane : lanes) {
            try (var statement = lane.connection().createStatement()) {
                statement.executeUpdate("DELETE FROM event");
            }
        }
    }

    @TearDown(Level.Trial)
    public void close() throws SQLException, IOException {
        for (Lane lane : lanes) {
            lane.connection().close();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
