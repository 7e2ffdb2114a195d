package org.healingsqlite.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Random;
import org.healingsqlite.format.WriteAheadLog.Standing;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that SQLite wrote, with every frame committed. */
class WriteAheadLogTest {

    private static final int PAGE = 512;
    private static final int FRAME = WriteAheadLog.FRAME_HEADER_SIZE + PAGE;

    @TempDir
    private Path directory;

    private byte[] bytes = {};
    private int frames;

    @BeforeEach
    void writeLog() throws SQLException, IOException {
        Path file = directory.resolve("a.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            // In this order: a database in WAL mode keeps its page size.
            statement.execute("PRAGMA page_size = " + PAGE);
            statement.execute("PRAGMA journal_mode = WAL");
            statement.executeUpdate("CREATE TABLE t(a TEXT)");
            for (int i = 0; i < 30; i++) {
                statement.executeUpdate("INSERT INTO t VALUES('" + "x".repeat(100) + i + "')");
            }
            bytes = Files.readAllBytes(directory.resolve("a.db-wal"));
        }
        frames = (bytes.length - WriteAheadLog.HEADER_SIZE) / FRAME;
    }

    /** Some transactions, a checkpoint, and one transaction more, which is all of the current generation. Returns the main file. */
    private byte[] restartLog() throws SQLException, IOException {
        Path file = directory.resolve("a.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_autocheckpoint = 0");
            for (int i = 0; i < 10; i++) {
                statement.executeUpdate("INSERT INTO t VALUES('" + "y".repeat(100) + i + "')");
            }
            statement.execute("PRAGMA wal_checkpoint(RESTART)");
            statement.executeUpdate("DELETE FROM t WHERE rowid = 1");
            bytes = Files.readAllBytes(directory.resolve("a.db-wal"));
            frames = (bytes.length - WriteAheadLog.HEADER_SIZE) / FRAME;
            return Files.readAllBytes(file);
        }
    }

    private WriteAheadLog read() throws IOException {
        Path file = directory.resolve("damaged-wal");
        Files.write(file, bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return WriteAheadLog.read(channel, PAGE);
        }
    }

    private static long committed(WriteAheadLog log) {
        long count = 0;
        for (int i = 0; i < log.frames(); i++) {
            count += log.standing(i) == Standing.COMMITTED ? 1 : 0;
        }
        return count;
    }

    private static int at(int frame) {
        return WriteAheadLog.HEADER_SIZE + frame * FRAME;
    }

    @Test
    void provesEveryFrameAsSqliteWroteThem() throws IOException {
        WriteAheadLog log = read();

        assertThat(frames).isGreaterThan(40);
        assertThat(log.headerSound()).isTrue();
        assertThat(committed(log)).isEqualTo(frames);
        assertThat(log.committedPages()).isGreaterThan(5);
    }

    @Test
    void losesOneFrameToADamagedPage() throws IOException {
        bytes[at(7) + WriteAheadLog.FRAME_HEADER_SIZE + 100] ^= 1;
        bytes[at(7) + WriteAheadLog.FRAME_HEADER_SIZE + 200] ^= 1;

        WriteAheadLog log = read();

        assertThat(committed(log)).isEqualTo(frames - 1);
        assertThat(log.standing(7)).isEqualTo(Standing.DAMAGED);
        assertThat(log.damagedFrames()).isEqualTo(1);
    }

    /** Puts the page of each of two frames where the other's is. */
    private void exchangePages(int one, int other) {
        int from = at(one) + WriteAheadLog.FRAME_HEADER_SIZE;
        int to = at(other) + WriteAheadLog.FRAME_HEADER_SIZE;
        byte[] page = Arrays.copyOfRange(bytes, from, from + PAGE);
        System.arraycopy(bytes, to, bytes, from, PAGE);
        System.arraycopy(page, 0, bytes, to, PAGE);
    }

    @Test
    void findsPagesOfFramesThatWereExchanged() throws IOException {
        exchangePages(7, 20);

        WriteAheadLog log = read();

        assertThat(committed(log)).isEqualTo(frames);
        assertThat(log.contentOffset(7)).isEqualTo(at(20) + WriteAheadLog.FRAME_HEADER_SIZE);
        assertThat(log.contentOffset(20)).isEqualTo(at(7) + WriteAheadLog.FRAME_HEADER_SIZE);
        assertThat(log.contentOffset(8)).isEqualTo(at(8) + WriteAheadLog.FRAME_HEADER_SIZE);
    }

    @Test
    void findsThePageOfAFrameAmongOtherPages() throws IOException {
        int from = at(7) + WriteAheadLog.FRAME_HEADER_SIZE;
        byte[] page = Arrays.copyOfRange(bytes, from, from + PAGE);
        byte[] foreign = new byte[PAGE];
        new Random(5).nextBytes(foreign);
        System.arraycopy(foreign, 0, bytes, from, PAGE);
        WriteAheadLog.OtherPages others = new WriteAheadLog.OtherPages() {
            @Override
            public int count() {
                return 9;
            }

            @Override
            public byte[] page(int number) {
                return number == 4 ? page.clone() : new byte[PAGE];
            }
        };
        Path file = directory.resolve("damaged-wal");
        Files.write(file, bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            WriteAheadLog log = WriteAheadLog.read(channel, PAGE, others);

            assertThat(committed(log)).isEqualTo(frames);
            assertThat(log.elsewhere(7)).isEqualTo(4);
            assertThat(log.placeOfOther(4)).isEqualTo(from);
        }
    }

    @Test
    void believesNoGenerationBeforeOfWhichTheEndIsLost() throws Exception {
        restartLog();
        bytes = Arrays.copyOf(bytes, bytes.length - FRAME / 2);

        WriteAheadLog log = read();

        for (int frame = 0; frame < log.frames(); frame++) {
            assertThat(log.standing(frame)).isNotEqualTo(Standing.CHECKPOINTED);
        }
    }

    @Test
    void correctsOneDamagedWordWhereTheSumsTellWhich() throws IOException {
        Random random = new Random(11);
        int corrected = 0;
        for (int frame = 0; frame < frames; frame++) {
            byte[] before = bytes.clone();
            int word = at(frame) + WriteAheadLog.FRAME_HEADER_SIZE + 4 * random.nextInt(PAGE / 4);
            // The last two words of the last frame may as well be sound and its sums damaged.
            if (word < bytes.length - 8) {
                bytes[word + random.nextInt(4)] ^= (byte) (1 << random.nextInt(8));
                bytes[word] ^= (byte) 3;
                bytes[word + 3] ^= (byte) 5;
                WriteAheadLog log = read();

                if (log.standing(frame) == Standing.CORRECTED) {
                    corrected++;
                    int from = (int) log.contentOffset(frame);
                    byte[] page = Arrays.copyOfRange(bytes, from, from + PAGE);
                    log.correct(from, page);
                    assertThat(page).isEqualTo(Arrays.copyOfRange(before, from, from + PAGE));
                }
            }
            bytes = before;
        }
        // What hits only the highest bits of a word may have hit another.
        assertThat(corrected).isGreaterThan(frames * 9 / 10);
    }

    @Test
    void takesDamagedSumsOfTheLastFrameForNoDamageOfItsPage() throws IOException {
        for (int bit = 0; bit < 64; bit++) {
            bytes[at(frames - 1) + 16 + bit / 8] ^= (byte) (1 << bit % 8);

            WriteAheadLog log = read();

            assertThat(log.standing(frames - 1)).isNotEqualTo(Standing.CORRECTED);
            bytes[at(frames - 1) + 16 + bit / 8] ^= (byte) (1 << bit % 8);
        }
    }

    @Test
    void losesNothingToDamagedSums() throws IOException {
        Arrays.fill(bytes, at(7) + 16, at(7) + 24, (byte) 0);

        assertThat(committed(read())).isEqualTo(frames);
    }

    @Test
    void restoresAFrameHeaderFromTheSumsAroundIt() throws IOException {
        int page = read().page(7);
        new Random(3).nextBytes(bytes);
        writeAgainExcept(7);

        WriteAheadLog log = read();

        assertThat(log.restored(7)).isTrue();
        assertThat(log.page(7)).isEqualTo(page);
        assertThat(log.standing(7)).isEqualTo(Standing.COMMITTED);
        // The next frame was what proved it: nothing is left to prove that one.
        assertThat(committed(log)).isGreaterThanOrEqualTo(frames - 1);
    }

    /** Puts the log back as it was, but for the header of one frame. */
    private void writeAgainExcept(int frame) throws IOException {
        byte[] noise = Arrays.copyOfRange(bytes, at(frame), at(frame) + WriteAheadLog.FRAME_HEADER_SIZE);
        bytes = Files.readAllBytes(directory.resolve("damaged-wal"));
        System.arraycopy(noise, 0, bytes, at(frame), noise.length);
    }

    @Test
    void provesAllWithTheLogsHeaderLost() throws IOException {
        Arrays.fill(bytes, 0, WriteAheadLog.HEADER_SIZE, (byte) 0);

        WriteAheadLog log = read();

        assertThat(log.headerSound()).isFalse();
        // Nothing proves the first frame then.
        assertThat(committed(log)).isGreaterThanOrEqualTo(frames - 1);
    }

    @Test
    void ignoresWhatWasNotCommitted() throws IOException {
        // The commit mark of the last frame goes, and its checksum with it; then the frame is cut away.
        bytes = Arrays.copyOf(bytes, at(frames - 1));
        Arrays.fill(bytes, at(frames - 2) + 4, at(frames - 2) + 8, (byte) 0);

        WriteAheadLog log = read();

        assertThat(log.standing(frames - 2)).isEqualTo(Standing.UNCOMMITTED);
    }

    @Test
    void takesNoEarlierGenerationForTheCurrentOneWhereSumsAreDamaged() throws Exception {
        restartLog();
        int old = frames - 5;
        assertThat(read().standing(old)).isEqualTo(Standing.CHECKPOINTED);
        Arrays.fill(bytes, at(old) + 16, at(old) + 24, (byte) 7);

        WriteAheadLog log = read();

        assertThat(log.standing(old)).isNotIn(Standing.COMMITTED, Standing.DAMAGED);
        assertThat(log.standing(old + 1)).isNotIn(Standing.COMMITTED, Standing.DAMAGED);
        assertThat(log.damagedFrames()).isZero();
    }

    @Test
    void knowsWhatAnEarlierGenerationPutIntoTheMainFile() throws Exception {
        byte[] main = restartLog();

        WriteAheadLog log = read();

        int checkpointed = 0;
        for (int i = 0; i < log.frames(); i++) {
            boolean isLast = true;
            for (int j = i + 1; j < log.frames(); j++) {
                isLast &= log.page(j) != log.page(i);
            }
            if (log.standing(i) == Standing.CHECKPOINTED && isLast) {
                checkpointed++;
                int page = (log.page(i) - 1) * PAGE;
                int frame = (int) log.contentOffset(i);
                assertThat(Arrays.copyOfRange(bytes, frame, frame + PAGE))
                        .isEqualTo(Arrays.copyOfRange(main, page, page + PAGE));
            }
        }
        assertThat(committed(log)).isPositive();
        assertThat(checkpointed).isPositive();
    }

    @Test
    void readsNoiseWithoutComplaint() throws IOException {
        new Random(5).nextBytes(bytes);

        WriteAheadLog log = read();

        assertThat(committed(log)).isZero();
    }
}
