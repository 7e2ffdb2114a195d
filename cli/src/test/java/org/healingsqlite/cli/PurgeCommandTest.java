package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code purge}: nothing is left that holds rows, and no last copy goes unasked. */
class PurgeCommandTest {
    private static final int PAGE = 1024;

    @TempDir
    Path directory;

    private Path database;
    private StringWriter said = new StringWriter();

    private int run(Object... arguments) {
        said = new StringWriter();
        CommandLine command = HealingCommand.commandLine();
        command.setOut(new PrintWriter(said, true));
        command.setErr(new PrintWriter(said, true));
        return command.execute(Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new));
    }

    @BeforeEach
    void create() throws Exception {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + PAGE,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "CREATE INDEX by_v ON t (v)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                        + " INSERT INTO t SELECT i, printf('%60d', i) FROM n");
    }

    /** A leaf of a table or an index is zeros. */
    private void damage(String name) throws Exception {
        List<List<Object>> leaves = Sql.rowsElsewhere(
                database,
                "SELECT pageno FROM dbstat WHERE name = '" + name + "' AND pagetype = 'leaf' ORDER BY pageno");
        int page = ((Number) leaves.get(2).get(0)).intValue();
        byte[] bytes = Files.readAllBytes(database);
        Arrays.fill(bytes, (page - 1) * PAGE, page * PAGE, (byte) 0);
        Files.write(database, bytes);
    }

    private List<String> left() throws Exception {
        try (Stream<Path> all = Files.walk(directory.resolve("app.db.healing"))) {
            return all.filter(Files::isRegularFile)
                    .map(each -> each.getFileName().toString())
                    .filter(name -> !name.equals("lock") && !name.equals("version"))
                    .toList();
        }
    }

    @Test
    void afterAHealThatWasWholeEverythingGoesButOnlyWhereItIsAskedFor() throws Exception {
        damage("by_v");
        assertThat(run("heal", database)).as(said.toString()).isZero();
        List<String> before = left(); // x
        assertThat(before).isNotEmpty();

        assertThat(run("purge", database)).isEqualTo(1);
        assertThat(said.toString()).contains("would delete ").doesNotContain("last copy");
        assertThat(left()).containsExactlyInAnyOrderElementsOf(before);

        assertThat(run("purge", database, "--yes")).as(said.toString()).isZero();
        assertThat(left()).isEmpty();
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t")).containsExactly(List.of(500));
        assertThat(run("incidents", database)).isZero();
        assertThat(said.toString()).contains("no incident");
        assertThat(run("purge", database, "--yes")).isZero();
    }

    @Test
    void aCopyThatMayHaveRowsThatAreLostStaysUntilLastCopiesAreAskedFor() throws Exception {
        // It would have all that a leaf of the table has.
        Sql.runElsewhere(database, "DROP INDEX by_v");
        damage("t");
        assertThat(run("heal", database)).isEqualTo(1);

        assertThat(run("purge", database, "--yes")).isEqualTo(1);
        assertThat(said.toString()).contains("last copy    ").contains("--last-copies");
        assertThat(left()).anyMatch(name -> name.contains("_corrupted_")).contains("incidents.db");

        assertThat(run("purge", database, "--yes", "--last-copies"))
                .as(said.toString())
                .isZero();
        assertThat(left()).isEmpty();
    }

    @Test
    void whatADeletedFileHeldStaysWithItsIncidentsUntilLastCopiesAreAskedFor() throws Exception {
        try (Connection connection =
                DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?healing.onDeleted=recreate")) {
            Files.delete(database);
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(0);
        }
        String rescued = left().stream()
                .filter(name -> name.startsWith("app_rescued_"))
                .findFirst()
                .orElseThrow();

        for (String how : List.of("", "--yes")) {
            assertThat(how.isEmpty() ? run("purge", database) : run("purge", database, how))
                    .isEqualTo(1);
            assertThat(said.toString())
                    .contains("last copy    ")
                    .contains(rescued)
                    .doesNotContain("deleted ")
                    .doesNotContain("would delete ");
            assertThat(left()).contains(rescued, "rescues", "incidents.db");
        }

        assertThat(run("purge", database, "--yes", "--last-copies"))
                .as(said.toString())
                .isZero();
        assertThat(said.toString()).contains(rescued);
        assertThat(left()).isEmpty();
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t")).containsExactly(List.of(0));
    }

    @Test
    void ofADatabaseThatIsGoneEveryCopyIsTheLastOne() throws Exception {
        damage("by_v");
        assertThat(run("heal", database)).isZero();
        Files.delete(database);

        assertThat(run("purge", database, "--yes")).isEqualTo(1);
        assertThat(said.toString()).contains("last copy    ");
        assertThat(left()).isNotEmpty();
        assertThat(run("purge", directory.resolve("none.db"), "--yes")).isEqualTo(3);
    }
}
