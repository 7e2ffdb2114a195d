package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes were lost or added in the middle of the file, so that all pages behind lie elsewhere. */
class DisplacementTest {

    private static final int PAGE = 1024;
    private static final int KEYED_ON_A_PAGE = 36;

    /** A run of the tests takes one place in so many. */
    private static final int PART = 4;

    private static final String ROWS = "SELECT id, a, hex(b) FROM t ORDER BY id";
    private static final String KEYED = "SELECT k, v FROM keyed ORDER BY k";

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(ints = {-1, -2, -7, -512, 1, 3, 300})
    void whereverBytesAreLostOrAddedOnlyTheRowsAtTheBreakAreMissing(int bytes) throws Exception {
        loseOrAdd(bytes, PART);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, -2, -7, -512, 1, 3, 300})
    @Tag("campaign")
    void whereverInTheWholeFileBytesAreLostOrAddedOnlyTheRowsAtTheBreakAreMissing(int bytes) throws Exception {
        loseOrAdd(bytes, 1);
    }

    private void loseOrAdd(int bytes, int parts) throws Exception {
        Path original = database();
        byte[] sound = Files.readAllBytes(original);
        for (int at = 150; at < sound.length - 512; at += 1777) {
            if (!Rotation.takes(at / 1777, parts)) {
                continue;
            }
            byte[] damaged = bytes < 0 ? without(sound, at, -bytes) : with(sound, at, noise(at, bytes));

            assertMissesAtMost(24, 3, original, damaged, bytes + " bytes at " + at);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-3, -1, 1, 2})
    void pagesThatAreLostOrAddedCostThoseOfTheirRowsAlone(int pages) throws Exception {
        Path original = database();
        byte[] sound = Files.readAllBytes(original);
        for (int page = 4; page < sound.length / PAGE - 3; page += 7) {
            if (!Rotation.takes(page / 7, PART)) {
                continue;
            }
            int at = page * PAGE;
            byte[] damaged = pages < 0 ? without(sound, at, -pages * PAGE) : with(sound, at, noise(at, pages * PAGE));

            assertMissesAtMost(60, 6, original, damaged, pages + " pages at " + at);
        }
    }

    @Test
    void blocksThatMakeUpAPageButLieInTwoMakeNoRowOfTwo() throws Exception {
        Path original = database();
        byte[] sound = Files.readAllBytes(original);
        for (int at = 3 * PAGE + 512; at < sound.length - 2 * PAGE; at += 3 * PAGE) {
            if (!Rotation.takes(at / (3 * PAGE), PART)) {
                continue;
            }
            assertMissesAtMost(60, 6, original, without(sound, at, PAGE), "at " + at);
        }
    }

    @Test
    void aTransferThatMadeCrLfToLfCostsTheRowsThatHadOneAndTheirNeighbours() throws Exception {
        Path original = database();
        byte[] sound = Files.readAllBytes(original);
        byte[] damaged = new String(sound, StandardCharsets.ISO_8859_1)
                .replace("\r\n", "\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        int breaks = sound.length - damaged.length;
        assertThat(breaks).isGreaterThan(5);

        assertMissesAtMost(6 * breaks, breaks, original, damaged, breaks + " line ends");
    }

    @Test
    void aRowThatFillsItsPageIsLostWhereTheBreakMayHaveHitIt() throws Exception {
        Path original = directory.resolve("original.db");
        Sql.runElsewhere(
                original,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b BLOB)",
                "CREATE TABLE keyed(k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
                        + "INSERT INTO t SELECT i, 'text', randomblob(960) FROM n");
        byte[] sound = Files.readAllBytes(original);
        for (int at = 8 * PAGE; at < sound.length - PAGE; at += 101) {
            if (!Rotation.takes(at / 101, PART)) {
                continue;
            }
            assertMissesAtMost(2, 0, original, without(sound, at, 1), "at " + at);
        }
    }

    @Test
    void aFileThatWasCutIsReadWhereItIs() throws Exception {
        Path original = database();
        byte[] sound = Files.readAllBytes(original);

        assertThat(Displacement.undone(source(sound))).isEmpty();
        assertThat(Displacement.undone(source(Arrays.copyOf(sound, sound.length / 2))))
                .isEmpty();
        assertThat(Displacement.undone(source(Arrays.copyOf(sound, sound.length / 2 + 77))))
                .isEmpty();
        assertThat(Displacement.undone(source(Arrays.copyOf(sound, sound.length + 5 * PAGE))))
                .isEmpty();
    }

    @Test
    void piecesAreReadWhereTheyWereAndNothingElseIsKnown() throws Exception {
        byte[] bytes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
        FilePieces pieces = new FilePieces(source(bytes));
        pieces.add(0, 0, 4);
        pieces.add(6, 5, 5);
        pieces.add(20, 0, 0);

        assertThat(pieces.size()).isEqualTo(11);
        assertThat(pieces.read(0, 13)).containsExactly(0, 1, 2, 3, -1, -1, 5, 6, 7, 8, 9, 0, 0);
        assertThat(pieces.read(5, 2)).containsExactly(-1, 5);
        assertThat(pieces.read(-2, 4)).containsExactly(0, 0, 0, 1);
    }

    private Path database() throws Exception {
        Path file = directory.resolve("original.db");
        if (!Files.exists(file)) {
            Sql.runElsewhere(
                    file,
                    "PRAGMA page_size=" + PAGE,
                    "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b BLOB)",
                    "CREATE TABLE keyed(k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID",
                    "CREATE INDEX i ON t(a)",
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) "
                            + "INSERT INTO keyed SELECT 'key ' || i, 'value ' || i * i FROM n",
                    "INSERT INTO t SELECT i, 'text ' || i || CASE WHEN i % 70 = 0 THEN char(13, 10) ELSE '' END, "
                            + "randomblob(CASE WHEN i % 20 = 0 THEN 5000 ELSE 150 END) "
                            + "FROM (SELECT row_number() OVER () AS i FROM keyed)");
        }
        return file;
    }

    private void assertMissesAtMost(int rows, int keyedPages, Path original, byte[] bytes, String place)
            throws Exception {
        String what = place + ", " + Rotation.option();
        Path damaged = Files.write(directory.resolve("damaged.db"), bytes);
        Path output = directory.resolve("output.db");
        Files.deleteIfExists(output);

        Salvage.of(damaged).into(output);

        assertComesFrom(original, output, ROWS, rows, what);
        assertComesFrom(original, output, KEYED, keyedPages * KEYED_ON_A_PAGE, what);
    }

    private static void assertComesFrom(Path original, Path output, String query, int missing, String what)
            throws Exception {
        Set<List<Object>> rows = new HashSet<>(Sql.rowsElsewhere(original, query));
        List<List<Object>> found = Sql.rowsElsewhere(output, query);
        assertThat(found.stream().filter(row -> !rows.contains(row))).as(what).isEmpty();
        assertThat(rows.size() - found.size())
                .as("missing of %s, %s", query, what)
                .isLessThanOrEqualTo(missing);
    }

    private static byte[] without(byte[] bytes, int at, int length) {
        ByteArrayOutputStream left = new ByteArrayOutputStream();
        left.write(bytes, 0, at);
        left.write(bytes, at + length, bytes.length - at - length);
        return left.toByteArray();
    }

    private static byte[] with(byte[] bytes, int at, byte[] more) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(bytes, 0, at);
        all.writeBytes(more);
        all.write(bytes, at, bytes.length - at);
        return all.toByteArray();
    }

    private static byte[] noise(long seed, int length) {
        byte[] noise = new byte[length];
        new Random(seed).nextBytes(noise);
        return noise;
    }

    private static ByteSource source(byte[] bytes) {
        return new ByteSource() {
            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public void read(long position, byte[] into) {
                for (int i = 0; i < into.length; i++) {
                    long at = position + i;
                    into[i] = at >= 0 && at < bytes.length ? bytes[(int) at] : 0;
                }
            }
        };
    }
}
