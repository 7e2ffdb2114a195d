package org.healingsqlite.archive;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * By what rows of the archive are one beside the keys of the schema, and what holds where two places of it say something of one row. Immutable.
 *
 * @param key columns; empty where the schema's keys are enough
 * @param lastWins whether the later place is right where two contradict one another; empty for what the archive says
 * @param completes whether each place adds the columns that the earlier ones left open
 */
record RowIdentity(List<String> key, Optional<Boolean> lastWins, boolean completes) {
    RowIdentity {
        key = List.copyOf(key);
    }

    static RowIdentity of(TableForm table, Settings rules, boolean defaultTable) throws ArchiveException {
        List<String> given = rules.list("key." + table.name());
        List<String> key = new ArrayList<>();
        for (String name : given.isEmpty() && defaultTable ? rules.list("key") : given) {
            String column = table.column(name);
            if (column != null) {
                key.add(column);
            } else if (rules.second()) {
                throw new ArchiveException("A key of " + Manifest.FILE + " names " + name + ": table " + table.name()
                        + " has the columns " + table.columns());
            }
        }
        Optional<String> conflict = rules.get("conflict");
        return new RowIdentity(
                key,
                conflict.filter(rule -> rules.second()).map("last"::equalsIgnoreCase),
                rules.flag("complete") && rules.second());
    }
}
