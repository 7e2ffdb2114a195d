package org.healingsqlite.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs in JVMs of their own, with the driver and no binding of SLF4J. */
class LastResortTest {
    @TempDir
    Path directory;

    /** Logs a failure, and what is none. */
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) {
            Log log = Log.of(Program.class);
            log.error("{}: rows are lost:\n{}", "app.db", "three rows", new IllegalStateException("a value"));
            log.warn("{}: healed", "app.db");
        }
    }

    private List<String> standardError(boolean withBinding) throws Exception {
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> withBinding || !entry.contains("logback"))
                .collect(Collectors.joining(File.pathSeparator));
        Path err = directory.resolve("err");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classPath,
                        Program.class.getName())
                .redirectError(err.toFile())
                .redirectOutput(directory.resolve("out").toFile())
                .start();
        assertThat(process.waitFor()).isZero();
        return Files.readAllLines(err, StandardCharsets.UTF_8).stream()
                .filter(line -> !line.startsWith("SLF4J") && !line.startsWith("Picked up"))
                .toList();
    }

    @Test
    void s3_21_withoutABindingAFailureIsOneLineWithTimeOnStandardError() throws Exception {
        assertThat(standardError(false))
                .singleElement()
                .asString()
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d.*Z ERROR "
                        + "org\\.healingsqlite\\.log\\.LastResortTest\\$Program: app\\.db: rows are lost:\\\\nthree rows"
                        + ": java\\.lang\\.IllegalStateException: IllegalStateException");
    }

    @Test
    void withABindingNothingGoesPastIt() throws Exception {
        assertThat(standardError(true)).isEmpty();
    }
}
