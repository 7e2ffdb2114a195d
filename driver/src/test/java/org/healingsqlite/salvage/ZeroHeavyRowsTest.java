package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values may have zeros anywhere, also just where a sector of the disk begins and ends: on pages that nothing has hit, they stay where they are. */
class ZeroHeavyRowsTest {

    private static final int SECTOR = 512;
    private static final int ROWS = 250;

    @TempDir
    private Path directory;

    /** How the zeros of a value come about. */
    enum Zeros {
        /** Noise, and then zeros: a buffer of a fixed length. */
        PADDED {
            @Override
            byte[] value(Random random, int page, int row) {
                return Arrays.copyOf(noise(random, 1 + random.nextInt(page)), SECTOR + random.nextInt(2 * page));
            }
        },
        /** All rows are of one length, and end, on a page of their own, with zeros of a sector's length. */
        OF_A_SECTORS_LENGTH {
            @Override
            byte[] value(Random random, int page, int row) {
                return Arrays.copyOf(noise(random, page / 2), page / 2 + SECTOR);
            }
        },
        /** Blocks of a sector's length, as in an archive of files; some are empty. */
        BLOCKS {
            @Override
            byte[] value(Random random, int page, int row) {
                byte[] value = noise(random, SECTOR * (2 + random.nextInt(8)));
                for (int at = SECTOR; at < value.length; at += SECTOR) {
                    if (random.nextInt(3) == 0) {
                        Arrays.fill(value, at, at + SECTOR, (byte) 0);
                    }
                }
                return value;
            }
        },
        /** Many short runs and a few long ones. */
        SPARSE {
            @Override
            byte[] value(Random random, int page, int row) {
                byte[] value = new byte[random.nextInt(3 * page)];
                for (int i = 0; i < value.length / 50; i++) {
                    value[random.nextInt(value.length)] = (byte) random.nextInt(256);
                }
                return value;
            }
        },
        /** Nothing else. */
        ONLY {
            @Override
            byte[] value(Random random, int page, int row) {
                return new byte[random.nextInt(3 * page)];
            }
        },
        /** Few values have any zeros, and those begin where the value goes on on its last page. */
        SELDOM {
            @Override
            byte[] value(Random random, int page, int row) {
                byte[] value = noise(random, page + random.nextInt(page));
                if (row % 40 == 7) {
                    Arrays.fill(value, value.length / 2, value.length, (byte) 0);
                }
                return value;
            }
        };

        abstract byte[] value(Random random, int page, int row);

        static byte[] noise(Random random, int length) {
            byte[] noise = new byte[length];
            random.nextBytes(noise);
            return noise;
        }
    }

    @ParameterizedTest
    @EnumSource
    void rowsStayAtEveryPageSize(Zeros zeros) throws Exception {
        long seed = Long.getLong("zeros.seed", System.nanoTime());
        System.out.println("zeros.seed=" + seed);
        for (int page = 512; page <= 65_536; page *= 2) {
            Random random = new Random(seed + page);
            Path damaged = directory.resolve(zeros + "-" + page + ".db");
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + damaged)) {
                Sql.run(
                        connection,
                        "PRAGMA page_size=" + page,
                        "CREATE TABLE hit(a TEXT)",
                        "INSERT INTO hit VALUES('" + "a row ".repeat(page / 2) + "')",
                        "CREATE TABLE t(id INTEGER PRIMARY KEY, a BLOB, b INT)",
                        "CREATE TABLE w(k BLOB PRIMARY KEY, b INT) WITHOUT ROWID");
                insert(connection, "t", zeros, random, page);
                insert(connection, "w", zeros, random, page);
            }
            Map<String, byte[]> truth = rows(damaged);
            wipeRootOf("hit", damaged, page);
            Path output = directory.resolve("output-" + zeros + "-" + page + ".db");

            SalvageReport report = Salvage.of(damaged).into(output);

            Map<String, byte[]> found = rows(output);
            assertThat(found.keySet()).as("page size %d", page).isEqualTo(truth.keySet());
            truth.forEach((key, value) -> assertThat(found.get(key)).as(key).isEqualTo(value));
            assertThat(report.lostAndFoundRows()).isZero();
        }
    }

    private static void insert(Connection connection, String table, Zeros zeros, Random random, int page)
            throws SQLException {
        connection.setAutoCommit(false);
        boolean keyed = table.equals("w");
        int rows = page > 8192 ? ROWS / 5 : ROWS;
        try (PreparedStatement insert = connection.prepareStatement(
                keyed ? "INSERT OR IGNORE INTO w VALUES(?, ?)" : "INSERT INTO t(a, b) VALUES(?, ?)")) {
            for (int row = 0; row < rows; row++) {
                insert.setBytes(1, zeros.value(random, page, row));
                insert.setInt(2, row);
                insert.executeUpdate();
            }
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    private static Map<String, byte[]> rows(Path database) throws SQLException {
        Map<String, byte[]> rows = new TreeMap<>();
        for (List<Object> row :
                Sql.rowsElsewhere(database, "SELECT 't' || b, a FROM t UNION ALL SELECT 'w' || b, k FROM w")) {
            rows.put((String) row.get(0), (byte[]) row.get(1));
        }
        return rows;
    }

    private static void wipeRootOf(String table, Path database, int page) throws Exception {
        int root = ((Number)
                        Sql.rowsElsewhere(database, "SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'")
                                .get(0)
                                .get(0))
                .intValue();
        byte[] bytes = Files.readAllBytes(database);
        Arrays.fill(bytes, (root - 1) * page, root * page, (byte) 0);
        Files.write(database, bytes);
    }

    /** The nodes of an R-tree are padded with zeros, all of one length: their entries lie in the same places on every page. */
    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536})
    void everyBoxOfAnRtreeStays(int page) throws Exception {
        for (int count : new int[] {1, 7, 40, 600, 2500}) {
            Path damaged = directory.resolve("rtree-" + page + "-" + count + ".db");
            Sql.runElsewhere(
                    damaged,
                    "PRAGMA page_size=" + page,
                    "CREATE TABLE hit(a TEXT)",
                    "INSERT INTO hit VALUES('" + "a row ".repeat(page / 2) + "')",
                    "CREATE VIRTUAL TABLE box USING rtree(id, x0, x1, y0, y1, +label TEXT)",
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + count
                            + ") INSERT INTO box SELECT i, i % 71, i % 71 + 1, i % 89, i % 89 + 2, 'label ' || i FROM n");
            String boxes = "SELECT * FROM box ORDER BY id";
            List<List<Object>> truth = Sql.rowsElsewhere(damaged, boxes);
            wipeRootOf("hit", damaged, page);
            Path output = directory.resolve("output-" + page + "-" + count + ".db");

            Salvage.of(damaged).into(output);

            assertThat(Sql.rowsElsewhere(output, boxes)).as("%d boxes", count).isEqualTo(truth);
            assertThat(Sql.rowsElsewhere(output, "SELECT rtreecheck('box')")).containsExactly(List.of("ok"));
        }
    }

    /** The negative control: where a sector is wiped within one of many values without zeros, that value does not come back as if it were sound. */
    @ParameterizedTest
    @ValueSource(ints = {1024, 4096})
    void butAWipedPageOfNoiseIsNoValue(int page) throws Exception {
        Random random = new Random(page);
        Path damaged = directory.resolve("wiped.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + damaged)) {
            Sql.run(connection, "PRAGMA page_size=" + page, "CREATE TABLE t(id INTEGER PRIMARY KEY, a BLOB)");
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t(a) VALUES(?)")) {
                for (int row = 0; row < ROWS; row++) {
                    insert.setBytes(1, Zeros.noise(random, 2 * page));
                    insert.executeUpdate();
                }
            }
        }
        byte[] bytes = Files.readAllBytes(damaged);
        byte[] end = (byte[]) Sql.rowsElsewhere(damaged, "SELECT substr(a, -8) FROM t WHERE id = 200")
                .get(0)
                .get(0);
        int at = 0;
        while (ByteBuffer.wrap(bytes, at, 8).getLong() != ByteBuffer.wrap(end).getLong()) {
            at++;
        }
        Arrays.fill(bytes, at / page * page, at / page * page + page, (byte) 0);
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");

        SalvageReport report = Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), sum(id = 200) FROM t"))
                .containsExactly(List.of(ROWS - 1, 0));
        assertThat(report.lostAndFoundRows()).isEqualTo(1);
        assertThat(report.completeness().isWhole()).isFalse();
    }
}
