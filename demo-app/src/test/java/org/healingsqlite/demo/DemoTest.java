package org.healingsqlite.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The demo as it is run, only faster. */
class DemoTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return Demo.run(new PrintStream(bytes, true, StandardCharsets.UTF_8), arguments);
    }

    private int play(String scenario) {
        return run(scenario, "--speed=32", "--directory=" + directory);
    }

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"S0", "S1", "S2", "S3", "S4"})
    void thePlainLaneFailsAndTheHealingLaneSeesNoError(String scenario) {
        assertThat(play(scenario)).as(this::printed).isZero();
        assertThat(printed()).contains("As it must be");
    }

    /** The negative control: with healing switched off, the same run must fail. */
    @Test
    void withoutHealingTheDemoFails() {
        System.setProperty("healing.mode", "observe");
        try {
            assertThat(play("S0")).as(this::printed).isEqualTo(1);
        } finally {
            System.clearProperty("healing.mode");
        }
        assertThat(printed()).contains("FAILED S0 files deleted before start: the healing lane saw");
    }

    @Test
    void listsScenariosAndTheirActs() {
        assertThat(run("--list")).isZero();
        assertThat(printed())
                .contains(
                        "S0  trainer",
                        "S1  conversations",
                        "S3  backups",
                        "S4  experiments",
                        "directory removed while running");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"S99", "--speed=0", "--speed=NaN"})
    void wrongUsageIsRefused(String argument) {
        assertThat(run(argument)).isEqualTo(2);
    }
}
