package org.healingsqlite.agent.door;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.heal.ExistingFile;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.sqlite.OpeningTerms;
import org.healingsqlite.sqlite.Sqlite;

/** sqlite-jdbc's connections of one URL, which the agent itself leaves alone while they are opened. */
record InnerConnections(String url, Properties properties) implements Opener {
    @Override
    public Connection open() throws SQLException {
        return Sqlite.open(url, properties);
    }

    @Override
    public Opener toExisting(DatabaseFile file, FileIdentity there) {
        return ExistingFile.of(file, there, url, properties, InnerConnections::new);
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
