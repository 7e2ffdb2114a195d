package org.healingsqlite.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Journals made byte by byte: pages of 512 bytes, sectors of 512, and each field and record spoilt in its turn. */
class HandMadeJournalTest {
    private static final long MAGIC = 0xd9d5_05f9_20a1_63d7L;
    private static final int PAGE = 512;
    private static final int SECTOR = 512;
    private static final int RECORD = PAGE + 8;

    @TempDir
    Path directory;

    /** What a journal is made of. */
    private static final class Journal {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        /** A segment's header, in a sector of its own; aligned. */
        Journal header(int records, int nonce, int originalPages) {
            align();
            ByteBuffer header = ByteBuffer.allocate(SECTOR);
            header.putLong(MAGIC)
                    .putInt(records)
                    .putInt(nonce)
                    .putInt(originalPages)
                    .putInt(SECTOR)
                    .putInt(PAGE);
            out.writeBytes(header.array());
            return this;
        }

        Journal align() {
            out.writeBytes(new byte[(SECTOR - out.size() % SECTOR) % SECTOR]);
            return this;
        }

        /** Records of pages, whose bytes all are the page's number. */
        Journal records(int nonce, int... pages) {
            for (int page : pages) {
                out.writeBytes(record(nonce, page));
            }
            return this;
        }

        Journal bytes(byte[] bytes) {
            out.writeBytes(bytes);
            return this;
        }

        byte[] made() {
            return out.toByteArray();
        }
    }

    private static byte[] record(int nonce, int page) {
        ByteBuffer record = ByteBuffer.allocate(RECORD);
        record.putInt(page);
        byte[] content = new byte[PAGE];
        Arrays.fill(content, (byte) page);
        record.put(content);
        // Every 200th byte from the end: 312 and 112.
        record.putInt(nonce + 2 * (page & 0xff));
        return record.array();
    }

    private static Journal usual() {
        return new Journal()
                .header(3, 1000, 9)
                .records(1000, 2, 3, 4)
                .header(2, 2000, 9)
                .records(2000, 5, 6);
    }

    private RollbackJournal read(byte[] bytes) throws IOException {
        return read(bytes, PAGE);
    }

    private RollbackJournal read(byte[] bytes, int pageSizeBytes) throws IOException {
        Path file = Files.write(directory.resolve("a-journal"), bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return RollbackJournal.read(channel, pageSizeBytes);
        }
    }

    private static int[] pages(RollbackJournal journal) {
        return IntStream.range(0, journal.records()).map(journal::page).toArray();
    }

    private static boolean allProven(RollbackJournal journal) {
        return IntStream.range(0, journal.records()).allMatch(journal::proven);
    }

    private static boolean allSynced(RollbackJournal journal) {
        return IntStream.range(0, journal.records()).allMatch(journal::synced);
    }

    // ---- A journal as it should be

    @Test
    void everySegmentAndRecordIsRead() throws IOException {
        RollbackJournal journal = read(usual().made());
        assertThat(pages(journal)).containsExactly(2, 3, 4, 5, 6);
        assertThat(allProven(journal) && allSynced(journal)).isTrue();
        assertThat(journal.damagedRecords()).isZero();
        assertThat(journal.headerSound()).isTrue();
        assertThat(journal.headerZero()).isFalse();
        assertThat(journal.originalPages()).isEqualTo(9);
        assertThat(journal.pageSizeBytes()).isEqualTo(PAGE);
        assertThat(journal.superJournal()).isEmpty();
        assertThat(journal.contentOffset(0)).isEqualTo(SECTOR + 4);
        assertThat(journal.contentOffset(1)).isEqualTo(SECTOR + RECORD + 4);
        // Three records end at 2,072; the next sector begins at 2,560.
        assertThat(journal.contentOffset(3)).isEqualTo(2560 - SECTOR + 2 * SECTOR + 4);
    }

    @Test
    void moreRecordsThanThereIsRoomForAtFirstAreRead() throws IOException {
        int[] many = IntStream.rangeClosed(1, 200).toArray();
        RollbackJournal journal =
                read(new Journal().header(200, 7, 300).records(7, many).made());
        assertThat(pages(journal)).isEqualTo(many);
        assertThat(allProven(journal) && allSynced(journal)).isTrue();
    }

    @Test
    void aSegmentThatEndsWithASectorIsFollowedByTheNextAtOnce() throws IOException {
        int[] sixtyFour = IntStream.rangeClosed(1, 64).toArray();
        // 64 records of 520 bytes are 65 sectors.
        RollbackJournal journal = read(new Journal()
                .header(64, 7, 99)
                .records(7, sixtyFour)
                .header(1, 8, 99)
                .records(8, 70)
                .made());
        assertThat(journal.records()).isEqualTo(65);
        assertThat(journal.page(64)).isEqualTo(70);
        assertThat(journal.damagedRecords()).isZero();
    }

    @Test
    void thePageSizeIsTheHeadersOwnOrTheOneThatIsKnown() throws IOException {
        byte[] bytes = usual().made();
        assertThat(read(bytes, 4096).pageSizeBytes()).isEqualTo(PAGE);
        Path file = Files.write(directory.resolve("b-journal"), bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            assertThat(RollbackJournal.pageSize(channel)).contains(PAGE);
        }
        bytes[27] = 3;
        Files.write(file, bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            assertThat(RollbackJournal.pageSize(channel)).isEmpty();
        }
        bytes = usual().made();
        bytes[0] = 0;
        Files.write(file, bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            assertThat(RollbackJournal.pageSize(channel)).isEmpty();
        }
    }

    @Test
    void anEmptyJournalHasNothing() throws IOException {
        RollbackJournal journal = read(new byte[0]);
        assertThat(journal.records()).isZero();
        assertThat(journal.headerZero()).isTrue();
        assertThat(journal.headerSound()).isFalse();
        assertThat(journal.damagedRecords()).isZero();
        assertThat(read(new byte[27]).records()).isZero();
    }

    // ---- Headers

    @ParameterizedTest
    @CsvSource({"0, 1", "7, 1", "20, 1", "23, 3", "24, 7", "26, 7"})
    void aHeaderWithAByteSpoiltIsNotSoundAndNoRecordIsLost(int at, int value) throws IOException {
        byte[] bytes = usual().made();
        bytes[at] = (byte) (bytes[at] ^ value);
        RollbackJournal journal = read(bytes);
        assertThat(journal.headerSound()).isFalse();
        assertThat(pages(journal)).containsExactly(2, 3, 4, 5, 6);
        assertThat(allProven(journal)).isTrue();
        assertThat(journal.originalPages()).isEqualTo(9);
        assertThat(journal.pageSizeBytes()).isEqualTo(PAGE);
    }

    @Test
    void aHeaderThatIsGoneIsReplacedByTheNextOneAndItsNonceByAVote() throws IOException {
        byte[] bytes = usual().made();
        Arrays.fill(bytes, 0, 28, (byte) 0);
        RollbackJournal journal = read(bytes, 4096);
        assertThat(journal.headerZero()).isTrue();
        assertThat(journal.pageSizeBytes()).isEqualTo(PAGE);
        assertThat(journal.originalPages()).isEqualTo(9);
        assertThat(pages(journal)).containsExactly(2, 3, 4, 5, 6);
        assertThat(allProven(journal)).isTrue();
        assertThat(journal.damagedRecords()).isZero();
    }

    @Test
    void theVoteIsWonByTheNonceOfMostRecords() throws IOException {
        byte[] bytes =
                new Journal().header(4, 1000, 9).records(1000, 2, 3, 4, 5).made();
        Arrays.fill(bytes, 0, 28, (byte) 0);
        // Two bytes of which the checksum takes one.
        bytes[SECTOR + 4 + 312] ^= 0x40;
        RollbackJournal journal = read(bytes);
        assertThat(pages(journal)).contains(3, 4, 5);
        assertThat(journal.proven(journal.records() - 1)).isTrue();
        assertThat(journal.originalPages()).isZero();
    }

    @Test
    void aHeaderThatIsGoneFromASegmentOfItsOwnLeavesItToTheEnd() throws IOException {
        byte[] bytes = new Journal().header(2, 1000, 9).records(1000, 2, 3).made();
        Arrays.fill(bytes, 0, 28, (byte) 0);
        RollbackJournal journal = read(bytes);
        assertThat(pages(journal)).containsExactly(2, 3);
        assertThat(allSynced(journal)).isTrue();
        assertThat(journal.damagedRecords()).isZero();
    }

    @Test
    void aHeaderInTheMiddleThatIsGoneLosesTheRecordsBehindItOnly() throws IOException {
        byte[] bytes = usual().made();
        int second = 3 * SECTOR + 2 * SECTOR;
        assertThat(Bytes.i64(bytes, 2560)).isEqualTo(MAGIC);
        bytes[2560] = 0;
        RollbackJournal journal = read(bytes);
        assertThat(Arrays.copyOf(pages(journal), 3)).containsExactly(2, 3, 4);
        assertThat(second).isEqualTo(2560);
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 512, 4096, 65536})
    void aSectorIsAPowerOfTwoFrom32To65536(int sector) throws IOException {
        byte[] bytes = new byte[sector + RECORD];
        ByteBuffer.wrap(bytes)
                .putLong(MAGIC)
                .putInt(1)
                .putInt(5)
                .putInt(9)
                .putInt(sector)
                .putInt(PAGE);
        System.arraycopy(record(5, 2), 0, bytes, sector, RECORD);
        RollbackJournal journal = read(bytes);
        assertThat(journal.headerSound()).isTrue();
        assertThat(pages(journal)).containsExactly(2);
        assertThat(journal.contentOffset(0)).isEqualTo(sector + 4);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 16, 31, 33, 513, 131072, -512})
    void everythingElseIsNone(int sector) throws IOException {
        byte[] bytes = new Journal().header(1, 5, 9).records(5, 2).made();
        Bytes.put32(bytes, 20, sector);
        RollbackJournal journal = read(bytes);
        assertThat(journal.headerSound()).isFalse();
        assertThat(pages(journal)).containsExactly(2);
    }

    // ---- Counts

    @Test
    void recordsThatNoHeaderCountsYetAreReadAndNotSynced() throws IOException {
        RollbackJournal journal =
                read(new Journal().header(0, 1000, 9).records(1000, 2, 3).made());
        assertThat(pages(journal)).containsExactly(2, 3);
        assertThat(journal.synced(0)).isFalse();
        assertThat(journal.proven(0)).isTrue();
        assertThat(journal.damagedRecords()).isZero();
    }

    @Test
    void aCountOfNothingBeforeAnotherSegmentIsWrong() throws IOException {
        RollbackJournal journal = read(new Journal()
                .header(0, 1000, 9)
                .records(1000, 2, 3)
                .header(1, 2000, 9)
                .records(2000, 5)
                .made());
        assertThat(pages(journal)).containsExactly(2, 3, 5);
        assertThat(allSynced(journal)).isTrue();
        assertThat(journal.damagedRecords()).isZero();
    }

    @Test
    void aCountOfNothingBeforeAnotherSegmentAtOnceIsRight() throws IOException {
        RollbackJournal journal = read(new Journal()
                .header(0, 1000, 9)
                .header(1, 2000, 9)
                .records(2000, 5)
                .made());
        assertThat(pages(journal)).containsExactly(5);
    }

    @Test
    void aCountThatGoesToTheEndTakesWhatIsThere() throws IOException {
        RollbackJournal journal =
                read(new Journal().header(-1, 1000, 9).records(1000, 2, 3).made());
        assertThat(pages(journal)).containsExactly(2, 3);
        assertThat(allSynced(journal)).isTrue();
        assertThat(journal.damagedRecords()).isZero();
    }

    @Test
    void aCountThatPromisesMoreThanIsThereTellsOfIt() throws IOException {
        RollbackJournal journal =
                read(new Journal().header(5, 1000, 9).records(1000, 2, 3).made());
        assertThat(pages(journal)).containsExactly(2, 3);
        assertThat(journal.damagedRecords()).isEqualTo(1);
    }

    @Test
    void aCountThatLeadsPastTheNextSegmentIsCutThereAndTold() throws IOException {
        byte[] bytes = usual().made();
        Bytes.put32(bytes, 8, 4);
        RollbackJournal journal = read(bytes);
        assertThat(pages(journal)).containsExactly(2, 3, 4, 5, 6);
        assertThat(journal.damagedRecords()).isEqualTo(1);
    }

    @Test
    void aCountThatIsTooSmallIsRaisedToTheNextSegment() throws IOException {
        byte[] bytes = usual().made();
        Bytes.put32(bytes, 8, 1);
        RollbackJournal journal = read(bytes);
        assertThat(pages(journal)).containsExactly(2, 3, 4, 5, 6);
        assertThat(journal.damagedRecords()).isZero();
    }

    @Test
    void aJournalThatIsCutInARecordLosesThatOne() throws IOException {
        byte[] bytes = usual().made();
        RollbackJournal journal = read(Arrays.copyOf(bytes, bytes.length - 1));
        assertThat(pages(journal)).containsExactly(2, 3, 4, 5);
        assertThat(journal.damagedRecords()).isPositive();
    }

    // ---- Records

    @ParameterizedTest
    @ValueSource(ints = {112, 312})
    void aRecordOfWhichASampledByteIsSpoiltIsNotProven(int at) throws IOException {
        byte[] bytes = usual().made();
        bytes[SECTOR + RECORD + 4 + at] ^= 1;
        RollbackJournal journal = read(bytes);
        assertThat(pages(journal)).containsExactly(2, 3, 4, 5, 6);
        assertThat(journal.proven(0)).isTrue();
        assertThat(journal.proven(1)).isFalse();
        assertThat(journal.synced(1)).isTrue();
        assertThat(journal.damagedRecords()).isEqualTo(1);
        byte[] whole = new byte[PAGE];
        Arrays.fill(whole, (byte) 3);
        assertThat(journal.holdsWith(1, whole)).isTrue();
        assertThat(journal.holdsWith(0, whole)).isFalse();
        whole[at] ^= 1;
        assertThat(journal.holdsWith(1, whole)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 111, 113, 311, 511})
    void aByteThatIsNotSampledIsNotSeen(int at) throws IOException {
        byte[] bytes = usual().made();
        bytes[SECTOR + RECORD + 4 + at] ^= 1;
        assertThat(read(bytes).proven(1)).isTrue();
        assertThat(read(bytes).damagedRecords()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void aRecordOfWhichOnlyTheNumberIsLostHasItsPage(int number) throws IOException {
        byte[] bytes = usual().made();
        Bytes.put32(bytes, SECTOR + RECORD, number);
        RollbackJournal journal = read(bytes);
        assertThat(pages(journal)).containsExactly(2, 0, 4, 5, 6);
        assertThat(journal.proven(1)).isTrue();
        assertThat(journal.synced(1)).isTrue();
        assertThat(journal.damagedRecords()).isZero();
    }

    @Test
    void aRecordOfWhichNothingHoldsIsCountedAndNotThere() throws IOException {
        byte[] bytes = usual().made();
        Arrays.fill(bytes, SECTOR + RECORD, SECTOR + 2 * RECORD, (byte) 0x80);
        RollbackJournal journal = read(bytes);
        assertThat(pages(journal)).containsExactly(2, 4, 5, 6);
        assertThat(journal.damagedRecords()).isEqualTo(1);
    }

    @Test
    void whereNoHeaderCountsTheFirstThatDoesNotAddUpEndsTheSegmentUnlessTheNextDoes() throws IOException {
        byte[] bytes =
                new Journal().header(-1, 1000, 9).records(1000, 2, 3, 4, 5).made();
        bytes[SECTOR + RECORD + 4 + 112] ^= 1;
        assertThat(pages(read(bytes))).containsExactly(2, 4, 5);
        bytes[SECTOR + 2 * RECORD + 4 + 112] ^= 1;
        assertThat(pages(read(bytes))).containsExactly(2);
        bytes[SECTOR + 2 * RECORD + 4 + 112] ^= 1;
        Bytes.put32(bytes, SECTOR + 2 * RECORD, 0);
        assertThat(pages(read(bytes))).containsExactly(2);
    }

    @Test
    void recordsThatWereExchangedAreChangedBackUnlessAThirdFitsAsWell() throws IOException {
        byte[] bytes =
                new Journal().header(4, 1000, 9).records(1000, 2, 3, 4, 5).made();
        exchange(bytes, 0, 2);
        RollbackJournal journal = read(bytes);
        assertThat(journal.damagedRecords()).isZero();
        assertThat(allProven(journal)).isTrue();
        assertThat(journal.contentOffset(0)).isEqualTo(SECTOR + 2 * RECORD + 4);
        assertThat(journal.contentOffset(2)).isEqualTo(SECTOR + 4);
        assertThat(journal.contentOffset(1)).isEqualTo(SECTOR + RECORD + 4);

        // A third that adds up to the same as one of them.
        bytes[SECTOR + 3 * RECORD + 4 + 112] = (byte) (5 + 1);
        Bytes.put32(bytes, SECTOR + 3 * RECORD + 4 + PAGE, 1000 + 2 * 4);
        Arrays.fill(bytes, SECTOR + 3 * RECORD + 4, SECTOR + 3 * RECORD + 4 + PAGE, (byte) 2);
        RollbackJournal ambiguous = read(bytes);
        assertThat(ambiguous.damagedRecords()).isEqualTo(3);
    }

    private static void exchange(byte[] bytes, int one, int other) {
        int a = SECTOR + one * RECORD + 4;
        int b = SECTOR + other * RECORD + 4;
        byte[] page = Arrays.copyOfRange(bytes, a, a + PAGE);
        System.arraycopy(bytes, b, bytes, a, PAGE);
        System.arraycopy(page, 0, bytes, b, PAGE);
    }

    // ---- The journal of several databases

    private static byte[] name(String name, int length) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        int sum = 0;
        for (byte each : bytes) {
            sum += each;
        }
        return ByteBuffer.allocate(4 + bytes.length + 16)
                .putInt(1_073_741_825)
                .put(bytes)
                .putInt(length)
                .putInt(sum)
                .putLong(MAGIC)
                .array();
    }

    @Test
    void theSuperJournalIsNamedAtTheEnd() throws IOException {
        String name = "/data/app.db-mj0123";
        byte[] bytes = usual().bytes(name(name, name.length())).made();
        assertThat(read(bytes).superJournal()).contains(name);
        assertThat(read(bytes).records()).isEqualTo(5);
        byte[] spoilt = bytes.clone();
        spoilt[bytes.length - 1] ^= 1;
        assertThat(read(spoilt).superJournal()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 4097, 1_000_000})
    void aNameOfAnImpossibleLengthIsNone(int length) throws IOException {
        assertThat(read(usual().bytes(name("/data/app.db-mj0123", length)).made())
                        .superJournal())
                .isEmpty();
    }

    @Test
    void aNameIsNoLongerThanTheJournal() throws IOException {
        ByteBuffer tail =
                ByteBuffer.allocate(20).putInt(0x61626364).putInt(4).putInt(0).putLong(MAGIC);
        assertThat(read(tail.array()).superJournal()).contains("abcd");
        tail.putInt(4, 5);
        assertThat(read(tail.array()).superJournal()).isEmpty();
        byte[] alone =
                ByteBuffer.allocate(16).putInt(1).putInt(0).putLong(MAGIC).array();
        assertThat(read(alone).superJournal()).isEmpty();
    }

    @Test
    void theLongestNameIs4096Bytes() throws IOException {
        String longest = "/".repeat(4096);
        assertThat(read(usual().bytes(name(longest, 4096)).made()).superJournal())
                .contains(longest);
    }
}
