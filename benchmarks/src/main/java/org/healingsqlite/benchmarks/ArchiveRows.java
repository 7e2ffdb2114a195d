package org.healingsqlite.benchmarks;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveExport;
import org.healingsqlite.archive.ArchiveImport;
import org.healingsqlite.archive.ArchiveRestore;
import org.healingsqlite.archive.ImportReport;
import org.healingsqlite.archive.MergePolicy;
import org.healingsqlite.salvage.ProgressListener;

/**
 * {@code ./bench archive [ROWS]}: rows per second into a new database, in a heap of 64 MiB, beside the shell's {@code .import} and {@code .read} on the
 * same rows. Each way runs three times in turn; the best counts.
 */
final class ArchiveRows {
    private static final String SCHEMA =
            "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT, price REAL, text TEXT)";
    private static final int ROUNDS = 3;
    private static final int COMMITS = 2000;

    private ArchiveRows() {}

    @FunctionalInterface
    private interface Way {
        void run(Path database) throws Exception;
    }

    private record Named(String name, Way way) {}

    public static void main(String[] arguments) throws Exception {
        long rows = arguments.length > 0 ? Long.parseLong(arguments[0]) : 1_000_000;
        Path directory = Files.createTempDirectory("healing-archive");
        Path csv = Files.createDirectory(directory.resolve("csv"));
        Path dump = Files.createDirectory(directory.resolve("dump"));
        Path exact = directory.resolve("exact");
        write(csv.resolve("note.csv"), rows);
        Path source = directory.resolve("source.db");
        shell(source, SCHEMA + ";\n.mode csv\n.import --skip 1 " + csv.resolve("note.csv") + " note\n");
        shell(source, ".output " + dump.resolve("note.sql") + "\n.dump\n");
        long exportStart = System.nanoTime();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + source)) {
            ArchiveExport.of(connection).into(exact, ProgressListener.NONE);
        }
        double exportSeconds = (System.nanoTime() - exportStart) / 1e9;
        List<Named> ways = List.of(
                new Named(
                        "sqlite3 .import of CSV",
                        database -> shell(
                                database,
                                SCHEMA + ";\n.mode csv\n.import --skip 1 " + csv.resolve("note.csv") + " note\n")),
                new Named("healing: CSV", database -> load(csv, database, rows)),
                new Named(
                        "sqlite3 .read of a dump",
                        database -> shell(database, ".read " + dump.resolve("note.sql") + "\n")),
                new Named("healing: the same dump", database -> load(dump, database, rows)),
                new Named("healing: exact archive, checked", database -> {
                    ImportReport report = ArchiveRestore.of(Archive.open(exact)).into(database, ProgressListener.NONE);
                    require(report, rows);
                }));
        double[] best = new double[ways.size()];
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < ways.size(); i++) {
                Path database = directory.resolve("round" + round + "-" + i + ".db");
                long start = System.nanoTime();
                ways.get(i).way().run(database);
                double seconds = (System.nanoTime() - start) / 1e9;
                best[i] = round == 0 ? seconds : Math.min(best[i], seconds);
                Files.delete(database);
            }
        }
        System.out.printf(
                "%,d rows, a heap of %d MiB, best of %d%n%n",
                rows, Runtime.getRuntime().maxMemory() >> 20, ROUNDS);
        System.out.printf("%-34s %10s %14s%n", "", "seconds", "rows/s");
        for (int i = 0; i < best.length; i++) {
            print(ways.get(i).name(), best[i], rows);
        }
        print("healing: export, checked, one run", exportSeconds, rows);
        keeping(directory);
    }

    /** What keeping adds to a commit of one row, in WAL mode: plain sqlite-jdbc, the driver, and the driver that keeps; they take turns. */
    private static void keeping(Path directory) throws SQLException {
        System.out.printf(
                "%n%-34s %10s %10s %10s %8s%n",
                "a commit of one row, median, us", "plain", "driver", "kept", "kept/plain");
        for (String synchronous : List.of("NORMAL", "FULL")) {
            List<Connection> connections = List.of(
                    open(directory.resolve("plain-" + synchronous + ".db"), "jdbc:sqlite:", synchronous, ""),
                    open(directory.resolve("driver-" + synchronous + ".db"), "jdbc:healing:sqlite:", synchronous, ""),
                    open(
                            directory.resolve("kept-" + synchronous + ".db"),
                            "jdbc:healing:sqlite:",
                            synchronous,
                            "&healing.archiveKeep=commit&healing.archive=" + directory.resolve("kept-" + synchronous)));
            double[] medians = mediansMicros(connections);
            System.out.println(String.format(
                    Locale.ROOT,
                    "synchronous=%-22s %10.1f %10.1f %10.1f %8.2f",
                    synchronous,
                    medians[0],
                    medians[1],
                    medians[2],
                    medians[2] / medians[0]));
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }

    private static Connection open(Path database, String prefix, String synchronous, String options)
            throws SQLException {
        Connection connection = DriverManager.getConnection(
                prefix + database + "?journal_mode=WAL&synchronous=" + synchronous + options);
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(SCHEMA);
        }
        return connection;
    }

    private static double[] mediansMicros(List<Connection> connections) throws SQLException {
        double[][] micros = new double[connections.size()][COMMITS];
        List<PreparedStatement> inserts = new ArrayList<>();
        for (Connection connection : connections) {
            inserts.add(
                    connection.prepareStatement("INSERT INTO note (author, price, text) VALUES ('a', 1.5, 'text')"));
        }
        for (int i = -COMMITS / 2; i < COMMITS; i++) {
            for (int way = 0; way < inserts.size(); way++) {
                long start = System.nanoTime();
                inserts.get(way).executeUpdate();
                if (i >= 0) {
                    micros[way][i] = (System.nanoTime() - start) / 1e3;
                }
            }
        }
        double[] medians = new double[inserts.size()];
        for (int way = 0; way < inserts.size(); way++) {
            Arrays.sort(micros[way]);
            medians[way] = micros[way][COMMITS / 2];
            inserts.get(way).close();
        }
        return medians;
    }

    private static void print(String name, double seconds, long rows) {
        System.out.println(String.format(Locale.ROOT, "%-34s %10.2f %,14.0f", name, seconds, rows / seconds));
    }

    private static void write(Path file, long rows) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            out.write("id,author,price,text\n");
            for (long i = 1; i <= rows; i++) {
                out.write(i + ",author " + i % 1000 + "," + i % 997 + ".25,\"text of note " + i
                        + ", with a comma and 'quotes'\"\n");
            }
        }
    }

    private static void load(Path archive, Path database, long rows) throws SQLException, IOException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(SCHEMA);
            require(
                    ArchiveImport.of(Archive.open(archive))
                            .into(connection, MergePolicy.DATABASE_WINS, ProgressListener.NONE),
                    rows);
        }
    }

    private static void require(ImportReport report, long rows) {
        if (report.insertedRows() != rows || !report.complete()) {
            throw new IllegalStateException(report.toText());
        }
    }

    private static void shell(Path database, String commands) throws IOException, InterruptedException {
        Path script = Files.writeString(database.resolveSibling("script.sql"), commands);
        Process process = new ProcessBuilder("sqlite3", database.toString())
                .inheritIO()
                .redirectInput(script.toFile())
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("sqlite3 failed");
        }
    }
}
