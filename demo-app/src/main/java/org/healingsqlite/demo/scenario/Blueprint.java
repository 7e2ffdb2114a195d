package org.healingsqlite.demo.scenario;

import java.nio.file.Path;
import org.healingsqlite.demo.report.Lane;

/**
 * What an application asks of its database.
 *
 * @param fileName of the database
 * @param schema the resource with its schema
 * @param parameters for sqlite-jdbc, the same in both lanes
 */
record Blueprint(String fileName, String schema, String parameters) {

    /** The URL the application is configured with: all that differs between the lanes. */
    String url(Lane lane, Path database) {
        return lane == Lane.PLAIN
                ? "jdbc:sqlite:" + database + "?" + parameters
                : "jdbc:healing:sqlite:" + database + "?healing.schema=classpath:" + schema + "&" + parameters;
    }
}
