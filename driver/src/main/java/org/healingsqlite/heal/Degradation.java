package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.healingsqlite.api.Internal;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.replay.Parameters;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Answers reads of the listed tables with no rows while the database cannot be had: by an empty database in memory that has these tables and nothing
 * else, so that a statement with any other table is none of its business. A query that would have a row all the same, an aggregate for one, is not answered.
 * Thread-safe.
 */
@Internal
public final class Degradation {
    private static final Log LOG = Log.of(Degradation.class);

    private final SchemaKnowledge schema;
    private final IncidentDesk desk;
    private @Nullable Connection empty;
    private List<String> tables = List.of();

    Degradation(SchemaKnowledge schema, IncidentDesk desk) {
        this.schema = schema;
        this.desk = desk;
    }

    /**
     * Answers a query.
     *
     * @param failure why the database did not
     * @param parameters null where the statement has none
     * @return no rows, in the columns of the query; null where the query is not one of listed tables alone
     */
    public synchronized @Nullable ResultSet answer(
            String sql, @Nullable Parameters parameters, SQLException failure, HealingSettings settings) {
        try {
            boolean entering = empty == null;
            Connection twin = empty == null ? twin(settings) : empty;
            try {
                PreparedStatement query = twin.prepareStatement(sql);
                query.closeOnCompletion();
                if (parameters != null) {
                    parameters.bindTo(query);
                }
                if (isMadeUp(twin, sql, parameters)) {
                    query.close();
                    return null;
                }
                ResultSet answer = query.executeQuery();
                empty = twin;
                if (entering) {
                    tables = settings.degradeReads();
                    desk.conclude(
                            Component.DEGRADATION,
                            Instant.now(),
                            Disclosure.message(failure),
                            "severity MEDIUM, the database cannot be had",
                            List.of(),
                            new Outcome.GaveUp(
                                    "degraded: reads of " + String.join(", ", tables) + " give no rows", null));
                }
                return answer;
            } finally {
                if (empty == null) {
                    twin.close();
                }
            }
        } catch (SQLException e) {
            LOG.debug("Not answered without the database: {}", Disclosure.message(e));
            return null;
        }
    }

    /** Whether a query has rows although its tables have none: a count of rows that nobody can see would be one that nobody has counted. */
    private static boolean isMadeUp(Connection twin, String sql, @Nullable Parameters parameters) throws SQLException {
        try (PreparedStatement query = twin.prepareStatement(sql)) {
            if (parameters != null) {
                parameters.bindTo(query);
            }
            try (ResultSet rows = query.executeQuery()) {
                return rows.next();
            }
        }
    }

    private Connection twin(HealingSettings settings) throws SQLException {
        Connection twin = Sqlite.openScratch();
        List<String> listed = settings.degradeReads().stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .toList();
        for (SchemaObject object : schema.expected(settings).snapshot().objects()) {
            if (object.type() == SchemaObject.Type.TABLE
                    && listed.contains(object.name().toLowerCase(Locale.ROOT))) {
                Sqlite.execute(twin, CreateStatement.stored(object).sql());
            }
        }
        Sqlite.execute(twin, "PRAGMA query_only = 1");
        return twin;
    }

    /** The database has answered again. */
    public synchronized void leave() {
        if (empty == null) {
            return;
        }
        // Somebody may be reading an answer still: it goes with its last reader.
        empty = null;
        desk.conclude(
                Component.DEGRADATION,
                Instant.now(),
                "the database could not be had",
                "it answers again",
                List.of(),
                new Outcome.Healed(
                        "recovered: reads of " + String.join(", ", tables) + " give their rows again", Loss.NONE));
        tables = List.of();
    }

    synchronized List<String> tables() {
        return tables;
    }
}
