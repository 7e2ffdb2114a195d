package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import org.healingsqlite.HealingDataSource;
import org.healingsqlite.replica.Replica;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code replica}, on what the driver ships. */
class ReplicaCommandTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();

    private int run(String... arguments) {
        CommandLine command = HealingCommand.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(out, true));
        return command.execute(arguments);
    }

    private static int rows(Path database) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM t")) {
            return count.getInt(1);
        }
    }

    @Test
    void whatTheDriverShipsIsListedRestoredAndVerified() throws Exception {
        Path store = directory.resolve("store");
        HealingDataSource source = new HealingDataSource();
        source.setUrl("jdbc:healing:sqlite:" + directory.resolve("app.db") + "?journal_mode=WAL");
        source.setReplica(store.toUri().toString());
        source.setReplicaEvery("50ms");
        Path probe = directory.resolve("probe.db");
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)");
            statement.execute("INSERT INTO t VALUES (1), (2), (3)");
            await().until(() -> {
                if (Replica.at(store.toUri()).histories().stream()
                        .noneMatch(each -> each.from().isPresent())) {
                    return false;
                }
                Files.deleteIfExists(probe);
                Replica.at(store.toUri()).restore(java.util.Optional.empty(), probe);
                return Replica.problems(probe).isEmpty() && tables(probe) == 1 && rows(probe) == 3;
            });
            String url = store.toUri().toString();
            assertThat(run("replica", "status", url)).as(out.toString()).isZero();
            assertThat(out.toString()).contains("shipped by").contains("process");
            assertThat(run("replica", "list", url)).isZero();
            assertThat(out.toString()).contains("1 snapshots");
            Path target = directory.resolve("out.db");
            assertThat(run("replica", "restore", url, "-o", target.toString()))
                    .as(out.toString())
                    .isZero();
            assertThat(rows(target)).isEqualTo(3);
            assertThat(run("replica", "restore", url, "-o", target.toString())).isEqualTo(3);
            assertThat(run(
                            "replica",
                            "restore",
                            url,
                            "--at",
                            "2001-01-01T00:00:00Z",
                            "-o",
                            directory.resolve("no.db").toString()))
                    .isEqualTo(3);
            assertThat(out.toString()).contains("nothing to restore");
            assertThat(run("replica", "verify", url, "--scratch", directory.toString()))
                    .as(out.toString())
                    .isZero();
        }
        assertThat(run("replica", "status", "ftp://somewhere/else")).isEqualTo(3);
        assertThat(out.toString()).contains("expected a scheme that a store on the class path has");
        assertThat(run("replica", "list", directory.resolve("nothing").toUri().toString()))
                .isZero();
        assertThat(run("replica", "status", directory.resolve("nothing").toUri().toString()))
                .isEqualTo(1);
    }

    private static int tables(Path database) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM sqlite_schema")) {
            return count.getInt(1);
        }
    }
}
