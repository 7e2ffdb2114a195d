package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.jspecify.annotations.Nullable;

/** Opens physical connections to one database, all alike. */
@Internal
public interface Opener {
    Connection open() throws SQLException;

    /**
     * The same connections, to the file that is there: it is not created, and one that was put in its place, empty, does not become a database that
     * shares the log of the lost one.
     *
     * @param there the one that is there; what has taken its place when they are opened is not opened
     */
    Opener toExisting(DatabaseFile file, FileIdentity there);

    /** Whether they are opened so that they can never write. */
    boolean isReadOnly();

    /** The one file that they open; null where they open what is at the path. */
    default @Nullable FileIdentity only() {
        return null;
    }

    /** Whether they create no file where none is: the application has said so. */
    default boolean isOfExisting() {
        return false;
    }

    /** Whether they share one cache: one of them cannot be taken to another file without the others. */
    default boolean sharesCache() {
        return false;
    }
}
