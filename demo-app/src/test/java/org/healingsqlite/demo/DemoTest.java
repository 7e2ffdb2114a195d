package org.healingsqlite.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class DemoTest {

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"S0", "S4"})
    void thePlainLaneFailsAndTheHealingLaneSeesNoError(String scenario) {
        assertThat(new CommandLine(new Demo()).execute(scenario, "--pace", "400"))
                .isZero();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"S99", ""})
    void anUnknownScenarioIsRefused(String scenario) {
        assertThat(new CommandLine(new Demo()).execute(scenario)).isEqualTo(CommandLine.ExitCode.USAGE);
    }
}
