package org.healingsqlite.demo.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.healingsqlite.demo.report.Lane;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each breakage does what it says, and the inspection sees it. */
class BreakageTest {
    private static final Blueprint TRAINER = new Blueprint("app.db", "schemas/trainer.sql", "journal_mode=WAL");

    @TempDir
    Path directory;

    private Deployment deployment;

    @BeforeEach
    void install() throws Exception {
        deployment = Deployment.install(TRAINER, Lane.PLAIN, directory);
    }

    private List<String> findings() throws Exception {
        try (Connection database = deployment.inspect()) {
            return SchemaInspection.findings(database, TRAINER.schema());
        }
    }

    @Test
    void aFreshInstallationLacksNothing() throws Exception {
        assertThat(findings()).isEmpty();
        try (Connection database = deployment.inspect()) {
            assertThat(SchemaInspection.rows(database)).isEqualTo(8);
        }
    }

    @Test
    void deletedFilesAreGoneWithTheirSideFiles() throws Exception {
        Path wal = Files.createFile(Path.of(deployment.database() + "-wal"));
        new FilesDeleted().strike(deployment.database());

        assertThat(deployment.database()).doesNotExist();
        assertThat(wal).doesNotExist();
    }

    @Test
    void aRemovedDirectoryIsGone() throws Exception {
        new DirectoryRemoved().strike(deployment.database());

        assertThat(deployment.database().getParent()).doesNotExist();
    }

    @Test
    void anotherProcessDropsATable() throws Exception {
        SqlElsewhere.dropTables("runs", "gpu_slots").strike(deployment.database());

        assertThat(findings()).containsExactly("missing: table runs", "missing: table gpu_slots");
    }

    @Test
    void anotherProcessDropsAColumn() throws Exception {
        SqlElsewhere.dropColumn("runs", "updated_at").strike(deployment.database());

        assertThat(findings()).containsExactly("missing: column runs.updated_at TEXT");
    }

    @Test
    void aFailureOfTheOtherProcessIsNotSilent() {
        assertThatThrownBy(() -> SqlElsewhere.dropTables("unknown").strike(deployment.database()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no such table: unknown");
    }

    @Test
    void theDatabaseOfAnOlderReleaseLacksTheNewColumnsAndTheirConstraints() throws Exception {
        new OlderRelease("schemas/trainer-older-release.sql", "").strike(deployment.database());

        assertThat(findings())
                .contains("missing: column runs.digest TEXT", "missing: UNIQUE on runs (digest)")
                .noneMatch(finding -> finding.contains("gpu_slots"));
    }

    @Test
    void seededRowsThatAreNotThereAreFound() throws Exception {
        new SqlElsewhere("DELETE FROM gpu_slots WHERE slot > 4").strike(deployment.database());

        assertThat(findings()).containsExactly("table gpu_slots: expected 8 seeded rows, found 5");
    }

    @Test
    void aLockKeepsOthersFromWriting() throws Exception {
        new LockedElsewhere(Duration.ofSeconds(5)).strike(deployment.database());

        String url = "jdbc:sqlite:" + deployment.database() + "?busy_timeout=0";
        try (Connection database = DriverManager.getConnection(url);
                Statement statement = database.createStatement()) {
            assertThatThrownBy(() -> statement.executeUpdate("DELETE FROM gpu_slots"))
                    .hasMessageContaining("SQLITE_BUSY");
        }
    }
}
