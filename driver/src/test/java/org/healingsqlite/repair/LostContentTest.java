package org.healingsqlite.repair;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.RescueLog;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LostContentTest {
    @TempDir
    Path directory;

    /** By its name the log tells whether a copy has gone back: with a name used twice, what is safe would seem not to be. */
    @Test
    void noCopyHasANameThatAnotherOneHasHad() throws Exception {
        DatabaseFile file = DatabaseFile.at(directory.resolve("app.db"));
        RescueLog log = new RescueLog(file);
        LostContent content = new LostContent(file, log, Duration.ofSeconds(1));
        Set<Path> copies = new HashSet<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file.main())) {
            Sql.run(connection, "CREATE TABLE t (x)");
            FileIdentity identity = file.identity();
            for (int rescue = 0; rescue < 10; rescue++) {
                LostContent.Saved saved = Objects.requireNonNull(
                        content.save(connection, identity, true, () -> false, () -> {}, () -> null));
                Path copy = Objects.requireNonNull(saved.copy());
                assertThat(copies.add(copy)).as("%s is new", copy).isTrue();
                assertThat(log.isPending(saved.entry())).isTrue();
                Files.delete(copy);
                assertThat(log.isPending(saved.entry())).isFalse();
                LostContent.release(connection);
            }
        }
    }

    @Test
    void whatIsTakenBackIsNotSafeWhateverWasSaidOfIt() throws Exception {
        DatabaseFile file = DatabaseFile.at(directory.resolve("app.db"));
        Files.createFile(file.main());
        FileIdentity lost = Objects.requireNonNull(file.identity());
        RescueLog log = new RescueLog(file);
        RescueLog.Entry entry =
                new RescueLog.Entry(lost.toString(), Instant.now(), "app_rescued_0123ab_20261121_101112.db", true);
        log.add(entry);
        log.add(new RescueLog.Entry(entry.lost(), Instant.now(), entry.copy(), false));
        assertThat(log.of(lost, Instant.EPOCH)).isPresent();

        log.withdraw(entry);

        assertThat(log.of(lost, Instant.EPOCH)).isEmpty();
        log.complete();
        assertThat(new RescueLog(file).of(lost, Instant.EPOCH)).isEmpty();
    }
}
