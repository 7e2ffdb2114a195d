package org.healingsqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.input.InputFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Files that connect reads, made by somebody who wants it to hang or to fill the memory: another JVM of 64 MB connects. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OptionsFileTest {
    @TempDir
    Path directory;

    /** Connects to the URL in the first argument and prints what came of it. */
    public static void main(String[] arguments) {
        try (Connection connection = DriverManager.getConnection(arguments[0])) {
            System.out.println("connected " + connection.isValid(1));
        } catch (SQLException e) {
            System.out.println("refused " + e.getMessage());
        }
        System.out.println("scripts " + InputFile.SCRIPT_BYTES);
    }

    private String connected(String url) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OptionsFileTest.class.getName(),
                        url)
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    @Test
    void anOptionsFileThatIsAPipeADeviceOrTooLongIsAnErrorThatNamesIt() throws Exception {
        Path file = directory.resolve("healing-sqlite.properties");
        new ProcessBuilder("mkfifo", file.toString()).start().waitFor();
        assertThat(connected("jdbc:healing:sqlite:app.db"))
                .contains("refused ")
                .contains("healing-sqlite.properties: is a pipe, a socket or a device: expected a file");

        Files.delete(file);
        Files.createSymbolicLink(file, Path.of("/dev/zero"));
        assertThat(connected("jdbc:healing:sqlite:app.db"))
                .contains("is a pipe, a socket or a device: expected a file");

        Files.delete(file);
        Files.writeString(file, "# " + "x".repeat(1 << 20));
        assertThat(connected("jdbc:healing:sqlite:app.db")).contains("is longer than the 1048576 bytes");

        Files.writeString(file, "healing.mode=heal\n");
        assertThat(connected("jdbc:healing:sqlite:app.db")).contains("connected true");
    }

    @Test
    void theLongestSchemaThatIsTakenFitsIntoASmallHeap() throws Exception {
        long bytes = Long.parseLong(connected("jdbc:healing:sqlite:app.db").replaceAll("(?s).*scripts (\\d+).*", "$1"));
        // Twice as long in memory: not Latin.
        String insert = "INSERT INTO t VALUES ('\u4e16');\n";
        int inserts = (int) (bytes - 100) / insert.getBytes(StandardCharsets.UTF_8).length;
        Path script =
                Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE t (x);\n" + insert.repeat(inserts));
        assertThat(connected("jdbc:healing:sqlite:one.db?healing.schema=schema.sql"))
                .contains("connected true");

        Files.writeString(script, "CREATE TABLE t (x);\n" + insert.repeat(inserts + 10));
        assertThat(connected("jdbc:healing:sqlite:two.db?healing.schema=schema.sql"))
                .contains("refused ")
                .contains(script.getFileName() + " is too long: all scripts together may have " + bytes);
    }
}
