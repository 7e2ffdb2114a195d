package org.healingsqlite.benchmarks;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.salvage.SalvageException;

/**
 * {@code ./bench rescue}: a database is deleted under a connection; measured is the INSERT that comes next, beside a backup of the same database by SQLite.
 * {@code ./bench heal}: 1% of its pages are zeroed; measured is the query that meets them, beside salvage alone and a backup. All take turns.
 */
final class LostAndDamaged {
    private static final int ROWS_PER_MEGABYTE = 1_900;
    private static final int PAGE_BYTES = 4096;

    private final Path directory;
    private final Path whole;
    private final Path database;

    private LostAndDamaged(Path directory, int megabytes) throws SQLException {
        this.directory = directory;
        this.whole = directory.resolve("whole.db");
        this.database = directory.resolve("app.db");
        create(megabytes);
    }

    public static void main(String[] arguments) throws Exception {
        int megabytes = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 100;
        int runs = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 7;
        Path directory = Files.createTempDirectory("healing-lost");
        try {
            LostAndDamaged bench = new LostAndDamaged(directory, megabytes);
            System.out.printf(
                    "%d MB, %d runs in turn, the first not counted%n%n", Files.size(bench.whole) / 1_000_000, runs);
            if (arguments[0].equals("rescue")) {
                bench.rescue(runs);
            } else {
                bench.heal(runs);
            }
        } finally {
            deleteAll(directory);
        }
    }

    private void create(int megabytes) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + whole);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, data BLOB)");
            statement.execute("INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                    + megabytes * ROWS_PER_MEGABYTE + ") SELECT i, hex(randomblob(12)), randomblob(450) FROM n");
            statement.execute("CREATE INDEX t_name ON t (name)");
        }
    }

    private void rescue(int runs) throws SQLException, IOException {
        List<Double> backups = new ArrayList<>();
        List<Double> rescues = new ArrayList<>();
        for (int run = 0; run <= runs; run++) {
            fresh();
            try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
                run(connection, "INSERT INTO t (name) VALUES ('before')");
                double backup = backup(database);
                deleteDatabase();
                double rescue = millis(() -> run(connection, "INSERT INTO t (name) VALUES ('after')"));
                // The first INSERT may have gone into the deleted file; the rescue is over when the file is there
                // again.
                double rest = millis(() -> {
                    while (!Files.exists(database)) {
                        Thread.onSpinWait();
                    }
                    run(connection, "INSERT INTO t (name) VALUES ('later')");
                });
                if (run > 0) {
                    backups.add(backup);
                    rescues.add(rescue + rest);
                }
            }
        }
        print("backup by SQLite, to a file", backups, backups);
        print("deleted: until the next INSERT is committed", rescues, backups);
    }

    private void heal(int runs) throws SQLException, IOException {
        List<Double> backups = new ArrayList<>();
        List<Double> salvages = new ArrayList<>();
        List<Double> bounds = new ArrayList<>();
        List<Double> heals = new ArrayList<>();
        List<Double> closes = new ArrayList<>();
        for (int run = 0; run <= runs; run++) {
            fresh();
            double backup = backup(database);
            zero(run);
            Path copy = Files.copy(database, directory.resolve("copy.db"));
            Path out = directory.resolve("out.db");
            double salvage = millis(() -> {
                try {
                    Salvage.of(copy).into(out);
                } catch (SalvageException e) {
                    throw new SQLException(e);
                }
            });
            Files.delete(copy);
            Files.delete(out);
            double heal;
            double close;
            try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
                heal = millis(() -> run(connection, "SELECT sum(length(data)) FROM t"));
                // What a heal leaves to do in the background is waited for by who closes.
                close = millis(connection::close);
            }
            if (run > 0) {
                backups.add(backup);
                salvages.add(salvage);
                bounds.add(salvage + 1.5 * backup);
                heals.add(heal);
                closes.add(heal + close);
            }
        }
        print("backup by SQLite, to a file", backups, bounds);
        print("salvage alone, to a file", salvages, bounds);
        print("salvage + 1.5 x backup", bounds, bounds);
        print("heal: the query that meets the damage", heals, bounds);
        print("and close: the file is whole without its log", closes, bounds);
    }

    private void fresh() throws IOException {
        deleteAll(Path.of(database + ".healing"));
        deleteDatabase();
        Files.copy(whole, database);
    }

    private void deleteDatabase() throws IOException {
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(database + suffix));
        }
    }

    private double backup(Path file) throws SQLException, IOException {
        Path target = directory.resolve("backup.db");
        Files.deleteIfExists(target);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            return millis(() -> run(connection, "backup to " + target));
        }
    }

    private void zero(int seed) throws IOException {
        Random random = new Random(seed);
        try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "rw")) {
            long pages = file.length() / PAGE_BYTES;
            for (long i = 0; i < pages / 100; i++) {
                // Not the first ones: schema and roots are another story.
                file.seek((5 + random.nextLong(pages - 5)) * PAGE_BYTES);
                file.write(new byte[PAGE_BYTES]);
            }
        }
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws SQLException;
    }

    private static double millis(Work work) throws SQLException {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e6;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static void print(String what, List<Double> values, List<Double> reference) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            ratios.add(values.get(i) / reference.get(i));
        }
        List<Double> sorted = values.stream().sorted().toList();
        System.out.println(String.format(
                Locale.ROOT,
                "%-46s %9.0f ms (%.0f .. %.0f)   ratio, paired: %.2f",
                what,
                median(values),
                sorted.get(0),
                sorted.get(sorted.size() - 1),
                median(ratios)));
    }

    private static void deleteAll(Path path) throws IOException {
        if (Files.notExists(path)) {
            return;
        }
        try (java.util.stream.Stream<Path> all = Files.walk(path)) {
            for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
