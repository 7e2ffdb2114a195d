package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.healingsqlite.HealingOptions;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearningTest {
    @TempDir
    Path directory;

    /** As one that moves a connection of the agent's does: it holds sqlite-jdbc's locks of that, and opens another. */
    @Test
    void whoHoldsAConnectionLearnsFromAnotherWhileSomebodyWaitsToLearnFromThat() throws Exception {
        DatabaseFile file = DatabaseFile.at(directory.resolve("app.db"));
        HealingSettings settings =
                HealingOptions.ofAgent(Map.of(), Map.of(), "none").settings();
        ManagedDatabase database = ManagedDatabases.instance().of(file, settings);
        String url = "jdbc:sqlite:" + file.main();
        // Not closed where the test fails: that would wait as well.
        Connection held = DriverManager.getConnection(url);
        Connection other = DriverManager.getConnection(url);
        Sql.run(held, "CREATE TABLE t (x)");
        CompletableFuture<Void> learned = new CompletableFuture<>();
        Thread learner = new Thread(() -> {
            learn(database, held);
            learned.complete(null);
        });
        learner.setDaemon(true);
        CompletableFuture<Void> mover = CompletableFuture.runAsync(() -> {
            try {
                Sqlite.holding(held, () -> {
                    learner.start();
                    await().until(() -> learner.getState() == Thread.State.BLOCKED);
                    learn(database, other);
                    return other;
                });
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });

        assertThat(mover).succeedsWithin(Duration.ofMinutes(1));
        assertThat(learned).succeedsWithin(Duration.ofMinutes(1));
        assertThat(database.schema().hasLearned()).isTrue();
        held.close();
        other.close();
    }

    /** For a file that is at the path and held, which nobody says here. */
    private static final class NeverAsked implements Opener {
        @Override
        public Connection open() throws SQLException {
            throw new SQLException("nobody asks");
        }

        @Override
        public Opener toExisting(DatabaseFile file, FileIdentity there) {
            return this;
        }

        @Override
        public boolean isReadOnly() {
            return false;
        }
    }

    private static void learn(ManagedDatabase database, Connection physical) {
        try {
            database.schema().learning().learn(new NeverAsked(), null, physical);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
