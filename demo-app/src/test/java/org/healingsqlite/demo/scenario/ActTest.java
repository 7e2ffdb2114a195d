package org.healingsqlite.demo.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.healingsqlite.demo.report.Lane;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The acts' own inspections find what they are there to find. */
class ActTest {
    @TempDir
    Path directory;

    private static Act act(Scenario scenario, String title) {
        return scenario.acts().stream()
                .filter(act -> act.title().equals(title))
                .findFirst()
                .orElseThrow();
    }

    private Connection open(Act act, String... statements) throws Exception {
        Deployment deployment = Deployment.install(act.blueprint(), Lane.PLAIN, directory);
        Connection connection = DriverManager.getConnection(deployment.url());
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.executeUpdate(sql);
            }
        }
        return connection;
    }

    @Test
    void trainer_findsARunThatIsNotThereOrNotDone() throws Exception {
        Act act = act(TrainerAct.SCENARIO, "database of an older release");
        try (Connection database =
                open(act, "INSERT INTO runs (run_id, status) VALUES ('old-1', 'DONE'), ('run-2', 'RUNNING')")) {
            assertThat(act.inspect(database))
                    .containsExactly("old-2: expected DONE, found no row", "run-2: expected DONE, found RUNNING");
        }
    }

    @Test
    void conversations_findLostFilesSecondVersionsAndTriggersThatFiredTwiceOrNotAtAll() throws Exception {
        Act act = act(ConversationsScenario.SCENARIO, "files deleted while running");
        try (Connection database = open(
                act,
                "INSERT INTO conversation_files (conversation_id, file_name, size_bytes) VALUES ('c', 'plan.txt', 1)",
                "INSERT INTO file_access_log (file_id, access) VALUES (1, 'CREATED')",
                "CREATE TABLE schema_migrations (version, status, applied_at)",
                "INSERT INTO schema_migrations VALUES ('001', 'completed', 'now'), ('001', 'completed', NULL)")) {
            assertThat(act.inspect(database))
                    .anyMatch(finding ->
                            finding.endsWith("expected 001 completed, found 001 completed,001 completed never"))
                    .anyMatch(finding -> finding.contains("GROUP BY file_id") && finding.endsWith("found 2"))
                    .anyMatch(finding ->
                            finding.endsWith("expected plan.txt,photo.jpg,notes.md,answer.pdf, found plan.txt"))
                    .anyMatch(finding -> finding.contains("pending_cleanups") && finding.endsWith("found 0"));
        }
    }

    @Test
    void backups_findEventsThatAreMissingOrThereTwice() throws Exception {
        String insert = "INSERT INTO error_events (timestamp, severity, component, error_type, message, job_id)"
                + " VALUES ('', 'LOW', '', '', '', 'job-%d')";
        Act act = act(BackupsAct.SCENARIO, "files deleted while jobs log");
        try (Connection database = open(act)) {
            assertThat(act.inspect(database)).contains("no event");
            try (Statement statement = database.createStatement()) {
                for (int job : new int[] {2, 3, 3, 5}) {
                    statement.executeUpdate(insert.formatted(job));
                }
            }
            assertThat(act.inspect(database))
                    .containsExactly(
                            "4 events of 3 jobs",
                            "jobs 2 to 5: events of only 3",
                            "the events before job 2 are missing");
        }
    }

    @Test
    void prayers_findRowsThatAreMissingAndRowsThatNobodyWrote() throws Exception {
        Act act = act(PrayersAct.SCENARIO, "all files lost while running");
        try (Connection database = open(
                act,
                "INSERT INTO prayer (author, text) VALUES ('author 1', 'For all of us')",
                "INSERT INTO sessions VALUES ('token-9', 'author 1', 'curl')")) {
            assertThat(act.inspect(database))
                    .contains(
                            "SELECT user_id, name, invited_by FROM users: missing [2, author 0, 1]",
                            "SELECT prayer_id, author, text FROM prayer: nobody wrote [1, author 1, For all of us]",
                            "SELECT prayer_id, user_name FROM prayer_marks: missing [1, author 2]",
                            "SELECT token, user_name, agent FROM sessions: nobody wrote [token-9, author 1, curl]");
        }
    }

    @Test
    void experiments_findRunsThatAreMissingUnfinishedOrChanged() throws Exception {
        Act act = act(ExperimentsAct.SCENARIO, "one table dropped");
        try (Connection database = open(act, "INSERT INTO experiments (name) VALUES ('second')", """
                INSERT INTO runs (experiment_id, config_leaf, seed, num_chunks, current_chunk, status) VALUES
                  (1, x'00', 1, 8, 7, 'COMPLETED'), (1, x'00', 1, 8, 8, 'COMPLETED')""")) {
            assertThat(act.inspect(database))
                    .contains(
                            "run 1: expected 8 chunks, found 7",
                            "run 1: its configuration is not what was written",
                            "run 2: expected STOPPED, found COMPLETED",
                            "experiment 'second': expected 4 runs, found 2")
                    .anyMatch(finding -> finding.contains("interactive_control"))
                    .anyMatch(finding -> finding.contains("controller_progress"));
        }
    }
}
