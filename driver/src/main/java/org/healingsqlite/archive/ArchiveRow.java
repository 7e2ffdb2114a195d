package org.healingsqlite.archive;

import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row of the archive, ready for its table.
 *
 * @param columns the same list for rows of one form
 * @param inserted what a new row has
 * @param said what the archive says of a row that may be there; null for nothing, where {@link #open} says that the column is left open, else for NULL
 * @param open columns of which the archive may say nothing; never changed
 */
record ArchiveRow(
        List<String> columns,
        List<@Nullable Object> inserted,
        List<@Nullable Object> said,
        BitSet open,
        RowIdentity identity) {}
