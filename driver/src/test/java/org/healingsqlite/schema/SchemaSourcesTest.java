package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.healingsqlite.input.InputFile;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaSourcesTest {

    @TempDir
    Path directory;

    private static List<String> names(RegisteredSchema schema) {
        return schema.expected().snapshot().objects().stream()
                .map(SchemaObject::name)
                .toList();
    }

    private static List<String> versions(RegisteredSchema schema) {
        return schema.migrations().stream().map(Migration::version).toList();
    }

    @Test
    void scriptsRunInTheOrderGiven() throws Exception {
        Path second = Schemas.write(directory.resolve("a.sql"), "CREATE VIEW v AS SELECT * FROM t;");
        Path first = Schemas.write(directory.resolve("b.sql"), "CREATE TABLE t (x);");

        assertThat(names(Schemas.load(first, second))).containsExactly("t", "v");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    @Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aScriptThatIsNoFileIsAnErrorThatNamesIt() throws Exception {
        Path pipe = directory.resolve("V1__pipe.sql");
        new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor();
        String reason = " is a pipe, a socket or a device: expected a file";

        assertThatThrownBy(() -> Schemas.load(pipe)).hasMessageContaining(pipe + reason);
        assertThatThrownBy(() -> Schemas.load(directory)).hasMessageContaining(pipe + reason);
        assertThatThrownBy(() -> Schemas.load(Path.of("/dev/zero"))).hasMessageContaining("/dev/zero" + reason);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aLinkToAScriptIsFollowedAndOneThatLeadsNowhereIsAnError() throws Exception {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Path scripts = Files.createDirectory(directory.resolve("scripts"));
        Schemas.write(elsewhere.resolve("t.sql"), "CREATE TABLE t (x);");
        Files.createSymbolicLink(scripts.resolve("a.sql"), elsewhere.resolve("t.sql"));
        assertThat(names(Schemas.load(scripts))).containsExactly("t");

        Files.createSymbolicLink(scripts.resolve("b.sql"), elsewhere.resolve("none.sql"));
        assertThatThrownBy(() -> Schemas.load(scripts))
                .hasMessageContaining(scripts.resolve("b.sql") + " cannot be read");
    }

    @Test
    void allScriptsTogetherHaveABound() throws Exception {
        String half = "-- " + "x".repeat(InputFile.SCRIPT_BYTES / 2 - 30) + "\n";
        Path first = Schemas.write(directory.resolve("a.sql"), half + "CREATE TABLE a (x);");
        Path second = Schemas.write(directory.resolve("b.sql"), half + "CREATE TABLE b (x);");
        Path third = Schemas.write(directory.resolve("c.sql"), "CREATE TABLE c (x); -- " + "x".repeat(60));

        assertThat(names(Schemas.load(first, second))).containsExactly("a", "b");
        assertThatThrownBy(() -> Schemas.load(first, second, third))
                .hasMessageContaining(third + " is too long: all scripts together may have " + InputFile.SCRIPT_BYTES);
    }

    @Test
    void thereAreNoMoreScriptsThanTheirBound() throws Exception {
        for (int i = 0; i <= SchemaSources.MOST_SCRIPTS; i++) {
            Schemas.write(directory.resolve(i + ".sql"), "SELECT 1;");
        }

        assertThatThrownBy(() -> Schemas.load(directory))
                .hasMessageContaining("one script too many: there may be " + SchemaSources.MOST_SCRIPTS);
    }

    @Test
    void aDirectoryIsReadInTheOrderOfItsFileNames() throws Exception {
        Schemas.write(directory.resolve("20_views.sql"), "CREATE VIEW v AS SELECT * FROM t;");
        Schemas.write(directory.resolve("10_tables.sql"), "CREATE TABLE t (x);");
        Schemas.write(directory.resolve("README.md"), "not SQL");
        Files.createDirectory(directory.resolve("more.sql"));

        assertThat(names(Schemas.load(directory))).containsExactly("t", "v");
    }

    @Test
    void versionsAreOrderedByNumberAndKeptAsWritten() throws Exception {
        for (String version : List.of("10", "2", "001", "1.10", "1.2", "2024.01.05")) {
            Schemas.write(
                    directory.resolve("V" + version + "__made_up.sql"),
                    "CREATE TABLE t" + version.replace('.', '_') + " (x);");
        }

        assertThat(versions(Schemas.load(directory))).containsExactly("001", "1.2", "1.10", "2", "10", "2024.01.05");
    }

    @Nested
    class Refused {

        @Test
        @DisplayName("S1-19: a path that does not exist is named")
        void missingPath() {
            assertThatThrownBy(() -> Schemas.load(directory.resolve("nowhere/schema.sql")))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining(
                            directory.resolve("nowhere/schema.sql").toString())
                    .hasMessageContaining("does not exist")
                    .hasMessageContaining("expected");
            assertThatThrownBy(() -> Schemas.load("classpath:nowhere/schema.sql"))
                    .hasMessageContaining("classpath:nowhere/schema.sql")
                    .hasMessageContaining("expected");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "  \n\t", "-- only a comment", "/* never closed", ";;"})
        void scriptWithoutAStatement(String text) throws Exception {
            Path empty = Files.writeString(directory.resolve("empty.sql"), text);

            assertThatThrownBy(() -> Schemas.load(empty))
                    .hasMessageContaining(empty.toString())
                    .hasMessageContaining("no SQL");
        }

        @Test
        void directoryWithoutAScript() {
            assertThatThrownBy(() -> Schemas.load(directory))
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("expected");
        }

        @Test
        void bytesThatAreNoUtf8WithFileAndLine() throws Exception {
            Path latin = directory.resolve("latin1.sql");
            Files.write(
                    latin, "CREATE TABLE t (x);\nINSERT INTO t VALUES ('é');\n".getBytes(StandardCharsets.ISO_8859_1));

            assertThatThrownBy(() -> Schemas.load(latin))
                    .hasMessageContaining(latin.toString())
                    .hasMessageContaining("UTF-8")
                    .hasMessageContaining("line 2");
        }

        @Test
        void utf16IsNoUtf8() throws Exception {
            Path wide = directory.resolve("utf16.sql");
            Files.write(wide, "CREATE TABLE t (x);".getBytes(StandardCharsets.UTF_16));

            assertThatThrownBy(() -> Schemas.load(wide))
                    .hasMessageContaining(wide.toString())
                    .hasMessageContaining("UTF-8");
        }

        @Test
        void twoFilesOfOneVersionAreBothNamed() throws Exception {
            Schemas.write(directory.resolve("V1__a.sql"), "CREATE TABLE a (x);");
            Schemas.write(directory.resolve("V001__b.sql"), "CREATE TABLE b (x);");

            assertThatThrownBy(() -> Schemas.load(directory))
                    .hasMessageContaining("V1__a.sql")
                    .hasMessageContaining("V001__b.sql");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"V1_no_second_underscore.sql", "V__no_number.sql", "R__repeatable.sql", "V1.a__letters.sql"})
        void namesThatLookVersionedAndAreNot(String name) throws Exception {
            Schemas.write(directory.resolve("V2__good.sql"), "CREATE TABLE a (x);");
            Schemas.write(directory.resolve(name), "CREATE TABLE b (x);");

            assertThatThrownBy(() -> Schemas.load(directory))
                    .hasMessageContaining(name)
                    .hasMessageContaining("V1__");
        }

        @Test
        @DisplayName("S1-18: a broken script is named with line, statement and SQLite's own words")
        void brokenScript() throws Exception {
            Path broken = Schemas.write(
                    directory.resolve("broken.sql"), "-- fine", "CREATE TABLE t (x);", "", "CREATE TABEL u (x);");

            assertThatThrownBy(() -> Schemas.load(broken))
                    .isInstanceOf(SchemaException.class)
                    .hasMessageContaining(broken + ", line 4")
                    .hasMessageContaining("CREATE TABEL u")
                    .hasMessageContaining("syntax error");
        }
    }

    @Test
    void anUndoScriptIsNeverRunByItself() throws Exception {
        Schemas.write(directory.resolve("V1__make.sql"), "CREATE TABLE t (x);");
        Schemas.write(directory.resolve("U1__make.sql"), "DROP TABLE t;");

        assertThat(names(Schemas.load(directory))).contains("t");
    }

    @Test
    void aWindowsFileIsRead() throws Exception {
        Path file = directory.resolve("windows.sql");
        Files.writeString(file, "\uFEFFCREATE TABLE t (\r\n  x\r\n);\r\nCREATE VIEW v AS SELECT x FROM t;\r\n");

        assertThat(names(Schemas.load(file))).containsExactly("t", "v");
    }

    @Nested
    class ClassPath {

        private Path jar() throws Exception {
            return jar(new Manifest());
        }

        private Path jar(Manifest manifest) throws Exception {
            manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
            Path jar =
                    Files.createDirectories(directory.resolve("odd !name %20")).resolve("app.jar");
            try (OutputStream out = Files.newOutputStream(jar);
                    JarOutputStream entries = new JarOutputStream(out, manifest)) {
                put(entries, "db/", "");
                put(entries, "db/V2__second.sql", "CREATE TABLE second (x);");
                put(entries, "db/V1__first.sql", "CREATE TABLE first (x);");
                put(entries, "db/deeper/V3__third.sql", "CREATE TABLE third (x);");
                put(entries, "single.sql", "CREATE TABLE single (x);");
            }
            return jar;
        }

        private static void put(JarOutputStream entries, String name, String text) throws Exception {
            entries.putNextEntry(new ZipEntry(name));
            entries.write(text.getBytes(StandardCharsets.UTF_8));
            entries.closeEntry();
        }

        private RegisteredSchema loadWith(Path classPath, String location) throws Exception {
            Thread thread = Thread.currentThread();
            ClassLoader before = thread.getContextClassLoader();
            try (URLClassLoader loader =
                    new URLClassLoader(new URL[] {classPath.toUri().toURL()}, before)) {
                thread.setContextClassLoader(loader);
                return Schemas.load(location);
            } finally {
                thread.setContextClassLoader(before);
            }
        }

        @Test
        void scriptInADirectory() throws Exception {
            assertThat(names(Schemas.load("classpath:/schemas/trainer.sql"))).contains("runs");
        }

        @Test
        void directory() throws Exception {
            assertThat(versions(Schemas.load("classpath:schemas/conversations/")))
                    .containsExactly("001");
        }

        @Test
        void scriptInAJar() throws Exception {
            assertThat(names(loadWith(jar(), "classpath:single.sql"))).containsExactly("single");
        }

        @ParameterizedTest
        @ValueSource(strings = {"classpath:db", "classpath:db/", "classpath:/db/"})
        void directoryInAJar(String location) throws Exception {
            RegisteredSchema schema = loadWith(jar(), location);

            assertThat(versions(schema)).containsExactly("1", "2");
            assertThat(names(schema)).contains("first", "second").doesNotContain("third");
        }

        @ParameterizedTest
        @ValueSource(strings = {"classpath:db", "classpath:db/", "classpath:/db/"})
        void directoryInAJarOfSeveralReleases(String location) throws Exception {
            Manifest manifest = new Manifest();
            manifest.getMainAttributes().put(Attributes.Name.MULTI_RELEASE, "true");

            assertThat(versions(loadWith(jar(manifest), location))).containsExactly("1", "2");
        }

        @Test
        void worksWhereTheContextClassLoaderKnowsNothing() throws Exception {
            Thread thread = Thread.currentThread();
            ClassLoader before = thread.getContextClassLoader();
            try {
                thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
                assertThat(names(Schemas.load("classpath:schemas/trainer.sql"))).contains("runs");
            } finally {
                thread.setContextClassLoader(before);
            }
        }
    }
}
