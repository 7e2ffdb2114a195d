package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.schema.FileShape;

/**
 * Opens connections to the file at the path as long as it is the same one. Only then they get their journal mode: in an empty file, WAL mode would be
 * begun with the index of the log that lies beside it, which others use for the file that was there before.
 *
 * @param there who is at the path
 * @param opener neither creates the file nor sets a journal mode
 * @param journalMode empty where none was asked for
 */
@Internal
public record ExistingFile(DatabaseFile file, FileIdentity there, Opener opener, String journalMode) implements Opener {

    @Override
    public Connection open() throws SQLException {
        refuseOther();
        return openSeen();
    }

    /** The same, for who has just seen that it is the same one. */
    Connection openSeen() throws SQLException {
        Connection connection = opener.open();
        try {
            refuseOther();
            if (!journalMode.isEmpty()) {
                FileShape.change(connection, "PRAGMA journal_mode = " + journalMode);
            }
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private void refuseOther() throws SQLException {
        if (!there.equals(file.identity())) {
            throw new TakenAwayException(file);
        }
    }

    @Override
    public Opener toExisting(DatabaseFile same, FileIdentity now) {
        return new ExistingFile(same, now, opener, journalMode);
    }

    @Override
    public FileIdentity only() {
        return there;
    }

    @Override
    public boolean isReadOnly() {
        return opener.isReadOnly();
    }
}
