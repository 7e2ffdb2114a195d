package org.healingsqlite.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Sql;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;

/** Known class files are woven ahead, all others there and then: the JVM takes them, and they heal, either way. */
class WovenClassesTest {
    private static final String JAVA = System.getProperty("java.home");
    private static final String WEAVES = "Byte Buddy true";
    private static final String DOES_NOT_WEAVE = "Byte Buddy false";

    /** The agent without any class file that was woven ahead. */
    private static Path unprepared;

    private static Path observer;

    @TempDir
    Path directory;

    @BeforeAll
    static void makeJars(@TempDir Path jars) throws IOException {
        unprepared = Files.copy(Agents.JAR, jars.resolve("unprepared.jar"));
        try (FileSystem jar = FileSystems.newFileSystem(unprepared);
                Stream<Path> woven = Files.list(jar.getPath("/META-INF/woven"))) {
            for (Path each : woven.toList()) {
                Files.delete(each);
            }
        }
        observer = jars.resolve("observer.jar");
        ClassFiles.pack(observer);
    }

    private static Stream<Arguments> everyRelease() {
        return Agents.javaHomes().flatMap(home -> Agents.RELEASES.stream().map(release -> Arguments.of(release, home)));
    }

    @ParameterizedTest(name = "sqlite-jdbc {0}, {1}")
    @MethodSource("everyRelease")
    void bothWaysOfWeavingGiveTheSameBytesWhichTheJvmVerifies(String release, String home) throws Exception {
        List<String> plain = classFiles(home, null, Agents.release(release));
        List<String> ahead = classFiles(home, Agents.JAR, Agents.release(release));
        List<String> thereAndThen = classFiles(home, unprepared, Agents.release(release));
        assertThat(ahead).contains(DOES_NOT_WEAVE);
        assertThat(thereAndThen).contains(WEAVES);
        assertThat(classes(ahead)).isEqualTo(classes(thereAndThen));
        assertThat(classes(ahead))
                .as("of %s", plain)
                .filteredOn(line -> !plain.contains(line))
                .extracting(line -> line.substring(0, line.indexOf(' ')))
                .contains(
                        "org/sqlite/JDBC",
                        "org/sqlite/SQLiteConnection",
                        "org/sqlite/core/CorePreparedStatement",
                        "org/sqlite/core/CoreStatement",
                        "org/sqlite/core/DB",
                        "org/sqlite/core/NativeDB",
                        "org/sqlite/jdbc3/JDBC3Connection",
                        "org/sqlite/jdbc3/JDBC3PreparedStatement",
                        "org/sqlite/jdbc3/JDBC3ResultSet",
                        "org/sqlite/jdbc3/JDBC3Statement",
                        "org/sqlite/jdbc4/JDBC4Connection");
    }

    private static List<String> classes(List<String> output) {
        return output.stream()
                .filter(line -> line.startsWith("org/sqlite/") && !line.contains("HealingGate"))
                .toList();
    }

    /** What {@link ClassFiles} prints, with an agent or without one. */
    private static List<String> classFiles(String home, @Nullable Path agent, Path release) throws Exception {
        List<String> options = new ArrayList<>(List.of("-Xverify:all", "-javaagent:" + observer));
        if (agent != null) {
            options.add(1, "-javaagent:" + agent);
        }
        Agents.Ended ended =
                Agents.run(home, options, Agents.classPath(release), ClassFiles.class.getName(), release.toString());
        assertThat(ended.code()).as(ended.output()).isZero();
        return ended.output().lines().toList();
    }

    @Test
    void aNewerReleaseThanAnyKnownHeals() throws Exception {
        assertThatHeals(Agents.JAR, changed(Agents.release(Agents.NEWEST), WovenClassesTest::withOneMoreField));
    }

    @Test
    void aForkHeals() throws Exception {
        assertThatHeals(Agents.JAR, Path.of(System.getProperty("healing.test.fork")));
    }

    @Test
    void aReleaseHealsWithoutBeingWovenAhead() throws Exception {
        assertThatHeals(unprepared, Agents.release(Agents.NEWEST));
    }

    /** As a second agent of ours would find them, or who keeps what an agent has made. */
    @Test
    void classesThatAreWovenAlreadyAreLeftAlone() throws Exception {
        Path woven = changed(Agents.release(Agents.NEWEST), WovenClassesTest::woven);
        List<String> before = classFiles(JAVA, null, woven);
        List<String> with = classFiles(JAVA, Agents.JAR, woven);
        assertThat(classes(with)).isEqualTo(classes(before));
        assertThatHeals(Agents.JAR, woven);
    }

    @Test
    void aSecondCopyOfTheAgentSaysThatThereIsOne() throws Exception {
        Path second = Files.copy(Agents.JAR, directory.resolve("second.jar"));
        Agents.Ended ended = moves(
                List.of(Agents.option(""), "-javaagent:" + second), Agents.classPath(Agents.release(Agents.NEWEST)));
        assertThat(ended.output()).contains("is in this JVM already", "rows 0", "moved, rows 1");
    }

    @Test
    void aCopyInAnotherPackageIsNamedAndLeftAlone() throws Exception {
        Agents.Ended ended = Agents.run(
                JAVA,
                List.of(Agents.option("")),
                Agents.testClasses(),
                org.healingsqlite.agent.copied.org.sqlite.JDBC.class.getName());
        assertThat(ended.output().lines())
                .containsExactly(
                        "healing-sqlite-agent: org.healingsqlite.agent.copied.org.sqlite.JDBC is a copy of sqlite-jdbc in"
                                + " another package, and is not healed",
                        "runs");
    }

    private void assertThatHeals(Path agent, Path release) throws Exception {
        Agents.Ended ended = moves(List.of("-javaagent:" + agent), Agents.classPath(release));
        assertThat(ended.output()).contains("rows 0", "moved, rows 1").doesNotContain("is not healed");
    }

    private Agents.Ended moves(List<String> options, String classPath) throws Exception {
        Path database = directory.resolve("app.db");
        Sql.runElsewhere(database, "CREATE TABLE item (id INTEGER PRIMARY KEY)");
        Path script = Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE item (id INTEGER PRIMARY KEY);");
        List<String> all = new ArrayList<>(options);
        all.add("-Dhealing.schema=" + script);
        return Agents.run(JAVA, all, classPath, Program.class.getName(), "moves", "jdbc:sqlite:" + database);
    }

    // ---- Other class files

    @FunctionalInterface
    private interface Change {
        byte[] of(byte[] classFile) throws IOException;
    }

    private Path changed(Path release, Change change) throws IOException {
        Path copy = Files.copy(release, directory.resolve("changed.jar"));
        try (FileSystem jar = FileSystems.newFileSystem(copy);
                Stream<Path> all = Files.walk(jar.getPath("/org/sqlite"))) {
            all.filter(path -> path.toString().endsWith(".class")).forEach(path -> {
                try {
                    Files.write(path, change.of(Files.readAllBytes(path)));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return copy;
    }

    private static byte[] withOneMoreField(byte[] classFile) {
        ClassWriter writer = new ClassWriter(0);
        new ClassReader(classFile)
                .accept(
                        new ClassVisitor(Opcodes.ASM9, writer) {
                            @Override
                            public void visitEnd() {
                                int isInterface = new ClassReader(classFile).getAccess() & Opcodes.ACC_INTERFACE;
                                if (isInterface == 0) {
                                    super.visitField(Opcodes.ACC_PRIVATE, "later", "I", null, null);
                                }
                                super.visitEnd();
                            }
                        },
                        0);
        return writer.toByteArray();
    }

    private static byte[] woven(byte[] classFile) throws IOException {
        try (FileSystem jar = FileSystems.newFileSystem(Agents.JAR)) {
            Path woven = jar.getPath("/META-INF/woven/" + ClassFiles.digest(classFile));
            return Files.exists(woven) ? Files.readAllBytes(woven) : classFile;
        }
    }
}
