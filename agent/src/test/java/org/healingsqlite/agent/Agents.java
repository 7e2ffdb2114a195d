package org.healingsqlite.agent;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.healingsqlite.testkit.OtherJvm;

/** JVMs that run programs which know nothing of healing, with and without the agent. */
final class Agents {
    static final Path JAR = Path.of(System.getProperty("healing.test.agent"));
    static final String NEWEST = System.getProperty("healing.test.newest");

    /** The releases of sqlite-jdbc to test with: six, or those that {@code -Dhealing.test.versions} names; {@code all} for all that the build has copied. */
    static final List<String> RELEASES = releases(
            System.getProperty("healing.test.versions", "3.36.0.3,3.39.4.1,3.41.2.2,3.45.3.0,3.50.3.0," + NEWEST));

    private Agents() {}

    private static List<String> releases(String versions) {
        if (!versions.equals("all")) {
            return List.of(versions.split(",", -1));
        }
        String name = "sqlite-jdbc-";
        try (Stream<Path> jars = Files.list(Path.of(System.getProperty("healing.test.releases")))) {
            return jars.map(jar -> jar.getFileName().toString())
                    .map(jar -> jar.substring(name.length(), jar.length() - ".jar".length()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The JVMs to test with: this one, and those that {@code -Dhealing.test.jdks} names. */
    static Stream<String> javaHomes() {
        return Stream.concat(
                Stream.of(System.getProperty("java.home")),
                Arrays.stream(System.getProperty("healing.test.jdks", "").split(File.pathSeparator, -1))
                        .filter(home -> !home.isEmpty()));
    }

    static String option(String arguments) {
        return "-javaagent:" + JAR + (arguments.isEmpty() ? "" : '=' + arguments);
    }

    static Path release(String version) {
        return Path.of(System.getProperty("healing.test.releases"), "sqlite-jdbc-" + version + ".jar");
    }

    /** The tests' own class path with another release of sqlite-jdbc, and without the driver: the program does not have it. */
    static String classPath(String version, boolean withDriver) {
        return classPath(release(version), withDriver);
    }

    /** The same, with any jar of sqlite-jdbc. */
    static String classPath(Path release) {
        return classPath(release, false);
    }

    private static String classPath(Path release, boolean withDriver) {
        return Stream.concat(
                        Stream.of(release.toString()),
                        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                                .filter(entry -> !entry.contains("sqlite-jdbc"))
                                .filter(entry -> withDriver || !isDriver(entry))
                                .filter(entry -> !entry.endsWith(
                                        "agent" + File.separator + "target" + File.separator + "classes")))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** These test classes alone. */
    static String testClasses() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> entry.endsWith("agent" + File.separator + "target" + File.separator + "test-classes")
                        || entry.contains("slf4j-api"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static boolean isDriver(String entry) {
        return entry.contains("healing-sqlite-driver") && !entry.contains("tests")
                || entry.endsWith("driver" + File.separator + "target" + File.separator + "classes");
    }

    /** A program that obeys commands, under the agent. Its core is there: a first failure has waited for it. */
    static OtherJvm start(Path directory, String arguments, String version, String javaHome) throws IOException {
        OtherJvm jvm = OtherJvm.start(javaHome, List.of(option(arguments)), classPath(version, false));
        jvm.ask("open first jdbc:sqlite:" + directory.resolve("first.db"));
        jvm.ask("run first nonsense");
        return jvm;
    }

    /** What a program printed, both streams, and how it ended. */
    record Ended(int code, String output) {}

    static Ended run(String javaHome, List<String> options, String classPath, String... program)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(javaHome, "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath));
        command.addAll(List.of(program));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        // sqlite-jdbc's own SLF4J says that the program has no logging.
        String ofProgram = output.lines()
                .filter(line -> !line.startsWith("SLF4J"))
                .map(line -> line + System.lineSeparator())
                .collect(Collectors.joining());
        return new Ended(process.waitFor(), ofProgram);
    }
}
