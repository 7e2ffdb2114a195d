package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.files.Quarantine;
import org.healingsqlite.files.Quarantine.Evidence;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.repair.Undrop;
import org.healingsqlite.repair.UnusedPages;
import org.healingsqlite.salvage.SchemaTraces;
import org.healingsqlite.schema.ReturnedRows;
import org.healingsqlite.schema.SchemaDifference;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Tables that somebody has dropped and that a heal makes again. Their pages are free now and may hold their rows still, until the first of them is written to: so the
 * files are copied before anything of ours is. For one heal, in its turn.
 */
final class DroppedTables {
    private static final Log LOG = Log.of(DroppedTables.class);

    /** Where nothing is free, a row is gone from a page of the schema itself; these lie where tables were made, at the beginning. A release with new tables reads it all. */
    private static final long MOST_BYTES_OF_SCHEMA = 1 << 26;

    /** As for a whole check: who looks for pages that nothing leads to reads every page. */
    private static final long MOST_BYTES_TO_LOOK_THROUGH = 1L << 30;

    private final DatabaseFile file;
    private final HealingSettings settings;
    private final List<SchemaObject> tables;
    private final List<String> steps;
    private @Nullable Evidence evidence;
    private String nowhere = "no page that is free, or that nothing leads to, could hold them";

    private DroppedTables(DatabaseFile file, HealingSettings settings, List<SchemaObject> tables, List<String> steps) {
        this.file = file;
        this.settings = settings;
        this.tables = tables;
        this.steps = steps;
    }

    /**
     * Copies the files, where tables are missing and the files may tell of their rows.
     *
     * @param steps of the heal; says where the copy is
     * @throws IOException where no copy could be made: then nothing may be written
     */
    static DroppedTables keep(DatabaseFile file, HealingSettings settings, SchemaDifference missing, List<String> steps)
            throws IOException {
        DroppedTables dropped = new DroppedTables(file, settings, missing.objects(SchemaObject.Type.TABLE), steps);
        if (!dropped.tables.isEmpty()) {
            dropped.keep();
        }
        return dropped;
    }

    /**
     * As {@link #keep}, also of tables of which nobody here knows whether they were ever there: of those only the ones count as dropped whose names lie in the files
     * still. A new release has new tables.
     *
     * @param wasThere whether a table of that name has been seen in the database
     */
    static DroppedTables keepTraced(
            DatabaseFile file,
            HealingSettings settings,
            SchemaDifference missing,
            Predicate<String> wasThere,
            List<String> steps)
            throws IOException {
        List<SchemaObject> tables = missing.objects(SchemaObject.Type.TABLE);
        if (!tables.isEmpty() && file.sizeBytes() > 0) {
            HeldFile main = HeldFile.of(file);
            DatabaseHeader header = DatabaseHeader.of(main.head(DatabaseHeader.SIZE));
            Set<String> traces = header.plausible()
                    ? traces(
                            file,
                            main,
                            header.encoding().orElse(TextEncoding.UTF_8),
                            header.freelistCount() > 0 || !file.isLogEmpty())
                    : Set.of();
            tables = tables.stream()
                    .filter(table -> traces.contains(table.name()) || wasThere.test(table.name()))
                    .toList();
        }
        DroppedTables dropped = new DroppedTables(file, settings, tables, steps);
        if (!tables.isEmpty()) {
            dropped.keep();
        }
        return dropped;
    }

    private static Set<String> traces(DatabaseFile file, HeldFile main, TextEncoding encoding, boolean everywhere)
            throws IOException {
        Set<String> names = SchemaTraces.namesIn(
                (into, at) -> everywhere || at < MOST_BYTES_OF_SCHEMA ? main.read(into, at) : -1, encoding);
        if (!file.isLogEmpty()) {
            try (FileChannel log = FileChannel.open(file.wal(), StandardOpenOption.READ)) {
                names.addAll(SchemaTraces.namesIn(log::read, encoding));
            }
        }
        return names;
    }

    private void keep() throws IOException {
        HeldFile main = HeldFile.of(file);
        DatabaseHeader header = DatabaseHeader.of(main.head(DatabaseHeader.SIZE));
        if (!header.plausible()) {
            nowhere = "the database has no header that could tell of its pages";
            return;
        }
        Instant now = Instant.now();
        try (Connection reader = reader(file, settings)) {
            if (file.isLogEmpty() && header.freelistCount() == 0 && !hasUnusedPages(reader, main)) {
                return;
            }
            evidence = new Quarantine(file).keepDropped(main, now);
        } catch (SQLException e) {
            throw new IOException("the files could not be kept as they are: " + Disclosure.message(e), e);
        }
        QuarantineBounds.hold(file, settings, now);
        steps.add("kept the files as they were without " + names() + " in " + evidence.main());
    }

    /** Whoever deletes rows of {@code sqlite_schema} by hand leaves the pages to which they led. */
    private boolean hasUnusedPages(Connection reader, HeldFile main) throws IOException {
        if (main.size() > MOST_BYTES_TO_LOOK_THROUGH) {
            nowhere =
                    "no page is free, and nobody has looked for pages that nothing leads to: the database has more than "
                            + MOST_BYTES_TO_LOOK_THROUGH + " bytes";
            return false;
        }
        try {
            return !UnusedPages.of(reader).isEmpty();
        } catch (SQLException e) {
            LOG.debug("{}: a copy may be in vain: {}", file.main(), Disclosure.message(e));
            return true;
        }
    }

    /** Reads as long as the files are copied, so that no commit and no checkpoint changes what the copy is made of; where a writer lets nobody read, it has to do without. */
    static Connection reader(DatabaseFile file, HealingSettings settings) throws SQLException {
        Connection reader = Sqlite.open(file.main(), Access.READ_ONLY.waiting(settings.waitLimit()));
        try {
            Sqlite.execute(reader, "BEGIN");
            Sqlite.pragma(reader, "schema_version");
        } catch (SQLException e) {
            LOG.debug("{}: copied without a lock: {}", file.main(), Disclosure.message(e));
        }
        return reader;
    }

    private String names() {
        return tables.stream().map(SchemaObject::name).collect(Collectors.joining(", "));
    }

    /**
     * Gives the tables, which are there again, what rows of them are left, where that is wanted.
     *
     * @param nested whether the connection is in a transaction of the application
     * @return what is lost, as far as it is known
     */
    Loss giveBack(Connection connection, boolean nested) throws SQLException, IOException {
        if (tables.isEmpty()) {
            return Loss.NONE;
        }
        Evidence kept = evidence;
        if (kept == null) {
            return Loss.unknown("whatever rows these tables had: " + names() + "; " + nowhere);
        }
        if (!settings.restoresDropped()) {
            return Loss.unknown("whatever rows these tables had: " + names() + "; what is left of them is in "
                    + kept.main() + ", and healing-sqlite undrop brings it back");
        }
        Map<String, String> wanted = new LinkedHashMap<>();
        tables.forEach(table -> wanted.put(table.name(), table.sql()));
        Completeness rows = Completeness.whole();
        Content values = Content.VERIFIED;
        List<String> lost = new ArrayList<>();
        try (Undrop undrop = new Undrop(file, kept)) {
            for (Undrop.Recovered table : undrop.recover(wanted)) {
                ReturnedRows.Returned returned = Undrop.giveBack(connection, nested, table);
                Completeness ofTable = table.completeness().and(refused(returned.refused()));
                rows = rows.and(ofTable);
                values = values.and(table.content());
                if (table.database() != null) {
                    steps.add("brought back " + returned.inserted() + " rows of table " + table.name() + ", "
                            + table.how());
                }
                if (!ofTable.isWhole()) {
                    lost.add(table.name() + ": " + ofTable);
                }
            }
        }
        return new Loss(rows, values, lost.isEmpty() ? "" : String.join("; ", lost) + "; see " + kept.main());
    }

    /** What it means for a table that it does not take some rows. */
    static Completeness refused(long rows) {
        return rows == 0
                ? Completeness.whole()
                : Completeness.of(rows, OptionalLong.of(rows), List.of(), "rows that the table does not take");
    }
}
