package org.healingsqlite.agent.door;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.heal.UrlOpener;
import org.healingsqlite.sqlite.OpeningTerms;
import org.healingsqlite.sqlite.Sqlite;

/** sqlite-jdbc's connections of one URL, which the agent itself leaves alone while they are opened. */
final class InnerConnections extends UrlOpener {
    InnerConnections(String url, Properties properties) {
        super(url, properties, null);
    }

    private InnerConnections(OpeningTerms ofExisting) {
        super(ofExisting.existingUrl(), ofExisting.existingProperties(), ofExisting);
    }

    @Override
    public Connection open() throws SQLException {
        return Sqlite.open(url(), properties());
    }

    @Override
    protected Opener ofExisting(OpeningTerms said) {
        return new InnerConnections(said);
    }
}
