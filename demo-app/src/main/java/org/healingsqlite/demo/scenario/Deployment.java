package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.healingsqlite.demo.report.Calls;
import org.healingsqlite.demo.report.Lane;

/**
 * One lane of an act: where the application's database is, how the application reaches it, and what its client sees.
 *
 * @param database the file, in a directory of its own
 */
record Deployment(Path database, String url, Calls calls) {

    /** Installs the database as the application's installation would, whatever the lane: with plain sqlite-jdbc. */
    static Deployment install(Blueprint blueprint, Lane lane, Path directory) throws IOException, SQLException {
        Path database = Files.createDirectories(directory.resolve(lane.label()).resolve("var"))
                .resolve(blueprint.fileName());
        try (Connection connection = DriverManager.getConnection(blueprint.url(Lane.PLAIN, database));
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(Resource.text(blueprint.schema()));
        }
        return new Deployment(database, blueprint.url(lane, database), new Calls());
    }

    /** A connection that looks at what is really in the file, and changes nothing of it. */
    Connection inspect() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:file:" + database + "?mode=ro");
    }
}
