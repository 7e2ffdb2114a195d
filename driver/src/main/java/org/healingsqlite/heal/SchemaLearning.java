package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.api.Internal;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.schema.Evolution;
import org.healingsqlite.schema.ExpectedSchema;
import org.healingsqlite.schema.KnownSchema;
import org.healingsqlite.schema.LearnedSchema;
import org.healingsqlite.schema.NamedChanges;
import org.healingsqlite.schema.NamedLook;
import org.healingsqlite.schema.OwnChanges;
import org.healingsqlite.schema.SchemaDifference;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.schema.Scripts;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.schema.SqlStatement.Removal;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * What was learned of a schema by looking, and what the application has changed of it on purpose. After a change through this JVM, only the objects that its statements
 * name are looked at, as long as the schema's counter shows that nobody has changed anything else. Thread-safe.
 */
@Internal
public final class SchemaLearning {
    /** Looking at a schema of this size costs less than the statement that changed it. */
    private static final int MOST_OBJECTS_TO_LEARN_AT_ONCE = 100;

    private final DatabaseFile file;
    private final Object learning = new Object();

    /** Guards {@link #known}, {@link #removals} and what is told by them. */
    private final Object lock = new Object();

    private final KnownSchema known = new KnownSchema();
    private final Removals removals = new Removals();

    /** What the application has changed through this JVM and is not learned yet; changed under the lock. */
    private volatile OwnChanges own = OwnChanges.NONE;

    /** Of which state all is known; changed under the lock. */
    private volatile @Nullable State learned;

    /** What was opened in this state with these scripts needs no second look. */
    private volatile @Nullable Seen seen;

    private volatile Instant learnedAt = Instant.MIN;

    private final LedgerLooks ledgerLooks = new LedgerLooks();

    /** Where the application keeps its version, beside the tables that are known. */
    private volatile Set<String> versionTables = Set.of();

    /**
     * A state of a file's schema.
     *
     * @param hasObjects whether there was one, so that the settings of the file are known as well
     */
    private record State(@Nullable FileIdentity file, long schemaVersion, boolean hasObjects) {
        boolean isOf(@Nullable FileIdentity one) {
            return file != null && file.equals(one);
        }

        State in(FileIdentity another) {
            return new State(another, schemaVersion, hasObjects);
        }
    }

    private record Seen(State state, Scripts schema) {}

    SchemaLearning(DatabaseFile file) {
        this.file = file;
    }

    // ---- What is known

    /** What was learned, and what the application has not removed of it. */
    ExpectedSchema present() {
        synchronized (lock) {
            return known.now().without(removals.all());
        }
    }

    /** What the application has not removed of something. */
    ExpectedSchema present(ExpectedSchema of) {
        synchronized (lock) {
            return of.without(removals.all());
        }
    }

    /** What was learned, removed or not. */
    ExpectedSchema known() {
        synchronized (lock) {
            return known.now();
        }
    }

    boolean hasLearned() {
        return !known().isEmpty();
    }

    /** Whether this JVM has seen a database at the path. */
    boolean hasSeen() {
        return seen != null || hasLearned();
    }

    /** Whether learning all of it costs so little that it need not wait for the last of many changes. */
    public boolean isSmall() {
        synchronized (lock) {
            return known.size() <= MOST_OBJECTS_TO_LEARN_AT_ONCE;
        }
    }

    /** What rows break cannot be there, and is not missed until it is. */
    void doWithout(List<String> objects) {
        synchronized (lock) {
            objects.forEach(object -> removals.add(new Removal(object, "")));
        }
    }

    /** What was seen until a moment is not missed any more, where nothing was seen since: somebody has said that nothing of it is to come back. */
    void forget(Instant end) {
        synchronized (lock) {
            if (end.isAfter(learnedAt)) {
                known.set(ExpectedSchema.NONE);
                removals.forget(removal -> true);
                own = OwnChanges.NONE;
                learned = null;
                seen = null;
            }
        }
    }

    /** About how much memory it takes. */
    long sizeBytes() {
        synchronized (lock) {
            return known.sizeBytes();
        }
    }

    /** What was seen is not known any more, as before this JVM has opened the database. */
    void drop() {
        forget(Instant.MAX);
    }

    // ---- What was seen

    /** Whether the database was looked at as it is, with these settings. */
    boolean isSeen(Connection connection, HealingSettings settings) throws SQLException {
        Seen now = seen;
        return now != null
                && now.schema().equals(settings.schema())
                && now.state().isOf(file.identity())
                && isUnchanged(now.state(), connection);
    }

    /** Whether a file was looked at with these settings, in whatever state. */
    boolean isSeen(FileIdentity there, HealingSettings settings) {
        Seen now = seen;
        return now != null && now.state().isOf(there) && now.schema().equals(settings.schema());
    }

    /** Where it is locked, opening it does not fail, as it would not without us: a statement that finds another schema later is healed. */
    private static boolean isUnchanged(State known, Connection connection) throws SQLException {
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
        return there != null
                && (file.sizeBytes() == 0
                        || before != null && !there.equals(before.state().file()));
    }

    /** Learns from a connection that was just opened what is not known yet. */
    void learnWhatIsNew(Connection connection, HealingSettings settings, boolean isSeen) throws SQLException {
        if (!isSeen) {
            Seen before = seen;
            // What another database has that was put in its place is not missing in this one, unless that is empty.
            boolean isAnother = before != null
                    && before.state().file() != null
                    && !before.state().isOf(file.identity());
            remember(connection, settings, isAnother);
        } else if (LearnedSchema.hasBookkeeping(known())) {
            // Its rows change without the schema changing.
            var unused = learn(connection, file.identity(), false);
        }
    }

    /**
     * Learns what a database has now, which needs no second look then.
     *
     * @param anew whether what was known before is of another one
     */
    void remember(Connection connection, HealingSettings settings, boolean anew) throws SQLException {
        FileIdentity identity = file.identity();
        seen = new Seen(learn(connection, identity, anew), settings.schema());
    }

    /** The content of a lost file is in another one at the path: that is the same database, and what it lacks is missing. */
    void cameBack(FileIdentity lost, FileIdentity there) {
        synchronized (lock) {
            State before = learned;
            if (before != null && before.isOf(lost)) {
                learned = before.in(there);
            }
            Seen opened = seen;
            if (opened != null && opened.state().isOf(lost)) {
                seen = new Seen(opened.state().in(there), opened.schema());
            }
        }
    }

    // ---- What the application changes

    /**
     * The application has run something that changes the schema, or the records of its version: what it takes away on purpose is not missed.
     *
     * @return what is to be learned
     */
    public NamedChanges schemaChanges(String sql) {
        Optional<String> ledger = OwnChanges.ledgerOf(sql);
        if (ledger.isPresent() && isNoLedger(ledger.get())) {
            return NamedChanges.NONE;
        }
        List<SqlStatement> statements = SqlStatement.split(sql);
        List<Removal> more = SqlStatement.removals(statements);
        synchronized (lock) {
            own = own.and(statements);
            more.forEach(removals::add);
        }
        if (ledger.isPresent()) {
            return ledgerLooks.take(System.nanoTime()) ? NamedChanges.UNNAMED : NamedChanges.NONE;
        }
        NamedChanges changes = NamedChanges.of(statements);
        return versionTables.stream().anyMatch(changes::concerns) ? NamedChanges.UNNAMED : changes;
    }

    /** Whether a table is known and holds something else than its name says, or more than any tool writes. */
    private boolean isNoLedger(String table) {
        ExpectedSchema all = known();
        return all.snapshot().object(SchemaObject.Type.TABLE, table).isPresent()
                && !all.rows().containsKey(table);
    }

    /**
     * Looks for the objects that statements have made or dropped.
     *
     * @param held the file that the connection holds
     * @return empty where the whole schema has to be looked at
     */
    public Optional<NamedLook> look(Connection connection, @Nullable FileIdentity held, NamedChanges changes)
            throws SQLException {
        State before = learned;
        return before == null || !before.isOf(held) || !before.hasObjects()
                ? Optional.empty()
                : NamedLook.look(connection, changes, before.schemaVersion());
    }

    /**
     * Learns what such a look has found, once it is committed.
     *
     * @return whether it was learned; not where somebody else has changed something, and the whole schema has to be looked at
     */
    public boolean learn(NamedLook look, @Nullable FileIdentity held) {
        synchronized (lock) {
            State before = learned;
            if (before == null || !before.isOf(held) || !known.isAllThatChanged(look, before.schemaVersion())) {
                return false;
            }
            if (look.version() == before.schemaVersion()) {
                // What was to be dropped was another's, or its removal was rolled back.
                removals.forget(look.changes(), removal -> removal.column().isEmpty() && known.has(removal.object()));
            } else {
                removals.forget(
                        look.changes(),
                        removal -> removal.column().isEmpty()
                                ? look.has(removal.object())
                                : look.has(removal.object(), removal.column()));
                known.add(look);
                State now = new State(before.file(), look.version(), true);
                learned = now;
                Seen opened = seen;
                if (opened != null && opened.state().equals(before)) {
                    seen = new Seen(now, opened.schema());
                }
            }
            own = own.without(look.changes());
            learnedAt = Instant.now();
            return true;
        }
    }

    /**
     * Learns all that the database has now, on a connection of its own: the application's may be in the middle of something.
     *
     * @param held the file that the application's connection holds
     * @param physical the application's connection, asked only where its file is no longer at the path
     */
    public void learn(Opener opener, @Nullable FileIdentity held, Connection physical) throws SQLException {
        FileIdentity atPath = file.identity();
        if (atPath == null || !atPath.equals(held)) {
            var unused = learn(physical, held, false);
            return;
        }
        try (Connection connection = opener.toExisting(file, atPath).open()) {
            var unused = learn(connection, atPath, false);
        }
    }

    /** Gives the state at which it has looked. */
    private State learn(Connection connection, @Nullable FileIdentity identity, boolean anew) throws SQLException {
        return Sqlite.holding(connection, () -> {
            // One after the other, so that the newest look is the one that stays; but who asks what is known never
            // waits for a database that is locked.
            synchronized (learning) {
                return Sqlite.whileReading(connection, () -> {
                    LearnedSchema.Look look = look(connection);
                    State now = new State(
                            identity,
                            SchemaSnapshot.version(connection),
                            !look.snapshot().isEmpty());
                    remember(look, now, anew);
                    return now;
                });
            }
        });
    }

    private void remember(LearnedSchema.Look look, State state, boolean anew) {
        synchronized (lock) {
            // What is there again, or still there because its removal was rolled back, is not removed.
            removals.forget(removal -> removal.column().isEmpty()
                    ? look.has(removal.object())
                    : look.has(removal.object(), removal.column()));
            boolean isAnother = anew || evolution(look).direction() != Evolution.Direction.NONE;
            ExpectedSchema before = isAnother && !look.snapshot().isEmpty() ? ExpectedSchema.NONE : known.now();
            ExpectedSchema now = LearnedSchema.learn(look, before, removals.all());
            known.set(now);
            learned = state;
            own = OwnChanges.NONE;
            learnedAt = Instant.now();
        }
    }

    // ---- Another release

    /** Looks at a database as it is learned. */
    LearnedSchema.Look look(Connection connection) throws SQLException {
        return LearnedSchema.look(connection, versionTables);
    }

    /** How a database has come from what was learned of it to what it is now. */
    Evolution evolution(LearnedSchema.Look now) {
        synchronized (lock) {
            return Evolution.between(known.now().without(removals.all()), now, own);
        }
    }

    /** Whether something is missing that was seen here. */
    boolean misses(LearnedSchema.Look now) {
        synchronized (lock) {
            return !SchemaDifference.between(known.now().without(removals.all()).snapshot(), now.snapshot())
                    .isEmpty();
        }
    }

    /** Learns what a database has that nobody else has open. */
    void learn(Connection connection) throws SQLException {
        var unused = learn(connection, null, false);
    }

    /** The database is of another release: what that has not is not missed any more, as if the application had taken it away, and the rest is learned anew. */
    void adopt(SchemaDifference missing, Connection connection) throws SQLException {
        List<Removal> more = new ArrayList<>();
        missing.objects().forEach(object -> more.add(new Removal(object.name(), "")));
        missing.columns()
                .forEach(columns -> columns.names()
                        .forEach(name -> more.add(new Removal(columns.table().name(), name))));
        synchronized (lock) {
            more.forEach(removals::add);
        }
        // Nobody has to know which file that was: the next change is looked at with all the others.
        var unused = learn(connection, null, true);
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
}
