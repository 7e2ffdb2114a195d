package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values larger than the memory at hand: told as lost, and nothing else is; a heal that would lose one leaves the file as it was. */
class LargeValuesTest {

    private static final int PAGE = 4096;
    private static final int LARGE = 30_000_000;

    @TempDir
    private Path directory;

    private Path damaged = Path.of("");

    /** Small rows, a large value, and a page of another table that was wiped. */
    private void make(String table, String value, String... more) throws Exception {
        damaged = directory.resolve("app.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE hit(a TEXT)",
                "INSERT INTO hit VALUES('" + "hit ".repeat(900) + "')",
                table,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
                        + " INSERT INTO t(k, v) SELECT i, 'row ' || i FROM n",
                "INSERT INTO t(k, v) VALUES(5000, " + value + ")");
        Sql.runElsewhere(damaged, more);
        byte[] bytes = Files.readAllBytes(damaged);
        Arrays.fill(bytes, PAGE, 2 * PAGE, (byte) 0xff);
        Files.write(damaged, bytes);
    }

    /** What a process with little memory prints. */
    private List<String> inSmallHeap(String verb) throws Exception {
        Path said = directory.resolve("said.txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-XX:+UseSerialGC"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), LargeValuesTest.class.getName(), verb));
        command.add(damaged.toString());
        int status = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start()
                .waitFor();
        List<String> lines = Files.readAllLines(said, StandardCharsets.UTF_8);
        assertThat(status).as("%s", lines).isZero();
        assertThat(lines).noneMatch(line -> line.contains("OutOfMemoryError") || line.startsWith("\tat "));
        return lines;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE t(k INTEGER PRIMARY KEY, v BLOB)",
                "CREATE TABLE t(k INTEGER PRIMARY KEY, v BLOB) WITHOUT ROWID"
            })
    void aValueThatIsTooLargeIsTold(String table) throws Exception {
        make(table, "randomblob(" + LARGE + ")");

        List<String> said = inSmallHeap("salvage");

        assertThat(said).contains("1000 rows, 1 too large");
        assertThat(said).anyMatch(line -> line.startsWith("t: ") && line.contains("1 rows lost"));
    }

    @Test
    void soIsATextWithAnIndexOverIt() throws Exception {
        make(
                "CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT)",
                "hex(zeroblob(" + LARGE / 2 + "))",
                "CREATE INDEX t_v ON t(v)");

        assertThat(inSmallHeap("salvage")).contains("1000 rows, 1 too large");
    }

    @Test
    void valuesThatFitComeBack() throws Exception {
        make(
                "CREATE TABLE t(k INTEGER PRIMARY KEY, v BLOB)",
                "randomblob(7000000)",
                "INSERT INTO t VALUES(5001, randomblob(7500000))");

        assertThat(inSmallHeap("salvage")).contains("1002 rows, 0 too large");
    }

    @Test
    void aHealThatWouldLoseOneLeavesTheFileAsItWas() throws Exception {
        make("CREATE TABLE t(k INTEGER PRIMARY KEY, v BLOB)", "randomblob(" + LARGE + ")");
        byte[] before = Files.readAllBytes(damaged);

        List<String> said = inSmallHeap("heal");

        assertThat(said).anyMatch(line -> line.startsWith("SQLite said: ") && line.contains("SQLITE_CORRUPT"));
        assertThat(said).anyMatch(line -> line.contains("larger than the memory at hand"));
        assertThat(Files.readAllBytes(damaged)).isEqualTo(before);
    }

    /** In the process with little memory. */
    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[1]);
        if (arguments[0].equals("heal")) {
            try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + file)) {
                System.out.println("found " + Sql.value(connection, "SELECT count(*) FROM hit WHERE length(a) > 0"));
            } catch (SQLException e) {
                System.out.println("SQLite said: " + e.getMessage());
            }
            return;
        }
        Path output = file.resolveSibling("output.db");
        SalvageReport report = Salvage.of(file).into(output);
        System.out.println(
                Sql.rowsElsewhere(output, "SELECT count(*) FROM t").get(0).get(0) + " rows, " + report.tooLargeRows()
                        + " too large");
        report.tables().forEach(table -> System.out.println(table.name() + ": " + table.completeness()));
    }
}
