package org.healingsqlite.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the demo's jar says of itself and of the jars that it comes with. */
class JarContentsTest {
    @Test
    void eachJarThatComesWithTheDemoHasItsLicence() throws IOException {
        try (JarFile jar = new JarFile("target/demo.jar");
                Stream<Path> lib = Files.list(Path.of("target/lib"))) {
            Set<String> licensed = jar.stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.matches("META-INF/licenses/.+\\.txt"))
                    .map(name -> name.substring(name.lastIndexOf('/') + 1, name.length() - ".txt".length()))
                    .collect(Collectors.toCollection(TreeSet::new));
            Set<String> others = lib.map(path -> path.getFileName().toString().replaceAll("-\\d.*", ""))
                    .filter(name -> !name.startsWith("healing-sqlite"))
                    .collect(Collectors.toCollection(TreeSet::new));

            assertThat(licensed).isEqualTo(others).hasSizeGreaterThan(5);
            for (String text : new String[] {"LICENSE", "NOTICE"}) {
                assertThat(jar.getInputStream(jar.getEntry("META-INF/" + text)))
                        .hasContent(Files.readString(Path.of("..", text), StandardCharsets.UTF_8));
            }
        }
    }
}
