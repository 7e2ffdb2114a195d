package org.healingsqlite.seconddoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the agent meets before a statement runs, where the driver meets it as a part of the statement. */
class BeforeStatementsTest {
    @TempDir
    Path directory;

    private static int generation(Connection connection) throws SQLException {
        return (Integer) AgentCore.call(
                AgentCore.call(AgentCore.call(AgentCore.connection(connection), "database"), "presence"), "generation");
    }

    /** The connection has to be opened anew, and cannot read what it has to take along. */
    @Test
    void aLogThatWasCutBeforeItWasDeletedIsHealed() throws Exception {
        Path database = directory.resolve("app.db");
        try (Connection connection =
                DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?journal_mode=WAL")) {
            Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
            for (int i = 0; i < 200; i++) {
                Sql.run(connection, "INSERT INTO t VALUES (" + i + ", hex(randomblob(400)))");
            }
            Sql.run(connection, "PRAGMA shrink_memory");
            int before = generation(connection);
            Path log = Path.of(database + "-wal");
            try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
                channel.truncate(channel.size() / 2);
            }
            Files.delete(log);
            await().until(() -> generation(connection) > before);

            List<List<Object>> rows = Sql.rows(connection, "SELECT id FROM t");

            assertThat(Healing.of(connection).history(1))
                    .singleElement()
                    .satisfies(incident -> assertThat(rows.isEmpty())
                            .isNotEqualTo(incident.outcome().loss().isNone()));
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
        }
    }
}
