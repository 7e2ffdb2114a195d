package org.healingsqlite.demo.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.healingsqlite.demo.conversations.ConversationsProcess;
import org.healingsqlite.demo.report.Calls;
import org.healingsqlite.demo.report.Lane;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that are asked at once. */
class FleetTest {
    @TempDir
    Path directory;

    private final Calls calls = new Calls();

    private Fleet fleet(int size, String url) throws Exception {
        return new Fleet(
                size,
                ConversationsProcess.class,
                List.of(url, ConversationsScenario.script()),
                directory.resolve("processes.log"),
                calls);
    }

    @Test
    @DisplayName("S1-03 without healing, the second of two that have both seen no version violates UNIQUE")
    void errorsOfTheProcessesAreCounted() throws Exception {
        String url = "jdbc:sqlite:" + directory.resolve("c.db") + "?foreign_keys=on&busy_timeout=120000";
        try (Fleet fleet = fleet(2, url)) {
            assertThat(fleet.askAll("look")).isEqualTo("2 x unknown");
            assertThat(fleet.askAll("initialise"))
                    .contains("1 x 001", "1 x ERROR UNIQUE constraint failed: schema_migrations.version");
        }
        assertThat(calls.beforeFault().calls()).isEqualTo(4);
        assertThat(calls.beforeFault().errors()).isEqualTo(1);
    }

    @Test
    @DisplayName("S1-06 another process takes the place of one that was killed")
    void aProcessIsReplaced() throws Exception {
        Blueprint blueprint = ConversationsScenario.BLUEPRINT;
        try (Fleet fleet = fleet(2, blueprint.url(Lane.HEALING, directory.resolve("c.db")))) {
            assertThat(fleet.askAll("start")).isEqualTo("2 x 001");
            assertThat(fleet.replaceOne("start")).isEqualTo("001");
            assertThat(fleet.askAll("upload")).isEqualTo("2 x 1 row");
            assertThat(fleet.askAll("files")).isEqualTo("2 x 2 files");
        }
        assertThat(calls.beforeFault().errors()).isZero();
    }
}
