package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.archive.RowSources;
import org.healingsqlite.archive.RowSupply;
import org.healingsqlite.archive.RowSupply.Supplied;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.plan.Intent;
import org.healingsqlite.plan.Sources;
import org.healingsqlite.repair.NewContent;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Rows from elsewhere for a database that is sound and has lost them: its file was absent or empty, or tables were missing. Sources that fail are told
 * in the log, and never keep a database from being opened. For one heal, in its turn and under the lock between processes.
 */
final class OtherSources {
    private static final Log LOG = Log.of(OtherSources.class);

    /** What the step begins with that says so. */
    static final String FILLED = "filled it with ";

    private final DatabaseFile file;
    private final SchemaKnowledge schema;
    private final HealingSettings settings;
    private final SingleFlight.Turn turn;
    private final RowSources sources;
    private final RowSupply supply;

    OtherSources(DatabaseFile file, SchemaKnowledge schema, HealingSettings settings, SingleFlight.Turn turn) {
        this.file = file;
        this.schema = schema;
        this.settings = settings;
        this.turn = turn;
        this.sources = EarlierLife.sources(file, settings.sources());
        this.supply = new RowSupply(sources, (phase, done, total) -> turn.phase(phase + ": " + done));
    }

    /**
     * Puts what there is where there is no database; empty where nobody has anything.
     *
     * @throws SQLException where a replica may have it and cannot be asked, or is in use elsewhere: an empty database in its place would be shipped over it
     */
    Optional<NewContent.Made> fill() throws SQLException {
        Optional<NewContent.Made> made = tryToFill();
        IOException failure = supply.replicaFailure();
        if (made.isEmpty() && failure != null) {
            throw new SQLException(
                    "There is no database at " + file.main() + ", and its replica cannot be restored: "
                            + Disclosure.message(failure) + "; to begin an empty one, open it without "
                            + "healing.replica first",
                    "08001",
                    failure);
        }
        return made;
    }

    private Optional<NewContent.Made> tryToFill() {
        if (sources.isNone()) {
            return Optional.empty();
        }
        turn.phase("rows from elsewhere");
        NewContent content = new NewContent(file, supply);
        try {
            Optional<NewContent.Made> made = content.make(this::giveSchema);
            if (made.isPresent() && content.put(settings.waitLimit())) {
                turn.steps().add(FILLED + made.get().source());
                return made;
            }
            if (sources.archive().map(Files::exists).orElse(true)) {
                // Before the first start there is none.
                supply.problems().forEach(this::tell);
            }
        } catch (SQLException | IOException | RuntimeException e) {
            tell(Disclosure.message(e));
        } finally {
            discard(content);
        }
        return Optional.empty();
    }

    private void giveSchema(Connection fresh) throws SQLException {
        if (schema.source(settings) == Sources.Schema.UNKNOWN) {
            return;
        }
        if (SchemaSnapshot.read(fresh).isEmpty()) {
            schema.applyLearnedFileSettings(fresh);
        }
        Intent intent = new SchemaIntent(file, schema).of(settings, fresh);
        if (intent.isOfAnotherRelease()) {
            // With a part of a later schema, the application's own upgrade would fail.
            turn.steps().add("left the schema of the copy as it is: " + intent.explanation());
            return;
        }
        schema.change(settings, fresh, false);
    }

    private void tell(String problem) {
        turn.steps().add("without rows from elsewhere: " + problem);
        LOG.warn("{}: no rows from elsewhere: {}", file.main(), problem);
    }

    private void discard(NewContent content) {
        try {
            content.discard();
        } catch (IOException e) {
            LOG.debug("{}: {}", file.main(), Disclosure.text(e));
        }
    }

    /** As {@link #fill}, under live connections whose file was cut to nothing. */
    Loss fillEmptied() {
        return file.sizeBytes() > 0
                ? Loss.NONE
                : tryToFill().map(made -> Loss.unknown(made.missing())).orElse(Loss.NONE);
    }

    /**
     * Gives tables that were missing, and are there again, the rows that the archive has of them.
     *
     * @param seedsOnly whether they have no rows but those that come with the schema
     */
    Loss addRows(List<String> tables, boolean seedsOnly) throws SQLException {
        if (tables.isEmpty() || !supply.mayAddTo(Optional.empty())) {
            return Loss.NONE;
        }
        turn.phase("rows of the archive");
        Optional<Supplied> supplied;
        try (Connection own = Sqlite.open(file.main(), Access.EXISTING.waiting(settings.waitLimit()))) {
            supplied = supply.addTo(own, table -> tables.stream().anyMatch(table::equalsIgnoreCase), seedsOnly);
        }
        supply.problems().forEach(this::tell);
        if (supplied.isEmpty()) {
            return Loss.NONE;
        }
        if (supplied.get().totalRows() > 0) {
            turn.steps().add("added " + supplied.get().source());
        }
        return Loss.unknown("what the archive does not have of these tables: " + String.join(", ", tables));
    }
}
