package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/** Opens plain connections to one file, and tells which. */
final class FakeOpener implements Opener {
    final List<Connection> opened = new ArrayList<>();
    int toExisting;

    /** Runs before each connection is opened. */
    Runnable before = () -> {};

    private final DatabaseFile file;
    private final Access access;

    FakeOpener(DatabaseFile file, Access access) {
        this.file = file;
        this.access = access;
    }

    @Override
    public Connection open() throws SQLException {
        before.run();
        Connection connection = Sqlite.open(file.main(), access);
        opened.add(connection);
        return connection;
    }

    @Override
    public Opener toExisting(DatabaseFile there, FileIdentity identity) {
        toExisting++;
        return this;
    }

    @Override
    public boolean isReadOnly() {
        return access.equals(Access.READ_ONLY);
    }
}
