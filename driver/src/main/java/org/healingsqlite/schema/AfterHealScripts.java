package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.healingsqlite.api.Internal;

/** What an application wants done to recovered content, for example marking tasks that were in progress as failed. Immutable. */
@Internal
public final class AfterHealScripts {
    private final List<SqlScript> scripts;

    private AfterHealScripts(List<SqlScript> scripts) {
        this.scripts = scripts;
    }

    /**
     * Reads scripts.
     *
     * @param named where they are
     * @throws SchemaException naming what cannot be read, or is not allowed
     */
    public static AfterHealScripts load(Scripts named) throws SchemaException {
        return new AfterHealScripts(new SchemaSources("healing.afterHeal", named)
                .read().stream().map(SchemaSources.Source::script).toList());
    }

    /**
     * Runs them, all or none.
     *
     * @param connection in autocommit
     * @return how many ran
     * @throws SchemaException with file and line
     */
    public int run(Connection connection) throws SQLException {
        if (scripts.isEmpty()) {
            return 0;
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
            try {
                for (SqlScript script : scripts) {
                    for (SqlStatement sql : script.statements()) {
                        try {
                            statement.execute(sql.text());
                        } catch (SQLException e) {
                            throw SchemaException.of(script, sql, e);
                        }
                    }
                }
                statement.execute("COMMIT");
            } catch (SQLException e) {
                try {
                    statement.execute("ROLLBACK");
                } catch (SQLException rolledBackAlready) {
                    e.addSuppressed(rolledBackAlready);
                }
                throw e;
            }
        }
        return scripts.size();
    }
}
