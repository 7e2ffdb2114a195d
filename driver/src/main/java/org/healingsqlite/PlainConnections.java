package org.healingsqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.heal.UrlOpener;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.OpeningTerms;
import org.healingsqlite.sqlite.Sqlite;

/**
 * sqlite-jdbc's connections of one URL. What the caller asked for is verified: a connection with {@code foreign_keys=on} enforces them, or it is
 * not handed out.
 */
final class PlainConnections extends UrlOpener {

    private static final Log LOG = Log.of(PlainConnections.class);

    PlainConnections(String url, Properties properties) {
        super(url, properties, null);
    }

    private PlainConnections(OpeningTerms ofExisting) {
        super(ofExisting.existingUrl(), ofExisting.existingProperties(), ofExisting);
    }

    @Override
    public Connection open() throws SQLException {
        Connection connection = Sqlite.open(url(), properties());
        if (terms().asksForForeignKeys() && !"1".equals(Sqlite.pragma(connection, "foreign_keys"))) {
            connection.close();
            LOG.error("Foreign keys are not enabled on {}: the connection is not handed out", url());
            throw new SQLException(
                    "Failed to enable foreign keys - data integrity cannot be guaranteed: foreign_keys=on was asked for "
                            + url() + ", and PRAGMA foreign_keys does not give 1");
        }
        return connection;
    }

    @Override
    protected Opener ofExisting(OpeningTerms said) {
        return new PlainConnections(said);
    }
}
