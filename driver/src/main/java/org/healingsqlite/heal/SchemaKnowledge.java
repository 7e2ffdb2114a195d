package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.healingsqlite.api.Internal;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.plan.Sources;
import org.healingsqlite.schema.AfterHealScripts;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.ExpectedSchema;
import org.healingsqlite.schema.MadeSchema;
import org.healingsqlite.schema.RegisteredSchema;
import org.healingsqlite.schema.SchemaApplier;
import org.healingsqlite.schema.SchemaChange;
import org.healingsqlite.schema.SchemaException;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.schema.SchemaScript;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a database's schema: what is registered, what was learned by looking, what the application has removed on purpose. Adds what is missing.
 * Thread-safe.
 */
@Internal
public final class SchemaKnowledge {
    private static final Log LOG = Log.of(SchemaKnowledge.class);

    private final DatabaseFile file;
    private final IncidentDesk desk;

    private final RegisteredScripts scripts;
    private final SchemaLearning learning;
    private final MadeSchema made = new MadeSchema();

    SchemaKnowledge(DatabaseFile file, IncidentDesk desk) {
        this.file = file;
        this.desk = desk;
        this.scripts = new RegisteredScripts(file, desk);
        this.learning = new SchemaLearning(file);
    }

    // ---- Registered

    /** The schema registered with some settings; null where none is, or where it cannot be applied to this database. */
    @Nullable
    RegisteredSchema registered(HealingSettings settings) throws SQLException {
        return scripts.schema(settings);
    }

    /** The scripts that settings name. */
    RegisteredScripts scripts() {
        return scripts;
    }

    /** The scripts to run on recovered content. */
    AfterHealScripts afterHeal(HealingSettings settings) throws SQLException {
        return scripts.afterHeal(settings);
    }

    /** Gives a database that is no file the registered schema; closes the connection where that fails. */
    public static Connection applySchema(HealingSettings settings, Connection connection) throws SQLException {
        if (!settings.schema().isEmpty()) {
            try {
                RegisteredSchema schema = RegisteredScripts.load(settings);
                SchemaApplier.apply(connection, schema, schema.expected(), "database without a file", false);
            } catch (SQLException | RuntimeException e) {
                try {
                    connection.close();
                } catch (SQLException closing) {
                    e.addSuppressed(closing);
                }
                throw e;
            }
        }
        return connection;
    }

    // ---- Expected

    /** What the database should have, for a connection with these settings: what is registered, and what was seen, unless that is no order. */
    ExpectedSchema expected(HealingSettings settings) throws SQLException {
        RegisteredSchema schema = registered(settings);
        boolean isOrder = settings.consent().caution() != ConsentSettings.Caution.STRICT;
        if (schema == null) {
            return learning.present();
        }
        return learning.present(isOrder ? schema.expected().and(learning.known()) : schema.expected());
    }

    /** What is registered, without what the application has dropped since. */
    ExpectedSchema expected(RegisteredSchema schema) {
        return learning.present(schema.expected());
    }

    /** Where a schema can be taken from. */
    Sources.Schema source(HealingSettings settings) throws SQLException {
        return registered(settings) != null
                ? Sources.Schema.REGISTERED
                : hasLearned() ? Sources.Schema.LEARNED : Sources.Schema.UNKNOWN;
    }

    boolean hasLearned() {
        return learning.hasLearned();
    }

    /** Whether this JVM has seen a table of that name in the database. */
    boolean hasLearned(String table) {
        return learning.known()
                .snapshot()
                .object(SchemaObject.Type.TABLE, table)
                .isPresent();
    }

    /** About how much memory it takes. */
    long sizeBytes() {
        return learning.sizeBytes() + scripts.sizeBytes();
    }

    /** Forgets what can be seen or read again when the database is opened again. */
    void drop() {
        learning.drop();
        scripts.drop();
    }

    /** What was learned by looking. */
    public SchemaLearning learning() {
        return learning;
    }

    /** What was made here without the application's doing. */
    MadeSchema made() {
        return made;
    }

    // ---- Adding what is missing

    /**
     * Adds what is missing of the registered schema, or of the learned one where none is registered.
     *
     * @param nested whether the connection is in a transaction of the application
     */
    SchemaChange change(HealingSettings settings, Connection connection, boolean nested) throws SQLException {
        RegisteredSchema schema = registered(settings);
        String path = file.main().toString();
        try {
            SchemaSnapshot before = SchemaSnapshot.read(connection);
            SchemaChange change = schema == null
                    ? SchemaApplier.repair(connection, expected(settings), path, nested)
                    : SchemaApplier.apply(connection, schema, expected(settings), path, nested);
            if (!change.isEmpty()) {
                made.note(connection, before);
                desk.initialised();
            }
            learning.doWithout(change.leftOut());
            return change;
        } catch (SQLException e) {
            desk.failedToInitialise();
            throw e;
        }
    }

    /** Gives a new database the settings of the one that was here before. */
    void applyLearnedFileSettings(Connection connection) throws SQLException {
        if (!hasLearned()) {
            return;
        }
        SchemaSnapshot.Settings settings = learning.known().snapshot().settings();
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size = " + settings.pageSizeBytes());
            statement.execute("PRAGMA encoding = '" + settings.encoding() + "'");
            statement.execute("PRAGMA auto_vacuum = " + settings.autoVacuum());
            statement.execute("PRAGMA journal_mode = " + settings.journalMode());
        }
    }

    /** As {@link #applyLearnedFileSettings}, where that is possible on a connection that others may be beside of. */
    void tryLearnedFileSettings(Connection connection) throws SQLException {
        try {
            applyLearnedFileSettings(connection);
        } catch (SQLException e) {
            if (!(Fault.of(e) instanceof Fault.Unavailable)) {
                throw e;
            }
            LOG.debug("{}: not with the settings that it had: {}", file.main(), Disclosure.message(e));
        }
    }

    // ---- For another process

    /** All that is known of the schema, as a script for {@link #recall}. */
    String asScript(HealingSettings settings) throws SQLException {
        SchemaSnapshot snapshot = expected(settings).snapshot();
        if (snapshot.isEmpty()) {
            return "";
        }
        StringBuilder script = new StringBuilder();
        for (SchemaObject object : snapshot.objects()) {
            script.append(SchemaScript.create(CreateStatement.stored(object)));
        }
        return script.append("PRAGMA user_version = ")
                .append(snapshot.settings().userVersion())
                .append(";\nPRAGMA application_id = ")
                .append(snapshot.settings().applicationId())
                .append(";\n")
                .toString();
    }

    /** Learns what another process knew, where nothing is known here. */
    void recall(String script) throws SQLException, IOException {
        if (script.isEmpty() || hasLearned()) {
            return;
        }
        Path scratch = file.side().workshop().resolveSibling("healing.tmp.schema");
        Files.deleteIfExists(scratch);
        try (Connection connection = Sqlite.open(file.side().prepare(scratch), Access.OWN.distrusting())) {
            SchemaScript.run(script, connection);
            learning.learn(connection);
        } catch (SchemaException e) {
            LOG.warn(
                    "{}: what another process left of the schema is not believed: {}",
                    file.main(),
                    Disclosure.message(e));
        } finally {
            Files.deleteIfExists(scratch);
        }
    }
}
