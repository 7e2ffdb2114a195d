package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.diagnosis.Diagnostician;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.plan.Intent;
import org.healingsqlite.plan.Sources;
import org.healingsqlite.schema.ExpectedSchema;
import org.healingsqlite.schema.SchemaDifference;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.sqlite.Sqlite;

/** Looks at a connection and its file, and changes nothing of them: what is intended, what is wrong, what there is to heal from. Thread-safe. */
final class Examiner {
    private final DatabaseFile file;
    private final SchemaKnowledge schema;
    private final PlaceAtPath place;
    private final SafeContent safe;
    private final FilePresence presence;
    private final SideTrust side;
    private final Consent consent;
    private final SchemaIntent schemaIntent;

    Examiner(
            DatabaseFile file,
            SchemaKnowledge schema,
            PlaceAtPath place,
            SafeContent safe,
            FilePresence presence,
            SideTrust side,
            Consent consent) {
        this.file = file;
        this.schema = schema;
        this.place = place;
        this.safe = safe;
        this.presence = presence;
        this.side = side;
        this.consent = consent;
        this.schemaIntent = new SchemaIntent(file, schema);
    }

    // ---- Intent

    /** What speaks against healing a fault: asked for every exception, so a typo is told apart without looking at the database. */
    Intent intentOf(Fault fault, HealableConnection connection) throws SQLException {
        return concernsDatabase(fault, connection) ? intentOf(connection) : Intent.application(fault.shownText());
    }

    /** What speaks against healing through a connection. */
    Intent intentOf(HealableConnection connection) throws SQLException {
        Intent ofSettings = consent.ofSettings(connection.settings(), Sqlite.isReadOnly(connection.physical()));
        return ofSettings.equals(Intent.NONE) && connection.transactionState() == TransactionState.USED
                ? Intent.IN_TRANSACTION
                : ofSettings;
    }

    /** What speaks against healing what was found through a connection. */
    Intent intentOf(Diagnosis diagnosis, HealableConnection connection) throws SQLException {
        Intent ofConnection = intentOf(connection);
        if (!diagnosis.isOfSchema() || !ofConnection.allowsSchema()) {
            return ofConnection;
        }
        Intent ofSchema = schemaIntent.of(connection);
        return ofSchema.equals(Intent.NONE) ? ofConnection : ofSchema;
    }

    private boolean concernsDatabase(Fault fault, HealableConnection connection) throws SQLException {
        if (fault instanceof Fault.MissingObject missing) {
            return isExpected(missing.name(), connection) || isLost(connection);
        }
        if (fault instanceof Fault.MissingColumn missing) {
            String name = missing.name();
            String column = name.substring(name.lastIndexOf('.') + 1).replace("\"", "");
            return isExpected(column, connection) || isLost(connection);
        }
        if (fault instanceof Fault.AlreadyThere there) {
            return schema.made().has(SchemaObject.Type.valueOf(there.kind().name()), there.name());
        }
        if (fault instanceof Fault.Unavailable unavailable && presence.isRestoring() && holdsFileAtPath(connection)) {
            return (unavailable.kind() == Fault.Unavailable.Kind.BUSY
                            || unavailable.kind() == Fault.Unavailable.Kind.LOCKED)
                    && connection.transactionState() != TransactionState.USED;
        }
        if (fault instanceof Fault.Corruption corruption) {
            // A table that is not there is one that the application has failed to create.
            return corruption.unopened().isEmpty()
                    || isThere(corruption.unopened().get(), connection.physical());
        }
        return fault instanceof Fault.FileMoved || mayComeOfALostFile(fault) && !holdsFileAtPath(connection);
    }

    private static boolean isThere(String table, Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND rootpage = 0 AND name = ? COLLATE NOCASE")) {
            query.setString(1, table);
            try (ResultSet row = query.executeQuery()) {
                return row.next();
            }
        }
    }

    /**
     * A fault as the file explains it: SQLite writes to no database whose header names a format that it does not know, and calls it read-only.
     *
     * @return the same where there is nothing to explain
     */
    Fault explained(Fault fault, HealableConnection connection) {
        return fault instanceof Fault.Unavailable unavailable
                        && unavailable.kind() == Fault.Unavailable.Kind.READ_ONLY
                        && holdsFileAtPath(connection)
                        && DamageCheck.isFormatUnknown(file)
                ? new Fault.Corruption(fault.symptom(), Fault.Corruption.Kind.UNSUPPORTED_FORMAT)
                : fault;
    }

    /** What SQLite says when files vanish in the middle of a statement; whether that has taken effect is not this one's question. */
    private static boolean mayComeOfALostFile(Fault fault) {
        return fault instanceof Fault.Unavailable unavailable
                && switch (unavailable.kind()) {
                    case IO, BUSY, SNAPSHOT, CANNOT_OPEN, READ_ONLY -> true;
                    case LOCKED, PROTOCOL, FULL -> false;
                };
    }

    private boolean isExpected(String name, HealableConnection connection) throws SQLException {
        ExpectedSchema expected = schema.expected(connection.settings());
        if (expected.snapshot().knows(name)) {
            return true;
        }
        // A name is given raw: "a.b" is a table of that name, or b of schema a.
        return name.regionMatches(true, 0, "main.", 0, 5) && expected.snapshot().knows(name.substring(5));
    }

    // ---- Diagnosis

    /** Whether the file at the path is the one that a connection holds. */
    boolean holdsFileAtPath(HealableConnection connection) {
        return Diagnostician.ofFile(file, connection.identity()) == Finding.HEALTHY;
    }

    /** Whether a connection that may be moved holds a file that is not, or no longer, the one at the path; also where nobody knows which file it holds. */
    boolean isLost(HealableConnection connection) throws SQLException {
        FileIdentity held = connection.identity();
        return !connection.physical().isClosed()
                && (held == null || !held.equals(file.identity()))
                && side.heals(connection.settings());
    }

    /** Whether the content of the lost file that a connection holds is where it belongs. */
    boolean isSafe(HealableConnection connection) {
        return safe.isSafe(connection);
    }

    /** Whether what was safe at the path is gone from there again, and others may hold it. */
    boolean isContentElsewhere(HealableConnection connection) throws SQLException {
        return isLost(connection) && safe.isSafe(connection) && place.isVacant() && !safe.isForgotten(connection);
    }

    /** Whether the content of the lost file that a connection holds was put back at the path, and something is there. */
    boolean isLeftBehind(HealableConnection connection) {
        FileIdentity held = connection.identity();
        if (held == null) {
            return false;
        }
        FileIdentity atPath = file.identity();
        return atPath != null && !atPath.equals(held) && safe.isSafe(connection) && !safe.isForgotten(connection);
    }

    /** Whether the lost file that a connection holds was meant to go. */
    boolean isForgotten(HealableConnection connection) {
        return safe.isForgotten(connection);
    }

    /** What is wrong with the file that a connection holds, or with its schema. */
    Diagnosis diagnose(HealableConnection connection) throws SQLException {
        Diagnosis ofFile = ofFile(connection);
        return ofFile.isOfLostFile()
                ? ofFile
                : Diagnostician.diagnose(
                        file, connection.identity(), connection.physical(), schema.expected(connection.settings()));
    }

    /** What has become of the file that the connection holds. */
    Diagnosis ofFile(HealableConnection connection) throws SQLException {
        Finding finding = Diagnostician.ofFile(file, connection.identity());
        if (finding != Finding.FILE_REPLACED) {
            return new Diagnosis(finding, SchemaDifference.NONE);
        }
        HealingSettings settings = connection.settings();
        boolean mayTouch = side.heals(settings);
        if (mayTouch) {
            place.setLogOfLostFileAside(settings);
        }
        boolean isDeleted = !safe.isSafe(connection) && (mayTouch ? place.isNothingAtPath(settings) : place.isVacant());
        return new Diagnosis(isDeleted ? Finding.FILE_DELETED : finding, SchemaDifference.NONE);
    }

    // ---- Sources

    /** What there is to heal from, through a connection. */
    Sources sourcesFor(HealableConnection connection) throws SQLException {
        HealingSettings settings = connection.settings();
        Sources.Rows rows = settings.sources().isNone()
                ? Sources.Rows.NONE
                : connection.transactionState() == TransactionState.USED
                        ? Sources.Rows.OUT_OF_REACH
                        : Sources.Rows.ELSEWHERE;
        return new Sources(schema.source(settings), rows, settings.lostContent());
    }
}
