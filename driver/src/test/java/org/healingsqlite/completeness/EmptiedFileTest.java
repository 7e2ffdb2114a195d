package org.healingsqlite.completeness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file without pages tells nothing of what it had, so nothing of it is whole. */
class EmptiedFileTest {
    @TempDir
    Path directory;

    @Test
    void whateverStandsInForAnEmptiedFileIsNotProvenToBeWhole() throws Exception {
        Path emptied = Files.createFile(directory.resolve("emptied.db"));
        Path empty = directory.resolve("empty.db");
        Sql.runElsewhere(empty, "CREATE TABLE t (x)");

        assertThat(Judge.judge(emptied, empty).completeness()).isInstanceOf(Completeness.Unknown.class);
        assertThat(Judge.judge(empty, empty).completeness().isWhole())
                .as("negative control: a sound file without rows")
                .isTrue();
    }

    @Test
    void norIsItWithAJournalThatIsDoneWith() throws Exception {
        Path emptied = Files.createFile(directory.resolve("emptied.db"));
        Files.write(directory.resolve("emptied.db-journal"), new byte[4096]);
        Path empty = directory.resolve("empty.db");
        Sql.runElsewhere(empty, "CREATE TABLE t (x)");

        assertThat(Judge.judge(emptied, empty).completeness()).isInstanceOf(Completeness.Unknown.class);
    }
}
