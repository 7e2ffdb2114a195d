package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A recording of Java Flight Recorder has what happened to a database. */
class FlightRecordsTest {
    @TempDir
    Path directory;

    @Test
    void aRecordingHasTheIncidentAndTheStepsOfTheHeal() throws Exception {
        Path database = directory.toRealPath().resolve("app.db");
        Path file = directory.resolve("recording.jfr");
        try (Recording recording = new Recording()) {
            recording.start();
            try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
                Sql.run(connection, "CREATE TABLE item (name TEXT)");
                Sql.run(connection, "INSERT INTO item VALUES ('one')");
                Files.delete(database);
                Sql.run(connection, "INSERT INTO item VALUES ('two')");
            }
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        RecordedEvent incident = events.stream()
                .filter(event -> event.getEventType().getName().equals("healingsqlite.Incident"))
                .filter(event -> event.getString("database").equals(database.toString()))
                .findFirst()
                .orElseThrow();
        assertThat(incident.getString("component")).isEqualTo("file");
        assertThat(incident.getString("outcome")).isEqualTo("healed");
        assertThat(incident.getString("severity")).isEqualTo("LOW");
        assertThat(incident.getLong("rowsLost")).isZero();
        assertThat(events)
                .filteredOn(event -> event.getEventType().getName().equals("healingsqlite.Step"))
                .isNotEmpty();
    }
}
