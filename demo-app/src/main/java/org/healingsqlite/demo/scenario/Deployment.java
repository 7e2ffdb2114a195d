package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.healingsqlite.Healing;
import org.healingsqlite.demo.report.Calls;
import org.healingsqlite.demo.report.Lane;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Outcome;

/**
 * One lane of an act: where the application's database is, how the application reaches it, and what its client sees.
 *
 * @param database the file, in a directory of its own
 */
record Deployment(Lane lane, Path database, String url, Calls calls) {

    private static final int MOST_INCIDENTS = 10_000;

    /** Installs the database as the application's installation would, whatever the lane: with plain sqlite-jdbc. */
    static Deployment install(Blueprint blueprint, Lane lane, Path directory) throws IOException, SQLException {
        Path database = Files.createDirectories(directory.resolve(lane.label()).resolve("var"))
                .resolve(blueprint.fileName());
        try (Connection connection = DriverManager.getConnection(blueprint.url(Lane.PLAIN, database));
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(Resource.text(blueprint.schema()));
        }
        return new Deployment(lane, database, blueprint.url(lane, database), new Calls());
    }

    /** How long each heal took, as the driver has it on record. */
    List<Duration> heals() throws SQLException {
        if (lane == Lane.PLAIN) {
            return List.of();
        }
        try (Connection connection = DriverManager.getConnection(url)) {
            return Healing.of(connection).history(MOST_INCIDENTS).stream()
                    .filter(incident -> incident.outcome() instanceof Outcome.Healed)
                    .map(Incident::elapsed)
                    .toList();
        }
    }

    /** A connection that looks at what is really in the file, and changes nothing of it. */
    Connection inspect() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:file:" + database + "?mode=ro");
    }
}
