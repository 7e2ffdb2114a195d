package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;

/** Opens physical connections to one database, all alike. */
public interface Opener {
    Connection open() throws SQLException;

    /** Whether they are opened so that they can never write. */
    boolean isReadOnly();
}
