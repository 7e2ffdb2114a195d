package org.healingsqlite.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers in bytes, kinds of pages, encodings; pages of the freelist and of the pointer map; the header of a log's index. */
class SmallTypesTest {
    @TempDir
    Path directory;

    // ---- Bytes

    private static final byte[] BYTES = {
        (byte) 0x81, (byte) 0xfe, 0x03, 0x04, 0x05, (byte) 0xf6, 0x07, (byte) 0x88, 0x09
    };

    @Test
    void numbersAreBigEndianAndUnsigned() {
        assertThat(Bytes.u8(BYTES, 0)).isEqualTo(0x81);
        assertThat(Bytes.u16(BYTES, 0)).isEqualTo(0x81fe);
        assertThat(Bytes.u16(BYTES, 1)).isEqualTo(0xfe03);
        assertThat(Bytes.i32(BYTES, 0)).isEqualTo(0x81fe0304);
        assertThat(Bytes.u32(BYTES, 0)).isEqualTo(0x81fe0304L);
        assertThat(Bytes.u32(BYTES, 2)).isEqualTo(0x030405f6L);
        assertThat(Bytes.i64(BYTES, 0)).isEqualTo(0x81fe030405f60788L);
    }

    @ParameterizedTest
    @CsvSource({"0, 1, -127", "2, 1, 3", "0, 2, -32258", "2, 3, 197637", "0, 8, -9079816482917578872", "5, 2, -2553"})
    void numbersOfARecordAreTwosComplement(int at, int length, long value) {
        assertThat(Bytes.signed(BYTES, at, length)).isEqualTo(value);
    }

    @Test
    void whatIsWrittenIsRead() {
        byte[] bytes = new byte[8];
        Bytes.put16(bytes, 1, 0x1a2b3c);
        assertThat(bytes).containsExactly(0, 0x2b, 0x3c, 0, 0, 0, 0, 0);
        Bytes.put32(bytes, 3, 0x81fe0304);
        assertThat(Bytes.i32(bytes, 3)).isEqualTo(0x81fe0304);
        assertThat(bytes[7]).isZero();
    }

    @Test
    void aRangeIsZeroWhereEveryByteOfItIs() {
        byte[] bytes = {1, 0, 0, 2};
        assertThat(Bytes.zero(bytes, 1, 3)).isTrue();
        assertThat(Bytes.zero(bytes, 0, 3)).isFalse();
        assertThat(Bytes.zero(bytes, 1, 4)).isFalse();
        assertThat(Bytes.zero(bytes, 2, 2)).isTrue();
    }

    @Test
    void aDigestFeelsEveryByteAndTheLength() {
        byte[] bytes = new byte[19];
        long whole = Bytes.digest(bytes, 0, 19);
        assertThat(Bytes.digest(bytes.clone(), 0, 19)).isEqualTo(whole);
        assertThat(Bytes.digest(bytes, 0, 18)).isNotEqualTo(whole);
        assertThat(Bytes.digest(bytes, 1, 19)).isEqualTo(Bytes.digest(bytes, 0, 18));
        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] = 1;
            assertThat(Bytes.digest(changed, 0, 19)).as("byte %s", i).isNotEqualTo(whole);
        }
        byte[] left = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        byte[] right = {0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
        assertThat(Bytes.digest(left, 0, 16)).isNotEqualTo(Bytes.digest(right, 0, 16));
    }

    // ---- Kinds and encodings

    @ParameterizedTest
    @CsvSource({
        "2, INDEX_INTERIOR, 12, false, false, true",
        "5, TABLE_INTERIOR, 12, true, false, false",
        "10, INDEX_LEAF, 8, false, true, true",
        "13, TABLE_LEAF, 8, true, true, true"
    })
    void aKindIsToldByItsFlag(int flag, PageKind kind, int header, boolean table, boolean leaf, boolean payload) {
        assertThat(PageKind.of(flag)).contains(kind);
        assertThat(kind.flag()).isEqualTo(flag);
        assertThat(kind.headerSize()).isEqualTo(header);
        assertThat(kind.isTable()).isEqualTo(table);
        assertThat(kind.isLeaf()).isEqualTo(leaf);
        assertThat(kind.hasPayload()).isEqualTo(payload);
    }

    @Test
    void noOtherFlagIsAKind() {
        for (int flag = 0; flag < 256; flag++) {
            assertThat(PageKind.of(flag).isPresent())
                    .as("flag %s", flag)
                    .isEqualTo(List.of(2, 5, 10, 13).contains(flag));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, UTF_8", "2, UTF_16LE", "3, UTF_16BE"})
    void anEncodingIsToldByItsNumber(int code, TextEncoding encoding) {
        assertThat(TextEncoding.of(code)).contains(encoding);
        assertThat(encoding.code()).isEqualTo(code);
        assertThat(encoding.pragma()).isEqualToIgnoringCase(encoding.charset().name());
    }

    @Test
    void noOtherNumberIsAnEncoding() {
        assertThat(TextEncoding.of(0)).isEmpty();
        assertThat(TextEncoding.of(4)).isEmpty();
        assertThat(TextEncoding.of(0x1_0000_0001L)).isEmpty();
        assertThat(TextEncoding.UTF_8.charset()).isEqualTo(StandardCharsets.UTF_8);
    }

    // ---- Pages of the freelist

    private static final Geometry GEOMETRY = new Geometry(512, 0);

    private static byte[] trunk(int next, int count, int... leaves) {
        byte[] page = new byte[512];
        Bytes.put32(page, 0, next);
        Bytes.put32(page, 4, count);
        for (int i = 0; i < leaves.length; i++) {
            Bytes.put32(page, 8 + 4 * i, leaves[i]);
        }
        return page;
    }

    @Test
    void aTrunkNamesTheNextAndItsLeaves() {
        FreelistTrunk trunk =
                FreelistTrunk.read(trunk(7, 3, 2, 9, 10), GEOMETRY, 10).orElseThrow();
        assertThat(trunk.next()).isEqualTo(7);
        assertThat(trunk.leaves()).isEqualTo(3);
        assertThat(trunk.leaf(0)).isEqualTo(2);
        assertThat(trunk.leaf(2)).isEqualTo(10);
        assertThat(FreelistTrunk.read(trunk(0, 0), GEOMETRY, 10)).isPresent();
    }

    @Test
    void whatNamesAPageThatIsNotThereIsNoTrunk() {
        assertThat(FreelistTrunk.read(trunk(11, 1, 2), GEOMETRY, 10)).isEmpty();
        assertThat(FreelistTrunk.read(trunk(10, 1, 2), GEOMETRY, 10)).isPresent();
        assertThat(FreelistTrunk.read(trunk(7, 2, 2, 11), GEOMETRY, 10)).isEmpty();
        assertThat(FreelistTrunk.read(trunk(7, 2, 1, 2), GEOMETRY, 10)).isEmpty();
        assertThat(FreelistTrunk.read(trunk(7, -1), GEOMETRY, 10)).isEmpty();
    }

    @Test
    void aTrunkHasNoMoreLeavesThanFitThePage() {
        int most = 512 / 4 - 2;
        int[] leaves = new int[most];
        java.util.Arrays.fill(leaves, 2);
        assertThat(FreelistTrunk.read(trunk(0, most, leaves), GEOMETRY, 10)).isPresent();
        assertThat(FreelistTrunk.listed(trunk(0, most + 1, leaves), GEOMETRY, 10))
                .isEmpty();
    }

    @Test
    void ofATrunkThatIsListedHalfOfThePagesMustBeThere() {
        FreelistTrunk half =
                FreelistTrunk.listed(trunk(7, 4, 2, 99, 3, 0), GEOMETRY, 10).orElseThrow();
        assertThat(half.leaves()).isEqualTo(2);
        assertThat(half.leaf(1)).isEqualTo(3);
        assertThat(FreelistTrunk.listed(trunk(7, 5, 2, 99, 3, 0, 98), GEOMETRY, 10))
                .isEmpty();
    }

    // ---- The pointer map

    @Test
    void theMapOfAFileThatSqliteWroteTellsEveryPagesRoleAndParent() throws Exception {
        Path file = directory.resolve("a.db");
        Sql.runElsewhere(
                file,
                "PRAGMA page_size = 512",
                "PRAGMA auto_vacuum = 1",
                "CREATE TABLE t(x)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
                        + " INSERT INTO t SELECT zeroblob(600) FROM n");
        byte[] bytes = Files.readAllBytes(file);
        PointerMap map = new PointerMap(GEOMETRY);
        int pages = bytes.length / 512;
        assertThat(pages).isGreaterThan(2 * 103);
        // 102 entries of 5 bytes fit a page of 512.
        assertThat(map.isMapPage(1)).isFalse();
        for (int page = 2; page <= pages; page++) {
            boolean isMap = (page - 2) % 103 == 0;
            assertThat(map.isMapPage(page)).as("page %s", page).isEqualTo(isMap);
            if (isMap) {
                continue;
            }
            int mapPage = map.mapPageOf(page);
            byte[] ofMap = java.util.Arrays.copyOfRange(bytes, (mapPage - 1) * 512, mapPage * 512);
            int role = map.role(ofMap, page);
            long parent = map.parent(ofMap, page);
            assertThat(role).as("page %s", page).isBetween(PointerMap.ROOT, PointerMap.BTREE);
            assertThat(parent == 0).as("page %s", page).isEqualTo(role == PointerMap.ROOT || role == PointerMap.FREE);
            if (role == PointerMap.BTREE || role == PointerMap.FIRST_OVERFLOW) {
                int flag = bytes[(int) (parent - 1) * 512];
                assertThat(PageKind.of(flag)).as("parent of %s", page).isPresent();
            }
        }
        byte[] first = java.util.Arrays.copyOfRange(bytes, 512, 1024);
        assertThat(map.role(first, 3)).isEqualTo(PointerMap.ROOT);
    }

    @Test
    void whatIsNoEntryHasNoRoleAndNoParent() {
        PointerMap map = new PointerMap(GEOMETRY);
        byte[] page = new byte[512];
        page[0] = 6;
        page[5] = 5;
        page[9] = 1;
        assertThat(map.role(page, 3)).isZero();
        assertThat(map.role(page, 4)).isEqualTo(PointerMap.BTREE);
        assertThat(map.parent(page, 4)).isEqualTo(1);
        assertThat(map.role(page, 2)).isZero();
        assertThat(map.parent(page, 2)).isZero();
        page[505] = 1;
        page[509] = 3;
        assertThat(map.role(page, 104)).isEqualTo(PointerMap.ROOT);
        assertThat(map.parent(page, 104)).isEqualTo(3);
        assertThat(map.mapPageOf(104)).isEqualTo(2);
        assertThat(map.mapPageOf(105)).isEqualTo(105);
    }

    @Test
    void theMapPageOverTheLockBytesLiesBehindThem() {
        // With 65,536 bytes a page the lock bytes are on page 16,385.
        Geometry geometry = new Geometry(65536, 0);
        PointerMap map = new PointerMap(geometry);
        int lock = geometry.lockBytePage();
        int group = 65536 / 5 + 1;
        assertThat((lock - 2) % group).isNotZero();
        Geometry unlucky = new Geometry(1024, 4);
        int entries = 1020 / 5 + 1;
        int page = unlucky.lockBytePage();
        int expected = (page - 2) / entries * entries + 2;
        assertThat(new PointerMap(unlucky).mapPageOf(page)).isEqualTo(expected == page ? page + 1 : expected);
        assertThat(map.mapPageOf(lock)).isEqualTo((lock - 2) / group * group + 2);
    }

    // ---- The index of a log

    private static byte[] index(int frames, int writtenBack) {
        ByteBuffer fields = ByteBuffer.allocate(LogIndex.SIZE).order(ByteOrder.nativeOrder());
        for (int copy = 0; copy < 2; copy++) {
            fields.putInt(48 * copy, 3007000);
            fields.put(48 * copy + 12, (byte) 1);
            fields.putInt(48 * copy + 16, frames);
        }
        fields.putInt(96, writtenBack);
        return fields.array();
    }

    @Test
    void theIndexTellsHowManyFramesAreCommittedAndWrittenBack() {
        assertThat(LogIndex.of(index(9, 3))).contains(new LogIndex(9, 3));
        assertThat(LogIndex.of(index(-1, 0))).contains(new LogIndex(0xffff_ffffL, 0));
        assertThat(new LogIndex(9, 8).isNeeded()).isTrue();
        assertThat(new LogIndex(9, 9).isNeeded()).isFalse();
        assertThat(new LogIndex(0, 0).isNeeded()).isFalse();
    }

    @Test
    void anIndexThatIsShortOrNotInitialisedOrBeingWrittenTellsNothing() {
        assertThat(LogIndex.of(java.util.Arrays.copyOf(index(9, 3), LogIndex.SIZE - 1)))
                .isEmpty();
        for (int at : new int[] {0, 12, 16, 47, 48, 60, 64, 95}) {
            byte[] head = index(9, 3);
            head[at] ^= 0x10;
            assertThat(LogIndex.of(head)).as("byte %s", at).isEmpty();
        }
        byte[] both = index(9, 3);
        both[0] ^= 1;
        both[48] ^= 1;
        assertThat(LogIndex.of(both)).isEmpty();
        both = index(9, 3);
        both[12] = 0;
        both[60] = 0;
        assertThat(LogIndex.of(both)).isEmpty();
    }

    @Test
    void theIndexThatSqliteWritesIsRead() throws Exception {
        Path file = directory.resolve("a.db");
        try (var connection = java.sql.DriverManager.getConnection("jdbc:sqlite:" + file)) {
            Sql.run(connection, "PRAGMA journal_mode = WAL", "CREATE TABLE t(x)", "INSERT INTO t VALUES (1)");
            long bytes = Files.size(Path.of(file + "-wal"));
            byte[] head = HeldFile.ofIndex(DatabaseFile.at(file)).head(LogIndex.SIZE);
            LogIndex index = LogIndex.of(head).orElseThrow();
            assertThat(index.frames()).isEqualTo((bytes - 32) / (4096 + 24));
            assertThat(index.isNeeded()).isTrue();
        }
    }
}
