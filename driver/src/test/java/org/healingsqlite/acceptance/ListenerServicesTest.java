package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.WritingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who runs a program puts listeners on its class path; the program knows nothing of them. */
class ListenerServicesTest {
    @TempDir
    Path directory;

    @Test
    void s3_19_aListenerOnTheClassPathIsToldAndOneThatCannotBeLoadedDisturbsNobody() throws Exception {
        assertIsTold(false);
    }

    @Test
    void aListenerThatThrowsErrorsFailsNoCall() throws Exception {
        assertIsTold(true);
    }

    private void assertIsTold(boolean fails) throws Exception {
        Path services = Files.createDirectories(directory.resolve("services/META-INF/services"));
        Files.writeString(
                services.resolve("org.healingsqlite.incident.IncidentListener"),
                "org.example.NoSuchListener\n" + WritingListener.class.getName() + "\n");
        Path told = directory.resolve("told.txt");
        Path database = directory.toRealPath().resolve("app.db");
        try (OtherJvm program = OtherJvm.start(
                System.getProperty("java.home"),
                List.of("-Dlistener.file=" + told, "-Dlistener.fails=" + fails),
                directory.resolve("services") + File.pathSeparator + System.getProperty("java.class.path"))) {
            program.ask("open c jdbc:healing:sqlite:" + database);
            program.ask("run c CREATE TABLE item (name TEXT)");
            program.ask("run c INSERT INTO item VALUES ('one')");
            Files.delete(database);

            assertThat(program.ask("run c INSERT INTO item VALUES ('two')")).isEqualTo("ok ");
            assertThat(program.ask("rows c SELECT name FROM item")).isEqualTo("ok [[one], [two]]");

            await().until(() -> Files.exists(told) && Files.readString(told).contains("ended"));
            assertThat(Files.readAllLines(told))
                    .contains("progressed rescue")
                    .contains("ended healed file LOW whole " + database);
        }
    }
}
