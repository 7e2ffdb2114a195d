package org.healingsqlite;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/architecture.md names types and methods: they are there. */
class ArchitecturePageTest {
    private static final Path PAGE = Path.of("../docs/architecture.md");
    private static final Pattern METHOD = Pattern.compile("`([A-Z]\\w+)\\.([a-z]\\w+)`");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.healingsqlite");

    private static List<String> unknown(String text) {
        Set<String> known = CLASSES.stream()
                .flatMap(type ->
                        type.getAllMethods().stream().map(method -> type.getSimpleName() + '.' + method.getName()))
                .collect(Collectors.toSet());
        return METHOD.matcher(text)
                .results()
                .map(found -> found.group(1) + '.' + found.group(2))
                .filter(name -> !known.contains(name))
                .distinct()
                .toList();
    }

    private static String walk() throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf("\n1. `");
        return page.substring(begin, page.indexOf("\n\n", begin));
    }

    @Test
    void everyMethodThatThePageNamesIsThere() throws IOException {
        assertThat(unknown(Files.readString(PAGE))).isEmpty();
    }

    @Test
    void theWalkFromACallToItsRetryHasTenLinesEachOfWhichNamesMethods() throws IOException {
        assertThat(walk().strip().lines())
                .hasSize(10)
                .allSatisfy(line -> assertThat(line).containsPattern(METHOD));
    }

    @Test
    void aMethodThatIsNotThereIsSeen() {
        assertThat(unknown("`Healer.heal` and `Healer.cure`")).containsExactly("Healer.cure");
    }

    @Test
    void everyPartOfTheHealIsNamed() throws IOException {
        String page = Files.readString(PAGE);
        assertThat(
                        CLASSES.stream()
                                .filter(type -> type.getPackageName().equals("org.healingsqlite.heal"))
                                .filter(JavaClass::isTopLevelClass)
                                .map(JavaClass::getSimpleName)
                                .filter(
                                        name -> name.matches(
                                                ".*(Healer|Healing|Opening|Registry|Presence|Knowledge|Desk|Turns|Rescue|Return|Content)")))
                .allSatisfy(name -> assertThat(page).contains('`' + name + '`'));
    }
}
