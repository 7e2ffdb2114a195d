package org.healingsqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.healingsqlite.archive.ArchiveCheck;
import org.healingsqlite.archive.ArchiveExport;
import org.healingsqlite.archive.ArchiveHistory;
import org.healingsqlite.archive.ArchiveImport;
import org.healingsqlite.archive.ArchiveParser;
import org.healingsqlite.archive.ArchiveRestore;
import org.healingsqlite.archive.RestoreCommand;
import org.healingsqlite.heal.DatabaseMXBean;
import org.healingsqlite.salvage.Salvage;
import org.junit.jupiter.api.Test;

/**
 * The public API is what {@code src/api/current.txt} says, and moves by the rules of VERSIONING.md. Run with {@code -Dapi.write=true} to write the text;
 * at a release it is copied to {@code src/api/released.txt}.
 */
class ApiTest {
    private static final String PREFIX = "org.healingsqlite.";
    private static final Path CURRENT = Path.of("src/api/current.txt");
    private static final Path RELEASED = Path.of("src/api/released.txt");
    private static final String VERSION = "# version ";

    /** Where users begin, outside the root package: what docs tell to call. */
    private static final List<Class<?>> ENTRANCES = List.of(
            ArchiveCheck.class,
            ArchiveExport.class,
            ArchiveHistory.class,
            ArchiveImport.class,
            ArchiveParser.class,
            ArchiveRestore.class,
            DatabaseMXBean.class,
            RestoreCommand.class,
            Salvage.class);

    private static ApiText api() {
        return new ApiText(
                PREFIX,
                Stream.concat(
                                ENTRANCES.stream(),
                                publicTypes().stream()
                                        .filter(type -> type.getPackageName().equals("org.healingsqlite")))
                        .filter(type -> !ApiText.isInternal(type))
                        .toList());
    }

    /** The public types on the top level, but the marks themselves. */
    private static List<Class<?>> publicTypes() {
        Path classes = Path.of("target/classes");
        try (Stream<Path> files = Files.walk(classes)) {
            return files.map(file -> classes.relativize(file).toString())
                    .filter(name -> name.matches("org/healingsqlite/(?!api/)[^$-]*\\.class"))
                    .sorted()
                    .<Class<?>>map(name -> type(
                            name.substring(0, name.length() - ".class".length()).replace('/', '.')))
                    .filter(type -> Modifier.isPublic(type.getModifiers()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Class<?> type(String name) {
        try {
            return Class.forName(name, false, ApiTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String version() throws IOException {
        Matcher version = Pattern.compile("<version>([0-9.]+)(-SNAPSHOT)?</version>")
                .matcher(Files.readString(Path.of("pom.xml")));
        assertThat(version.find()).isTrue();
        return version.group(1);
    }

    private static List<String> text() throws IOException {
        return Stream.concat(Stream.of(VERSION + version()), api().lines().stream())
                .toList();
    }

    @Test
    void theApiIsWhatItsTextSays() throws IOException {
        if (Boolean.getBoolean("api.write")) {
            Files.createDirectories(CURRENT.getParent());
            Files.write(CURRENT, text());
        }
        assertThat(Files.readAllLines(CURRENT))
                .as(
                        "src/api/current.txt: a change of the API is one of that file as well (-Dtest.jvm.arguments=-Dapi.write=true), and of the version")
                .isEqualTo(text());
    }

    @Test
    void aChangeSinceTheLastReleaseHasItsStepOfTheVersion() throws IOException {
        if (Files.exists(RELEASED)) {
            assertThat(missingSteps(Files.readAllLines(RELEASED), text())).isEmpty();
        }
    }

    @Test
    void aPublicTypeIsPartOfTheApiOrSaysThatItIsInternal() {
        List<Class<?>> api = List.copyOf(api().types());
        assertThat(api).as("internal, and named by a signature of the API").noneMatch(ApiText::isInternal);
        assertThat(publicTypes()).hasSizeGreaterThan(100);
        assertThat(publicTypes().stream().filter(type -> !ApiText.isInternal(type) && !api.contains(type)))
                .as("public, unreachable from the API, and not @Internal")
                .isEmpty();
    }

    /** What has to be done to the version, and was not, by the rules of VERSIONING.md. */
    private static List<String> missingSteps(List<String> released, List<String> current) {
        int[] from = numbers(released.get(0));
        int[] to = numbers(current.get(0));
        boolean major = to[0] > from[0];
        boolean minor = major || to[0] == from[0] && to[1] > from[1];
        List<String> faults = new ArrayList<>();
        List<String> before = qualified(released);
        List<String> after = qualified(current);
        before.stream()
                .filter(line -> !after.contains(line))
                .filter(line -> !(from[0] == 0 || line.contains("@Experimental ") ? minor : major))
                .forEach(line -> faults.add("gone or changed without a step of the "
                        + (from[0] == 0 ? "minor" : "major") + " version: " + line));
        after.stream()
                .filter(line -> !before.contains(line))
                .filter(line -> !minor)
                .forEach(line -> faults.add("new without a step of the minor version: " + line));
        return faults;
    }

    private static int[] numbers(String line) {
        assertThat(line).startsWith(VERSION);
        return Stream.of(line.substring(VERSION.length()).split("\\."))
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    /** Each member with its type in front, so that it stands for itself. */
    private static List<String> qualified(List<String> lines) {
        List<String> qualified = new ArrayList<>();
        String type = "";
        for (String line : lines.subList(1, lines.size())) {
            if (line.startsWith(" ")) {
                qualified.add(type + " :: " + line.strip());
            } else {
                type = line;
                qualified.add(line);
            }
        }
        return qualified;
    }

    @Test
    void aRemovalNeedsAMajorStepAndBeforeOneAMinorOne() {
        List<String> less = List.of("class A");
        assertThat(missingSteps(List.of("# version 1.2.3", "class A", "    int b()"), version("1.3.0", less)))
                .containsExactly("gone or changed without a step of the major version: class A :: int b()");
        assertThat(missingSteps(List.of("# version 1.2.3", "class A", "    int b()"), version("2.0.0", less)))
                .isEmpty();
        assertThat(missingSteps(List.of("# version 0.2.3", "class A", "    int b()"), version("0.2.4", less)))
                .hasSize(1);
        assertThat(missingSteps(List.of("# version 0.2.3", "class A", "    int b()"), version("0.3.0", less)))
                .isEmpty();
    }

    @Test
    void anAdditionNeedsAMinorStepAndWhatIsExperimentalMayGoWithOne() {
        List<String> more = List.of("class A", "    int b()");
        assertThat(missingSteps(List.of("# version 1.2.3", "class A"), version("1.2.4", more)))
                .containsExactly("new without a step of the minor version: class A :: int b()");
        assertThat(missingSteps(List.of("# version 1.2.3", "class A"), version("1.3.0", more)))
                .isEmpty();
        assertThat(missingSteps(
                        List.of("# version 1.2.3", "class A", "    @Experimental int b()"),
                        version("1.3.0", List.of("class A"))))
                .isEmpty();
        assertThat(missingSteps(
                        List.of("# version 1.2.3", "class A", "    @Experimental int b()"),
                        version("1.2.4", List.of("class A"))))
                .hasSize(1);
    }

    private static List<String> version(String version, List<String> lines) {
        return Stream.concat(Stream.of(VERSION + version), lines.stream()).toList();
    }

    @Test
    void theTextHasWhatOthersSeeAndNothingElse() {
        assertThat(new ApiText(ApiTest.class.getName(), List.of(Seen.class)).lines())
                .containsExactly(
                        "record org.healingsqlite.ApiTest$Named",
                        "    int number()",
                        "class org.healingsqlite.ApiTest$Seen",
                        "    new()",
                        "    org.healingsqlite.ApiTest$Named named(java.util.List<String>) throws java.io.IOException",
                        "    static final int NUMBER");
    }

    /** A sample of the API's text. */
    public static class Seen {
        public static final int NUMBER = 1;

        public Seen() {}

        public Named named(List<String> names) throws IOException {
            hidden();
            return new Named(names.size());
        }

        void hidden() {}
    }

    /** Named by the sample. */
    public record Named(int number) {}
}
