package org.healingsqlite.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Set;
import java.util.stream.Collectors;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HealingMetricsTest {
    @TempDir
    Path directory;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private Path database;
    private Connection connection;

    @BeforeEach
    void open() throws Exception {
        database = directory.resolve("app.db");
        connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database);
        Sql.run(connection, "CREATE TABLE item (name TEXT)");
        Sql.run(connection, "INSERT INTO item VALUES ('one')");
    }

    @AfterEach
    void close() throws Exception {
        connection.close();
    }

    private void bind() throws Exception {
        new HealingMetrics(Healing.of(connection), "app").bindTo(registry);
    }

    private double gauge(String name) {
        return registry.get("healing.sqlite." + name)
                .tag("database", "app")
                .gauge()
                .value();
    }

    @Test
    void s1_28_healsAreCountedAndTimedByComponentAndOutcome() throws Exception {
        bind();
        Files.delete(database);
        Sql.run(connection, "INSERT INTO item VALUES ('two')");

        assertThat(registry.get("healing.sqlite.incidents")
                        .tags("component", "file", "outcome", "healed", "severity", "low")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("healing.sqlite.heals")
                        .tags("component", "file", "outcome", "healed")
                        .timer()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("healing.sqlite.rows.lost").counter().count()).isZero();
        assertThat(registry.find("healing.sqlite.steps").counters()).isNotEmpty();
    }

    @Test
    void aDatabaseThatServesAndSomebodyShouldLookAtIsNotOneThatDoesNotServe() throws Exception {
        bind();
        Healing.of(connection).observe();
        assertThat(gauge("serving")).isEqualTo(1);
        assertThat(gauge("degraded")).isEqualTo(1);

        // Nothing is healed, and what is at the path is no database.
        Path foreign = Files.writeString(directory.resolve("other.db"), "x".repeat(8192));
        SimpleMeterRegistry other = new SimpleMeterRegistry();
        new HealingMetrics(Healing.of(foreign, new java.util.Properties()), "other").bindTo(other);
        assertThat(other.get("healing.sqlite.serving").gauge().value()).isZero();
        assertThat(other.get("healing.sqlite.degraded").gauge().value()).isZero();
    }

    @Test
    void s1_24_theDocumentationListsTheMetersThatThereAre() throws Exception {
        bind();
        Files.delete(database);
        Sql.run(connection, "INSERT INTO item VALUES ('two')");
        assertThat(gauge("incidents.unresolved")).isZero();
        assertThat(registry.get("healing.sqlite.breaker")
                        .tag("breaker", "healing")
                        .gauge()
                        .value())
                .isZero();
        assertThat(registry.get("healing.sqlite.initialisations")
                        .tag("result", "failure")
                        .functionCounter()
                        .count())
                .isZero();
        Set<String> there = registry.getMeters().stream()
                .map(Meter::getId)
                .map(id -> "`" + id.getName() + "`")
                .collect(Collectors.toSet());
        String page = Files.readString(Path.of("../docs/operations.md"));
        Set<String> listed = page.lines()
                .filter(line -> line.startsWith("| `healing.sqlite."))
                .map(line -> line.split("\\|", -1)[1].strip())
                .collect(Collectors.toSet());
        assertThat(listed).isEqualTo(there);
    }
}
