package org.healingsqlite.agent.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file that {@code config=} names is a file of bounded length, or nothing of it is read. */
class AgentOptionsTest {
    /** Source: docs/security.md, "four megabytes". */
    private static final int MOST_BYTES = 4 << 20;

    @TempDir
    Path directory;

    private String complaint(Path config) {
        return String.valueOf(AgentOptions.complaint(Map.of("config", config.toString())));
    }

    private Path config(int bytes) throws IOException {
        String begin = "shop.schema=schema.sql\n#";
        return Files.writeString(directory.resolve("agent.properties"), begin + "x".repeat(bytes - begin.length()));
    }

    @Test
    void aFileOfTheLargestLengthIsRead() throws IOException {
        assertThat(complaint(config(MOST_BYTES))).contains("shop.path in").contains("is missing: expected a glob");
    }

    @Test
    void aFileThatIsLongerIsNotRead() throws IOException {
        Path config = config(MOST_BYTES + 1);
        assertThat(complaint(config))
                .contains(
                        "Option config is '" + config + "'",
                        "is longer than the " + MOST_BYTES + " bytes that it may have")
                .doesNotContain("shop.path");
    }

    @Test
    void aDirectoryIsNoFile() {
        assertThat(complaint(directory)).contains(directory.toString(), "is a directory: expected a file");
    }

    @Test
    void aPipeIsNotOpened() throws Exception {
        Path pipe = directory.resolve("pipe");
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "no mkfifo here");
        // Whoever opened it would wait for ever.
        assertThat(complaint(pipe)).contains(pipe.toString(), "is a pipe, a socket or a device: expected a file");
    }
}
