package org.healingsqlite.heal;

import dev.failsafe.CircuitBreaker;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.healingsqlite.api.Internal;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.Glance;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Log;
import org.healingsqlite.notify.Hooks;
import org.healingsqlite.notify.Webhook;
import org.jspecify.annotations.Nullable;

/**
 * One database file in this JVM, and the parts its connections share: who has it open, whether it is there, what is known of its schema, the healer, the
 * breakers, the incidents. Thread-safe.
 */
@Internal
public final class ManagedDatabase implements Managed, KnowledgeBudget.Holder {
    private static final Log LOG = Log.of(ManagedDatabase.class);

    private final DatabaseFile file;
    private final ConnectionRegistry connections = new ConnectionRegistry();
    private final FilePresence presence;
    private final SchemaKnowledge schema;
    private final IncidentDesk desk;
    private final SharedUpkeep upkeep;
    private final Settlement settlement = new Settlement();
    private final CircuitBreaker<Object> breaker;
    private final Patience patience;
    private final Degradation degradation;
    private final Examiner examiner;
    private final LostFileRescue rescue;
    private final LastCopy lastCopy;
    private final Healer healer;
    private final DatabaseOpening opening;
    private final Undropping undropping;
    private final HealthCheck health;
    private final EarlierLife earlierLife;
    private final Purge purge;
    private final ManagementBeans beans = new ManagementBeans(this);

    /** How many connections are about to be opened. Guarded by this. */
    private int openings;

    private volatile boolean ending;
    private volatile boolean observing;

    ManagedDatabase(DatabaseFile file, HealingSettings settings) {
        this.file = file;
        this.desk = new IncidentDesk(file);
        notifyBy(settings);
        this.presence = new FilePresence(file, connections);
        this.schema = new SchemaKnowledge(file, desk);
        this.upkeep = new SharedUpkeep(file);
        this.breaker = Breakers.of(settings).build();
        this.patience = new Patience(desk, settings);
        this.degradation = new Degradation(schema, desk);
        HealingTurns turns = new HealingTurns(file);
        SideTrust side = new SideTrust(file);
        SafeContent safe = new SafeContent(file);
        PlaceAtPath place = new PlaceAtPath(file, new SideFiles(file, connections, safe::isSafe), turns, side);
        Unsaved unsaved = new Unsaved(file);
        Consent consent = new Consent(file, schema);
        this.examiner = new Examiner(file, schema, place, safe, presence, side, consent);
        LostFileReturn back = new LostFileReturn(file, place, turns, safe.log());
        LostLogs logs = new LostLogs(file, connections, presence, place, turns);
        LostFileParts lostFileParts = new LostFileParts(
                file, connections, presence, schema, place, turns, desk, safe, logs, unsaved, back, this::bringBack);
        LostFileHealer lostFiles = new LostFileHealer(lostFileParts);
        PrivateCopies copies = new PrivateCopies(lostFileParts);
        SchemaHealer schemaHealer = new SchemaHealer(file, schema, examiner, lostFiles, turns, breaker, side);
        this.rescue = new LostFileRescue(
                file, connections, place, turns, desk, back, examiner, schemaHealer, lostFiles, copies, unsaved, side);
        this.lastCopy = new LastCopy(file, connections, rescue, copies, side);
        DamageHealing damage = new DamageHealing(new DamageParts(
                file, connections, presence, schema, place, turns, desk, breaker, settlement, upkeep, side, consent));
        this.healer = new Healer(
                file,
                turns,
                desk,
                presence,
                schema,
                place,
                safe,
                examiner,
                schemaHealer,
                rescue,
                damage,
                unsaved,
                side,
                new Foresight(file, schema, consent, damage, side));
        this.health = new HealthCheck(
                file,
                connections,
                presence,
                turns,
                unsaved,
                desk,
                upkeep,
                new Restraints(breaker, patience, degradation, this::isObserving));
        this.undropping = new Undropping(file, turns, desk, schema, side);
        this.purge = new Purge(file, turns, desk, side);
        this.earlierLife = new EarlierLife(file, turns, connections, safe, schema, side, upkeep);
        this.opening = new DatabaseOpening(
                file, schema, place, turns, desk, rescue, new DamagedOpening(file, connections, desk, damage), side);
        presence.onLook(() -> look(lostFiles));
    }

    private void notifyBy(HealingSettings settings) {
        if (settings.webhook().isPresent()) {
            desk.addListener(new Webhook(settings.webhook().get(), desk.incidents()::append));
        }
        if (!settings.hooks().isNone()) {
            desk.addListener(new Hooks(settings.hooks(), desk.incidents()::append));
        }
    }

    /** The file was looked at. */
    private void look(LostFileHealer lostFiles) {
        lostFiles.reviewFences();
        FileIdentity atPath = file.identity();
        // What has come back may have been left by connections that are closed.
        if (connections.isAnyLost(atPath) || connections.isOpenToLeft(() -> atPath)) {
            // Before anything is made for a lost file: whom that belongs to now.
            connections.lostFiles(atPath).forEach(held -> LastOwnership.noteLost(file, held));
            rescue.begin();
        }
    }

    private void bringBack(HealableConnection connection, Duration longest) {
        rescue.bringBackThroughOthers(connection, longest);
    }

    @Override
    public DatabaseFile file() {
        return file;
    }

    public Healer healer() {
        return healer;
    }

    public FilePresence presence() {
        return presence;
    }

    public SchemaKnowledge schema() {
        return schema;
    }

    @Override
    public IncidentDesk desk() {
        return desk;
    }

    public SharedUpkeep upkeep() {
        return upkeep;
    }

    public Patience patience() {
        return patience;
    }

    public Degradation degradation() {
        return degradation;
    }

    /** What a health check wants to know; never throws. */
    @Override
    public Health health() {
        return health.look();
    }

    /** Closes both breakers, and forgets how often damage was healed: the next fault is healed, the next lock waited for. */
    @Override
    public void resetBreakers() {
        new HealRecord(file).forget();
        breaker.close();
        patience.reset();
    }

    /**
     * Opens a physical connection. A file that is absent or empty is created and given its schema where one is known; a registered schema that
     * is incomplete is completed.
     *
     * @throws SQLException sqlite-jdbc's own, or what kept the schema from being applied
     */
    public Connection open(HealingSettings settings, Opener opener) throws SQLException {
        return opening.open(inForce(settings), opener);
    }

    /** What is to be seen at the path now, where that is what a connection with these settings has looked at; else null. */
    public @Nullable Glance unchanged(HealingSettings settings) {
        return opening.unchanged().seen(inForce(settings));
    }

    /**
     * Opens a physical connection to a file that was looked at before, with these settings, and that nobody has changed since.
     *
     * @param now as of {@link #unchanged}
     * @return null where it has to be looked at, by {@link #open}
     * @throws SQLException sqlite-jdbc's own, where a look would be in vain as well
     */
    public @Nullable Unchanged openUnchanged(HealingSettings settings, Opener opener, Glance now) throws SQLException {
        return opening.unchanged().open(inForce(settings), opener, now);
    }

    /**
     * Brings back tables that were dropped.
     *
     * @param names of the tables; empty for all of which anything is left
     * @throws SQLException SQLState HYT00 while somebody else heals
     */
    public Outcome undrop(HealingSettings settings, List<String> names) throws SQLException {
        return undropping.run(inForce(settings), names);
    }

    /**
     * Forgets what is there now, in every process: nothing of it comes back where it goes soon.
     *
     * @throws SQLException where that cannot be noted beside the database; SQLState HYT00 while somebody else heals
     */
    public void forget(HealingSettings settings) throws SQLException {
        earlierLife.forget(settings);
    }

    /**
     * Deletes what healing has left beside the database.
     *
     * @throws SQLException where that cannot be; SQLState HYT00 while somebody heals
     */
    public Purged purge(HealingSettings settings, Purged.Extent extent) throws SQLException {
        return purge.run(settings, extent);
    }

    /**
     * From now on nothing is healed in this JVM, as with {@code healing.mode=observe}; what is being healed now is brought to its end. An archive and snapshots are kept
     * as before.
     *
     * @param on false: as every connection asked for
     */
    @Override
    public void observe(boolean on) {
        if (observing != on) {
            observing = on;
            LOG.warn(
                    "{}: {}",
                    file.main(),
                    on
                            ? "nothing is healed from now on, as somebody asked"
                            : "faults are healed again, as somebody asked");
            // Whoever has lost the file meanwhile moves now.
            presence.raiseEpoch();
        }
    }

    /** Whether nothing is healed, because of {@link #observe}. */
    @Override
    public boolean isObserving() {
        return observing;
    }

    @Override
    public Diagnosis look(HealingSettings settings) throws SQLException {
        return healer.look(inForce(settings));
    }

    @Override
    public Outcome check(HealingSettings settings) throws SQLException {
        return healer.check(inForce(settings));
    }

    /** What of a connection's settings is in force. */
    public HealingSettings inForce(HealingSettings given) {
        return observing || desk.isTelling() ? given.observing() : given;
    }

    /**
     * What of a connection's settings is in force. A connection whose lost file was left for the one at the path follows there, also where nothing is healed: that is
     * the end of a heal, and what it would write where it is, nobody would ever see.
     */
    public HealingSettings inForce(HealingSettings given, HealableConnection connection) {
        if (desk.isTelling()) {
            return given.observing();
        }
        if (!observing && given.mode() != Mode.OBSERVE) {
            return given;
        }
        return examiner.isLeftBehind(connection) ? given.following() : given.observing();
    }

    /** Whether the calling thread is in the middle of a heal, which tells a listener of its steps: what that listener asks is not settled, waited for or healed. */
    public boolean isTelling() {
        return desk.isTelling();
    }

    /** A connection was opened. */
    public void connected(HealableConnection connection) {
        connections.add(connection);
        beans.used(connection.settings());
        presence.watch(connection.identity());
    }

    /** A connection was opened anew; what it had open before may still be read from, and is closed with it. */
    public void left(HealableConnection owner, Connection before) {
        connections.left(owner, before);
    }

    /** A connection is about to be closed, and may be the last one to hold a file that has lost its name. When this returns, nobody relies on it. */
    public void closing(HealableConnection connection) {
        settlement.await();
        lastCopy.beforeClose(connection);
    }

    /** A connection was closed. */
    public void disconnected(HealableConnection connection) {
        if (connections.remove(connection)) {
            presence.forget();
            if (!connections.isEmpty()) {
                // One was opened meanwhile.
                presence.watch();
            } else {
                beans.unused();
            }
            KnowledgeBudget.instance().left(this);
        }
    }

    /** Somebody opens a connection, until {@link #opened}. */
    synchronized void opening() {
        openings++;
    }

    /** A connection is open, or could not be opened. */
    void opened() {
        synchronized (this) {
            openings--;
        }
        if (isUnused()) {
            KnowledgeBudget.instance().left(this);
        }
    }

    @Override
    public synchronized boolean isUnused() {
        return openings == 0 && connections.isEmpty();
    }

    @Override
    public long knownBytes() {
        return schema.sizeBytes();
    }

    @Override
    public synchronized void dropUnused() {
        if (isUnused()) {
            schema.drop();
        }
    }

    /** The JVM has a JMX server now. */
    void serverIsThere() {
        beans.serverIsThere();
    }

    /** Whether the JVM ends: no call comes after this. */
    public boolean isEnding() {
        return ending;
    }

    /** The JVM ends: whether it holds a lost file's content, which nobody else may hold. */
    boolean endsWithLostFile() {
        ending = true;
        return connections.holdsUnsaved(file.identity());
    }

    /** Saves that. */
    void rescueNow() {
        lastCopy.atEnd();
    }
}
