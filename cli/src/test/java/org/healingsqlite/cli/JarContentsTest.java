package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.healingsqlite.testkit.JarContents;
import org.junit.jupiter.api.Test;

/** What the command line's jar says of itself. */
class JarContentsTest {
    private static final Path ROOT = Path.of("..");
    private static final JarContents JAR =
            new JarContents(Path.of("target/healing-sqlite.jar"), Path.of("target/healing-sqlite-cli-bom.json"), ROOT);

    @Test
    void eachProjectWhoseClassesAreInItHasItsLicence() throws Exception {
        assertThat(JAR.faults()).isEmpty();
    }

    @Test
    void theListOfComponentsHasWhatTheCommandLineNeeds() throws Exception {
        assertThat(JAR.named())
                .anyMatch(name -> name.startsWith("picocli-"))
                .anyMatch(name -> name.startsWith("sqlite-jdbc-"));
    }

    @Test
    void theDriversOwnJarHasLicenceAndNotice() throws Exception {
        JarContents driver =
                new JarContents(driver(), Path.of("../driver/target/healing-sqlite-driver-bom.json"), ROOT);

        assertThat(driver.faults()).isEmpty();
    }

    private static Path driver() throws Exception {
        try (Stream<Path> built = Files.list(Path.of("../driver/target"))) {
            return built.filter(path ->
                            path.getFileName().toString().matches("healing-sqlite-driver-[0-9.]+(-SNAPSHOT)?\\.jar"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
