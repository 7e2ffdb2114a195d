package org.healingsqlite.schema;

import org.healingsqlite.log.Log;

/** Tells in the log what a database's schema lacks. Stateless. */
final class SchemaWarnings {
    private static final Log LOG = Log.of(SchemaWarnings.class);

    private SchemaWarnings() {}

    /**
     * What is missing, and is about to be added.
     *
     * @param fresh whether the database holds no object at all
     */
    static void warn(SchemaDifference difference, String database, boolean fresh) {
        if (fresh) {
            LOG.warn("{}: the database is empty, reinitializing", database);
            return;
        }
        for (SchemaObject object : difference.objects()) {
            LOG.warn("{}: {} {} missing, reinitializing", database, object.name(), object.type());
        }
        for (SchemaDifference.MissingColumns columns : difference.columns()) {
            LOG.warn(
                    "{}: {} table lacks columns {}, reinitializing",
                    database,
                    columns.table().name(),
                    columns.names());
        }
        difference.leftAlone().forEach(what -> ofIncompatible(what, database));
    }

    /** What is left as it is. */
    static void ofIncompatible(String what, String database) {
        LOG.warn("{}: left as it is, because adding does not mend it: {}", database, what);
    }
}
