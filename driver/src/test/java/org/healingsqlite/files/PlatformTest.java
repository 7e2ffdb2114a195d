package org.healingsqlite.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of each system; the systems themselves are in docs/platforms.md. */
class PlatformTest {
    @ParameterizedTest
    @CsvSource({
        "Linux, Linux",
        "Windows 11, Windows",
        "Windows Server 2022, Windows",
        "Mac OS X, Unix",
        "Darwin, Unix",
        "FreeBSD, Unix",
        "AIX, Unix",
        "'', Unix"
    })
    void aSystemIsKnownByItsName(String name, String type) {
        assertThat(Platform.of(name).getClass().getSimpleName()).isEqualTo(type);
    }

    @ParameterizedTest
    @CsvSource({"Linux, sh, -c", "Mac OS X, sh, -c", "Windows 11, cmd, /c"})
    void aLineIsRunByTheSystemsShell(String name, String shell, String option) {
        assertThat(Platform.of(name).shell("echo a  b")).containsExactly(shell, option, "echo a  b");
    }

    @Test
    void aDirectoryIsForcedWhereItCanBeOpened() {
        assertThat(Platform.of("Linux").forcesDirectories()).isTrue();
        assertThat(Platform.of("Mac OS X").forcesDirectories()).isTrue();
        assertThat(Platform.of("Windows 11").forcesDirectories()).isFalse();
    }

    @Test
    void onlyLinuxShowsWhatProcessesHaveOpen() {
        assertThat(Platform.of("Linux").processes()).contains(Path.of("/proc"));
        assertThat(Platform.of("Mac OS X").processes()).isEmpty();
        // Else a directory named \proc, which anybody may make on a drive, would be believed.
        assertThat(Platform.of("Windows 11").processes()).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void thisProcessIsShownWithWhatItHasOpen(@TempDir Path directory) throws IOException {
        Path file = Files.createFile(directory.resolve("open"));
        FileIdentity identity = Objects.requireNonNull(FileIdentity.of(file));
        try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
            assertThat(open.isOpen()).isTrue();
            assertThat(Platform.current()).isEqualTo(new Platform.Linux());
            assertThat(OpenFiles.descriptorOfNameless(identity)).isEmpty();
            Files.delete(file);
            assertThat(OpenFiles.isNameless(identity)).isTrue();
        }
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void theFilesOfThisSystemHavePermissionsAndInodesAndThoseOfAnArchiveHaveNot(@TempDir Path directory)
            throws IOException {
        assertThat(Platform.hasPermissions(directory)).isTrue();
        assertThat(Platform.hasInodes(directory)).isTrue();
        try (FileSystem zip = FileSystems.newFileSystem(directory.resolve("a.zip"), Map.of("create", "true"))) {
            assertThat(Platform.hasPermissions(zip.getPath("/"))).isFalse();
            assertThat(Platform.hasInodes(zip.getPath("/"))).isFalse();
        }
    }

    @Test
    void nothingElseAsksWhichSystemItIs() throws IOException {
        assertThat(asking("os.name", "supportedFileAttributeViews", "Path.of(\"/proc"))
                .containsExactly("Platform.java");
        assertThat(asking("FileWatch")).as("the search finds what is there").contains("FileWatch.java");
    }

    private static List<String> asking(String... words) throws IOException {
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            return sources.filter(Files::isRegularFile)
                    .filter(source -> Stream.of(words).anyMatch(read(source)::contains))
                    .map(source -> source.getFileName().toString())
                    .toList();
        }
    }

    private static String read(Path source) {
        try {
            return Files.readString(source);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
