package org.healingsqlite.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.healingsqlite.format.WriteAheadLog.OtherPages;
import org.healingsqlite.format.WriteAheadLog.Standing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Logs made frame by frame, in both byte orders, with a checksum of the test's own: what each frame is worth, and what is known where parts are lost. */
class HandMadeLogTest {
    private static final int PAGE = 512;
    private static final int FRAME = 24 + PAGE;
    private static final long SALTS = 0x0000_0005_7777_7777L;
    private static final long SALTS_BEFORE = 0x0000_0004_1234_5678L;

    @TempDir
    Path directory;

    /** A log that is written as SQLite writes it. */
    private static final class Log {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final ByteOrder order;
        private final Random random = new Random(42);
        private int first;
        private int second;

        Log(ByteOrder order) {
            this.order = order;
        }

        private void sum(byte[] bytes) {
            ByteBuffer words = ByteBuffer.wrap(bytes).order(order);
            while (words.hasRemaining()) {
                first += words.getInt() + second;
                second += words.getInt() + first;
            }
        }

        Log header(long salts) {
            first = 0;
            second = 0;
            byte[] fields = ByteBuffer.allocate(24)
                    .putInt(order == ByteOrder.BIG_ENDIAN ? 0x377f0683 : 0x377f0682)
                    .putInt(3007000)
                    .putInt(PAGE)
                    .putInt(0)
                    .putLong(salts)
                    .array();
            sum(fields);
            out.writeBytes(fields);
            out.writeBytes(ByteBuffer.allocate(8).putInt(first).putInt(second).array());
            return this;
        }

        Log frame(int page, int commit, long salts) {
            byte[] content = new byte[PAGE];
            random.nextBytes(content);
            byte[] numbers = ByteBuffer.allocate(8).putInt(page).putInt(commit).array();
            sum(numbers);
            sum(content);
            out.writeBytes(numbers);
            out.writeBytes(ByteBuffer.allocate(16)
                    .putLong(salts)
                    .putInt(first)
                    .putInt(second)
                    .array());
            out.writeBytes(content);
            return this;
        }

        byte[] made() {
            return out.toByteArray();
        }
    }

    private static final List<ByteOrder> ORDERS = List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN);

    /** Three transactions of two frames; the database has five pages after each. */
    private static byte[] usual(ByteOrder order) {
        Log log = new Log(order).header(SALTS);
        for (int page = 1; page <= 6; page++) {
            log.frame(page, page % 2 == 0 ? 5 : 0, SALTS);
        }
        return log.made();
    }

    private static byte[] usual() {
        return usual(ByteOrder.LITTLE_ENDIAN);
    }

    private WriteAheadLog read(byte[] bytes) throws IOException {
        return read(bytes, PAGE, OtherPages.NONE);
    }

    private WriteAheadLog read(byte[] bytes, int pageSizeBytes, OtherPages others) throws IOException {
        try (FileChannel channel = FileChannel.open(file(bytes), StandardOpenOption.READ)) {
            return WriteAheadLog.read(channel, pageSizeBytes, others);
        }
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("a-wal"), bytes);
    }

    private Optional<Integer> pageSize(byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file(bytes), StandardOpenOption.READ)) {
            return WriteAheadLog.pageSize(channel);
        }
    }

    private static List<Standing> standings(WriteAheadLog log) {
        return IntStream.range(0, log.frames()).mapToObj(log::standing).toList();
    }

    private static int at(int frame) {
        return 32 + frame * FRAME;
    }

    private static List<Standing> all(int frames, Standing standing) {
        return java.util.Collections.nCopies(frames, standing);
    }

    // ---- A log as it should be

    @Test
    void everyFrameIsProvenInBothByteOrders() throws IOException {
        for (ByteOrder order : ORDERS) {
            WriteAheadLog log = read(usual(order), 4096, OtherPages.NONE);
            assertThat(log.headerSound()).isTrue();
            assertThat(log.pageSizeBytes()).isEqualTo(PAGE);
            assertThat(standings(log)).isEqualTo(all(6, Standing.COMMITTED));
            assertThat(log.committedPages()).isEqualTo(5);
            assertThat(log.damagedFrames()).isZero();
            assertThat(log.framesWithoutCommit()).isZero();
            assertThat(log.endsInTransaction()).isFalse();
            for (int i = 0; i < 6; i++) {
                assertThat(log.page(i)).isEqualTo(i + 1);
                assertThat(log.isCommit(i)).isEqualTo(i % 2 == 1);
                assertThat(log.restored(i)).isFalse();
                assertThat(log.holdsForeignPage(i)).isFalse();
                assertThat(log.elsewhere(i)).isZero();
                assertThat(log.contentOffset(i)).isEqualTo(at(i) + 24);
            }
            assertThat(log.placeOfOther(1)).isEqualTo(-1);
        }
    }

    @Test
    void moreFramesThanThereIsRoomForAtFirstAreRead() throws IOException {
        Log made = new Log(ByteOrder.BIG_ENDIAN).header(SALTS);
        for (int i = 1; i <= 3000; i++) {
            made.frame(i, 3000, SALTS);
        }
        WriteAheadLog log = read(made.made());
        assertThat(standings(log)).isEqualTo(all(3000, Standing.COMMITTED));
        assertThat(log.page(2999)).isEqualTo(3000);
        assertThat(log.isCommit(2999)).isTrue();
    }

    @Test
    void theSizeAfterTheLastCommitIsUnsigned() throws IOException {
        byte[] bytes = new Log(ByteOrder.BIG_ENDIAN)
                .header(SALTS)
                .frame(1, 3, SALTS)
                .frame(1, -2, SALTS)
                .made();
        assertThat(read(bytes).committedPages()).isEqualTo(0xffff_fffeL);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 32, 33, 55})
    void aLogWithoutAFramesHeaderHasNoFrame(int length) throws IOException {
        WriteAheadLog log = read(Arrays.copyOf(usual(), length));
        assertThat(log.frames()).isZero();
        assertThat(log.committedPages()).isZero();
        assertThat(log.endsInTransaction()).isFalse();
    }

    @Test
    void aFrameThatIsCutOffStillSaysWhichPageItIs() throws IOException {
        WriteAheadLog log = read(Arrays.copyOf(usual(), at(5) + 24));
        assertThat(log.frames()).isEqualTo(6);
        assertThat(log.page(5)).isEqualTo(6);
        assertThat(log.standing(5)).isEqualTo(Standing.DAMAGED);
        assertThat(log.isCommit(5)).isFalse();
        assertThat(log.damagedFrames()).isEqualTo(1);
        assertThat(log.committedPages()).isEqualTo(5);
        assertThat(read(Arrays.copyOf(usual(), at(5) + 23)).frames()).isEqualTo(5);
        assertThat(read(Arrays.copyOf(usual(), at(6) - 1)).standing(5)).isEqualTo(Standing.DAMAGED);
    }

    // ---- Transactions and generations

    @Test
    void whatNoCommitFollowsIsNotCommitted() throws IOException {
        byte[] bytes = new Log(ByteOrder.BIG_ENDIAN)
                .header(SALTS)
                .frame(1, 4, SALTS)
                .frame(2, 0, SALTS)
                .frame(3, 0, SALTS)
                .made();
        WriteAheadLog log = read(bytes);
        assertThat(standings(log)).containsExactly(Standing.COMMITTED, Standing.UNCOMMITTED, Standing.UNCOMMITTED);
        assertThat(log.framesWithoutCommit()).isEqualTo(2);
        assertThat(log.endsInTransaction()).isTrue();
        assertThat(log.committedPages()).isEqualTo(4);
        assertThat(log.damagedFrames()).isZero();
    }

    /** Frames of the generation before, then the current one over the first of them. */
    private static byte[] generations(int current, boolean endsInTransaction) {
        Log before = new Log(ByteOrder.LITTLE_ENDIAN).header(SALTS_BEFORE);
        for (int page = 11; page <= 18; page++) {
            before.frame(page, page % 2 == 0 ? 20 : 0, SALTS_BEFORE);
        }
        Log now = new Log(ByteOrder.LITTLE_ENDIAN).header(SALTS);
        for (int page = 1; page <= current; page++) {
            now.frame(page, page == current && !endsInTransaction ? 9 : 0, SALTS);
        }
        byte[] bytes = before.made();
        byte[] over = now.made();
        System.arraycopy(over, 0, bytes, 0, over.length);
        return bytes;
    }

    @Test
    void whatIsLeftOfTheGenerationBeforeIsInTheMainFile() throws IOException {
        WriteAheadLog log = read(generations(3, false));
        assertThat(standings(log).subList(0, 3)).isEqualTo(all(3, Standing.COMMITTED));
        // The first of them has lost its predecessor, whose sums it goes on from.
        assertThat(standings(log).subList(4, 8)).isEqualTo(all(4, Standing.CHECKPOINTED));
        assertThat(log.standing(3)).isEqualTo(Standing.OLD);
        assertThat(log.committedPages()).isEqualTo(9);
        assertThat(log.endsInTransaction()).isFalse();
    }

    @Test
    void aTransactionBeforeFramesOfAnEarlierGenerationWasNeverCommitted() throws IOException {
        WriteAheadLog log = read(generations(3, true));
        assertThat(standings(log).subList(0, 3)).isEqualTo(all(3, Standing.UNCOMMITTED));
        assertThat(log.framesWithoutCommit()).isEqualTo(3);
        assertThat(log.endsInTransaction()).isFalse();
        assertThat(log.committedPages()).isZero();
    }

    @Test
    void whereTheEndOfTheGenerationBeforeIsLostNothingOfItIsBelieved() throws IOException {
        byte[] bytes = generations(3, false);
        List<byte[]> spoilt = List.of(
                Arrays.copyOf(bytes, bytes.length - 1),
                Arrays.copyOf(bytes, at(7)),
                flipped(bytes, at(7) + 24, at(7) + 300),
                flipped(bytes, at(7) + 19, at(7) + 18));
        for (byte[] each : spoilt) {
            assertThat(standings(read(each))).doesNotContain(Standing.CHECKPOINTED);
        }
    }

    @Test
    void aFrameOfItThatIsDamagedAndWhatNoCommitOfItFollowsIsNotBelieved() throws IOException {
        WriteAheadLog log = read(flipped(generations(3, false), at(6) + 24, at(6) + 300));
        assertThat(log.standing(7)).isEqualTo(Standing.CHECKPOINTED);
        assertThat(log.standing(6)).isEqualTo(Standing.OLD);
        assertThat(log.standing(5)).isEqualTo(Standing.CHECKPOINTED);
        assertThat(log.standing(4)).isEqualTo(Standing.CHECKPOINTED);
        assertThat(log.damagedFrames()).isZero();
    }

    @Test
    void ofAnEarlierGenerationThanTheOneBeforeNothingIsKnown() throws IOException {
        byte[] bytes = generations(3, false);
        Log now = new Log(ByteOrder.LITTLE_ENDIAN).header(SALTS + (1L << 32));
        now.frame(1, 0, SALTS + (1L << 32)).frame(2, 9, SALTS + (1L << 32));
        byte[] over = now.made();
        System.arraycopy(over, 0, bytes, 0, over.length);
        WriteAheadLog log = read(bytes);
        assertThat(standings(log).subList(0, 2)).isEqualTo(all(2, Standing.COMMITTED));
        assertThat(standings(log).subList(2, 8)).containsOnly(Standing.OLD);
    }

    // ---- A header that is lost

    @ParameterizedTest
    @CsvSource({"0, 1", "3, 2", "3, 128", "7, 1", "10, 64", "11, 1", "15, 1", "16, 1", "23, 1", "24, 1", "31, 1"})
    void aLogsHeaderHoldsOnlyAsAWhole(int at, int bits) throws IOException {
        byte[] bytes = usual();
        assertThat(WriteAheadLog.isHeaderSound(bytes)).isTrue();
        bytes[at] ^= (byte) bits;
        assertThat(WriteAheadLog.isHeaderSound(bytes)).isFalse();
        assertThat(read(bytes).headerSound()).isFalse();
    }

    @Test
    void aHeaderHas32Bytes() {
        assertThat(WriteAheadLog.isHeaderSound(Arrays.copyOf(usual(), 32))).isTrue();
        assertThat(WriteAheadLog.isHeaderSound(Arrays.copyOf(usual(), 31))).isFalse();
        assertThat(WriteAheadLog.isHeaderSound(new byte[0])).isFalse();
    }

    @Test
    void aHeaderOfAnImpossiblePageSizeIsNoneThoughItAddsUp() {
        for (int size : new int[] {0, 2, 256, 513, 131072}) {
            byte[] fields = ByteBuffer.allocate(24)
                    .putInt(0x377f0683)
                    .putInt(3007000)
                    .putInt(size)
                    .putInt(0)
                    .putLong(SALTS)
                    .array();
            assertThat(WriteAheadLog.isHeaderSound(summed(fields)))
                    .as("%s", size)
                    .isFalse();
        }
        byte[] largest = ByteBuffer.allocate(24)
                .putInt(0x377f0683)
                .putInt(3007000)
                .putInt(1)
                .putInt(0)
                .putLong(SALTS)
                .array();
        assertThat(WriteAheadLog.isHeaderSound(summed(largest))).isTrue();
    }

    private static byte[] summed(byte[] fields) {
        Log log = new Log(ByteOrder.BIG_ENDIAN);
        log.sum(fields);
        return ByteBuffer.allocate(32)
                .put(fields)
                .putInt(log.first)
                .putInt(log.second)
                .array();
    }

    @Test
    void withoutItsHeaderALogIsReadByWhatItsFramesAgreeOn() throws IOException {
        for (ByteOrder order : ORDERS) {
            byte[] bytes = usual(order);
            Arrays.fill(bytes, 0, 32, (byte) 0);
            WriteAheadLog log = read(bytes);
            assertThat(log.headerSound()).isFalse();
            assertThat(standings(log).subList(1, 6)).isEqualTo(all(5, Standing.COMMITTED));
            assertThat(log.committedPages()).isEqualTo(5);
        }
    }

    @Test
    void withoutItsHeaderTheCurrentGenerationIsTheOneOfTheFirstFramesThatProveEachOther() throws IOException {
        byte[] bytes = generations(4, false);
        Arrays.fill(bytes, 0, 32, (byte) 0);
        WriteAheadLog log = read(bytes);
        assertThat(standings(log).subList(1, 4)).isEqualTo(all(3, Standing.COMMITTED));
        assertThat(standings(log).subList(4, 8)).doesNotContain(Standing.COMMITTED, Standing.DAMAGED);
        // The first frame's own salts are damaged.
        bytes[at(0) + 9] ^= 1;
        assertThat(standings(read(bytes)).subList(1, 4)).isEqualTo(all(3, Standing.COMMITTED));
        // So is its number: it is no frame at all.
        Arrays.fill(bytes, at(0), at(0) + 4, (byte) 0xff);
        assertThat(standings(read(bytes)).subList(1, 4)).isEqualTo(all(3, Standing.COMMITTED));
    }

    @Test
    void aSingleFrameSaysItsGenerationItself() throws IOException {
        byte[] bytes =
                new Log(ByteOrder.BIG_ENDIAN).header(SALTS).frame(1, 4, SALTS).made();
        Arrays.fill(bytes, 0, 32, (byte) 0);
        WriteAheadLog log = read(bytes);
        assertThat(log.frames()).isEqualTo(1);
        assertThat(log.standing(0)).isEqualTo(Standing.DAMAGED);
        assertThat(log.committedPages()).isEqualTo(4);
    }

    @Test
    void thePageSizeIsTheHeadersOrTheOneWithWhichFramesProveEachOther() throws IOException {
        for (ByteOrder order : ORDERS) {
            byte[] bytes = usual(order);
            assertThat(pageSize(bytes)).contains(PAGE);
            Arrays.fill(bytes, 0, 32, (byte) 0);
            assertThat(pageSize(bytes)).contains(PAGE);
            assertThat(pageSize(Arrays.copyOf(bytes, at(2)))).contains(PAGE);
            assertThat(pageSize(Arrays.copyOf(bytes, at(2) - 1))).isEmpty();
            Arrays.fill(bytes, at(1), at(1) + 24, (byte) 0x33);
            assertThat(pageSize(bytes)).contains(PAGE);
        }
        assertThat(pageSize(new byte[at(5)])).isEmpty();
        assertThat(pageSize(new byte[0])).isEmpty();
    }

    // ---- Frames that are damaged

    private static byte[] flipped(byte[] bytes, int... places) {
        byte[] spoilt = bytes.clone();
        for (int place : places) {
            spoilt[place] ^= 0x11;
        }
        return spoilt;
    }

    @Test
    void aFrameWithTwoWordsSpoiltIsTheOnlyOneThatIsDamaged() throws IOException {
        for (ByteOrder order : ORDERS) {
            for (int frame = 0; frame < 6; frame++) {
                int page = at(frame) + 24;
                WriteAheadLog log = read(flipped(usual(order), page, page + 3, page + 300, page + 303));
                for (int other = 0; other < 6; other++) {
                    assertThat(log.standing(other))
                            .as("%s: %s of %s", order, other, frame)
                            .isEqualTo(other == frame ? Standing.DAMAGED : Standing.COMMITTED);
                }
                assertThat(log.damagedFrames()).isEqualTo(1);
                assertThat(log.isCommit(frame)).isFalse();
                assertThat(log.committedPages()).isEqualTo(5);
            }
        }
    }

    @Test
    void oneWordThatIsSpoiltIsCorrected() throws IOException {
        for (ByteOrder order : ORDERS) {
            byte[] bytes = usual(order);
            for (int frame = 0; frame < 5; frame++) {
                for (int word : new int[] {0, 4, 100, PAGE - 8, PAGE - 4}) {
                    byte[] spoilt = flipped(bytes, at(frame) + 24 + word, at(frame) + 24 + word + 3);
                    WriteAheadLog log = read(spoilt);
                    assertThat(log.standing(frame))
                            .as("%s: %s, %s", order, frame, word)
                            .isEqualTo(Standing.CORRECTED);
                    byte[] page = Arrays.copyOfRange(spoilt, at(frame) + 24, at(frame + 1));
                    log.correct(at(frame) + 24, page);
                    assertThat(page).isEqualTo(Arrays.copyOfRange(bytes, at(frame) + 24, at(frame + 1)));
                    log.correct(at(5) + 24, page);
                    assertThat(page).isEqualTo(Arrays.copyOfRange(bytes, at(frame) + 24, at(frame + 1)));
                }
            }
        }
    }

    @Test
    void aHeaderThatIsSpoiltComesBackFromTheSumsAroundIt() throws IOException {
        for (ByteOrder order : ORDERS) {
            byte[] bytes = usual(order);
            for (int frame = 0; frame < 5; frame++) {
                byte[] spoilt = bytes.clone();
                Arrays.fill(spoilt, at(frame), at(frame) + 24, (byte) 0x5a);
                WriteAheadLog log = read(spoilt);
                assertThat(log.restored(frame)).as("%s: %s", order, frame).isTrue();
                assertThat(log.page(frame)).isEqualTo(frame + 1);
                assertThat(log.isCommit(frame)).isEqualTo(frame % 2 == 1);
                assertThat(log.standing(frame)).isEqualTo(Standing.COMMITTED);
                assertThat(log.restored(frame == 0 ? 2 : 0)).isFalse();
            }
        }
    }

    @Test
    void noHeaderComesBackForTheLastFrameNorWhereTheNextIsSpoiltToo() throws IOException {
        byte[] last = usual();
        Arrays.fill(last, at(5), at(5) + 24, (byte) 0x5a);
        assertThat(read(last).restored(5)).isFalse();
        byte[] both = usual();
        Arrays.fill(both, at(2), at(2) + 24, (byte) 0x5a);
        both[at(3) + 24 + 40] ^= 1;
        both[at(3) + 24 + 240] ^= 1;
        assertThat(read(both).restored(2)).isFalse();
        assertThat(read(both).standing(2)).isEqualTo(Standing.DAMAGED);
    }

    @Test
    void sumsThatAreSpoiltCostNothingWhereTheNextFrameProvesThePage() throws IOException {
        for (ByteOrder order : ORDERS) {
            byte[] bytes = usual(order);
            for (int frame = 0; frame < 5; frame++) {
                byte[] spoilt = bytes.clone();
                Arrays.fill(spoilt, at(frame) + 16, at(frame) + 24, (byte) 0x5a);
                assertThat(standings(read(spoilt))).as("%s: %s", order, frame).isEqualTo(all(6, Standing.COMMITTED));
            }
        }
    }

    @Test
    void aPageNumberThatIsNoneIsNoFrame() throws IOException {
        byte[] bytes = new Log(ByteOrder.BIG_ENDIAN)
                .header(SALTS)
                .frame(1, 4, SALTS)
                .frame(0, 4, SALTS)
                .made();
        WriteAheadLog log = read(bytes);
        assertThat(log.standing(0)).isEqualTo(Standing.COMMITTED);
        assertThat(log.isCommit(1)).isFalse();
        assertThat(log.standing(1)).isNotEqualTo(Standing.COMMITTED);
    }

    // ---- Pages that lie in another's place

    private static void exchange(byte[] bytes, int one, int other) {
        byte[] page = Arrays.copyOfRange(bytes, at(one) + 24, at(one + 1));
        System.arraycopy(bytes, at(other) + 24, bytes, at(one) + 24, PAGE);
        System.arraycopy(page, 0, bytes, at(other) + 24, PAGE);
    }

    @Test
    void pagesOfFramesThatWereExchangedAreFoundInEachOthersPlaces() throws IOException {
        for (ByteOrder order : ORDERS) {
            byte[] bytes = usual(order);
            exchange(bytes, 0, 4);
            WriteAheadLog log = read(bytes);
            assertThat(standings(log)).isEqualTo(all(6, Standing.COMMITTED));
            assertThat(log.contentOffset(0)).isEqualTo(at(4) + 24);
            assertThat(log.contentOffset(4)).isEqualTo(at(0) + 24);
            assertThat(log.holdsForeignPage(0)).isTrue();
            assertThat(log.holdsForeignPage(4)).isTrue();
            assertThat(log.holdsForeignPage(1)).isFalse();
            assertThat(log.elsewhere(0)).isZero();
        }
    }

    @Test
    void ofMoreDamagedFramesThanSixtyFourNoneIsSoughtElsewhere() throws IOException {
        for (int damaged : new int[] {64, 66}) {
            Log made = new Log(ByteOrder.BIG_ENDIAN).header(SALTS);
            for (int i = 1; i <= 70; i++) {
                made.frame(i, 70, SALTS);
            }
            byte[] bytes = made.made();
            for (int frame = 0; frame < damaged; frame += 2) {
                exchange(bytes, frame, frame + 1);
            }
            WriteAheadLog log = read(bytes);
            assertThat(standings(log).contains(Standing.DAMAGED))
                    .as("%s", damaged)
                    .isEqualTo(damaged > 64);
        }
    }

    /** Other pages, one of which is the content of a frame. */
    private static OtherPages others(int count, int which, byte[] content) {
        return new OtherPages() {
            @Override
            public int count() {
                return count;
            }

            @Override
            public byte[] page(int number) {
                return number == which ? content.clone() : new byte[PAGE];
            }
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 9})
    void aPageThatLiesInTheMainFileIsFoundThere(int which) throws IOException {
        byte[] bytes = usual();
        byte[] content = Arrays.copyOfRange(bytes, at(2) + 24, at(3));
        Arrays.fill(bytes, at(2) + 24, at(3), (byte) 7);
        WriteAheadLog log = read(bytes, PAGE, others(9, which, content));
        assertThat(standings(log)).isEqualTo(all(6, Standing.COMMITTED));
        assertThat(log.elsewhere(2)).isEqualTo(which);
        assertThat(log.elsewhere(1)).isZero();
        assertThat(log.holdsForeignPage(2)).isTrue();
        assertThat(log.placeOfOther(which)).isEqualTo(at(2) + 24);
        assertThat(log.placeOfOther(which + 1)).isEqualTo(-1);
    }

    @Test
    void aPageThatIsTheFramesOwnHasNotChangedPlaces() throws IOException {
        byte[] bytes = usual();
        byte[] content = Arrays.copyOfRange(bytes, at(2) + 24, at(3));
        Arrays.fill(bytes, at(2) + 24, at(3), (byte) 7);
        // Frame 2 is of page 3.
        WriteAheadLog log = read(bytes, PAGE, others(9, 3, content));
        assertThat(log.elsewhere(2)).isEqualTo(3);
        assertThat(log.placeOfOther(3)).isEqualTo(-1);
    }

    @Test
    void otherPagesAreNotAskedForWhereTheLogsHaveAnotherSizeOrNothingIsMissing() throws IOException {
        byte[] bytes = usual();
        byte[] content = Arrays.copyOfRange(bytes, at(2) + 24, at(3));
        OtherPages neverAsked = new OtherPages() {
            @Override
            public int count() {
                return 9;
            }

            @Override
            public byte[] page(int number) {
                throw new IllegalStateException("nobody asks");
            }
        };
        assertThat(standings(read(bytes, PAGE, neverAsked))).isEqualTo(all(6, Standing.COMMITTED));
        Arrays.fill(bytes, at(2) + 24, at(3), (byte) 7);
        assertThat(read(bytes, 4096, neverAsked).standing(2)).isEqualTo(Standing.DAMAGED);
        assertThat(read(bytes, 4096, others(9, 4, content)).elsewhere(2)).isZero();
        assertThat(OtherPages.NONE.count()).isZero();
    }
}
