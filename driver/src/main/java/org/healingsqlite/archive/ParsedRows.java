package org.healingsqlite.archive;

import java.io.IOException;
import org.healingsqlite.api.Experimental;

/** Gives the rows that a file of an archive was parsed into before, in place of parsing it. */
@FunctionalInterface
@Experimental
public interface ParsedRows {

    /** Gives the rows of a file, in its order; none for a file that is to be left out. */
    void giveTo(ArchiveFile file, RowConsumer rows) throws IOException;
}
