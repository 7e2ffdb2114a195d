package org.healingsqlite.diagnosis;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.api.Internal;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.schema.ExpectedSchema;
import org.healingsqlite.schema.SchemaDifference;
import org.healingsqlite.schema.SchemaSnapshot;
import org.jspecify.annotations.Nullable;

/** Looks at the file, then into it. Stateless. */
@Internal
public final class Diagnostician {
    private Diagnostician() {}

    /**
     * Diagnoses a database through one of its connections.
     *
     * @param held the file the connection has open; null where that is not known
     * @param expected what the schema should be
     * @throws SQLException where the database cannot even be read
     */
    public static Diagnosis diagnose(
            DatabaseFile file, @Nullable FileIdentity held, Connection connection, ExpectedSchema expected)
            throws SQLException {
        Finding ofFile = ofFile(file, held);
        if (ofFile != Finding.HEALTHY) {
            return new Diagnosis(ofFile, SchemaDifference.NONE);
        }
        SchemaSnapshot actual = SchemaSnapshot.read(connection);
        SchemaDifference missing = SchemaDifference.between(expected.snapshot(), actual);
        if (missing.isEmpty()) {
            return new Diagnosis(Finding.HEALTHY, SchemaDifference.NONE);
        }
        return new Diagnosis(actual.isEmpty() ? Finding.DATABASE_EMPTY : Finding.SCHEMA_INCOMPLETE, missing);
    }

    /** Whether the file at the path is the one a connection holds. */
    public static Finding ofFile(DatabaseFile file, @Nullable FileIdentity held) {
        FileIdentity atPath = file.identity();
        if (atPath != null && atPath.equals(held)) {
            return Finding.HEALTHY;
        }
        return file.isAbsentOrEmpty() ? Finding.FILE_DELETED : Finding.FILE_REPLACED;
    }
}
