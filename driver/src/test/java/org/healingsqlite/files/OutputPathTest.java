package org.healingsqlite.files;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An output is nothing that is read, by whatever name. */
class OutputPathTest {
    @TempDir
    Path directory;

    private Path input;

    @BeforeEach
    void create() throws Exception {
        input = Files.writeString(directory.resolve("app.db"), "rows");
        Files.createDirectory(directory.resolve("other"));
    }

    private void refused(Path output) {
        assertThatThrownBy(() -> OutputPath.requireApart(output, input))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining(output.toString())
                .hasMessageContaining(input.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"app.db", "app.db-wal", "app.db-shm", "app.db-journal", "other/../app.db", "./app.db-wal"})
    void namesOfTheInputAreRefused(String name) {
        refused(directory.resolve(name));
    }

    @Test
    void aDatabaseThatWouldTakeTheInputForItsLogIsRefused() throws Exception {
        Path log = Files.writeString(directory.resolve("new.db-wal"), "frames");
        assertThatThrownBy(() -> OutputPath.requireApart(directory.resolve("new.db"), log))
                .hasMessageContaining(log.toString());
    }

    @Test
    void aSecondNameIsSeenThrough() throws Exception {
        refused(Files.createLink(directory.resolve("second.db"), input));
        Path log = Files.writeString(directory.resolve("app.db-wal"), "frames");
        refused(Files.createLink(directory.resolve("second-log"), log));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void linksAreSeenThrough() throws Exception {
        refused(Files.createSymbolicLink(directory.resolve("link.db"), input));
        refused(Files.createSymbolicLink(directory.resolve("to-log"), Path.of(input + "-wal")));
        Path here = Files.createSymbolicLink(directory.resolve("here"), directory);
        refused(here.resolve("app.db-journal"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"out.db", "app.db.lost-and-found.db", "app.db-report", "other/app.db", "other/app.db-wal", "app"
            })
    void otherNamesAreFine(String name) {
        assertThatCode(() -> OutputPath.requireApart(directory.resolve(name), input))
                .doesNotThrowAnyException();
    }
}
