package org.healingsqlite.agent.door;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.sqlite.Sqlite;

/** sqlite-jdbc's connections of one URL, which the agent itself leaves alone while they are opened. */
record InnerConnections(String url, Properties properties) implements Opener {
    private static final String OPEN_MODE = "open_mode";

    /** Source: SQLite documentation, "Flags For File Open Operations". */
    private static final int READ_WRITE = 0x2;

    private static final int OPEN_URI = 0x40;

    @Override
    public Connection open() throws SQLException {
        return Sqlite.open(url, properties);
    }

    /** The same connections, which do not create the file: for reading what is there. */
    InnerConnections toExistingFile() {
        Properties existing = new Properties();
        properties.stringPropertyNames().forEach(name -> existing.setProperty(name, properties.getProperty(name)));
        if (existing.getProperty(OPEN_MODE) == null) {
            existing.setProperty(OPEN_MODE, Integer.toString(READ_WRITE | OPEN_URI));
        }
        return new InnerConnections(url, existing);
    }

    @Override
    public boolean isReadOnly() {
        return Sqlite.opensReadOnly(url, properties);
    }
}
