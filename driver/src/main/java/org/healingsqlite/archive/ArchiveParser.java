package org.healingsqlite.archive;

import java.io.IOException;
import org.healingsqlite.api.Experimental;

/**
 * Turns the files of one format into rows. Parsers of an application's own are found with {@link java.util.ServiceLoader}; a manifest names them by
 * their format. One instance serves all files and keeps nothing between them.
 *
 * <p>A parser reads the file as a stream, keeps at most one record of it, and never stops at the first record that it cannot read: that one is a
 * problem with its line, and the next one counts again. Values are bound by whoever consumes them, so a parser does not escape anything.
 */
@Experimental
public interface ArchiveParser {

    /** The word by which a manifest names it. */
    String format();

    /**
     * Parses a file.
     *
     * @throws IOException where reading fails, or the consumer refuses to go on
     */
    void parse(ArchiveFile file, RowConsumer rows) throws IOException;
}
