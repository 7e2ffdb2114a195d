package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.healingsqlite.testkit.Waiting.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.IncidentEntry;
import org.healingsqlite.incident.IncidentQuery;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Commands that run after a heal, as whoever replicates the file needs them. */
@EnabledOnOs(OS.LINUX)
class HooksTest {
    private static final String RESCUE = "healing.afterRescueCommand";
    private static final String HEAL = "healing.afterHealCommand";

    @TempDir
    Path directory;

    private Path database;
    private Path told;

    @BeforeEach
    void setTheCommands() {
        database = directory.resolve("app.db");
        told = directory.resolve("told");
        System.setProperty(RESCUE, "echo rescued $HEALING_DATABASE $HEALING_SEVERITY >> '" + told + "'");
        System.setProperty(HEAL, "echo healed $HEALING_DATABASE >> '" + told + "'");
    }

    @AfterEach
    void removeTheCommands() {
        System.clearProperty(RESCUE);
        System.clearProperty(HEAL);
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database);
    }

    @Test
    void theyAreToldOfWhatWasHealed() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "CREATE TABLE t (x)", "CREATE TABLE u (x)", "INSERT INTO u VALUES (1)");
            Files.delete(database);
            assertThat(Healing.of(connection).verify()).isTrue();
            await().until(() -> Files.exists(told) && Files.readAllLines(told).size() == 1);

            Sql.runElsewhere(database, "DROP TABLE t");
            assertThat(Sql.rows(connection, "SELECT * FROM t")).isEmpty();
            await().until(() -> Files.readAllLines(told).size() == 2);
        }
        assertThat(Files.readAllLines(told))
                .containsExactly("rescued " + database.toRealPath() + " low", "healed " + database.toRealPath());
    }

    @Test
    void aCommandThatFailsIsAnIncident() throws Exception {
        System.setProperty(RESCUE, "SECRET=value nosuchcommand --password secret");
        try (Connection connection = open()) {
            Sql.run(connection, "CREATE TABLE t (x)");
            Files.delete(database);
            assertThat(Healing.of(connection).verify()).isTrue();

            await().untilAsserted(() -> assertThat(
                            Healing.of(connection).incidents().search(IncidentQuery.newest(9)))
                    .map(IncidentEntry::incident)
                    .filteredOn(incident -> incident.component().equals(Component.NOTIFICATION.word()))
                    .singleElement()
                    .satisfies(incident -> assertThat(incident.fault()).isEqualTo("the command nosuchcommand failed"))
                    .satisfies(incident -> assertThat(incident.diagnosis()).isEqualTo("it ended with status 127"))
                    .satisfies(incident -> assertThat(incident.toString())
                            .doesNotContain("secret")
                            .doesNotContain("value")));
        }
    }

    /** What is healthy runs nothing. */
    @Test
    void nothingRunsWhereNothingWasHealed() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "CREATE TABLE t (x)");
            assertThat(Healing.of(connection).verify()).isTrue();
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM nowhere"))
                    .isInstanceOf(SQLException.class);
        }
        assertThat(told).doesNotExist();
    }

    /** A URL may be anybody's: the driver refuses it, and the agent reads no options there. */
    @Test
    void aUrlGivesNoCommand() throws Exception {
        removeTheCommands();
        try (Connection connection =
                DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?" + RESCUE + "=touch%20" + told)) {
            Sql.run(connection, "CREATE TABLE t (x)");
            Files.delete(database);
            assertThat(Healing.of(connection).verify()).isTrue();
        } catch (SQLException refused) {
            assertThat(refused.getMessage()).contains(RESCUE);
        }
        assertThat(told).doesNotExist();
    }
}
