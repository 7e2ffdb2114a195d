package org.healingsqlite.salvage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a salvage brought back and what it did not.
 *
 * @param tables in the order of the schema
 * @param objects every schema object that was found or given
 * @param lostAndFoundRows rows that no table could claim
 */
public record SalvageReport(List<TableReport> tables, List<ObjectReport> objects, long lostAndFoundRows) {

    /**
     * One table.
     *
     * @param recovered rows in the new database
     * @param lost rows that are known to be lost
     * @param doubtful rows in lost and found because the table's constraints refuse them
     */
    public record TableReport(String name, long recovered, long lost, long doubtful) {}

    /**
     * One schema object.
     *
     * @param type table, index, view or trigger
     * @param source where its statement was found
     * @param problem why it is not in the new database; empty if it is
     */
    public record ObjectReport(String type, String name, String source, Optional<String> problem) {}

    public SalvageReport {
        tables = List.copyOf(tables);
        objects = List.copyOf(objects);
    }

    static final class Builder {
        private final List<TableReport> tables = new ArrayList<>();
        private final List<ObjectReport> objects = new ArrayList<>();
        private long lostAndFoundRows;

        void table(TableTree table, TableWriter.Tally tally, long lostCells) {
            tables.add(new TableReport(table.object().name(), tally.written(), lostCells, tally.refused()));
        }

        void object(SchemaObject object, Optional<String> problem) {
            objects.add(new ObjectReport(
                    object.type().name().toLowerCase(Locale.ROOT),
                    object.name(),
                    object.origin().toString(),
                    problem));
        }

        boolean schemaDamaged() {
            return objects.isEmpty()
                    || objects.stream().anyMatch(o -> o.problem().isPresent());
        }

        void lostAndFound(long rows) {
            lostAndFoundRows = rows;
        }

        SalvageReport build() {
            return new SalvageReport(tables, objects, lostAndFoundRows);
        }
    }
}
