package org.healingsqlite.completeness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.salvage.SalvageReport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A salvage that drops, doubles or alters one row does not pass as whole. */
class JudgeMutationTest {
    private static final int MUTANTS = 1000;
    private static final List<String> TABLES = List.of("t", "plain", "w", "big");

    @TempDir
    Path directory;

    private Path damaged;
    private Path salvaged;

    @BeforeEach
    void salvageADatabaseWithADamagedIndex() throws Exception {
        damaged = directory.resolve("damaged.db");
        salvaged = directory.resolve("salvaged.db");
        int indexLeaf;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + damaged);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size = 1024");
            statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n REAL)");
            statement.execute("CREATE INDEX t_name ON t (name)");
            statement.execute("CREATE TABLE plain (a, b)");
            statement.execute("CREATE TABLE w (k TEXT PRIMARY KEY, v) WITHOUT ROWID");
            statement.execute("CREATE TABLE big (b BLOB)");
            String numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ";
            statement.execute(numbers + "150) INSERT INTO t SELECT i * 2, 'name ' || i, i / 4.0 FROM n");
            statement.execute(numbers + "80) INSERT INTO plain SELECT i, 'text ' || i FROM n");
            statement.execute(numbers + "80) INSERT INTO w SELECT 'key ' || i, i FROM n");
            statement.execute(numbers + "6) INSERT INTO big SELECT randomblob(2500) FROM n");
            try (ResultSet page = statement.executeQuery(
                    "SELECT pageno FROM dbstat WHERE name = 't_name' AND pagetype = 'leaf' LIMIT 1")) {
                indexLeaf = page.getInt(1);
            }
        }
        try (RandomAccessFile file = new RandomAccessFile(damaged.toFile(), "rw")) {
            file.seek((indexLeaf - 1) * 1024L);
            file.write(new byte[1024]);
        }
        SalvageReport report = Salvage.of(damaged).into(salvaged);
        assertThat(report.completeness()).isEqualTo(Completeness.whole());
    }

    @Test
    void eachOfAThousandMutantsIsCaught() throws Exception {
        long seed = Long.getLong("mutation.seed", System.nanoTime());
        System.out.println("mutation.seed=" + seed);
        Random random = new Random(seed);
        Path mutant = directory.resolve("mutant.db");
        int caught = 0;
        for (int i = 0; i < MUTANTS; i++) {
            Files.copy(salvaged, mutant, StandardCopyOption.REPLACE_EXISTING);
            String mutation = mutate(mutant, random);
            Completeness told = Judge.judge(damaged, mutant).completeness();
            assertThat(told.isWhole()).as("%s, told: %s", mutation, told).isFalse();
            caught++;
        }
        assertThat(caught).isEqualTo(MUTANTS);
    }

    private static String mutate(Path database, Random random) throws SQLException {
        String table = TABLES.get(random.nextInt(TABLES.size()));
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous = off");
            statement.execute("PRAGMA journal_mode = off");
            String key = table.equals("w") ? "k" : "rowid";
            String row;
            try (ResultSet found = statement.executeQuery("SELECT quote(" + key + ") FROM " + table + " LIMIT 1 OFFSET "
                    + random.nextInt(count(connection, table)))) {
                row = found.getString(1);
            }
            String where = " WHERE " + key + " = " + row;
            String sql = switch (random.nextInt(3)) {
                case 0 -> "DELETE FROM " + table + where;
                case 1 -> doubled(table, where);
                default -> altered(table, where, random);
            };
            assertThat(statement.executeUpdate(sql)).as(sql).isEqualTo(1);
            return sql;
        }
    }

    private static int count(Connection connection, String table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM " + table)) {
            return count.getInt(1);
        }
    }

    private static String doubled(String table, String where) {
        return switch (table) {
            case "t" -> "INSERT INTO t SELECT id + 1, name, n FROM t" + where;
            case "w" -> "INSERT INTO w SELECT k || ' again', v FROM w" + where;
            default -> "INSERT INTO " + table + " SELECT * FROM " + table + where;
        };
    }

    private static String altered(String table, String where, Random random) {
        return switch (table) {
            case "t" ->
                random.nextBoolean() ? "UPDATE t SET name = name || '.'" + where : "UPDATE t SET n = n + 1" + where;
            case "plain" ->
                random.nextBoolean()
                        ? "UPDATE plain SET a = NULL" + where
                        : "UPDATE plain SET b = CAST(b AS BLOB)" + where;
            case "w" -> random.nextBoolean() ? "UPDATE w SET v = v + 1" + where : "UPDATE w SET k = upper(k)" + where;
            default -> "UPDATE big SET b = randomblob(2500)" + where;
        };
    }
}
