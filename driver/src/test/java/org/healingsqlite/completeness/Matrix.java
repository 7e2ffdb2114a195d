package org.healingsqlite.completeness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.testkit.damage.TableRows;
import org.jspecify.annotations.Nullable;

/**
 * Databases, damages of one unit on one kind of page, and what is told of the salvaged content against the undamaged file. The oracle shares no code with the
 * judge: SQLite's dbstat says what a page is for, SQLite reads the rows.
 */
final class Matrix {
    static final int PAGE = 4096;
    private static final int SECTOR = 512;

    /** What the victim table looks like. */
    enum Index {
        NONE,
        UNIQUE,
        PARTIAL
    }

    /** How its pages are filled. */
    enum Fill {
        /** Ascending rowids without a hole, full pages. */
        DENSE,
        /** Rows were deleted: holes in rowids, freeblocks, free pages. */
        DELETED,
        /** Inserted in any order: half-full pages. */
        SHUFFLED
    }

    /** What kind of page is hit. */
    enum Kind {
        LEAF,
        INTERIOR,
        ROOT,
        INDEX_LEAF,
        INDEX_INTERIOR,
        OVERFLOW,
        FREELIST,
        PAGE_1,
        SCHEMA_LEAF,
        WITHOUT_ROWID
    }

    /** How much is hit. */
    enum Unit {
        BIT,
        RANGE,
        SECTOR_0,
        SECTOR_1,
        SECTOR_2,
        SECTOR_3,
        SECTOR_4,
        SECTOR_5,
        SECTOR_6,
        SECTOR_7,
        PAGE,
        RUN
    }

    /** One case. */
    record Case(Kind kind, Unit unit, Index index, Fill fill, int seed) {}

    /** What came of it. */
    record Outcome(Case of, int page, long lost, long wrong, Verdict verdict, boolean parentOrIndexSurvives) {
        Completeness told() {
            return verdict.completeness();
        }

        boolean toldTooLittle() {
            OptionalLong most = told().atMost();
            return lost > 0 && told().isWhole() || most.isPresent() && most.getAsLong() < lost;
        }

        boolean toldTooMuch() {
            return told().atLeast() > lost + wrong;
        }

        @Override
        public String toString() {
            return of + " on page " + page + ": lost " + lost + ", wrong " + wrong + ", told " + told() + " "
                    + verdict.facts();
        }
    }

    /** What is said of all cases of a kind of page. */
    static final class Tally {
        private long cases;
        private long nothingLost;
        private long whole;
        private long lossy;
        private long bounded;
        private long unknownThere;
        private long exact;

        /** Of the cases in which nothing was lost, the share for which that is told. */
        double whole() {
            return nothingLost == 0 ? 1 : (double) whole / nothingLost;
        }

        /** Of the cases in which the parent or an index is there, the share of which nothing is known. */
        double unknown() {
            return bounded == 0 ? 0 : (double) unknownThere / bounded;
        }

        void add(Outcome outcome) {
            cases++;
            if (outcome.lost() == 0 && outcome.wrong() == 0) {
                nothingLost++;
                whole += outcome.told().isWhole() ? 1 : 0;
            }
            if (outcome.lost() > 0) {
                lossy++;
                exact += outcome.told().atLeast() == outcome.lost() ? 1 : 0;
            }
            if (outcome.parentOrIndexSurvives()) {
                bounded++;
                unknownThere += outcome.told() instanceof Completeness.Unknown ? 1 : 0;
            }
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%5d cases; nothing lost in %5d, whole claimed in %5.1f %%; rows lost in %5d, told exactly in %5.1f %%; parent or index there in %5d, unknown in %4.1f %%",
                    cases,
                    nothingLost,
                    100.0 * whole / Math.max(1, nothingLost),
                    lossy,
                    100.0 * exact / Math.max(1, lossy),
                    bounded,
                    100.0 * unknownThere / Math.max(1, bounded));
        }
    }

    private final Path directory;
    private final Map<String, Victim> victims = new HashMap<>();

    Matrix(Path directory) {
        this.directory = directory;
    }

    /** An undamaged database: its bytes, its rows, and what its pages are for. */
    @SuppressWarnings("ArrayRecordComponent") // Compared with nothing, and written to by nobody.
    private record Victim(
            byte[] bytes, Map<String, TableRows> rows, Map<Integer, String> owners, Map<Kind, List<Integer>> pages) {}

    static List<Case> all(int seeds) {
        List<Case> cases = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            for (Unit unit : Unit.values()) {
                for (Index index : Index.values()) {
                    for (Fill fill : Fill.values()) {
                        for (int seed = 0; seed < seeds; seed++) {
                            cases.add(new Case(kind, unit, index, fill, seed));
                        }
                    }
                }
            }
        }
        return cases;
    }

    /** Runs a case; null where the database has no such page. */
    @SuppressWarnings("EnumOrdinal") // Only parts of a seed.
    @Nullable
    Outcome run(Case of, long seed) throws Exception {
        Victim victim = victim(of.index(), of.fill(), of.kind() == Kind.INTERIOR);
        List<Integer> pages = victim.pages().getOrDefault(of.kind(), List.of());
        if (pages.isEmpty()) {
            return null;
        }
        Random random = new Random(Arrays.hashCode(new int[] {
            (int) seed,
            of.kind().ordinal(),
            of.unit().ordinal(),
            of.index().ordinal(),
            of.fill().ordinal(),
            of.seed()
        }));
        int page = pages.get(random.nextInt(pages.size()));
        byte[] bytes = victim.bytes().clone();
        Set<Integer> struck = strike(bytes, page, of.unit(), random);
        Path damaged = directory.resolve("damaged.db");
        Path out = directory.resolve("out.db");
        Files.write(damaged, bytes);
        Files.deleteIfExists(out);
        Salvage.of(damaged).into(out);
        Map<String, TableRows> after = Files.exists(out) ? TableRows.ofAll(out) : Map.of();
        Verdict verdict = Files.exists(out) ? Judge.judge(damaged, out) : Verdict.unknown("nothing was recovered");
        long lost = 0;
        long wrong = 0;
        for (TableRows truth : victim.rows().values()) {
            TableRows found = after.get(truth.name());
            Map<String, String> rows = found == null ? Map.of() : found.rows();
            List<String> missing = new ArrayList<>();
            for (Map.Entry<String, String> row : truth.rows().entrySet()) {
                @Nullable String there = rows.get(row.getKey());
                if (there == null) {
                    missing.add(row.getValue());
                } else if (!there.equals(row.getValue())) {
                    wrong++;
                }
            }
            for (Map.Entry<String, String> row : rows.entrySet()) {
                if (!truth.rows().containsKey(row.getKey())) {
                    wrong++;
                    // The same row under another key: altered, not lost.
                    if (!missing.remove(row.getValue()) && !missing.isEmpty() && of.unit() == Unit.BIT) {
                        missing.remove(0);
                    }
                }
            }
            lost += missing.size();
        }
        boolean survives = survives(of, struck, victim);
        return new Outcome(
                of,
                page,
                lost,
                wrong,
                verdict,
                survives && (lost > 0 || !verdict.completeness().isWhole()));
    }

    /** Whether the parent of the page that was hit, or a whole index of its table, is untouched. */
    private static boolean survives(Case of, Set<Integer> struck, Victim victim) {
        return switch (of.kind()) {
            case LEAF, WITHOUT_ROWID, OVERFLOW -> struck.size() == 1;
            case INTERIOR -> struck.size() == 1;
            case ROOT ->
                of.index() == Index.UNIQUE
                        && struck.stream()
                                .noneMatch(
                                        p -> victim.owners().getOrDefault(p, "").startsWith("index"));
            case INDEX_LEAF, INDEX_INTERIOR, FREELIST -> true;
            case PAGE_1, SCHEMA_LEAF -> false;
        };
    }

    @SuppressWarnings("EnumOrdinal") // The sectors are in order.
    private static Set<Integer> strike(byte[] bytes, int page, Unit unit, Random random) {
        Set<Integer> struck = new HashSet<>();
        struck.add(page);
        int at = (page - 1) * PAGE;
        switch (unit) {
            case BIT -> bytes[at + random.nextInt(PAGE)] ^= (byte) (1 << random.nextInt(8));
            case RANGE -> {
                int length = 4 + random.nextInt(60);
                fill(bytes, at + random.nextInt(PAGE - length), length, random);
            }
            case PAGE -> fill(bytes, at, PAGE, random);
            case RUN -> {
                int pages = Math.min(2 + random.nextInt(3), bytes.length / PAGE - page + 1);
                fill(bytes, at, pages * PAGE, random);
                for (int i = 0; i < pages; i++) {
                    struck.add(page + i);
                }
            }
            default -> fill(bytes, at + (unit.ordinal() - Unit.SECTOR_0.ordinal()) * SECTOR, SECTOR, random);
        }
        return struck;
    }

    private static void fill(byte[] bytes, int at, int length, Random random) {
        switch (random.nextInt(3)) {
            case 0 -> Arrays.fill(bytes, at, at + length, (byte) 0);
            case 1 -> Arrays.fill(bytes, at, at + length, (byte) 0xff);
            default -> {
                byte[] noise = new byte[length];
                random.nextBytes(noise);
                System.arraycopy(noise, 0, bytes, at, length);
            }
        }
    }

    // ---- Databases

    private Victim victim(Index index, Fill fill, boolean deep) throws SQLException, IOException {
        String key = index + " " + fill + " " + deep;
        Victim made = victims.get(key);
        if (made == null) {
            Path path = directory.resolve("victim.db");
            Files.deleteIfExists(path);
            make(path, index, fill, deep ? 30_000 : 2_500);
            Map<Integer, String> owners = new TreeMap<>();
            made = new Victim(Files.readAllBytes(path), TableRows.ofAll(path), owners, pages(path, owners));
            victims.put(key, made);
        }
        return made;
    }

    private static void make(Path path, Index index, Fill fill, int rows) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size = " + PAGE);
            statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, state INT, body TEXT)");
            statement.execute("CREATE TABLE other (x INT, y TEXT)");
            statement.execute("CREATE TABLE w (k TEXT PRIMARY KEY, v INT, note TEXT) WITHOUT ROWID");
            statement.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, b BLOB)");
            switch (index) {
                case UNIQUE -> statement.execute("CREATE UNIQUE INDEX t_name ON t (name)");
                case PARTIAL -> statement.execute("CREATE INDEX t_name ON t (name) WHERE state < 5");
                case NONE -> statement.execute("CREATE INDEX other_y ON other (y)");
            }
            for (int i = 0; i < 60; i++) {
                statement.execute("CREATE VIEW view_" + i + " AS SELECT id, name, '"
                        + "schema rows fill a page ".repeat(5) + "' AS text FROM t");
            }
            connection.setAutoCommit(false);
            String order = fill == Fill.SHUFFLED ? "(i * 7919) % " + (rows + 1) : "i";
            statement.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + rows
                    + ") INSERT INTO t SELECT " + order + ", printf('name %08d', (i * 104729) % 1000003), i % 9,"
                    + " printf('body of row %d %.*c', i, i * 37 % 60 + 1, '.') FROM n");
            statement.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
                    + " INSERT INTO other SELECT i * 3, 'other ' || i FROM n");
            statement.execute(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)"
                            + " INSERT INTO w SELECT printf('key %06d', (i * 7919) % 10007), i, printf('%.*c', i % 50 + 1, '-') FROM n");
            statement.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)"
                    + " INSERT INTO big SELECT i, randomblob(6000 + i * 300) FROM n");
            statement.execute("CREATE TABLE gone (x)");
            statement.execute("INSERT INTO gone VALUES (zeroblob(400000))");
            connection.commit();
            if (fill == Fill.DELETED) {
                statement.execute("DELETE FROM t WHERE id % 3 = 0 OR id BETWEEN 700 AND 760");
                statement.execute("DELETE FROM w WHERE v % 4 = 0");
            }
            statement.execute("DROP TABLE gone");
            connection.commit();
        }
    }

    private static Map<Kind, List<Integer>> pages(Path path, Map<Integer, String> owners) throws SQLException {
        Map<Kind, List<Integer>> pages = new EnumMap<>(Kind.class);
        Set<Integer> used = new HashSet<>();
        long count;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path);
                Statement statement = connection.createStatement()) {
            Set<String> indexes = new HashSet<>();
            Set<Integer> roots = new HashSet<>();
            try (ResultSet row = statement.executeQuery("SELECT type, name, rootpage FROM sqlite_schema")) {
                while (row.next()) {
                    if (row.getString(1).equals("index")) {
                        indexes.add(row.getString(2));
                    }
                    roots.add(row.getInt(3));
                }
            }
            try (ResultSet row = statement.executeQuery("SELECT name, pageno, pagetype FROM dbstat")) {
                while (row.next()) {
                    String name = row.getString(1);
                    int page = row.getInt(2);
                    String type = row.getString(3);
                    used.add(page);
                    owners.put(page, (indexes.contains(name) ? "index " : "table ") + name);
                    Kind kind = kind(name, page, type, indexes, roots);
                    if (kind != null) {
                        pages.computeIfAbsent(kind, k -> new ArrayList<>()).add(page);
                    }
                }
            }
            try (ResultSet row = statement.executeQuery("PRAGMA page_count")) {
                count = row.getLong(1);
            }
        }
        for (int page = 2; page <= count; page++) {
            if (!used.contains(page)) {
                pages.computeIfAbsent(Kind.FREELIST, k -> new ArrayList<>()).add(page);
            }
        }
        return pages;
    }

    private static @Nullable Kind kind(String name, int page, String type, Set<String> indexes, Set<Integer> roots) {
        if (page == 1) {
            return Kind.PAGE_1;
        }
        if (name.equals("sqlite_schema") || name.equals("sqlite_master")) {
            return type.equals("leaf") ? Kind.SCHEMA_LEAF : null;
        }
        if (type.equals("overflow")) {
            return Kind.OVERFLOW;
        }
        if (name.equals("w")) {
            return Kind.WITHOUT_ROWID;
        }
        if (indexes.contains(name)) {
            return type.equals("leaf") ? Kind.INDEX_LEAF : Kind.INDEX_INTERIOR;
        }
        if (!name.equals("t")) {
            return null;
        }
        return type.equals("leaf") ? Kind.LEAF : roots.contains(page) ? Kind.ROOT : Kind.INTERIOR;
    }
}
