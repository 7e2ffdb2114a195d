package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.IncidentQuery;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows that were read, and that no table could claim, are told: how many, and where. */
class LostAndFoundToldTest {
    private static final int PAGE_BYTES = 4096;

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void makeTwoTables() throws Exception {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v)",
                "CREATE TABLE u (id INTEGER PRIMARY KEY, v, n)",
                "INSERT INTO t (v) VALUES ('a'), ('b'), ('c')",
                "INSERT INTO u (v, n) VALUES ('d', 1), ('e', 2)");
    }

    private void damageTheSchema() throws Exception {
        try (FileChannel file = FileChannel.open(database, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(PAGE_BYTES), 0);
        }
    }

    private Path lostAndFound() throws Exception {
        try (Stream<Path> kept = Files.list(Path.of(database + ".healing", "quarantine"))) {
            List<Path> found =
                    kept.filter(path -> path.toString().endsWith(".lost.db")).toList();
            assertThat(found).hasSize(1);
            return found.get(0);
        }
    }

    /** The file is met damaged: nobody here has seen its schema. */
    @Test
    void whereNoSchemaIsKnownThePlaceOfTheRowsIsTold() throws Exception {
        damageTheSchema();
        byte[] before = Files.readAllBytes(database);
        SQLException failure;
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            failure = catchThrowableOfType(SQLException.class, () -> Sql.rows(connection, "SELECT count(*) FROM t"));
        }

        Path lost = lostAndFound();
        assertThat(Sql.rowsElsewhere(lost, "SELECT count(*) FROM lost_and_found"))
                .containsExactly(List.of(5));
        assertThat(failure.getSuppressed())
                .singleElement()
                .satisfies(notice -> assertThat(notice)
                        .hasMessageContaining("5 rows")
                        .hasMessageContaining("lost and found, in " + lost));
        assertThat(Files.readAllBytes(database)).isEqualTo(before);
    }

    /** What is told where the registered schema is all that comes back. */
    private List<String> lossesWithAnotherSchema() throws Exception {
        Path schema = Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE other (a INTEGER PRIMARY KEY);");
        try (Connection connection = DriverManager.getConnection(
                "jdbc:healing:sqlite:" + database + "?healing.onForeign=rebuild&healing.schema=" + schema)) {
            assertThat(Sql.rows(connection, "SELECT * FROM other")).isEmpty();
            return Healing.of(connection).incidents().search(IncidentQuery.newest(2)).stream()
                    .map(entry -> entry.incident().outcome().loss().explanation())
                    .filter(told -> !told.isEmpty())
                    .toList();
        }
    }

    @Test
    void whereTheSchemaComesBackAloneThePlaceOfTheRowsIsTold() throws Exception {
        damageTheSchema();

        List<String> losses = lossesWithAnotherSchema();

        Path lost = lostAndFound();
        assertThat(losses)
                .singleElement()
                .satisfies(told -> assertThat(told)
                        .contains("5 rows", "lost and found, in " + lost)
                        .doesNotContain("none of it could be read"));
    }

    @Test
    void whereNothingCouldBeReadThatIsTold() throws Exception {
        Sql.runElsewhere(database, "DELETE FROM t", "DELETE FROM u", "VACUUM");
        damageTheSchema();

        assertThat(lossesWithAnotherSchema())
                .singleElement()
                .satisfies(told -> assertThat(told).contains("none of it could be read"));
    }
}
