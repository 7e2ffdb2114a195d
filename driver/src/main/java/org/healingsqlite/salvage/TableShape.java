package org.healingsqlite.salvage;

import java.util.List;
import org.healingsqlite.format.RecordCursor;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of a table lie in records, as SQLite itself understands the table's statement.
 *
 * @param rootPage 0 if not known
 * @param stored the columns that records hold, in their order there; virtual generated columns are absent
 * @param keyOrder how the records of a table without rowid are ordered; null for others, and if a collation is not SQLite's own
 * @param keyFields how many fields at the front of the record are the key of a table without rowid; 0 for others
 * @param indexes those of which every entry can be computed from a row, and whose root is known
 * @param allIndexes what the entries of each index look like, be it one on expressions, with a condition, or one whose root is not known
 * @param rowidName a name for the rowid that no column hides; empty if there is none, or no rowid
 */
record TableShape(
        String name,
        int rootPage,
        boolean withoutRowid,
        List<Column> stored,
        String rowidName,
        int keyFields,
        @Nullable KeyOrder keyOrder,
        List<IndexShape> indexes,
        List<IndexShape> allIndexes) {

    /**
     * One stored column.
     *
     * @param rowidAlias its value is the rowid, and records hold NULL
     * @param generated STORED: in the record, computed again on insert
     * @param defaulted has a default that records may leave out
     */
    record Column(
            String name,
            Affinity affinity,
            boolean notNull,
            boolean rowidAlias,
            boolean generated,
            boolean defaulted) {}

    /**
     * An index.
     *
     * @param rootPage 0 if not known
     * @param fields positions in the table's record, in the order of the index; {@link #ROWID} for the rowid, {@link #COMPUTED} for what is in no record
     * @param keyOrder how the entries are ordered; null if a collation is not SQLite's own
     */
    record IndexShape(
            String name,
            int rootPage,
            boolean unique,
            List<Integer> fields,
            int keyFields,
            @Nullable KeyOrder keyOrder) {
        static final int ROWID = -1;
        static final int COMPUTED = -2;
    }

    TableShape {
        stored = List.copyOf(stored);
        indexes = List.copyOf(indexes);
        allIndexes = List.copyOf(allIndexes);
    }

    boolean hasRowidAlias() {
        return stored.stream().anyMatch(Column::rowidAlias);
    }

    /** Whether SQLite could have stored this record as a row of the table. */
    boolean fits(RecordCursor record) {
        return fits(record, true);
    }

    /** Whether the table can hold this record, although a constraint that was added later may forbid it. */
    boolean holds(RecordCursor record) {
        return fits(record, false);
    }

    private boolean fits(RecordCursor record, boolean constrained) {
        int fields = record.count();
        int columns = stored.size();
        if (fields == 0 || fields > columns || fields < keyFields) {
            return false;
        }
        // Entries of an index, or rows of another table, have fewer fields as well; a row from before a column was
        // added is what its columns are made for.
        boolean shortened = withoutRowid && fields < columns;
        for (int i = 0; i < fields; i++) {
            Column column = stored.get(i);
            if (shortened && !column.affinity().expects(record, i)) {
                return false;
            }
            if (column.rowidAlias()) {
                if (!record.isNull(i)) {
                    return false;
                }
            } else if (record.isNull(i)) {
                if (constrained && column.notNull()) {
                    return false;
                }
            } else if (!column.affinity().canStore(record, i)) {
                return false;
            }
        }
        for (int i = fields; i < columns; i++) {
            Column column = stored.get(i);
            // ALTER TABLE ADD COLUMN demands a default for NOT NULL, and adds no key.
            if (column.rowidAlias() || (constrained && column.notNull() && !column.defaulted())) {
                return false;
            }
        }
        return true;
    }

    /** Whether every column has a value, and the value is what its column is made for. Rows from before a column was added have none for it. */
    boolean expects(RecordCursor record) {
        if (record.count() < stored.size()) {
            return false;
        }
        for (int i = 0; i < record.count(); i++) {
            if (!stored.get(i).affinity().expects(record, i)) {
                return false;
            }
        }
        return true;
    }
}
