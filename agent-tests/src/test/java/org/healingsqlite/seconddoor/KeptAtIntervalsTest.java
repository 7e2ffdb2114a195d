package org.healingsqlite.seconddoor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.Properties;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveRestore;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the agent does for a database beside healing it begins with its first connection and ends after the last. */
class KeptAtIntervalsTest {
    @TempDir
    Path directory;

    @Test
    void theLastCommitIsInTheArchiveWhenTheUpkeepEnds() throws Exception {
        Path database = directory.resolve("app.db");
        Path archive = directory.resolve("archive");
        Properties options = new Properties();
        options.setProperty("healing.archive", archive.toString());
        options.setProperty("healing.archiveKeep", "1h");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database, options)) {
            Sql.run(connection, "CREATE TABLE t (v)", "INSERT INTO t VALUES ('kept')");
            assertThat(upkeepOf(database)).isNotEmpty().allMatch(Thread::isDaemon);
        }
        for (Thread thread : upkeepOf(database)) {
            thread.join(30_000);
        }
        assertThat(upkeepOf(database)).isEmpty();
        Path restored = directory.resolve("restored.db");
        ArchiveRestore.of(Archive.open(archive)).into(restored, ProgressListener.NONE);
        assertThat(Sql.rowsElsewhere(restored, "SELECT v FROM t")).hasToString("[[kept]]");
    }

    private static List<Thread> upkeepOf(Path database) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("healing-sqlite upkeep of " + database))
                .toList();
    }
}
