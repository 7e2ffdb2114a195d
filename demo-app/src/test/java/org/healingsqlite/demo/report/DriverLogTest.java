package org.healingsqlite.demo.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriverLogTest {
    private static final Path DATABASE = Path.of("/tmp/run/healing/var/app.db");

    @TempDir
    Path directory;

    private Path file;
    private DriverLog log;

    @BeforeEach
    void nameTheFile() {
        file = directory.resolve("demo.log");
        log = new DriverLog(file);
    }

    private void write(String text) throws IOException {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void aLogThatIsNotThereYetHasNoWarnings() {
        assertThat(log.newWarnings(DATABASE)).isEmpty();
    }

    @Test
    void givesWhatTheDriverWarnsOfOnceAndWithShortPaths() throws IOException {
        write("10:00:00.000 [url] WARN ManagedDatabase - " + DATABASE + ": healed: moved to " + DATABASE + "\n");

        assertThat(log.newWarnings(DATABASE)).containsExactly("WARN healed: moved to app.db");
        assertThat(log.newWarnings(DATABASE)).isEmpty();
        write("10:00:01.000 [url] ERROR ManagedDatabase - " + DATABASE + ": gave up\n");
        assertThat(log.newWarnings(DATABASE)).containsExactly("ERROR gave up");
    }

    @Test
    void leavesOutLowerLevelsAndOtherDatabases() throws IOException {
        write("10:00:00.000 [url] INFO ManagedDatabase - " + DATABASE + ": WARN is only a word here\n"
                + "10:00:00.000 [url] WARN ManagedDatabase - /tmp/other.db: healed\n");

        assertThat(log.newWarnings(DATABASE)).isEmpty();
    }

    @Test
    void waitsForTheEndOfALine() throws IOException {
        write("10:00:00.000 [url] WARN ManagedDatabase - " + DATABASE + ": heal");
        assertThat(log.newWarnings(DATABASE)).isEmpty();
        write("ed\n");
        assertThat(log.newWarnings(DATABASE)).containsExactly("WARN healed");
    }
}
