package org.healingsqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.heal.ExistingFile;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.OpeningTerms;
import org.healingsqlite.sqlite.Sqlite;

/**
 * sqlite-jdbc's connections of one URL. What the caller asked for is verified: a connection with {@code foreign_keys=on} enforces them, or it is
 * not handed out.
 */
record PlainConnections(String url, Properties properties) implements Opener {

    private static final Log LOG = Log.of(PlainConnections.class);

    @Override
    public Connection open() throws SQLException {
        Connection connection = Sqlite.open(url, properties);
        if (Sqlite.asksForForeignKeys(connection) && !"1".equals(Sqlite.pragma(connection, "foreign_keys"))) {
            connection.close();
            LOG.error("Foreign keys are not enabled on {}: the connection is not handed out", url);
            throw new SQLException(
                    "Failed to enable foreign keys - data integrity cannot be guaranteed: foreign_keys=on was asked for "
                            + url + ", and PRAGMA foreign_keys does not give 1");
        }
        return connection;
    }

    @Override
    public Opener toExisting(DatabaseFile file, FileIdentity there) {
        return ExistingFile.of(file, there, url, properties, PlainConnections::new);
    }

    @Override
    public boolean isReadOnly() {
        return OpeningTerms.of(url, properties).isReadOnly();
    }

    @Override
    public boolean isOfExisting() {
        return OpeningTerms.of(url, properties).isOfExisting();
    }

    @Override
    public boolean sharesCache() {
        return OpeningTerms.of(url, properties).sharesCache();
    }
}
