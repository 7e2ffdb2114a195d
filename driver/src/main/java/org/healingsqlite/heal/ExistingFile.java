package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Opens connections to the file at the path as long as it is the same one. Only then they get their journal mode: in an empty file, WAL mode would be
 * begun with the index of the log that lies beside it, which others use for the file that was there before.
 *
 * @param opener neither creates the file nor sets a journal mode
 * @param journalMode empty where none was asked for
 */
public record ExistingFile(DatabaseFile file, Opener opener, String journalMode) implements Opener {

    @Override
    public Connection open() throws SQLException {
        FileIdentity before = file.identity();
        boolean held = file.sizeBytes() > 0;
        Connection connection = opener.open();
        try {
            if (!journalMode.isEmpty()) {
                if (held && (file.sizeBytes() <= 0 || before == null || !before.equals(file.identity()))) {
                    throw new SQLException(file.main() + " was taken away while it was being opened", "08001");
                }
                Sqlite.pragma(connection, "journal_mode = " + journalMode);
            }
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public Opener toExisting(DatabaseFile same) {
        return this;
    }

    @Override
    public boolean isReadOnly() {
        return opener.isReadOnly();
    }
}
