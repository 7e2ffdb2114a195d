package org.healingsqlite.demo.scenario;

import java.nio.file.Path;
import org.healingsqlite.demo.report.Lane;

/**
 * What an application asks of its database.
 *
 * @param fileName of the database
 * @param schema the resource with its schema
 * @param archive where the application keeps its rows as text, beside the database's directory; empty where it does not
 * @param options of healing, beside the schema; empty where it goes without
 * @param parameters for sqlite-jdbc, the same in both lanes
 */
record Blueprint(String fileName, String schema, String archive, String options, String parameters) {
    Blueprint(String fileName, String schema, String parameters) {
        this(fileName, schema, "", "", parameters);
    }

    /** The directory of the application's text. */
    Path archive(Path database) {
        return database.resolveSibling("../" + archive).normalize();
    }

    /** The URL the application is configured with: all that differs between the lanes. */
    String url(Lane lane, Path database) {
        return lane == Lane.PLAIN
                ? "jdbc:sqlite:" + database + "?" + parameters
                : "jdbc:healing:sqlite:" + database + "?healing.schema=classpath:" + schema
                        // The demo damages a database more often in a minute than a disk does in its life.
                        + "&healing.recurring=off"
                        + (archive.isEmpty() ? "" : "&healing.archive=" + archive(database))
                        + (options.isEmpty() ? "" : "&" + options) + "&" + parameters;
    }
}
