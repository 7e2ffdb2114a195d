package org.healingsqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pipe in the place of a database, or of what SQLite keeps beside one: nobody who asks about the file waits for it. */
@DisabledOnOs(OS.WINDOWS)
class PipeInPlaceOfDatabaseTest {
    /** Far longer than all the questions take, on a busy machine, too. */
    private static final Duration ENDS = Duration.ofMinutes(1);

    @TempDir
    Path directory;

    private static Path pipe(Path at) throws Exception {
        Files.deleteIfExists(at);
        assumeTrue(new ProcessBuilder("mkfifo", at.toString()).start().waitFor() == 0, "no mkfifo here");
        return at;
    }

    @ParameterizedTest(name = "app.db{0}")
    @ValueSource(strings = {"", "-wal", "-shm", "-journal"})
    void isNotWaitedFor(String suffix) throws Exception {
        Path database = directory.resolve("app.db");
        Sql.runElsewhere(database, "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)");
        Path pipe = pipe(Path.of(database + suffix));
        Healing healing = Healing.of(database, Map.of());

        assertTimeoutPreemptively(ENDS, () -> {
            refused(pipe, healing::check);
            refused(pipe, healing::plan);
            refused(pipe, healing::heal);
            refused(pipe, healing::schemaVersion);
            Outcome undropped = healing.undrop();
            assertThat(undropped.allowsRetry()).isFalse();
            assertThat(undropped.explanation()).contains(pipe.toString());
            assertThat(healing.verify()).isFalse();
            assertThat(healing.isHealthy()).isFalse();
        });

        assertThat(Files.readAttributes(pipe, "isOther")).containsEntry("isOther", true);
    }

    @Test
    void isNotWaitedForByAConnection() throws Exception {
        Path pipe = pipe(directory.resolve("app.db"));
        assertTimeoutPreemptively(
                ENDS,
                () -> assertThatThrownBy(() -> DriverManager.getConnection("jdbc:healing:sqlite:" + pipe))
                        .isInstanceOf(SQLException.class));
    }

    private static void refused(Path pipe, ThrowingCallable question) {
        assertThatThrownBy(question).isInstanceOf(SQLException.class).hasMessageContaining(pipe.toString());
    }
}
