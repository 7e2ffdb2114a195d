package org.healingsqlite.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.healingsqlite.testkit.JarContents;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the agent's jar says of itself. */
class JarContentsTest {
    private static final Path BOM = Path.of("target/healing-sqlite-agent-bom.json");
    private static final Path ROOT = Path.of("..");
    private static final JarContents JAR = new JarContents(Path.of("target/healing-sqlite-agent.jar"), BOM, ROOT);

    @Test
    void eachProjectWhoseClassesAreInItHasItsLicence() throws Exception {
        assertThat(JAR.faults()).isEmpty();
    }

    @Test
    void theListOfComponentsHasWhatTheAgentNeeds() throws Exception {
        assertThat(JAR.named())
                .anyMatch(name -> name.startsWith("sqlite-jdbc-"))
                .anyMatch(name -> name.startsWith("failsafe-"));
    }

    @Test
    void theCheckerSeesALicenceThatIsMissing(@TempDir Path directory) throws Exception {
        for (String entry : List.of(
                "META-INF/licenses/failsafe.txt", "META-INF/NOTICE", "META-INF/maven/com.grack/nanojson/pom.xml")) {
            Path copy = Files.copy(
                    Path.of("target/healing-sqlite-agent.jar"), directory.resolve(entry.replace('/', '-') + ".jar"));
            try (FileSystem zip = FileSystems.newFileSystem(copy)) {
                Files.delete(zip.getPath(entry));
            }

            assertThat(new JarContents(copy, BOM, ROOT).faults()).anyMatch(fault -> fault.startsWith(entry));
        }
    }
}
