package org.healingsqlite.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
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
    @Param({
        "SELECT_KEPT",
        "SELECT_NEW",
        "SCAN",
        "INSERT",
        "TRANSACTION",
        "SELECTS",
        "BATCH",
        "LITERALS",
        "BLOB_READS",
        "BLOB_WRITES",
        "SAVEPOINTS"
    })
    public String operation = "";

    private Path directory = Path.of("");
    private List<Lane> lanes = List.of();
    private int invocation;

    private record Lane(Between between, Connection connection, Operation.Work work) {}

    /** CPU nanoseconds of the lanes in one invocation. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(Scope.Thread)
    public static class Cpu {
        /** Of plain sqlite-jdbc, by two lanes. */
        public long raw;

        /** Of the healing driver, by two lanes. */
        public long healing;

        /** Of P6Spy, whose log goes nowhere. */
        public long p6spy;

        /** Of datasource-proxy without a listener. */
        public long proxy;

        /** Of a connection out of HikariCP. */
        public long hikari;

        void add(Between between, long nanos) {
            switch (between) {
                case NOTHING -> raw += nanos;
                case HEALING -> healing += nanos;
                case P6SPY -> p6spy += nanos;
                case PROXY -> proxy += nanos;
                case HIKARI -> hikari += nanos;
            }
        }
    }

    @Setup(Level.Trial)
    public void open() throws SQLException, IOException {
        directory = Files.createTempDirectory("healing-overhead");
        Operation chosen = Operation.valueOf(operation);
        lanes = List.of(
                lane(Between.NOTHING, "raw.db", chosen),
                lane(Between.HEALING, "healing.db", chosen),
                lane(Between.P6SPY, "p6spy.db", chosen),
                lane(Between.PROXY, "proxy.db", chosen),
                lane(Between.HIKARI, "hikari.db", chosen),
                lane(Between.HEALING, "healing2.db", chosen),
                lane(Between.NOTHING, "raw2.db", chosen));
    }

    private Lane lane(Between between, String name, Operation chosen) throws SQLException {
        Connection connection = between.open(directory.resolve(name) + "?journal_mode=WAL&synchronous=NORMAL");
        Operation.createTables(connection);
        return new Lane(between, connection, chosen.prepare(connection));
    }

    @Benchmark
    public void bothLanes(Cpu cpu, Blackhole blackhole) throws SQLException {
        int first = invocation++;
        for (int turn = 0; turn < lanes.size(); turn++) {
            Lane lane = lanes.get((first + turn) % lanes.size());
            cpu.add(lane.between(), cpuNanos(lane, blackhole));
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
