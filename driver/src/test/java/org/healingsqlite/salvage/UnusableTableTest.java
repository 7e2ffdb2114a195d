package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A flipped bit made a statement of which SQLite makes a table, but one that it cannot read: a generated column needs itself. */
class UnusableTableTest {

    @TempDir
    private Path directory;

    @Test
    void itIsNotInTheNewDatabaseAndItsRowsAreInLostAndFound() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "CREATE TABLE line(id INTEGER PRIMARY KEY, a INT, total AS (a + b), b INT)",
                "CREATE TABLE other(x)",
                "INSERT INTO line(a, b) VALUES(1, 2), (3, 4)",
                "INSERT INTO other VALUES(5)");
        byte[] bytes = Files.readAllBytes(damaged);
        int comma = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(", total");
        bytes[comma] = 'x';
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");

        SalvageReport report = Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
        assertThat(Sql.rowsElsewhere(output, "SELECT x FROM other")).containsExactly(List.of(5));
        assertThat(report.lostAndFoundRows()).isEqualTo(2);
        assertThat(report.toString()).contains("generated column loop");
    }

    /** The module of a virtual table names its tables too: what is there already is not made again, nor taken away. */
    @Test
    void aTableIsKeptThoughItsNameInTheSchemaIsDamaged() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "CREATE VIRTUAL TABLE mail USING fts5(subject, body)",
                "INSERT INTO mail VALUES('a subject', 'a body'), ('another', 'text')");
        byte[] bytes = Files.readAllBytes(damaged);
        int name = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("mail_docsizemail_docsize");
        bytes[name] ^= 8;
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");

        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
        assertThat(Sql.rowsElsewhere(output, "SELECT subject FROM mail('text')"))
                .containsExactly(List.of("another"));
    }
}
