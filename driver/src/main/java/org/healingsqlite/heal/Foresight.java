package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.diagnosis.Look;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.heal.PlannedHeal.Step;
import org.healingsqlite.heal.PlannedHeal.Verdict;
import org.healingsqlite.plan.ContentRung;
import org.healingsqlite.plan.HealingPlan;
import org.healingsqlite.plan.Intent;
import org.healingsqlite.plan.SchemaRung;
import org.healingsqlite.plan.Sources;
import org.healingsqlite.schema.LearnedSchema;
import org.healingsqlite.schema.RegisteredSchema;
import org.healingsqlite.schema.SchemaDifference;
import org.healingsqlite.sqlite.Access;
import org.jspecify.annotations.Nullable;

/** Tells what a heal would do, by the same looks, intents and plans as a heal, and does nothing. Thread-safe. */
final class Foresight {
    private final DatabaseFile file;
    private final SchemaKnowledge schema;
    private final Consent consent;
    private final SchemaIntent schemaIntent;
    private final DamageHealing damage;
    private final SideTrust side;

    Foresight(DatabaseFile file, SchemaKnowledge schema, Consent consent, DamageHealing damage, SideTrust side) {
        this.file = file;
        this.schema = schema;
        this.consent = consent;
        this.schemaIntent = new SchemaIntent(file, schema);
        this.damage = damage;
        this.side = side;
    }

    /** @throws SQLException where nobody could look, or what is registered cannot be read */
    PlannedHeal plan(HealingSettings settings) throws SQLException {
        schema.learning().heed(settings);
        if (file.isAbsentOrEmpty()) {
            return ofNothing(settings);
        }
        Intent ofFile = consent.ofContent(settings, false);
        if (ofFile.kind() == Intent.Kind.FOREIGN) {
            return new PlannedHeal(file.main(), Verdict.HELD_BACK, Optional.empty(), List.of(), ofFile.explanation());
        }
        Diagnosis content = damage.look(settings);
        return content.finding() == Finding.HEALTHY ? ofSchema(settings, ofFile) : ofContent(settings, content, ofFile);
    }

    // ---- No file

    /** The next connection makes the file: SQLite an empty one, unless something is to be in it. */
    private PlannedHeal ofNothing(HealingSettings settings) throws SQLException {
        Diagnosis absent = new Diagnosis(Finding.DATABASE_EMPTY, SchemaDifference.NONE);
        RegisteredSchema registered = schema.registered(settings);
        List<Step> steps = new ArrayList<>();
        if (!settings.sources().isNone()) {
            steps.add(step(SchemaRung.FILL_EMPTY_FILE));
        }
        if (registered != null) {
            steps.add(step(SchemaRung.APPLY_REGISTERED_SCHEMA));
        }
        return steps.isEmpty()
                ? new PlannedHeal(
                        file.main(),
                        Verdict.NOTHING,
                        Optional.of(absent),
                        steps,
                        "there is no database, and neither a schema is registered nor a source of rows: the next connection gets what SQLite makes")
                : concluded(
                        settings,
                        Intent.NONE,
                        absent,
                        steps,
                        "there is no database, and what is registered says what belongs into one");
    }

    // ---- Content

    private PlannedHeal ofContent(HealingSettings settings, Diagnosis found, Intent intent) {
        HealingPlan<ContentRung> plan = HealingPlan.ofContent(found, intent);
        HealRecord record = new HealRecord(file);
        Optional<String> heldBack = plan.heldBack()
                .or(() -> record.isRecurring(settings.recurring(), Instant.now())
                        ? Optional.of(record.stopped(settings.recurring()))
                        : Optional.empty())
                .or(() -> record.failedBefore(settings)
                        .map(failed -> "a heal of the same damage has failed at " + failed
                                + "; to have it tried again, delete " + record.path()));
        if (heldBack.isPresent()) {
            return heldBack(found, intent.equals(Intent.NONE) ? heldBack.get() : intent.explanation());
        }
        List<Step> steps = plan.rungs().stream()
                .map(rung -> new Step(rung.name(), rung.words()))
                .toList();
        return concluded(settings, intent, found, steps, found.toString());
    }

    // ---- Schema

    private PlannedHeal ofSchema(HealingSettings settings, Intent ofFile) throws SQLException {
        try (Look look = Look.withoutChange(file, Access.READ_ONLY)) {
            Connection connection = look.connection();
            LearnedSchema.Look now = schema.learning().look(connection);
            SchemaDifference missing =
                    SchemaDifference.between(schema.expected(settings).snapshot(), now.snapshot());
            RegisteredSchema registered = schema.registered(settings);
            List<String> pending = registered == null ? List.of() : registered.pendingNames(now);
            if (missing.isEmpty() && pending.isEmpty()) {
                return new PlannedHeal(
                        file.main(),
                        Verdict.NOTHING,
                        Optional.of(new Diagnosis(Finding.HEALTHY, SchemaDifference.NONE)),
                        List.of(),
                        whyNothing(registered, missing));
            }
            Diagnosis found = new Diagnosis(
                    now.snapshot().isEmpty() ? Finding.DATABASE_EMPTY : Finding.SCHEMA_INCOMPLETE, missing);
            Intent ofSchema = schemaIntent.of(settings, connection);
            Intent intent = ofSchema.equals(Intent.NONE) ? ofFile : ofSchema;
            HealingPlan<SchemaRung> plan = HealingPlan.ofSchema(found, intent, sources(settings));
            if (plan.heldBack().isPresent()) {
                return heldBack(
                        found, intent.equals(Intent.NONE) ? plan.heldBack().get() : intent.explanation());
            }
            List<Step> steps = new ArrayList<>();
            pending.forEach(migration ->
                    steps.add(new Step(SchemaRung.APPLY_REGISTERED_SCHEMA.name(), "runs migration " + migration)));
            plan.rungs().forEach(rung -> steps.add(step(rung)));
            String what = missing.isEmpty() ? "migrations have not run" : "missing: " + missing;
            return concluded(settings, intent, found, steps, what);
        }
    }

    private static String whyNothing(@Nullable RegisteredSchema registered, SchemaDifference difference) {
        if (!difference.leftAlone().isEmpty()) {
            return "no damage was found; what adding does not mend is left as it is: "
                    + String.join("; ", difference.leftAlone());
        }
        return registered == null
                ? "no damage was found, and no schema is registered to compare with"
                : "no damage was found, and nothing of the registered schema is missing";
    }

    private Sources sources(HealingSettings settings) throws SQLException {
        Sources.Rows rows = settings.sources().isNone() ? Sources.Rows.NONE : Sources.Rows.ELSEWHERE;
        return new Sources(schema.source(settings), rows, settings.lostContent());
    }

    // ---- Both

    private static Step step(SchemaRung rung) {
        return new Step(rung.name(), rung.words());
    }

    /** Something is to be done: unless the mode or the side directory is against it. */
    private PlannedHeal concluded(
            HealingSettings settings, Intent intent, Diagnosis found, List<Step> steps, String why) {
        Optional<String> against = intent.equals(Intent.OBSERVE) || settings.mode() != Mode.HEAL
                ? Optional.of(Intent.OBSERVE.evidence())
                : side.hindrance();
        return against.map(hindrance -> heldBack(found, hindrance))
                .orElseGet(() -> new PlannedHeal(file.main(), Verdict.HEAL, Optional.of(found), steps, why));
    }

    private PlannedHeal heldBack(Diagnosis found, String why) {
        return new PlannedHeal(file.main(), Verdict.HELD_BACK, Optional.of(found), List.of(), why);
    }
}
