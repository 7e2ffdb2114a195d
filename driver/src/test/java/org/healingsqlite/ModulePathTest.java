package org.healingsqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application that is a module, with the driver and what it needs on the module path: in a process of its own, with a jar as it is published. */
class ModulePathTest {
    private static final List<String> NEEDED =
            List.of("sqlite-jdbc-", "slf4j-api-", "failsafe-", "fastcsv-", "nanojson-", "jspecify-");

    private static final String MODULE = "module app { requires org.healingsqlite; requires java.management; }";

    private static final String MAIN = """
            package app;

            import java.lang.management.ManagementFactory;
            import java.sql.Connection;
            import java.sql.DriverManager;
            import java.sql.ResultSet;
            import java.sql.Statement;
            import javax.management.MBeanServer;
            import javax.management.ObjectName;
            import org.healingsqlite.Healing;
            import org.healingsqlite.heal.Health;
            import org.healingsqlite.incident.Incident;

            public class Main {
                public static void main(String[] arguments) throws Exception {
                    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
                    try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + arguments[0]);
                            Statement statement = connection.createStatement()) {
                        statement.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
                        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + arguments[0]);
                                Statement drop = other.createStatement()) {
                            drop.execute("DROP TABLE item");
                        }
                        try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM item")) {
                            System.out.println("rows " + rows.getInt(1));
                        }
                        Healing healing = Healing.of(connection);
                        for (Incident incident : healing.history(10)) {
                            System.out.println("incident of " + incident.database().getFileName());
                        }
                        Health health = healing.health();
                System.out.println("health " + (health.status() != null));
                        // The bean is registered by a thread of its own.
                        ObjectName beans = new ObjectName("healing-sqlite:*");
                        for (int i = 0; i < 3_000 && server.queryNames(beans, null).isEmpty(); i++) {
                            Thread.sleep(20);
                        }
                        System.out.println("beans " + server.queryNames(beans, null).size());
                        System.out.println("module " + Healing.class.getModule().getName());
                    }
                }
            }
            """;

    @TempDir
    Path directory;

    private String modules;

    @BeforeEach
    void pack() throws IOException {
        Path driver = directory.resolve("driver.jar");
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MULTI_RELEASE, "true");
        Path classes = Path.of("target/classes");
        try (OutputStream out = Files.newOutputStream(driver);
                JarOutputStream jar = new JarOutputStream(out, manifest);
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                jar.putNextEntry(
                        new JarEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, jar);
                jar.closeEntry();
            }
        }
        modules = Stream.concat(
                        Stream.of(driver.toString()),
                        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                                .filter(entry -> NEEDED.stream()
                                        .anyMatch(Path.of(entry).getFileName().toString()::startsWith)))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Compiles the module; what the compiler says, empty where nothing. */
    private String compile(String main) throws IOException {
        Path sources = Files.createDirectories(directory.resolve("sources/app"));
        Path module = Files.writeString(sources.resolveSibling("module-info.java"), MODULE);
        Path source = Files.writeString(sources.resolve("Main.java"), main);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            compiler.getTask(
                            said,
                            files,
                            null,
                            List.of(
                                    "-p",
                                    modules,
                                    "-d",
                                    directory.resolve("app").toString(),
                                    "-Xlint:all",
                                    "-proc:none"),
                            null,
                            files.getJavaFileObjects(module, source))
                    .call();
        }
        return said.toString();
    }

    @Test
    void anApplicationThatIsAModuleIsHealed() throws Exception {
        assertThat(compile(MAIN)).isEmpty();

        Path said = directory.resolve("said");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-p",
                        modules + File.pathSeparator + directory.resolve("app"),
                        "-m",
                        "app/app.Main",
                        directory.resolve("app.db").toString())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();

        assertThat(Files.readString(said).lines())
                .as(Files.readString(said))
                .contains("rows 0", "incident of app.db", "health true", "beans 1", "module org.healingsqlite");
        assertThat(process.exitValue()).isZero();
    }

    @Test
    void whatIsInternalCannotBeSeen() throws Exception {
        assertThat(compile(MAIN.replace(
                        "import org.healingsqlite.heal.Health;", "import org.healingsqlite.files.FileWatch;")))
                .contains("package org.healingsqlite.files is not visible");
    }
}
