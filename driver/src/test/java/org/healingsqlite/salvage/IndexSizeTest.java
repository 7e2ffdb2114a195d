package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.salvage.SalvageReport.ObjectReport;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An index is text out of the file: what its expressions make of small rows takes no more memory and room than the file gives reason for. */
class IndexSizeTest {
    private static final int ROWS = 300;

    @TempDir
    private Path directory;

    /** The expression is put in place of another one, as damage or somebody's hand may do: SQLite has never evaluated it. */
    private Path make(String terms) throws SQLException {
        Path database = directory.resolve("damaged.db");
        Sql.runElsewhere(
                database,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, v)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                        + ") INSERT INTO t SELECT i, 'v' || i FROM n",
                "CREATE INDEX i ON t(v)",
                "PRAGMA writable_schema = 1",
                "UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t" + terms.replace("'", "''")
                        + "' WHERE name = 'i'");
        return database;
    }

    private SalvageReport salvage(Path damaged) throws Exception {
        return Salvage.of(damaged).into(directory.resolve("output.db"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // One value of it is too large,
                "(hex(zeroblob(490000000 - id)))",
                "(v, length(hex(zeroblob(490000000 - id))) DESC)",
                "(v) WHERE length(hex(zeroblob(490000000 - id))) > 5",
                // or all of them together.
                "(hex(zeroblob(100000 - id)))",
                "(v COLLATE nocase, hex(zeroblob(100000 - id)) ASC) WHERE id > 1"
            })
    void anIndexThatMakesFarMoreThanTheFileHoldsIsLeftOut(String terms) throws Exception {
        SalvageReport report = salvage(make(terms));

        assertThat(report.recoveredRows()).isEqualTo(ROWS);
        assertThat(report.lostRows()).isZero();
        assertThat(report.outcome()).isEqualTo(SalvageReport.Outcome.LOSSES);
        assertThat(report.objects())
                .filteredOn(object -> object.name().equals("i"))
                .singleElement()
                .satisfies(index -> assertThat(index.kept()).isFalse())
                .satisfies(index -> assertThat(index.problem()).hasValue(IndexSize.TOO_LARGE));
        assertThat(report.forApplication())
                .singleElement()
                .satisfies(command -> assertThat(command).startsWith("CREATE INDEX i ON t" + terms));
        assertThat(Files.size(directory.resolve("output.db"))).isLessThan(100_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(v)",
                "(v DESC, id)",
                "(\"v\" COLLATE nocase ASC)",
                "(hex(v), lower(v) COLLATE nocase DESC)",
                "((v || ',)(') /* , ( */)",
                "(hex(zeroblob(100))) WHERE id > 10"
            })
    void anyOtherIndexIsMade(String terms) throws Exception {
        SalvageReport report = salvage(make(terms));

        assertThat(report.objects()).allMatch(ObjectReport::kept);
        assertThat(report.forApplication()).isEmpty();
        assertThat(Sql.rowsElsewhere(directory.resolve("output.db"), "PRAGMA integrity_check"))
                .containsExactly(List.of("ok"));
    }

    /** SQLite refuses these as indexes: nothing of them is run as something else. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "((WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n))",
                "(random() + id)"
            })
    void whatIsNoIndexIsNotRun(String terms) throws Exception {
        SalvageReport report = salvage(make(terms));

        assertThat(report.recoveredRows()).isEqualTo(ROWS);
        assertThat(report.objects())
                .filteredOn(object -> object.name().equals("i"))
                .noneMatch(ObjectReport::kept);
    }

    /** Whoever only looks evaluates it as well. */
    @Test
    void aCheckLooksAtTheRestAllTheSame() throws Exception {
        DatabaseFile file = DatabaseFile.at(make("(hex(zeroblob(490000000 - id)))"));
        assertThat(DamageCheck.of(file, DamageCheck.Depth.FULL, null, Duration.ofSeconds(5))
                        .finding()
                        .isDamage())
                .isFalse();

        try (FileChannel channel = FileChannel.open(file.main(), StandardOpenOption.WRITE)) {
            // The root of the table.
            channel.write(ByteBuffer.allocate(100), 4096);
        }
        assertThat(DamageCheck.of(file, DamageCheck.Depth.FULL, null, Duration.ofSeconds(5))
                        .finding()
                        .isDamage())
                .isTrue();
    }
}
