package org.healingsqlite.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The demo as it is run, only faster. */
class DemoTest {
    private static final String FAST = "--speed=32";

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return Demo.run(new PrintStream(bytes, true, StandardCharsets.UTF_8), arguments);
    }

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"S0", "S4"})
    void thePlainLaneFailsAndTheHealingLaneSeesNoError(String scenario) {
        assertThat(run(scenario, FAST)).as(this::printed).isZero();
        assertThat(printed()).contains("As it must be");
    }

    /** The negative control: with healing switched off, the same run must fail. */
    @Test
    void withoutHealingTheDemoFails() {
        System.setProperty("healing.mode", "observe");
        try {
            assertThat(run("S0", FAST)).as(this::printed).isEqualTo(1);
        } finally {
            System.clearProperty("healing.mode");
        }
        assertThat(printed()).contains("FAILED S0 files deleted before start: the healing lane saw");
    }

    @Test
    void listsScenariosAndTheirActs() {
        assertThat(run("--list")).isZero();
        assertThat(printed()).contains("S0  trainer", "S4  experiments", "directory removed while running");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"S99", "--speed=0", "--speed=NaN"})
    void wrongUsageIsRefused(String argument) {
        assertThat(run(argument)).isEqualTo(2);
    }
}
