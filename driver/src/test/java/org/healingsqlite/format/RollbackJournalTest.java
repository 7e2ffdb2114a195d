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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal of many segments: a small cache spills again and again. */
class RollbackJournalTest {

    private static final int PAGE = 1024;

    @TempDir
    private Path directory;

    private byte[] bytes = {};
    private byte[] before = {};

    @BeforeEach
    void writeJournal() throws SQLException, IOException {
        Path file = directory.resolve("a.db");
        try (Connection connection =
                        DriverManager.getConnection("jdbc:sqlite:" + file + "?page_size=1024&cache_size=3");
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE t(a TEXT)");
            statement.executeUpdate("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<300)"
                    + " INSERT INTO t SELECT 'a text that fills the page ' || i FROM n");
            before = Files.readAllBytes(file);
            connection.setAutoCommit(false);
            statement.executeUpdate("UPDATE t SET a = upper(a)");
            bytes = Files.readAllBytes(directory.resolve("a.db-journal"));
            connection.rollback();
        }
    }

    private RollbackJournal read() throws IOException {
        Path file = directory.resolve("damaged-journal");
        Files.write(file, bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return RollbackJournal.read(channel, PAGE);
        }
    }

    @Test
    void holdsThePagesAsTheyWere() throws IOException {
        RollbackJournal journal = read();

        assertThat(journal.records()).isGreaterThan(5);
        assertThat(journal.originalPages()).isEqualTo(before.length / PAGE);
        for (int i = 0; i < journal.records(); i++) {
            int offset = (int) journal.contentOffset(i);
            int page = journal.page(i);
            assertThat(Arrays.copyOfRange(bytes, offset, offset + PAGE))
                    .isEqualTo(Arrays.copyOfRange(before, (page - 1) * PAGE, page * PAGE));
        }
    }

    @Test
    void losesNothingToALostHeader() throws IOException {
        int records = read().records();
        Arrays.fill(bytes, 0, 28, (byte) 0);

        RollbackJournal journal = read();

        assertThat(journal.headerZero()).isTrue();
        assertThat(journal.records()).isEqualTo(records);
        assertThat(journal.originalPages()).isEqualTo(before.length / PAGE);
    }

    @Test
    void countsTheRecordsBeforeAnotherSegmentWhateverTheHeaderSays() throws IOException {
        int records = read().records();
        Arrays.fill(bytes, 8, 12, (byte) 0);

        RollbackJournal journal = read();

        assertThat(journal.records()).isEqualTo(records);
        assertThat(journal.synced(0)).isTrue();
    }

    @Test
    void saysWhichRecordIsDamaged() throws IOException {
        int sampled = (int) read().contentOffset(1) + PAGE - 200;
        bytes[sampled] ^= 1;

        RollbackJournal journal = read();

        assertThat(journal.proven(0)).isTrue();
        assertThat(journal.proven(1)).isFalse();
        assertThat(journal.damagedRecords()).isEqualTo(1);
    }

    @Test
    void findsPagesOfRecordsThatWereExchanged() throws IOException {
        int one = (int) read().contentOffset(1);
        int other = (int) read().contentOffset(6);
        byte[] page = Arrays.copyOfRange(bytes, one, one + PAGE);
        System.arraycopy(bytes, other, bytes, one, PAGE);
        System.arraycopy(page, 0, bytes, other, PAGE);

        RollbackJournal journal = read();

        assertThat(journal.damagedRecords()).isZero();
        assertThat(journal.contentOffset(1)).isEqualTo(other);
        assertThat(journal.contentOffset(6)).isEqualTo(one);
    }
}
