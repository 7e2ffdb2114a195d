package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.healingsqlite.schema.SchemaException;

/** Creates what comes after the rows: indexes, each when its table's rows are there, then virtual tables over their shadow tables, then views, then triggers. */
final class SchemaWriter {

    private final NewDatabase database;
    private final List<SchemaObject> objects;
    private final Map<SchemaObject, Optional<String>> indexes = new ConcurrentHashMap<>();
    private final LostAndFound lostAndFound;
    private final SalvageReport.Builder report;
    private final Progress progress;
    private final KeptOrder keptOrder;

    SchemaWriter(
            NewDatabase database,
            List<SchemaObject> objects,
            LostAndFound lostAndFound,
            SalvageReport.Builder report,
            Progress progress,
            KeptOrder keptOrder) {
        this.keptOrder = keptOrder;
        this.lostAndFound = lostAndFound;
        this.objects = objects;
        this.database = database;
        this.report = report;
        this.progress = progress;
    }

    /** Creates the indexes of a table, in whatever thread has the connection. */
    void createIndexes(String table) {
        for (SchemaObject object : objects) {
            // Automatic indexes come with their tables.
            if (object.type() == ObjectType.INDEX
                    && object.sql() != null
                    && object.table().equalsIgnoreCase(table)
                    && !mayBeForApplication(object)) {
                indexes.computeIfAbsent(object, database::createIndex);
            }
        }
    }

    /** Tells of the indexes that are being created, and gives leave to stop. */
    void tellOfIndexes() {
        for (SchemaObject object : objects) {
            if (object.type() == ObjectType.INDEX && object.sql() != null) {
                tellOf(object);
            }
        }
    }

    private void tellOf(SchemaObject object) {
        progress.phase("index, view or trigger " + object.name(), 0);
    }

    /** Creates the rest. */
    void finish() throws IOException {
        create(ObjectType.INDEX, object -> !mayBeForApplication(object));
        database.commit();
        database.tighten();
        create(ObjectType.INDEX, this::mayBeForApplication);
        keepConstraints();
        List<SchemaObject> virtual = new ArrayList<>();
        for (SchemaObject object : objects) {
            if (object.isVirtualTable()) {
                Optional<String> unreadable = NewDatabase.unreadable(object);
                if (unreadable.isPresent()) {
                    report.object(object, unreadable);
                } else {
                    database.insertVirtualTable(object);
                    virtual.add(object);
                }
            }
        }
        if (!virtual.isEmpty()) {
            database.reopen();
            VirtualTables repair =
                    new VirtualTables(database.connection(), lostAndFound, report, keptOrder::isWholeUnder);
            for (SchemaObject object : virtual) {
                Optional<String> problem = isHarmless(object) ? repair.repair(object) : Optional.empty();
                Optional<String> refused = problem.isPresent() ? problem : database.tryCommit();
                if (refused.isPresent()) {
                    database.rollback();
                    database.removeVirtualTable(object);
                }
                report.object(object, refused);
            }
        }
        create(ObjectType.VIEW, object -> true);
        create(ObjectType.TRIGGER, object -> true);
    }

    private static boolean isHarmless(SchemaObject object) {
        try {
            return object.statement().isHarmless();
        } catch (SchemaException e) {
            return false;
        }
    }

    /** Whether an index, or the table that it is of, names what only the application knows: it waits until the table has its own statement. */
    private boolean mayBeForApplication(SchemaObject index) {
        return database.namesUnknown(index.sql())
                || objects.stream()
                        .anyMatch(object -> object.type() == ObjectType.TABLE
                                && object.name().equalsIgnoreCase(index.table())
                                && database.namesUnknown(object.sql()));
    }

    private void create(ObjectType type, Predicate<SchemaObject> which) throws IOException {
        for (SchemaObject object : objects) {
            if (object.type() == type && object.sql() != null && which.test(object)) {
                Optional<String> known = indexes.get(object);
                if (known == null) {
                    tellOf(object);
                    known = type == ObjectType.INDEX ? database.createIndex(object) : database.create(object);
                }
                if (type == ObjectType.INDEX
                        && known.filter(NewDatabase::isForApplication).isPresent()) {
                    leaveToApplication(object, known.get());
                } else if (type == ObjectType.INDEX
                        && known.filter(NewDatabase::isBrokenByRows).isPresent()) {
                    report.leftOut(object, known.get());
                } else if (type == ObjectType.INDEX
                        && known.filter(IndexSize.TOO_LARGE::equals).isPresent()) {
                    report.object(object, known);
                    report.forApplication(String.valueOf(object.sql()));
                } else {
                    report.object(object, known);
                }
            }
        }
    }

    private void leaveToApplication(SchemaObject index, String reason) throws IOException {
        if (keptOrder.index(index)) {
            report.fact("index " + index.name() + " is as it was: " + reason);
            report.object(index, Optional.empty());
        } else {
            report.leftOut(index, reason);
            report.forApplication(String.valueOf(index.sql()));
        }
    }

    /** Keys and unique constraints that only the application can sort: as they were, or else sorted by bytes until it has sorted them anew. */
    private void keepConstraints() throws IOException {
        for (String unsorted : keptOrder.unsortedConstraints()) {
            report.fact(unsorted + " is not sorted as its collation, which only the application knows, would have it");
            report.forApplication("REINDEX " + RowInserter.quoted(unsorted));
        }
    }
}
