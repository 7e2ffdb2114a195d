package org.healingsqlite.heal;

import dev.failsafe.CircuitBreaker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.FileOwnership;
import org.healingsqlite.files.FileWatch;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.files.SideDirectoryException;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.repair.NewContent;
import org.healingsqlite.repair.Publication;
import org.healingsqlite.repair.Settling;
import org.healingsqlite.schema.AfterHealScripts;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.ExpectedSchema;
import org.healingsqlite.schema.LearnedSchema;
import org.healingsqlite.schema.RegisteredSchema;
import org.healingsqlite.schema.SchemaApplier;
import org.healingsqlite.schema.SchemaChange;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One database file in this JVM, and everything its connections share: what is known of its schema, the healer, the breaker, the incidents, and
 * the epoch. Thread-safe.
 */
public final class ManagedDatabase {
    private static final Logger LOG = LoggerFactory.getLogger(ManagedDatabase.class);

    private static final int INCIDENTS_TO_LOOK_AT = 20;
    private static final int MOST_OBJECTS_TO_LEARN_AT_ONCE = 100;
    private static final long BETWEEN_RESCUES_NANOS = 5_000_000;

    private final DatabaseFile file;
    private final Healer healer;
    private final LostConnections lost = new LostConnections();
    private final BackgroundRescue rescues = new BackgroundRescue();
    private final IncidentLog incidents;
    private final CircuitBreaker<Object> breaker;
    private final Patience patience;
    private final Degradation degradation = new Degradation(this);
    private final SingleFlight flight = new SingleFlight();
    private final List<IncidentListener> listeners = new CopyOnWriteArrayList<>();
    private final Set<HealableConnection> connections = ConcurrentHashMap.newKeySet();
    private final SideFiles sideFiles;
    private final SideTrust side;

    /** Raised when something has happened to the file: each connection then looks for itself, once. */
    private final AtomicInteger epoch = new AtomicInteger();

    private volatile Runnable epochRaised = () -> {};

    private final Map<Scripts, RegisteredSchema> registered = new HashMap<>();
    private final Map<Scripts, AfterHealScripts> afterHeal = new HashMap<>();
    private final Object learning = new Object();
    private final List<Removal> removals = new ArrayList<>();
    private volatile ExpectedSchema learned = ExpectedSchema.NONE;
    private volatile @Nullable Seen seen;
    private volatile @Nullable FileIdentity lastSeenAtPath;
    private volatile boolean restoring;
    private volatile @Nullable Settling settling;
    private volatile boolean ending;
    private volatile @Nullable ProcessLock processLock;
    private final Object upkeepLock = new Object();
    private volatile @Nullable Upkeep upkeep;
    private volatile long lastLossMillis = -1;
    private final AtomicInteger generation = new AtomicInteger();

    /** A state of the schema that needs no second look. */
    private record Seen(@Nullable FileIdentity file, long schemaVersion, Scripts schema) {}

    private final LongAdder initialisations = new LongAdder();
    private final LongAdder failedInitialisations = new LongAdder();
    private final LongAdder healed = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder gaveUp = new LongAdder();

    ManagedDatabase(DatabaseFile file, HealingSettings settings) {
        this.file = file;
        this.healer = new Healer(this);
        this.sideFiles = new SideFiles(file, connections, healer::isSafe);
        this.side = new SideTrust(file);
        this.incidents = new IncidentLog(file);
        this.breaker = CircuitBreaker.builder()
                .withFailureThreshold(settings.breakerFailures())
                .withDelay(settings.breakerDelay())
                .withSuccessThreshold(1)
                .build();
        this.patience = new Patience(this, settings);
    }

    public DatabaseFile file() {
        return file;
    }

    public Healer healer() {
        return healer;
    }

    /** The moment's epoch: one volatile read. */
    public int epoch() {
        return epoch.get();
    }

    void raiseEpoch() {
        epoch.incrementAndGet();
        epochRaised.run();
    }

    /** Tells somebody whenever the epoch is raised: a door that does not look at it before every call. */
    public void onEpoch(Runnable told) {
        epochRaised = told;
    }

    SingleFlight flight() {
        return flight;
    }

    CircuitBreaker<Object> breaker() {
        return breaker;
    }

    public Patience patience() {
        return patience;
    }

    public Degradation degradation() {
        return degradation;
    }

    /** What a health check wants to know. */
    public Health health() {
        return new Health(
                Health.Breaker.valueOf(breaker.getState().name()),
                Health.Breaker.valueOf(patience.state().name()),
                degradation.tables());
    }

    /** Closes both breakers: the next fault is healed, the next lock waited for. */
    public void resetBreakers() {
        breaker.close();
        patience.reset();
    }

    public IncidentLog incidents() {
        return incidents;
    }

    public void addListener(IncidentListener listener) {
        listeners.add(listener);
    }

    public Statistics statistics() {
        return new Statistics(
                initialisations.sum(), failedInitialisations.sum(), healed.sum(), refused.sum(), gaveUp.sum());
    }

    public void removeListener(IncidentListener listener) {
        listeners.remove(listener);
    }

    /** A connection was opened. */
    public void connected(HealableConnection connection) {
        connections.add(connection);
        watch();
    }

    /** A connection was closed. */
    public void disconnected(HealableConnection connection) {
        lost.disown(connection);
        if (connections.remove(connection) && connections.isEmpty()) {
            FileWatch.instance().forget(file);
        }
    }

    /**
     * A connection is about to be closed, and may be the last one to hold a file that has lost its name.
     */
    public void closing(HealableConnection connection) {
        awaitSettled();
        FileIdentity held = connection.identity();
        if (held != null
                && connection.settings().mode() == Mode.HEAL
                && !held.equals(file.identity())
                && connections.stream().noneMatch(other -> other != connection && held.equals(other.identity()))) {
            healer.rescueBeforeClose(connection);
        }
    }

    /** What a heal has left to do beside those who go on. */
    void settling(Settling rest) {
        settling = rest;
    }

    /** Begins it. */
    void settle() {
        Settling rest = settling;
        if (rest != null) {
            rest.begin();
        }
    }

    /** Waits until nothing of the last heal is left to do. */
    void awaitSettled() {
        Settling rest = settling;
        if (rest != null) {
            rest.await();
        }
    }

    /** A connection was opened anew; what it had open before may still be read from, and is closed with it. */
    public void left(HealableConnection owner, Connection before) {
        lost.add(owner, before, null, false);
    }

    LostConnections lost() {
        return lost;
    }

    /** Takes down the fences that nobody needs any more. */
    void reviewFences() {
        lost.review(this::holds);
        if (!lost.fenced().isEmpty()) {
            healer.completeRescueLog();
        }
    }

    /** Whether there is nothing at the path that anybody could miss; what lies beside it then is a lost file's. */
    boolean isVacant() {
        return sideFiles.areOfNothing();
    }

    /** Whether there is nothing at the path that anybody could miss: not even an object in the database that is there. */
    boolean isNothingAtPath(HealingSettings settings) throws SQLException {
        if (isVacant()) {
            return true;
        }
        setLogOfLostFileAside(settings);
        return Publication.isNothingAt(file);
    }

    /**
     * Before SQLite looks at a file that has taken a lost one's place: it would read it with the lost one's log, delete that beside an empty file, or begin
     * WAL mode with the index that is in use.
     */
    void setLogOfLostFileAside(HealingSettings settings) throws SQLException {
        if (!sideFiles.includeLogOfLostFile() || !side.isUsable()) {
            return;
        }
        SQLException context = new SQLException("another file has taken the place of " + file.main());
        try (ProcessLock lock = lock(settings, context)) {
            if (sideFiles.includeLogOfLostFile()) {
                List<String> steps = new ArrayList<>();
                Publication.setAside(file, List.of(file.wal(), file.shm()), steps);
                steps.forEach(step -> LOG.info("{}: {}", file.main(), step));
            }
        } catch (IOException e) {
            throw new SQLException("Cannot open " + file.main() + ": " + e, "08001", e);
        }
    }

    /** Whether a connection of this JVM has a file open. */
    boolean holds(FileIdentity identity) {
        return connections.stream().anyMatch(connection -> identity.equals(connection.identity()));
    }

    private boolean isAnyLost(@Nullable FileIdentity atPath) {
        return connections.stream()
                .filter(HealableConnection::isMovedByOthers)
                .map(HealableConnection::identity)
                .anyMatch(held -> held != null && !held.equals(atPath));
    }

    /** Whether the calling thread heals this database now. */
    public boolean isHealedByThisThread() {
        return flight.isHeldByThisThread();
    }

    /** Whether the JVM ends: no call comes after this. */
    public boolean isEnding() {
        return ending;
    }

    /** The JVM ends: nobody else may hold the content of a lost file. */
    void rescueNow() {
        ending = true;
        if (isAnyLost(file.identity())) {
            healer.rescue(List.copyOf(connections));
        }
    }

    /** Whether a connection with these settings may have the database healed: where it is asked for, and the side directory may be used. */
    public boolean heals(HealingSettings settings) {
        return settings.mode() == Mode.HEAL && side.isUsable();
    }

    /** Whether the side directory may be used, and why not. */
    SideTrust side() {
        return side;
    }

    /** The upkeep that a connection's settings ask for, begun now if it is the first; the caller leaves it. Null where they ask for none. */
    public @Nullable Upkeep useUpkeep(HealingSettings settings) {
        synchronized (upkeepLock) {
            Upkeep running = upkeep;
            if (running == null || !running.use()) {
                if (running != null) {
                    running.awaitEnd();
                }
                running = Upkeep.of(file, settings);
                upkeep = running;
                if (running != null) {
                    running.use();
                    running.begin();
                }
            }
            return running;
        }
    }

    /** A connection no longer needs the upkeep. */
    public void leave(Upkeep used) {
        used.leave();
    }

    /** What runs for the database; null where nothing does. */
    @Nullable
    Upkeep upkeep() {
        return upkeep;
    }

    boolean isUnused() {
        return connections.isEmpty();
    }

    /** Ends the open result sets of every connection: they keep locks. */
    void endResults() {
        connections.forEach(HealableConnection::endResults);
    }

    /** Connections opened before this number was raised hold a log without a name: they have to be opened anew. */
    public int generation() {
        return generation.get();
    }

    void raiseGeneration() {
        generation.incrementAndGet();
        raiseEpoch();
    }

    /** sqlite-jdbc's connections of this JVM. */
    List<Connection> physicals() {
        return connections.stream().map(HealableConnection::physical).toList();
    }

    /** Whether the content is being restored now: who is outside of a transaction had better wait. */
    public boolean isRestoring() {
        return restoring;
    }

    void restoring(boolean now) {
        if (restoring != now) {
            restoring = now;
            raiseEpoch();
        }
    }

    /** Waits until nobody heals. */
    public void awaitHealer(HealingSettings settings) throws SQLException {
        SQLException context = new SQLException(file.main() + " is being restored");
        flight.take(settings.waitLimit(), file.main().toString(), context).close();
    }

    void progressed(String step) {
        for (IncidentListener listener : listeners) {
            try {
                listener.progressed(file.main(), step);
            } catch (RuntimeException e) {
                LOG.warn("A listener failed at step {} of healing {}", step, file.main(), e);
            }
        }
    }

    // ---- The file

    /** Makes sure that the file is watched, also where its directory is a new one. Raises the epoch where another file than before is at the path. */
    public void watch() {
        FileIdentity now = file.identity();
        FileIdentity before = lastSeenAtPath;
        lastSeenAtPath = now;
        if (before != null && !before.equals(now)) {
            raiseEpoch();
        }
        LastOwnership.note(file);
        FileWatch.instance().watch(file, this::lookAtFile);
    }

    /** Raises the epoch where another file, or none, is at the path, or a log has lost its name. Costs some stats. */
    public void lookAtFile() {
        FileIdentity now = file.identity();
        FileIdentity before = lastSeenAtPath;
        if (now == null ? before != null : !now.equals(before)) {
            lastSeenAtPath = now;
            raiseEpoch();
        }
        reviewFences();
        if (isAnyLost(now)) {
            noteLost(now);
            rescues.begin(() -> healer.rescue(List.copyOf(connections)));
        }
        LogIdentity log = LogIdentity.of(file);
        int current = generation.get();
        if (connections.stream()
                .anyMatch(connection ->
                        connection.generation() == current && connection.log().isLostTo(log))) {
            raiseGeneration();
        }
    }

    /** Before anything is made for a lost file: whom that belongs to now. */
    private void noteLost(@Nullable FileIdentity atPath) {
        for (HealableConnection connection : connections) {
            FileIdentity held = connection.identity();
            if (held != null && !held.equals(atPath)) {
                LastOwnership.noteLost(file, held);
            }
        }
    }

    /**
     * Opens a physical connection. A file that is absent or empty is created and given its schema where one is known; a registered schema that
     * is incomplete is completed.
     *
     * @throws SQLException sqlite-jdbc's own, or what kept the schema from being applied
     */
    public Connection open(HealingSettings settings, Opener opener) throws SQLException {
        RegisteredSchema schema = registered(settings);
        boolean mayWrite = settings.mode() == Mode.HEAL && !opener.isReadOnly();
        boolean mayHeal = mayWrite && side.isUsable();
        boolean known =
                schema != null || !learned.isEmpty() || !settings.sources().isNone();
        FileIdentity there = file.identity();
        long deadlineNanos = System.nanoTime() + settings.waitLimit().toNanos();
        while (mayHeal && file.sizeBytes() <= 0) {
            awaitContent(settings);
            if (!known || !isVacant()) {
                there = file.identity();
                break;
            }
            Optional<Connection> created = create(settings, opener, System.nanoTime() - deadlineNanos < 0);
            if (created.isPresent()) {
                return created.get();
            }
            there = file.identity();
        }
        if (mayHeal && isPerhapsAnother(there)) {
            setLogOfLostFileAside(settings);
        }
        afterHeal(settings);
        Opener toFile = mayHeal && there != null ? opener.toExisting(file, there) : opener;
        Connection connection = healer.open(settings, toFile, mayHeal);
        try {
            try {
                // What is registered is the application's own wish, and nothing that a side directory says.
                prepare(connection, settings, schema, mayWrite);
            } catch (SQLException e) {
                Incident incident = mayHeal ? healer.healAtOpen(e, settings, connection) : null;
                if (incident != null && incident.outcome().allowsRetry()) {
                    prepare(connection, settings, schema, true);
                } else if (schema != null || Fault.of(e) instanceof Fault.Application) {
                    throw e;
                } else {
                    // Looking was not the application's wish: it finds out with its first statement, as with plain
                    // sqlite-jdbc.
                    LOG.debug("{}: not learned: {}", file.main(), e.getMessage());
                }
            }
            return connection;
        } catch (SQLException | RuntimeException e) {
            closeAfter(e, connection);
            throw e;
        }
    }

    /** Whether the file at the path is not the one that was learned from last. */
    private boolean isPerhapsAnother(@Nullable FileIdentity there) {
        Seen before = seen;
        return there != null && (file.sizeBytes() == 0 || before != null && !there.equals(before.file()));
    }

    private void prepare(
            Connection connection, HealingSettings settings, @Nullable RegisteredSchema schema, boolean mayHeal)
            throws SQLException {
        boolean isSeen = isSeen(connection, settings);
        if (schema != null && !isSeen) {
            complete(settings, schema, connection, mayHeal);
            isSeen = isSeen(connection, settings);
        }
        try {
            learnWhatIsNew(connection, settings, isSeen);
        } catch (SQLException e) {
            if (!(Fault.of(e) instanceof Fault.Unavailable)) {
                throw e;
            }
            LOG.debug("{}: learned by a later connection: {}", file.main(), e.getMessage());
        }
    }

    private static void closeAfter(Exception failure, Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    /** Before a file is created where one was deleted: who still has its content puts it back first. Not from within a turn. */
    void awaitContent(HealingSettings settings) throws SQLException {
        awaitOwnHolders(settings);
        bringBack(settings);
    }

    /**
     * As far as other connections of this JVM hold what was at the path, it is put back; from within a turn.
     *
     * @param longest how long transactions that are open on it are waited for
     */
    void rescueFromOthers(HealableConnection connection, Duration longest) {
        List<HealableConnection> others =
                connections.stream().filter(other -> other != connection).toList();
        long deadlineNanos = System.nanoTime() + (connection.isTriedAgain() ? 0 : longest.toNanos());
        while (file.sizeBytes() <= 0) {
            boolean done = healer.rescue(others);
            boolean moveThemselves =
                    others.stream().anyMatch(other -> !other.isMovedByOthers() && healer.isWorthWaitingFor(other));
            if (done && !moveThemselves || System.nanoTime() - deadlineNanos >= 0) {
                return;
            }
            if (moveThemselves) {
                flight.letOthers(BETWEEN_RESCUES_NANOS);
            } else {
                LockSupport.parkNanos(BETWEEN_RESCUES_NANOS);
            }
        }
    }

    /** What this JVM still holds is not to be shut out by an empty file. Between two looks the healer is free: connections move in their own calls. */
    private void awaitOwnHolders(HealingSettings settings) throws SQLException {
        SQLException context = new SQLException("there is no file at " + file.main());
        long deadlineNanos = System.nanoTime() + settings.waitLimit().toNanos();
        do {
            try (SingleFlight.Turn turn =
                    flight.take(settings.waitLimit(), file.main().toString(), context)) {
                if (turn.isNested() || !settings.restoresDeleted() || rescueHere()) {
                    return;
                }
            }
            LockSupport.parkNanos(BETWEEN_RESCUES_NANOS);
        } while (file.sizeBytes() <= 0 && System.nanoTime() - deadlineNanos < 0);
    }

    /**
     * Has the connections of this JVM bring back what they hold.
     *
     * @return whether none has anything left that is worth waiting for
     */
    private boolean rescueHere() {
        return healer.rescue(List.copyOf(connections)) && connections.stream().noneMatch(healer::isWorthWaitingFor);
    }

    private void bringBack(HealingSettings settings) throws SQLException {
        Instant start = Instant.now();
        SQLException context = new SQLException("there is no file at " + file.main());
        try (SingleFlight.Turn turn =
                flight.take(settings.waitLimit(), file.main().toString(), context)) {
            if (turn.isNested() || !settings.restoresDeleted()) {
                return;
            }
            turn.phase("looking for who holds a deleted file");
            if (healer.bringBack(settings, turn.steps())) {
                conclude(
                        start,
                        "no file at open",
                        "a process died while it saved the content of a lost file",
                        turn.steps(),
                        new Outcome.Healed(String.join(", ", turn.steps()), Loss.NONE));
            }
        } catch (IOException e) {
            throw new SQLException("Cannot bring back what was at " + file.main() + ": " + e, "08001", e);
        }
    }

    /**
     * Creates the file, with what is known of its content.
     *
     * @param mayWait whether nothing is done where a connection of this JVM holds content that is to come back first
     */
    private Optional<Connection> create(HealingSettings settings, Opener opener, boolean mayWait) throws SQLException {
        Instant start = Instant.now();
        boolean wasKnown = !learned.isEmpty();
        String diagnosis = file.sizeBytes() < 0 ? "there is no file at the path" : "the file at the path is empty";
        SQLException context = new SQLException(diagnosis);
        try (SingleFlight.Turn turn =
                flight.take(settings.waitLimit(), file.main().toString(), context)) {
            turn.phase("creating the database");
            List<String> steps = turn.steps();
            if (settings.restoresDeleted() && !rescueHere() && mayWait && !turn.isNested()) {
                // It was deleted once more since anybody has looked.
                return Optional.empty();
            }
            if (file.createDirectory()) {
                steps.add("created directory " + file.directory());
            }
            try (ProcessLock lock = lock(settings, context)) {
                if (settings.restoresDeleted() && (mayWait || turn.isNested()) && healer.mayOthersBringBack()) {
                    // The same, and what is created here would be in their way.
                    if (turn.isNested()) {
                        throw new TakenAwayException(file);
                    }
                    return Optional.empty();
                }
                Publication.setStraysAside(file, steps);
                boolean fresh = file.isAbsentOrEmpty();
                giveLastOwnership();
                Optional<NewContent.Made> supplied =
                        fresh ? new OtherSources(this, settings, turn).fill() : Optional.empty();
                giveLastOwnership();
                Connection connection = opener.open();
                try {
                    if (fresh && wasKnown && supplied.isEmpty()) {
                        applyFileSettings(connection, learned.snapshot().settings());
                    }
                    SchemaChange change = changeSchema(settings, connection, false);
                    steps.addAll(change.steps());
                    remember(connection, settings, false);
                    if (supplied.isPresent() && !turn.isNested()) {
                        conclude(
                                start,
                                "database file absent or empty at open",
                                diagnosis,
                                steps,
                                new Outcome.Healed(
                                        "created " + file.main() + " with "
                                                + supplied.get().source(),
                                        Loss.unknown(supplied.get().missing())));
                    } else if (wasKnown && !change.isEmpty() && !turn.isNested()) {
                        conclude(
                                start,
                                "database file absent or empty at open",
                                diagnosis,
                                steps,
                                new Outcome.Healed(
                                        "created " + file.main() + " with its schema",
                                        Loss.unknown("the rows of the file that was there before")));
                    }
                    return Optional.of(connection);
                } catch (SQLException | RuntimeException e) {
                    closeAfter(e, connection);
                    throw e;
                }
            }
        } catch (IOException e) {
            throw new SQLException("Cannot create " + file.main() + ": " + e, "08001", e);
        }
    }

    /** A file that takes the place of one that was seen here belongs to whom that belonged, before there is anything in it. */
    private void giveLastOwnership() throws IOException {
        FileOwnership last = LastOwnership.of(file).orElse(null);
        if (last != null) {
            last.createIfAbsent(file.main());
        }
    }

    /** Gives a new database the settings of the one that was here before. */
    void applyLearnedFileSettings(Connection connection) throws SQLException {
        if (hasLearned()) {
            applyFileSettings(connection, learned.snapshot().settings());
        }
    }

    private static void applyFileSettings(Connection connection, SchemaSnapshot.Settings settings) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size = " + settings.pageSizeBytes());
            statement.execute("PRAGMA encoding = '" + settings.encoding() + "'");
            statement.execute("PRAGMA auto_vacuum = " + settings.autoVacuum());
            statement.execute("PRAGMA journal_mode = " + settings.journalMode());
        }
    }

    /**
     * Waits for the lock between processes.
     *
     * @return null where this thread has it already, and where the lock file cannot be had: it spares processes each other's work, SQLite's own write lock is what keeps it exact
     */
    @Nullable
    ProcessLock lock(HealingSettings settings, SQLException failure) throws SQLException {
        ProcessLock last = processLock;
        if (last != null && last.isHeldByCurrentThread()) {
            return null;
        }
        try {
            ProcessLock lock = ProcessLock.acquire(file.side(), settings.waitLimit());
            if (lock == null) {
                throw new java.sql.SQLTransientException(
                        "Another process has been healing " + file.main() + " for longer than "
                                + settings.waitLimit().toMillis() + " ms",
                        "HYT00",
                        failure);
            }
            processLock = lock;
            return lock;
        } catch (SideDirectoryException e) {
            // Told already; only what is registered is brought in without it.
            LOG.debug("{}: without the lock between processes: {}", file.main(), e.getMessage());
            return null;
        } catch (IOException e) {
            LOG.warn("{}: healing without the lock between processes: {}", file.main(), e.toString());
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.sql.SQLTransientException(
                    "Interrupted while another process heals " + file.main(), "HYT00", failure);
        }
    }

    private void complete(HealingSettings settings, RegisteredSchema schema, Connection connection, boolean mayHeal)
            throws SQLException {
        String path = file.main().toString();
        if (SchemaApplier.isComplete(connection, schema, expected(schema))) {
            SchemaApplier.warnOfIncompatible(connection, expected(schema), path);
            return;
        }
        if (!mayHeal || Sqlite.isReadOnly(connection)) {
            LOG.warn("{}: the schema is incomplete, and nothing is repaired on a connection that must not write", path);
            return;
        }
        Instant start = Instant.now();
        SQLException context = new SQLException("the schema of " + path + " is incomplete");
        try (SingleFlight.Turn turn = flight.take(settings.waitLimit(), path, context);
                ProcessLock lock = lock(settings, context)) {
            turn.phase("completing the schema");
            SchemaChange change = changeSchema(settings, connection, false);
            turn.steps().addAll(change.steps());
            if (change.recovered() && !turn.isNested()) {
                conclude(
                        start,
                        "schema incomplete at open",
                        "objects of the registered schema are missing",
                        change.steps(),
                        new Outcome.Healed("completed the schema: " + String.join(", ", change.steps()), Loss.NONE));
            }
        }
    }

    /**
     * Adds what is missing of the registered schema, or of the learned one where none is registered.
     *
     * @param nested whether the connection is in a transaction of the application
     */
    SchemaChange changeSchema(HealingSettings settings, Connection connection, boolean nested) throws SQLException {
        RegisteredSchema schema = registered(settings);
        String path = file.main().toString();
        try {
            SchemaChange change = schema == null
                    ? SchemaApplier.repair(connection, expected(settings), path, nested)
                    : SchemaApplier.apply(connection, schema, expected(settings), path, nested);
            if (!change.isEmpty()) {
                initialisations.increment();
            }
            return change;
        } catch (SQLException e) {
            failedInitialisations.increment();
            throw e;
        }
    }

    // ---- The schema

    /** The schema registered with some settings, loaded once; null where none is. */
    @Nullable
    RegisteredSchema registered(HealingSettings settings) throws SQLException {
        if (settings.schema().isEmpty()) {
            return null;
        }
        synchronized (registered) {
            RegisteredSchema known = registered.get(settings.schema());
            if (known == null) {
                try {
                    known = load(settings);
                } catch (SQLException e) {
                    failedInitialisations.increment();
                    LOG.error("{}: the registered schema cannot be used: {}", file.main(), e.getMessage());
                    throw e;
                }
                registered.put(settings.schema(), known);
            }
            return known;
        }
    }

    /** The scripts to run on recovered content, loaded once. */
    AfterHealScripts afterHeal(HealingSettings settings) throws SQLException {
        synchronized (afterHeal) {
            AfterHealScripts known = afterHeal.get(settings.afterHeal());
            if (known == null) {
                known = AfterHealScripts.load(settings.afterHeal());
                afterHeal.put(settings.afterHeal(), known);
            }
            return known;
        }
    }

    private static RegisteredSchema load(HealingSettings settings) throws SchemaException, SQLException {
        return RegisteredSchema.load(settings.schema(), Sqlite::openInMemory);
    }

    /** Gives a database that is no file the registered schema; closes the connection where that fails. */
    public static Connection applySchema(HealingSettings settings, Connection connection) throws SQLException {
        if (!settings.schema().isEmpty()) {
            try {
                RegisteredSchema schema = load(settings);
                SchemaApplier.apply(connection, schema, schema.expected(), "database without a file", false);
            } catch (SQLException | RuntimeException e) {
                closeAfter(e, connection);
                throw e;
            }
        }
        return connection;
    }

    /** What the database should have, for a connection with these settings: what is registered, and what was seen. */
    ExpectedSchema expected(HealingSettings settings) throws SQLException {
        RegisteredSchema schema = registered(settings);
        ExpectedSchema seenOrRegistered =
                schema == null ? learned : schema.expected().and(learned);
        synchronized (removals) {
            return seenOrRegistered.without(removals);
        }
    }

    /** What is registered, without what the application has dropped since. */
    private ExpectedSchema expected(RegisteredSchema schema) {
        synchronized (removals) {
            return schema.expected().without(removals);
        }
    }

    private boolean isSeen(Connection connection, HealingSettings settings) throws SQLException {
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

    private void learnWhatIsNew(Connection connection, HealingSettings settings, boolean isSeen) throws SQLException {
        if (!isSeen) {
            Seen before = seen;
            // What another database has that was put in its place is not missing in this one, unless that is empty.
            boolean isAnother =
                    before != null && before.file() != null && !before.file().equals(file.identity());
            remember(connection, settings, isAnother);
        } else if (LearnedSchema.hasBookkeeping(learned)) {
            // Its rows change without the schema changing.
            learn(connection);
        }
    }

    private void remember(Connection connection, HealingSettings settings, boolean anew) throws SQLException {
        learn(connection, anew);
        seen = new Seen(file.identity(), SchemaSnapshot.version(connection), settings.schema());
    }

    /** The application has run something that changes the schema: what it takes away on purpose is not missed. */
    public void schemaChanges(String sql) {
        List<Removal> more = SqlStatement.removals(sql);
        if (!more.isEmpty()) {
            synchronized (removals) {
                removals.addAll(more);
            }
        }
    }

    /** Whether learning costs so little that it need not wait for the last of many changes. */
    public boolean isSmall() {
        return learned.snapshot().objects().size() <= MOST_OBJECTS_TO_LEARN_AT_ONCE;
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
            learn(physical);
            return;
        }
        try (Connection connection = opener.toExisting(file, atPath).open()) {
            learn(connection);
        }
    }

    private void learn(Connection connection) throws SQLException {
        learn(connection, false);
    }

    /**
     * Learns what a database has now.
     *
     * @param anew whether what was known before is of another one
     */
    private void learn(Connection connection, boolean anew) throws SQLException {
        Sqlite.holding(connection, () -> {
            // One after the other, so that the newest look is the one that stays; but who asks what is known never
            // waits for a database that is locked.
            synchronized (learning) {
                LearnedSchema.Look look = Sqlite.whileReading(connection, () -> LearnedSchema.look(connection));
                remember(look, anew);
                return look;
            }
        });
    }

    private void remember(LearnedSchema.Look look, boolean anew) {
        synchronized (removals) {
            // What is there again, or still there because its removal was rolled back, is not removed.
            removals.removeIf(removal -> removal.column().isEmpty() && look.has(removal.object()));
            ExpectedSchema before = anew && !look.snapshot().isEmpty() ? ExpectedSchema.NONE : learned;
            learned = LearnedSchema.learn(look, before, List.copyOf(removals));
        }
    }

    /** All that is known of the schema, as a script for {@link #recall}. */
    String knowledge(HealingSettings settings) throws SQLException {
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
    void recall(String knowledge) throws SQLException, IOException {
        if (knowledge.isEmpty() || hasLearned()) {
            return;
        }
        Path scratch = file.side().workshop().resolveSibling("healing.tmp.schema");
        Files.deleteIfExists(scratch);
        try (Connection connection = Sqlite.open(file.side().prepare(scratch), Access.OWN.distrusting())) {
            SchemaScript.run(knowledge, connection);
            learn(connection);
        } catch (SchemaException e) {
            LOG.warn("{}: what another process left of the schema is not believed: {}", file.main(), e.getMessage());
        } finally {
            Files.deleteIfExists(scratch);
        }
    }

    boolean hasLearned() {
        return !learned.isEmpty();
    }

    // ---- Incidents

    /**
     * Whether anything was lost in a heal, by any process, since a moment; also where nobody can tell.
     *
     * @param last how the last heal ended
     */
    public boolean hasLostSince(Outcome last, long epochMillis) {
        if (!last.loss().isNone() || lastLossMillis >= epochMillis) {
            return true;
        }
        try {
            return incidents.recent(INCIDENTS_TO_LOOK_AT).stream()
                    .anyMatch(incident -> !incident.outcome().loss().isNone()
                            && incident.startedAt().plus(incident.elapsed()).toEpochMilli() >= epochMillis);
        } catch (SQLException e) {
            LOG.debug("{}: whether anything was lost is not known: {}", file.main(), e.getMessage());
            return true;
        }
    }

    /** Records how a fault ended, and tells who wants to know. */
    Incident conclude(Instant start, String fault, String diagnosis, List<String> steps, Outcome outcome) {
        return conclude(Incident.newId(start), start, fault, diagnosis, steps, outcome);
    }

    /** Records what was no heal. */
    void tell(Instant start, String fault, String diagnosis, List<String> steps, Outcome outcome) {
        Incident incident = new Incident(
                Incident.newId(start),
                file.main(),
                start,
                Duration.between(start, Instant.now()),
                fault,
                diagnosis,
                steps,
                outcome);
        if (outcome instanceof Outcome.GaveUp) {
            LOG.error("{}: {}: {} (incident {})", file.main(), fault, outcome.explanation(), incident.id());
        } else {
            LOG.warn("{}: {}: {} (incident {})", file.main(), fault, outcome.explanation(), incident.id());
        }
        publish(incident);
    }

    Incident conclude(String id, Instant start, String fault, String diagnosis, List<String> steps, Outcome outcome) {
        Incident incident = new Incident(
                id, file.main(), start, Duration.between(start, Instant.now()), fault, diagnosis, steps, outcome);
        if (outcome instanceof Outcome.Healthy) {
            LOG.debug("{}: {}: {}", file.main(), fault, outcome.explanation());
            return incident;
        }
        if (outcome instanceof Outcome.GaveUp failed) {
            gaveUp.increment();
            LOG.error(
                    "{}: {}: gave up: {} (incident {})",
                    file.main(),
                    fault,
                    failed.explanation(),
                    incident.id(),
                    failed.cause());
        } else if (outcome instanceof Outcome.Refused) {
            refused.increment();
            LOG.debug("{}: {}: not healed: {} (incident {})", file.main(), fault, outcome.explanation(), incident.id());
            return incident;
        } else {
            healed.increment();
            if (!outcome.loss().isNone()) {
                lastLossMillis = System.currentTimeMillis();
            }
            LOG.warn(
                    "{}: {}: healed in {} ms: {} (incident {}){}",
                    file.main(),
                    fault,
                    incident.elapsed().toMillis(),
                    outcome.explanation(),
                    incident.id(),
                    outcome.loss().isNone() ? "" : "; lost: " + outcome.loss().explanation());
        }
        publish(incident);
        return incident;
    }

    private void publish(Incident incident) {
        incidents.append(incident);
        for (IncidentListener listener : listeners) {
            try {
                listener.ended(incident);
            } catch (RuntimeException e) {
                LOG.warn("A listener failed on incident {}", incident.id(), e);
            }
        }
    }
}
