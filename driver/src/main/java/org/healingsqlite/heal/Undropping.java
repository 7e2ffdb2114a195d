package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.files.Quarantine;
import org.healingsqlite.files.Quarantine.Evidence;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.repair.Undrop;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.ExpectedSchema;
import org.healingsqlite.schema.ReturnedRows;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/** Brings dropped tables back because somebody asks for it, from the copy that a heal has kept or else from the database as it is. Thread-safe. */
final class Undropping {
    private final DatabaseFile file;
    private final HealingTurns turns;
    private final IncidentDesk desk;
    private final SchemaKnowledge schema;
    private final SideTrust side;

    Undropping(DatabaseFile file, HealingTurns turns, IncidentDesk desk, SchemaKnowledge schema, SideTrust side) {
        this.file = file;
        this.turns = turns;
        this.desk = desk;
        this.schema = schema;
        this.side = side;
    }

    /**
     * Brings tables back. Rows that are there stay as they are, and no trigger is told.
     *
     * @param names of the tables; empty for all of which anything is left
     * @throws SQLException where nobody could look: SQLState HYT00 while somebody else heals
     */
    Outcome run(HealingSettings settings, List<String> names) throws SQLException {
        Instant start = Instant.now();
        SQLException context = new SQLException("undrop");
        try (SingleFlight.Turn turn = turns.take(settings, context)) {
            Optional<String> hindrance = side.hindrance();
            if (hindrance.isPresent()) {
                return new Outcome.Refused(hindrance.get());
            }
            try (ProcessLock lock = turns.lock(settings, context)) {
                Outcome outcome = bringBack(settings, names, turn);
                Incident incident = desk.conclude(
                        Component.SCHEMA, start, "undrop", "tables were dropped", List.copyOf(turn.steps()), outcome);
                return incident.outcome();
            }
        }
    }

    private Outcome bringBack(HealingSettings settings, List<String> names, SingleFlight.Turn turn) {
        turn.phase("looking for dropped tables");
        try {
            Evidence evidence = evidence(settings, turn.steps());
            try (Undrop undrop = new Undrop(file, evidence);
                    Connection target =
                            Sqlite.open(file.main(), Access.EXISTING.confined().waiting(settings.waitLimit()))) {
                Map<String, String> wanted = wanted(settings, names, undrop, target);
                if (wanted.isEmpty()) {
                    return new Outcome.Refused("nothing is left of any dropped table");
                }
                turn.phase("bringing back " + String.join(", ", wanted.keySet()));
                return bringBack(undrop.recover(wanted), target, evidence, turn.steps());
            }
        } catch (SQLException | IOException | RuntimeException e) {
            return new Outcome.GaveUp(Disclosure.text(e), e);
        }
    }

    /** The copy from before a heal, or else one of the files as they are. */
    private Evidence evidence(HealingSettings settings, List<String> steps) throws IOException, SQLException {
        Quarantine quarantine = new Quarantine(file);
        Optional<Evidence> kept = quarantine.newestDropped();
        if (kept.isPresent()) {
            steps.add("looked in " + kept.get().main());
            return kept.get();
        }
        file.side().create();
        Evidence now;
        try (Connection reader = DroppedTables.reader(file, settings)) {
            now = quarantine.keepDropped(HeldFile.of(file), Instant.now());
        }
        steps.add("kept the files as they are in " + now.main());
        return now;
    }

    /** The statements of the tables to look for, by their names; empty where the copy has to tell. */
    private Map<String, String> wanted(HealingSettings settings, List<String> names, Undrop undrop, Connection target)
            throws SQLException, IOException {
        Map<String, String> known = new LinkedHashMap<>();
        ExpectedSchema expected = schema.expected(settings);
        List<SchemaObject> objects = new ArrayList<>(expected.snapshot().objects());
        objects.addAll(SchemaSnapshot.read(target).objects());
        for (SchemaObject object : objects) {
            if (object.type() == SchemaObject.Type.TABLE) {
                known.put(object.name().toLowerCase(Locale.ROOT), object.sql());
            }
        }
        Set<String> all = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        if (names.isEmpty()) {
            all.addAll(undrop.dropped());
            // What is there now and was not in the copy was dropped and made again.
            Set<String> before = undrop.present();
            objects.stream()
                    .filter(object -> object.type() == SchemaObject.Type.TABLE && !before.contains(object.name()))
                    .map(SchemaObject::name)
                    .forEach(all::add);
        } else {
            all.addAll(names);
        }
        Map<String, String> wanted = new LinkedHashMap<>();
        all.forEach(name -> wanted.put(name, known.getOrDefault(name.toLowerCase(Locale.ROOT), "")));
        return wanted;
    }

    private static Outcome bringBack(
            List<Undrop.Recovered> found, Connection target, Evidence evidence, List<String> steps)
            throws SQLException {
        Completeness rows = Completeness.whole();
        Content values = Content.VERIFIED;
        List<String> lost = new ArrayList<>();
        List<String> back = new ArrayList<>();
        for (Undrop.Recovered table : found) {
            Path database = table.database();
            Completeness ofTable = table.completeness();
            if (database != null) {
                create(table, target, steps);
                ReturnedRows.Returned returned = Undrop.giveBack(target, false, table);
                back.add(returned.inserted() + " rows of table " + table.name());
                steps.add("brought back " + returned.inserted() + " rows of table " + table.name() + ", " + table.how()
                        + (returned.there() == 0 ? "" : "; " + returned.there() + " were there already"));
                ofTable = ofTable.and(DroppedTables.refused(returned.refused()));
            }
            rows = rows.and(ofTable);
            values = values.and(table.content());
            if (!ofTable.isWhole()) {
                lost.add(table.name() + ": " + ofTable);
            }
        }
        if (back.isEmpty()) {
            return new Outcome.Refused("nothing could be brought back: " + String.join("; ", lost));
        }
        return new Outcome.Healed(
                "brought back " + String.join(", ", back),
                new Loss(rows, values, lost.isEmpty() ? "" : String.join("; ", lost) + "; see " + evidence.main()));
    }

    /** Creates the table, and what belonged to it, where it is not there. */
    private static void create(Undrop.Recovered table, Connection target, List<String> steps) throws SQLException {
        SchemaSnapshot now = SchemaSnapshot.read(target);
        List<SchemaObject> objects = new ArrayList<>(Undrop.objects(table));
        objects.sort(Comparator.comparing(SchemaObject::type));
        for (SchemaObject object : objects) {
            if (now.object(object.type(), object.name()).isEmpty()) {
                try (Statement statement = target.createStatement()) {
                    statement.execute(CreateStatement.stored(object).sql());
                }
                steps.add("created " + object.type() + " " + object.name());
            }
        }
    }
}
