package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.healingsqlite.salvage.FreedTrees;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.SchemaException;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/** Tables that are found among the free pages of a working copy, and are named in its schema again. For one copy; not shared by threads. */
final class FreedTables {
    private static final Pattern WITHOUT_ROWID = Pattern.compile("(?is).*\\)[^)]*\\bWITHOUT\\s+ROWID\\b[^)]*");

    private final FreedTrees freed;
    private final Map<String, Found> found = new LinkedHashMap<>();

    FreedTables(FreedTrees freed) {
        this.freed = freed;
    }

    /**
     * A table.
     *
     * @param root the first page of its tree
     */
    private record Found(CreateStatement create, int root, FreedTrees.Tree tree) {}

    /** Those that were found. */
    Set<String> names() {
        return found.keySet();
    }

    /** The pages of one that was found. */
    FreedTrees.Tree tree(String name) {
        Found table = found.get(name);
        if (table == null) {
            throw new IllegalArgumentException("table " + name + " was not found");
        }
        return table.tree();
    }

    /**
     * Looks for a table, by what is left of its row in {@code sqlite_schema}.
     *
     * @param known its statement; empty where what is left has to tell
     * @return why it was not found; empty where it was
     */
    Optional<String> find(String name, String known) throws IOException {
        Found best = null;
        int asGood = 0;
        boolean isNamed = false;
        for (FreedTrees.Remnant remnant : freed.remnants(name)) {
            String sql = known.isEmpty() ? remnant.sql() : known;
            Optional<CreateStatement> create = create(name, sql);
            Optional<FreedTrees.Tree> tree =
                    freed.find(remnant.root(), !WITHOUT_ROWID.matcher(sql).matches());
            isNamed |= create.isEmpty() && tree.isPresent();
            if (create.isEmpty() || tree.isEmpty() || best != null && best.root() == remnant.root()) {
                continue;
            }
            int better = best == null
                    ? 1
                    : Integer.compare(best.tree().missing(), tree.get().missing());
            asGood = better > 0 ? 1 : better == 0 ? asGood + 1 : asGood;
            if (better > 0) {
                best = new Found(create.get(), remnant.root(), tree.get());
            }
        }
        if (asGood > 1) {
            return Optional.of(asGood + " tables of that name were dropped, and nothing tells which was the last");
        }
        if (best == null) {
            return Optional.of(isNamed ? "its statement is not known; give it with a schema" : notFound());
        }
        freed.keep(best.tree());
        found.put(name, best);
        return Optional.empty();
    }

    private String notFound() {
        return freed.hasFreePages()
                ? "none of the pages that are free, or that nothing leads to, can be told to be where it began: they were written to since"
                : "the database has no page that is free or that nothing leads to: what the table had was overwritten, or cut off";
    }

    private static Optional<CreateStatement> create(String name, String sql) {
        try {
            CreateStatement create = CreateStatement.stored(SchemaObject.Type.TABLE, name, sql);
            return create.module().isEmpty() ? Optional.of(create) : Optional.empty();
        } catch (SchemaException e) {
            return Optional.empty();
        }
    }

    /** Makes what was found tables of the working copy again. */
    void putBack(Path work) throws SQLException, IOException {
        if (found.isEmpty()) {
            return;
        }
        freed.putBack();
        try (Connection connection = Sqlite.open(work, Access.OWN.distrusting())) {
            Sqlite.pragma(connection, "journal_mode = memory");
            Sqlite.execute(connection, "PRAGMA writable_schema = on");
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES ('table', ?1, ?1, ?2, ?3)")) {
                for (Map.Entry<String, Found> table : found.entrySet()) {
                    insert.setString(1, table.getKey());
                    insert.setInt(2, table.getValue().root());
                    insert.setString(3, table.getValue().create().sql());
                    insert.executeUpdate();
                }
            }
        }
        freed.freeTheRest();
    }
}
