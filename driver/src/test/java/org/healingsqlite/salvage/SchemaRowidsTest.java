package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rowids of sqlite_schema are numbers that nobody asks for: no object is lost with one. */
class SchemaRowidsTest {

    private static final int PAGE = 1024;

    @TempDir
    private Path directory;

    /** The cell of a row on a page that has one with this text. */
    private static int cell(byte[] bytes, int page, int index) {
        int header = page * PAGE + (page == 0 ? 100 : 0);
        int pointers = header + (bytes[header] == 5 ? 12 : 8);
        return page * PAGE + ByteBuffer.wrap(bytes).getShort(pointers + 2 * index);
    }

    @ParameterizedTest
    @CsvSource({"0, 64", "1, 64", "2, 64", "3, 64", "4, 64", "0, 1", "1, 2", "2, 4", "4, 32"})
    void anotherRowidCostsNothing(int row, int bit) throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE users(id INTEGER PRIMARY KEY, v)",
                "CREATE TABLE orders(id INTEGER PRIMARY KEY, v, w)",
                "CREATE TABLE files(path TEXT PRIMARY KEY, data) WITHOUT ROWID",
                "CREATE TABLE logs(at, what, x, y)",
                "CREATE INDEX orders_v ON orders(v)",
                "INSERT INTO users VALUES(1, 2)",
                "INSERT INTO orders VALUES(1, 2, 3)",
                "INSERT INTO files VALUES('/a', x'00')",
                "INSERT INTO logs VALUES(1, 2, 3, 4)");
        String objects = "SELECT type, name, sql FROM sqlite_schema ORDER BY name";
        List<List<Object>> schema = Sql.rowsElsewhere(damaged, objects);
        byte[] bytes = Files.readAllBytes(damaged);
        int cell = cell(bytes, 0, row);
        while (bytes[cell] < 0) {
            cell++;
        }
        bytes[cell + 1] ^= (byte) bit;
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");

        SalvageReport report = Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, objects)).isEqualTo(schema);
        assertThat(report.recoveredRows()).isEqualTo(4);
        assertThat(report.lostRows()).isZero();
    }

    /** A schema of many leaves, whose interior page has a key for each. */
    @ParameterizedTest
    @CsvSource({"0", "1", "2"})
    void norOneOfALargeSchema(int row) throws Exception {
        Path damaged = directory.resolve("damaged.db");
        String[] tables = new String[41];
        tables[0] = "PRAGMA page_size=" + PAGE;
        for (int i = 1; i < tables.length; i++) {
            tables[i] =
                    "CREATE TABLE some_table_with_a_long_name_" + i + "(id INTEGER PRIMARY KEY, value TEXT, more TEXT)";
        }
        Sql.runElsewhere(damaged, tables);
        byte[] bytes = Files.readAllBytes(damaged);
        assertThat(bytes[100]).as("an interior page").isEqualTo((byte) 5);
        int child = ByteBuffer.wrap(bytes).getInt(cell(bytes, 0, 1)) - 1;
        int cell = cell(bytes, child, row);
        while (bytes[cell] < 0) {
            cell++;
        }
        bytes[cell + 1] ^= 64;
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");

        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*) FROM sqlite_schema"))
                .containsExactly(List.of(40));
    }
}
