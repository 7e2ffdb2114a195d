package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.archive.RowSupply;

/** What a restore may take new content from, beside the damaged files. */
public interface ContentSources {
    /**
     * Copies what a connection sees that holds the file open, outside of any transaction and without an open result set, so that what it reads is the
     * newest there is; its cache may be whole.
     *
     * @return whether there is such a connection
     */
    boolean copyOfHolder(Path target) throws SQLException, IOException;

    /** What is known of the schema, as a script; empty where nothing is. */
    String schema() throws SQLException;

    /** Rows from elsewhere; the same object each time. */
    RowSupply supply();

    /** Whether the archive has every commit that was acknowledged here. */
    boolean archiveIsCurrent();

    /** Gives new content the schema that is known, as far as it is missing. */
    void completeSchema(Connection newContent) throws SQLException;

    /**
     * Adds to the new content what a database should have and it has not.
     *
     * @param lossy whether rows were lost, so that a table without rows may be one that has lost them
     */
    void complete(Connection newContent, boolean lossy) throws SQLException;
}
