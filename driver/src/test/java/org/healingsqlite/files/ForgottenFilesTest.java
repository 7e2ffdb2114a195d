package org.healingsqlite.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the log of rescues says of files that were meant to go. */
class ForgottenFilesTest {
    private static final Instant SAID = Instant.parse("2026-11-30T12:00:00Z");

    @TempDir
    Path directory;

    private DatabaseFile file;
    private FileIdentity identity;

    @BeforeEach
    void make() throws Exception {
        Path path = Files.write(directory.resolve("app.db"), new byte[1]);
        file = DatabaseFile.at(path);
        identity = Objects.requireNonNull(FileIdentity.of(path));
    }

    @Test
    void isForgottenByEveryProcessForTenMinutes() throws Exception {
        new RescueLog(file).forget(List.of(identity), SAID);
        RescueLog other = new RescueLog(file);
        Instant opened = SAID.minusSeconds(1);
        assertThat(other.isForgotten(identity, opened, SAID)).isTrue();
        assertThat(other.isForgotten(identity, opened, SAID.plus(Duration.ofMinutes(9))))
                .isTrue();
        assertThat(other.isForgotten(identity, opened, SAID.plus(Duration.ofMinutes(10))))
                .isFalse();
        assertThat(other.isForgetting(SAID.plus(Duration.ofMinutes(9)))).isTrue();
        assertThat(other.isForgetting(SAID.plus(Duration.ofMinutes(11)))).isFalse();
        assertThat(other.forgottenAt()).hasValue(SAID);
    }

    @Test
    void whoHasOpenedItAfterwardsHoldsAnotherFile() throws Exception {
        RescueLog log = new RescueLog(file);
        log.forget(List.of(identity), SAID);
        assertThat(log.isForgotten(identity, SAID.plusMillis(1), SAID.plusSeconds(1)))
                .isFalse();
        assertThat(log.isForgotten(identity, SAID, SAID.plusSeconds(1))).isTrue();
    }

    @Test
    void nothingIsForgottenUnlessSomebodySaysSo() throws Exception {
        RescueLog log = new RescueLog(file);
        assertThat(log.isForgotten(identity, Instant.EPOCH, SAID)).isFalse();
        assertThat(log.isForgetting(SAID)).isFalse();
        assertThat(log.forgottenAt()).isEmpty();
    }

    @Test
    void theMomentCountsWhereThereIsNoFile() throws Exception {
        new RescueLog(file).forget(List.of(), SAID);
        assertThat(new RescueLog(file).forgottenAt()).hasValue(SAID);
        assertThat(new RescueLog(file).isForgotten(identity, Instant.EPOCH, SAID))
                .isFalse();
    }

    @Test
    void staysBesideTheEntriesOfRescuesAndTheLastOnesStay() throws Exception {
        RescueLog log = new RescueLog(file);
        RescueLog.Entry entry = new RescueLog.Entry(identity.toString(), SAID.minusSeconds(5), "", false);
        log.add(entry);
        for (int i = 0; i < 20; i++) {
            new RescueLog(file).forget(List.of(identity), SAID.plusSeconds(i));
        }
        RescueLog other = new RescueLog(file);
        assertThat(other.of(identity, Instant.EPOCH)).hasValue(entry);
        assertThat(other.forgottenAt()).hasValue(SAID.plusSeconds(19));
        assertThat(Files.readAllLines(file.side().rescues())).hasSize(9);
    }

    @Test
    void whatWasSavedBeforeDoesNotGoBackToThePath() throws Exception {
        RescueLog log = new RescueLog(file);
        String name = "app_rescued_0123ab_20261121_101112.db";
        log.add(new RescueLog.Entry(identity.toString(), SAID.minusSeconds(5), name, true));
        Files.createDirectories(file.side().quarantine());
        Files.write(file.side().quarantine().resolve(name), new byte[1]);
        assertThat(log.pending()).isPresent();
        log.forget(List.of(identity), SAID);
        assertThat(log.pending()).isEmpty();
    }

    @Test
    void linesThatSayNothingAreNotBelieved() throws Exception {
        RescueLog log = new RescueLog(file);
        log.forget(List.of(identity), SAID);
        Files.writeString(
                file.side().rescues(),
                "forgotten\tnever\t" + identity + "\nforgotten\t" + SAID + "\t../x\nforgotten\n");
        assertThat(new RescueLog(file).forgottenAt()).isEmpty();
    }
}
