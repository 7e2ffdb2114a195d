package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Creates what comes after the rows: indexes, then virtual tables over their shadow tables, then views, then triggers. */
final class SchemaWriter {

    private final NewDatabase database;
    private final SalvageReport.Builder report;
    private final Progress progress;

    SchemaWriter(NewDatabase database, SalvageReport.Builder report, Progress progress) {
        this.database = database;
        this.report = report;
        this.progress = progress;
    }

    void finish(List<SchemaObject> objects) throws IOException {
        create(objects, ObjectType.INDEX);
        database.commit();
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
            VirtualTables repair = new VirtualTables(database.connection());
            for (SchemaObject object : virtual) {
                Optional<String> problem = repair.repair(object);
                Optional<String> refused = problem.isPresent() ? problem : database.tryCommit();
                if (refused.isPresent()) {
                    database.rollback();
                    database.removeVirtualTable(object);
                }
                report.object(object, refused);
            }
        }
        create(objects, ObjectType.VIEW);
        create(objects, ObjectType.TRIGGER);
    }

    private void create(List<SchemaObject> objects, ObjectType type) {
        for (SchemaObject object : objects) {
            String sql = object.sql();
            // Automatic indexes come with their tables.
            if (object.type() == type && sql != null) {
                progress.phase("index, view or trigger " + object.name(), 0);
                report.object(object, database.tryExecute(sql));
            }
        }
    }
}
