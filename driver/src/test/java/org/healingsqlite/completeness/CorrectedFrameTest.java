package org.healingsqlite.completeness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Properties;
import org.healingsqlite.format.WriteAheadLog;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checksum can give a damaged word of a log frame back: that is likely what it was, and no proof. */
class CorrectedFrameTest {
    private static final int PAGE = 4096;

    @TempDir
    Path directory;

    /** A copy of a database whose rows are in its log. */
    private Path copy(String name) throws Exception {
        Path database = directory.resolve("of-" + name);
        Path copy = directory.resolve(name);
        Properties inner = new Properties();
        inner.setProperty("healing.inner", "true");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database, inner)) {
            Sql.run(
                    connection,
                    "PRAGMA journal_mode = WAL",
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                            + " INSERT INTO t SELECT i, printf('text %060d', i) FROM n");
            Files.copy(database, copy);
            Files.copy(Path.of(database + "-wal"), Path.of(copy + "-wal"));
        }
        return copy;
    }

    private Verdict judged(Path damaged) throws Exception {
        Path output = directory.resolve(damaged.getFileName() + ".salvaged");
        Salvage.of(damaged).into(output);
        return Judge.judge(damaged, output);
    }

    @Test
    void nothingIsProvenByAFrameThatWasCorrected() throws Exception {
        assertThat(judged(copy("sound.db")).content())
                .as("negative control: the log as it is")
                .isEqualTo(Content.VERIFIED);

        Path damaged = copy("damaged.db");
        Path log = Path.of(damaged + "-wal");
        byte[] bytes = Files.readAllBytes(log);
        // In the text of a row of the fifth frame.
        bytes[32 + 4 * (24 + PAGE) + 24 + PAGE - 100] ^= 1;
        Files.write(log, bytes);
        try (FileChannel file = FileChannel.open(log)) {
            assertThat(WriteAheadLog.read(file, PAGE).standing(4)).isEqualTo(WriteAheadLog.Standing.CORRECTED);
        }

        assertThat(judged(damaged).content()).isEqualTo(Content.UNVERIFIED);
    }
}
