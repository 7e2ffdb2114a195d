package org.healingsqlite.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Optional;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A header that SQLite wrote, and the same with one field after the other spoilt. */
class DatabaseHeaderTest {
    @TempDir
    Path directory;

    private byte[] page = {};

    @BeforeEach
    void write() throws Exception {
        Path file = directory.resolve("a.db");
        Sql.runElsewhere(
                file,
                "PRAGMA page_size = 8192",
                "PRAGMA auto_vacuum = 2",
                "PRAGMA encoding = 'UTF-16be'",
                "PRAGMA user_version = -7",
                "PRAGMA application_id = 305419896",
                "CREATE TABLE t(x)",
                "INSERT INTO t VALUES (zeroblob(100000))",
                "DELETE FROM t",
                "CREATE TABLE u(x)");
        page = Files.readAllBytes(file);
    }

    private DatabaseHeader header() {
        return DatabaseHeader.of(page);
    }

    @Test
    void everyFieldIsAsSqliteSaysItIs() throws Exception {
        Path file = directory.resolve("a.db");
        DatabaseHeader header = header();
        assertThat(header.hasMagic()).isTrue();
        assertThat(header.hasConstants()).isTrue();
        assertThat(header.plausible()).isTrue();
        assertThat(header.geometry()).contains(new Geometry(8192, 0));
        assertThat(header.pageCount()).contains(((Number) value(file, "page_count")).longValue());
        assertThat(header.freelistCount()).isEqualTo(((Number) value(file, "freelist_count")).longValue());
        assertThat(header.freelistCount()).isPositive();
        assertThat(header.firstFreelistTrunk()).isBetween(2L, header.pageCount().orElseThrow());
        assertThat(header.largestRoot()).isEqualTo(4);
        assertThat(header.encoding()).contains(TextEncoding.UTF_16BE);
        assertThat(header.userVersion()).isEqualTo(-7);
        assertThat(header.applicationId()).isEqualTo(305419896);
        assertThat(header.incrementalVacuum()).isTrue();
        assertThat(header.walMode()).isFalse();
        assertThat(header.changeCounter()).isPositive();
    }

    private static Object value(Path file, String pragma) throws Exception {
        return Sql.rowsElsewhere(file, "PRAGMA " + pragma).get(0).get(0);
    }

    @Test
    void aShortPageCountsAsZerosFromThere() {
        DatabaseHeader header = DatabaseHeader.of(DatabaseHeader.magic());
        assertThat(header.hasMagic()).isTrue();
        assertThat(header.hasConstants()).isFalse();
        assertThat(header.geometry()).isEmpty();
        assertThat(header.pageCount()).isEmpty();
        assertThat(header.encoding()).isEmpty();
        assertThat(header.changeCounter()).isZero();
        assertThat(header.incrementalVacuum()).isFalse();
        assertThat(DatabaseHeader.of(new byte[0]).hasMagic()).isFalse();
    }

    @Test
    void whatIsDoneToTheMagicElsewhereDoesNotChangeIt() {
        DatabaseHeader.magic()[0] = 0;
        assertThat(header().hasMagic()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15, 21, 22, 23, 16, 58, 59, 44, 47, 72, 91})
    void aHeaderWithOneOfTheseBytesSpoiltIsNotPlausible(int at) {
        page[at] = (byte) (page[at] ^ 0x55);
        assertThat(header().plausible()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 27, 31, 35, 39, 43, 51, 55, 63, 67, 71, 92, 95, 96, 99})
    void aHeaderWithOneOfTheseBytesChangedCouldBeSqlites(int at) {
        page[at] = (byte) (page[at] ^ 0x55);
        assertThat(header().plausible()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "18, 0, true",
        "18, 2, true",
        "18, 3, false",
        "19, 2, true",
        "19, 3, false",
        "47, 1, true",
        "47, 4, true",
        "47, 5, false",
        "47, 0, false"
    })
    void versionsAndSchemaFormatsGoSoFar(int at, int value, boolean plausible) {
        page[at] = (byte) value;
        assertThat(header().plausible()).isEqualTo(plausible);
    }

    @ParameterizedTest
    @CsvSource({"21, 22", "22, 23", "23, 21"})
    void eachOfTheConstantsCounts(int at, int other) {
        page[at]++;
        assertThat(header().hasConstants()).isFalse();
        page[other]++;
        assertThat(header().hasConstants()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 65536", "2, 0, 512", "16, 0, 4096", "128, 0, 32768"})
    void thePageSizeIsAPowerOfTwoAndOneStandsForTheLargest(int high, int low, int size) {
        page[16] = (byte) high;
        page[17] = (byte) low;
        assertThat(header().geometry()).contains(new Geometry(size, 0));
    }

    @Test
    void aPageHas480UsableBytesOrNoGeometry() {
        page[16] = 2;
        page[17] = 0;
        page[20] = 32;
        assertThat(header().geometry()).contains(new Geometry(512, 32));
        page[20] = 33;
        assertThat(header().geometry()).isEmpty();
        page[16] = 3;
        page[20] = 0;
        assertThat(header().geometry()).isEmpty();
    }

    @Test
    void thePageCountIsBelievedWhereSqliteBelievesIt() {
        Optional<Long> count = header().pageCount();
        assertThat(count).isPresent();
        page[27]++;
        assertThat(header().pageCount()).isEmpty();
        page[95]++;
        assertThat(header().pageCount()).isEqualTo(count);
        Bytes.put32(page, 28, 0);
        assertThat(header().pageCount()).isEmpty();
    }

    @Test
    void aLogIsAskedForByBothVersions() {
        page[18] = 2;
        assertThat(header().walMode()).isFalse();
        page[19] = 2;
        assertThat(header().walMode()).isTrue();
        page[18] = 1;
        assertThat(header().walMode()).isFalse();
    }

    @Test
    void afterwardsSqliteReadsTheFileAndNobodyWritesToItNotEvenWhoHasItsPagesInACache() throws Exception {
        Path file = directory.resolve("a.db");
        try (Connection writer = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            Sql.run(writer, "INSERT INTO u VALUES (1)");
            overwriteHead(
                    file,
                    DatabaseHeader.of(Files.readAllBytes(file)).readableOnly().orElseThrow());
            assertThat(Sql.value(writer, "SELECT x FROM u")).isEqualTo(1);
            assertThat(Sql.value(writer, "PRAGMA integrity_check")).isEqualTo("ok");
            assertThatThrownBy(() -> Sql.run(writer, "INSERT INTO u VALUES (2)"))
                    .hasMessageContaining("SQLITE_READONLY");
        }
        assertThat(DatabaseHeader.of(Files.readAllBytes(file)).isReadableOnly()).isTrue();
        assertThat(DatabaseHeader.of(Files.readAllBytes(file)).readableOnly()).isEmpty();
    }

    @Test
    void aFileWithALogAndOneThatIsNoDatabaseAreLeftAsTheyAre() {
        page[18] = 2;
        page[19] = 2;
        assertThat(header().readableOnly()).isEmpty();
        assertThat(DatabaseHeader.of(new byte[DatabaseHeader.SIZE]).readableOnly())
                .isEmpty();
    }

    private static void overwriteHead(Path file, byte[] head) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.write(head);
        }
    }
}
