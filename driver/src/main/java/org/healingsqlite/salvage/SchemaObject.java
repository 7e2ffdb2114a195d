package org.healingsqlite.salvage;

import java.util.Locale;
import java.util.Optional;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.schema.CreateKind;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.SchemaException;
import org.jspecify.annotations.Nullable;

/**
 * One row of the schema table.
 *
 * @param rootPage 0 for views, triggers and virtual tables, and where it is not known
 * @param sql null for automatic indexes
 */
record SchemaObject(
        ObjectType type,
        String name,
        String table,
        int rootPage,
        @Nullable String sql,
        Origin origin) {

    /** Where it was found. */
    enum Origin {
        /** In the schema table, where it belongs. */
        SCHEMA_TABLE("the schema table"),
        /** On a page of the schema table that nothing leads to any more. */
        STRAY_PAGE("a stray page of the schema table"),
        /** In an older copy of a schema page: a journal, an older log, or a page that was given up. */
        OLDER_COPY("an older copy of a schema page"),
        /** In the schema table, with damaged places left out. */
        MENDED("a damaged statement, mended"),
        /** In the schema table; a constraint, default or generated column that calls a function that no schema may call is left out. */
        WITHOUT_FUNCTIONS("the schema table, without what calls functions that no schema may call"),
        /** What the module of a virtual table makes for itself. */
        MODULE("the virtual table's module"),
        /** In the schema the caller gave. */
        GIVEN("the given schema");

        private final String words;

        Origin(String words) {
            this.words = words;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /**
     * The statement, as one that may run.
     *
     * @throws SchemaException where the text is lost, or is anything but the CREATE of this object: it is data then, and kept as such
     */
    CreateStatement statement() throws SchemaException {
        if (sql == null) {
            throw new SchemaException("its statement is lost", null);
        }
        CreateStatement statement = CreateStatement.stored(type.type(), name, sql);
        if (statement.kind() == CreateKind.VIRTUAL_TABLE && hasTree()) {
            throw new SchemaException("not run: a virtual table has no pages, and this one has", null);
        }
        return statement;
    }

    /** Why the text may not run; empty where it may. */
    Optional<String> refusal() {
        try {
            statement();
            return Optional.empty();
        } catch (SchemaException e) {
            return Optional.of(Disclosure.message(e));
        }
    }

    /** One bit of the row makes page 1 of no page. */
    private boolean hasTree() {
        return rootPage > SchemaSearch.SCHEMA_TREE;
    }

    boolean isVirtualTable() {
        return type == ObjectType.TABLE
                && !hasTree()
                && sql != null
                && sql.regionMatches(true, 0, "CREATE VIRTUAL", 0, "CREATE VIRTUAL".length());
    }

    /** Whether SQLite takes two names for one. */
    static boolean isSameName(String one, String other) {
        return org.healingsqlite.schema.SchemaObject.same(one, other);
    }

    /** Whether the statement of a table has words for one without rowids. */
    boolean saysWithoutRowid() {
        return sql != null && sql.toUpperCase(Locale.ROOT).contains("WITHOUT");
    }

    SchemaObject withSql(String newSql, Origin newOrigin) {
        return new SchemaObject(type, name, table, rootPage, newSql, newOrigin);
    }

    /** The same with its statement lost. */
    SchemaObject withoutSql() {
        return new SchemaObject(type, name, table, rootPage, null, origin);
    }

    SchemaObject withoutRoot() {
        return new SchemaObject(type, name, table, 0, sql, origin);
    }

    boolean isInternal() {
        return name.regionMatches(true, 0, "sqlite_", 0, "sqlite_".length());
    }
}
