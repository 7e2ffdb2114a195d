package org.healingsqlite.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Damage of one index each, which a statement meets where it first uses that index, and which heals without any loss. The database is in a
 * rollback-journal mode, and no connection has read the index yet.
 */
public final class IndexDamage {
    private final Path database;
    private final Map<String, Long> roots = new HashMap<>();

    private IndexDamage(Path database) {
        this.database = database;
    }

    /** Of a database whose indexes have been made. */
    public static IndexDamage of(Path database) throws SQLException {
        IndexDamage damage = new IndexDamage(database);
        for (List<Object> row :
                Sql.rowsElsewhere(database, "SELECT name, rootpage FROM sqlite_schema WHERE type = 'index'")) {
            damage.roots.put((String) row.get(0), ((Number) row.get(1)).longValue());
        }
        return damage;
    }

    /** Overwrites the root of an index. */
    public void strike(String index) {
        byte[] noise = new byte[Damage.PAGE];
        java.util.Arrays.fill(noise, (byte) 0xff);
        try {
            Damage.overwrite(database, (roots.get(index) - 1) * Damage.PAGE, noise);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
