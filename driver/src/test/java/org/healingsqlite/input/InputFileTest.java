package org.healingsqlite.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
@Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InputFileTest {
    @TempDir
    Path directory;

    @Test
    void aFileIsReadUpToItsBoundAndNoFurther() throws Exception {
        Path file = Files.writeString(directory.resolve("a"), "12345");

        assertThat(InputFile.named(file).text(5)).isEqualTo("12345");
        assertThatThrownBy(() -> InputFile.named(file).text(4))
                .isInstanceOf(FileSystemException.class)
                .hasMessage(file + ": is longer than the 4 bytes that it may have");
    }

    @Test
    void aLinkIsFollowedWhereItWasNamedAndNotWhereItWasFound() throws Exception {
        Path file = Files.writeString(directory.resolve("a"), "text");
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);

        assertThat(InputFile.named(link).text(10)).isEqualTo("text");
        assertThatThrownBy(() -> InputFile.found(link).text(10)).hasMessage(link + ": is a link: expected a file");
    }

    @Test
    void whatIsNoFileIsNotOpened() throws Exception {
        Path pipe = directory.resolve("pipe");
        new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor();
        for (Path device : List.of(pipe, Path.of("/dev/zero"))) {
            assertThatThrownBy(() -> InputFile.named(device).open())
                    .isInstanceOf(FileSystemException.class)
                    .hasMessage(device + ": is a pipe, a socket or a device: expected a file");
        }
        assertThatThrownBy(() -> InputFile.named(directory).open())
                .hasMessage(directory + ": is a directory: expected a file");
        assertThatThrownBy(() -> InputFile.named(directory.resolve("none")).open())
                .isInstanceOf(NoSuchFileException.class);
    }

    /** The system makes it up while it is read: by its size it is empty. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void whatHasNoSizeHasNoBytes() throws Exception {
        assertThat(InputFile.named(Path.of("/proc/self/pagemap")).bytes(10)).isEmpty();
        assertThat(InputFile.named(Path.of("/proc/kmsg")).bytes(10)).isEmpty();
    }

    @Test
    void itIsReadAsFarAsItWentWhenItWasOpened() throws Exception {
        Path file = Files.writeString(directory.resolve("a"), "12345");
        try (InputStream in = InputFile.named(file).open()) {
            Files.writeString(file, "1234567890");
            assertThat(in.read()).isEqualTo('1');
            assertThat(in.skip(2)).isEqualTo(2);
            assertThat(in.readAllBytes()).asString(StandardCharsets.US_ASCII).isEqualTo("45");
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    @Test
    void textThatIsNotUtf8IsNotReplacedByWhatItIsNot() throws Exception {
        Path latin = Files.write(directory.resolve("latin"), new byte[] {'a', (byte) 0xE4});
        Path replacement = Files.writeString(directory.resolve("replacement"), "a\uFFFD");

        assertThatThrownBy(() -> InputFile.named(latin).text(10)).hasMessage(latin + ": is not UTF-8 text");
        assertThat(InputFile.named(replacement).text(10)).isEqualTo("a\uFFFD");
    }
}
