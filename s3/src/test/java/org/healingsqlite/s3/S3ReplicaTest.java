package org.healingsqlite.s3;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.healingsqlite.testkit.Waiting.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.HealingDataSource;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database outlives its machine: what was committed on one is there on another, from a bucket. */
class S3ReplicaTest {
    @TempDir
    Path directory;

    private HealingDataSource source(String machine, String replica) throws Exception {
        HealingDataSource source = new HealingDataSource();
        source.setUrl("jdbc:healing:sqlite:" + Files.createDirectories(directory.resolve(machine))
                + "/app.db?journal_mode=WAL");
        source.setReplica(replica);
        source.setReplicaEvery("commit");
        return source;
    }

    @Test
    void whatWasCommittedOnOneMachineIsThereOnAnother() throws Exception {
        try (S3Server server = new S3Server()) {
            String replica = server.url("app").toString();
            try (Connection connection = source("first", replica).getConnection()) {
                Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
                Sql.run(connection, "INSERT INTO t (v) VALUES ('a'), ('b')");
                Sql.run(connection, "UPDATE t SET v = 'c' WHERE v = 'a'");
            }
            // The lease is given back when nobody has opened the database again for a while.
            await().ignoreExceptions().until(() -> {
                try (Connection connection = source("second", replica).getConnection()) {
                    return Sql.rows(connection, "SELECT v FROM t ORDER BY id")
                            .toString()
                            .equals("[[c], [b]]");
                }
            });
        }
    }

    @Test
    void anAddressThatIsNoneIsAnErrorAtConnect() {
        assertThatThrownBy(() -> source("any", "s3://id:secret@bucket/app").getConnection())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("without credentials")
                .hasMessageNotContaining("secret");
    }
}
