package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.plan.Sources;
import org.healingsqlite.schema.AfterHealScripts;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.Evolution;
import org.healingsqlite.schema.ExpectedSchema;
import org.healingsqlite.schema.LearnedSchema;
import org.healingsqlite.schema.MadeSchema;
import org.healingsqlite.schema.OwnChanges;
import org.healingsqlite.schema.RegisteredSchema;
import org.healingsqlite.schema.SchemaApplier;
import org.healingsqlite.schema.SchemaChange;
import org.healingsqlite.schema.SchemaDifference;
import org.healingsqlite.schema.SchemaException;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.schema.SchemaScript;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.schema.Scripts;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.schema.SqlStatement.Removal;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a database's schema: what is registered, what was learned by looking, what the application has removed on purpose. Adds what is missing.
 * Thread-safe.
 */
public final class SchemaKnowledge {
    private static final Log LOG = Log.of(SchemaKnowledge.class);

    /** Looking at a schema of this size costs less than the statement that changed it. */
    private static final int MOST_OBJECTS_TO_LEARN_AT_ONCE = 100;

    private final DatabaseFile file;
    private final IncidentDesk desk;

    private final RegisteredScripts scripts;
    private final Object learning = new Object();
    private final List<Removal> removals = new ArrayList<>();
    private volatile ExpectedSchema learned = ExpectedSchema.NONE;
    private volatile @Nullable Seen seen;

    /** What the application has changed through this JVM and is not learned yet; changed under the lock of {@link #removals}. */
    private volatile OwnChanges own = OwnChanges.NONE;

    private final MadeSchema made = new MadeSchema();

    private final LedgerLooks ledgerLooks = new LedgerLooks();

    /** Where the application keeps its version, beside the tables that are known. */
    private volatile Set<String> versionTables = Set.of();

    /** A state of the schema that needs no second look. */
    private record Seen(@Nullable FileIdentity file, long schemaVersion, Scripts schema) {}

    SchemaKnowledge(DatabaseFile file, IncidentDesk desk) {
        this.file = file;
        this.desk = desk;
        this.scripts = new RegisteredScripts(file, desk);
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
        ExpectedSchema seenOrRegistered =
                schema == null ? learned : isOrder ? schema.expected().and(learned) : schema.expected();
        synchronized (removals) {
            return seenOrRegistered.without(removals);
        }
    }

    /** What is registered, without what the application has dropped since. */
    ExpectedSchema expected(RegisteredSchema schema) {
        synchronized (removals) {
            return schema.expected().without(removals);
        }
    }

    /** Where a schema can be taken from. */
    Sources.Schema source(HealingSettings settings) throws SQLException {
        return registered(settings) != null
                ? Sources.Schema.REGISTERED
                : hasLearned() ? Sources.Schema.LEARNED : Sources.Schema.UNKNOWN;
    }

    /** Whether this JVM has seen a database at the path. */
    boolean hasSeen() {
        return seen != null || hasLearned();
    }

    boolean hasLearned() {
        return !learned.isEmpty();
    }

    /** Whether this JVM has seen a table of that name in the database. */
    boolean hasLearned(String table) {
        return learned.snapshot().object(SchemaObject.Type.TABLE, table).isPresent();
    }

    /** Whether learning costs so little that it need not wait for the last of many changes. */
    public boolean isSmall() {
        return learned.snapshot().objects().size() <= MOST_OBJECTS_TO_LEARN_AT_ONCE;
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
            synchronized (removals) {
                // What rows break cannot be there, and is not missed until it is.
                change.leftOut().forEach(index -> removals.add(new Removal(index, "")));
            }
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
        SchemaSnapshot.Settings settings = learned.snapshot().settings();
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

    // ---- Learning

    /** Whether the database was looked at as it is, with these settings. */
    boolean isSeen(Connection connection, HealingSettings settings) throws SQLException {
        Seen known = seen;
        return known != null
                && known.schema().equals(settings.schema())
                && known.file() != null
                && known.file().equals(file.identity())
                && isUnchanged(known, connection);
    }

    /** Where it is locked, opening it does not fail, as it would not without us: a statement that finds another schema later is healed. */
    private static boolean isUnchanged(Seen known, Connection connection) throws SQLException {
        try {
            return known.schemaVersion() == SchemaSnapshot.version(connection);
        } catch (SQLException e) {
            if (Fault.of(e) instanceof Fault.Unavailable) {
                return true;
            }
            throw e;
        }
    }

    /** Whether the file at the path is not the one that was learned from last. */
    boolean isPerhapsOfAnother(@Nullable FileIdentity there) {
        Seen before = seen;
        return there != null && (file.sizeBytes() == 0 || before != null && !there.equals(before.file()));
    }

    /** Learns from a connection that was just opened what is not known yet. */
    void learnWhatIsNew(Connection connection, HealingSettings settings, boolean isSeen) throws SQLException {
        if (!isSeen) {
            Seen before = seen;
            // What another database has that was put in its place is not missing in this one, unless that is empty.
            boolean isAnother =
                    before != null && before.file() != null && !before.file().equals(file.identity());
            remember(connection, settings, isAnother);
        } else if (LearnedSchema.hasBookkeeping(learned)) {
            // Its rows change without the schema changing.
            learn(connection, false);
        }
    }

    /**
     * Learns what a database has now, which needs no second look then.
     *
     * @param anew whether what was known before is of another one
     */
    void remember(Connection connection, HealingSettings settings, boolean anew) throws SQLException {
        learn(connection, anew);
        seen = new Seen(file.identity(), SchemaSnapshot.version(connection), settings.schema());
    }

    /**
     * The application has run something that changes the schema, or the records of its version: what it takes away on purpose is not missed.
     *
     * @return whether that is to be learned at once
     */
    public boolean schemaChanges(String sql) {
        Optional<String> ledger = OwnChanges.ledgerOf(sql);
        if (ledger.isPresent() && isNoLedger(ledger.get())) {
            return false;
        }
        List<Removal> more = SqlStatement.removals(sql);
        synchronized (removals) {
            own = own.and(sql);
            removals.addAll(more);
        }
        return ledger.isEmpty() || ledgerLooks.take(System.nanoTime());
    }

    /** Whether a table is known and holds something else than its name says, or more than any tool writes. */
    private boolean isNoLedger(String table) {
        ExpectedSchema known = learned;
        return known.snapshot().object(SchemaObject.Type.TABLE, table).isPresent()
                && !known.rows().containsKey(table);
    }

    /**
     * Learns what the database has now, on a connection of its own: the application's may be in the middle of something.
     *
     * @param held the file that the application's connection holds
     * @param physical the application's connection, asked only where its file is no longer at the path
     */
    public void learn(Opener opener, @Nullable FileIdentity held, Connection physical) throws SQLException {
        FileIdentity atPath = file.identity();
        if (atPath == null || !atPath.equals(held)) {
            learn(physical, false);
            return;
        }
        try (Connection connection = opener.toExisting(file, atPath).open()) {
            learn(connection, false);
        }
    }

    private void learn(Connection connection, boolean anew) throws SQLException {
        Sqlite.holding(connection, () -> {
            // One after the other, so that the newest look is the one that stays; but who asks what is known never
            // waits for a database that is locked.
            synchronized (learning) {
                LearnedSchema.Look look = Sqlite.whileReading(connection, () -> look(connection));
                remember(look, anew);
                return look;
            }
        });
    }

    private void remember(LearnedSchema.Look look, boolean anew) {
        synchronized (removals) {
            // What is there again, or still there because its removal was rolled back, is not removed.
            removals.removeIf(removal -> removal.column().isEmpty()
                    ? look.has(removal.object())
                    : look.has(removal.object(), removal.column()));
            boolean isAnother = anew || evolution(look).direction() != Evolution.Direction.NONE;
            ExpectedSchema before = isAnother && !look.snapshot().isEmpty() ? ExpectedSchema.NONE : learned;
            learned = LearnedSchema.learn(look, before, List.copyOf(removals));
            own = OwnChanges.NONE;
        }
    }

    // ---- Another release

    /** Looks at a database as it is learned. */
    LearnedSchema.Look look(Connection connection) throws SQLException {
        return LearnedSchema.look(connection, versionTables);
    }

    /** How a database has come from what was learned of it to what it is now. */
    Evolution evolution(LearnedSchema.Look now) {
        synchronized (removals) {
            return Evolution.between(learned.without(removals), now, own);
        }
    }

    /** Whether something is missing that was seen here. */
    boolean misses(LearnedSchema.Look now) {
        synchronized (removals) {
            return !SchemaDifference.between(learned.without(removals).snapshot(), now.snapshot())
                    .isEmpty();
        }
    }

    /** The database is of another release: what that has not is not missed any more, as if the application had taken it away, and the rest is learned anew. */
    void adopt(SchemaDifference missing, Connection connection) throws SQLException {
        List<Removal> more = new ArrayList<>();
        missing.objects().forEach(object -> more.add(new Removal(object.name(), "")));
        missing.columns()
                .forEach(columns -> columns.names()
                        .forEach(name -> more.add(new Removal(columns.table().name(), name))));
        synchronized (removals) {
            removals.addAll(more);
        }
        learn(connection, true);
    }

    /** The settings of a connection tell where the application keeps its version. */
    void heed(HealingSettings settings) {
        List<String> tables = settings.consent().versionTables();
        if (!versionTables.containsAll(tables)) {
            LearnedSchema.register(tables);
            Set<String> all = new HashSet<>(versionTables);
            all.addAll(tables);
            versionTables = Set.copyOf(all);
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
            learn(connection, false);
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
