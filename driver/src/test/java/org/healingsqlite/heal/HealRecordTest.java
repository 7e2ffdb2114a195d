package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.function.LongUnaryOperator;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A heal that has failed is not tried again while nothing has changed that it could need. */
class HealRecordTest {
    private static final long HEAP = Runtime.getRuntime().maxMemory();

    @TempDir
    Path directory;

    private HealRecord record;
    private HealingSettings settings;
    private Path database;

    @BeforeEach
    void fail() throws Exception {
        database = directory.resolve("app.db");
        Sql.runElsewhere(database, "CREATE TABLE t(x)");
        DatabaseFile file = DatabaseFile.at(database);
        file.side().create();
        settings = FakeDoor.options();
        record = new HealRecord(file);
        record.failed(new SQLException("nothing can be recovered from it"), Instant.now(), settings);
    }

    /** As if the process that failed had had another heap. */
    private void withHeap(LongUnaryOperator ofOurs) throws Exception {
        String lines = Files.readString(record.path());
        assertThat(lines).contains(" " + HEAP + " ");
        Files.writeString(record.path(), lines.replace(" " + HEAP + " ", " " + ofOurs.applyAsLong(HEAP) + " "));
    }

    @Test
    void itIsNotTriedAgainWithTheSameMemory() {
        assertThat(record.failedBefore(settings))
                .hasValueSatisfying(
                        failed -> assertThat(failed.reason()).isEqualTo("nothing can be recovered from it"));
    }

    /** Lines of an older release. */
    @Test
    void itIsNotTriedAgainWhereNobodyHasNotedWhy() throws Exception {
        Files.writeString(
                record.path(), Files.readString(record.path()).replace(" nothing can be recovered from it", ""));
        assertThat(record.failedBefore(settings))
                .hasValueSatisfying(
                        failed -> assertThat(failed).hasToString(failed.moment().toString()));
    }

    /** It may be of any length, and hold anything. */
    @Test
    void aReasonTakesOneLine() {
        record.forget();
        record.failed(new SQLException("first\nsecond " + "x".repeat(10_000)), Instant.now(), settings);
        assertThat(record.path()).content().hasLineCount(1).hasSizeLessThan(1000);
        assertThat(record.failedBefore(settings)).isPresent();
    }

    @Test
    void itIsNotTriedAgainWhereAnotherCollectorCountsItsHeapOtherwise() throws Exception {
        withHeap(heap -> heap - heap / 20);
        assertThat(record.failedBefore(settings)).isPresent();
    }

    @Test
    void itIsTriedAgainWithMoreMemory() throws Exception {
        withHeap(heap -> heap - heap / 5);
        assertThat(record.failedBefore(settings)).isEmpty();
    }

    @Test
    void itIsTriedAgainWhereAByteHasChanged() throws Exception {
        byte[] bytes = Files.readAllBytes(database);
        bytes[bytes.length - 1] ^= 1;
        Files.write(database, bytes);
        assertThat(record.failedBefore(settings)).isEmpty();
    }
}
