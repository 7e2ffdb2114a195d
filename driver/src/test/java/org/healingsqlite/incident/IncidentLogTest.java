package org.healingsqlite.incident;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;
import org.healingsqlite.files.DatabaseFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IncidentLogTest {
    @TempDir
    Path directory;

    private DatabaseFile database;
    private IncidentLog log;

    @BeforeEach
    void create() {
        database = DatabaseFile.at(directory.resolve("app.db"));
        log = new IncidentLog(database);
    }

    private Incident incident(Instant moment, Outcome outcome) {
        return Incident.of(
                Incident.newId(moment),
                database.main(),
                moment,
                Duration.ofMillis(7),
                "no such table: t",
                "objects are missing",
                List.of("a", "b"),
                outcome,
                Component.SCHEMA);
    }

    @Test
    void whatIsAppendedIsReadBackNewestFirst() throws Exception {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        Incident older = incident(now.minusSeconds(60), new Outcome.Healed("created", new Loss(3, "three rows")));
        Incident newer = incident(now, new Outcome.GaveUp("could not", null));
        log.append(older);
        log.append(newer);

        assertThat(log.recent(10)).containsExactly(newer, older);
        assertThat(log.recent(1)).containsExactly(newer);
    }

    @Test
    void aLogThatIsGarbageIsPutAsideAndBegunAnew() throws Exception {
        Files.createDirectories(database.side().path());
        Files.writeString(
                database.side().incidents(), "this is no database, but it may be somebody's evidence".repeat(100));
        Incident incident = incident(Instant.now().truncatedTo(ChronoUnit.MILLIS), new Outcome.Healthy("fine"));
        log.append(incident);

        assertThat(log.recent(10)).containsExactly(incident);
        try (Stream<Path> kept = Files.list(database.side().quarantine())) {
            assertThat(kept.map(path -> path.getFileName().toString()))
                    .anyMatch(name -> name.startsWith("incidents_corrupted_"));
        }
    }

    @Test
    void aDirectoryThatIsGoneIsNotMadeAgainForTheLog() throws Exception {
        Files.delete(directory);
        log.append(incident(Instant.now(), new Outcome.Healthy("fine")));
        IncidentLog.await(Duration.ofMinutes(1));

        assertThat(directory).doesNotExist();
        Files.createDirectory(directory);
    }

    @Test
    void thereIsNoLogBeforeTheFirstIncident() throws Exception {
        assertThat(log.recent(10)).isEmpty();
        assertThat(database.side().path()).doesNotExist();
    }
}
