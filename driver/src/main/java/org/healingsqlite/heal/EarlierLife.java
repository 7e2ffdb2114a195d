package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.RowSources;
import org.healingsqlite.archive.Snapshots;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.files.RescueLog;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;

/** What was there before somebody said that it is to be forgotten: neither its content, nor its learned schema, nor the rows that were kept of it elsewhere come back. Thread-safe. */
final class EarlierLife {
    private static final Log LOG = Log.of(EarlierLife.class);

    private final DatabaseFile file;
    private final HealingTurns turns;
    private final ConnectionRegistry connections;
    private final SafeContent safe;
    private final SchemaKnowledge schema;
    private final SideTrust side;
    private final SharedUpkeep upkeep;

    EarlierLife(
            DatabaseFile file,
            HealingTurns turns,
            ConnectionRegistry connections,
            SafeContent safe,
            SchemaKnowledge schema,
            SideTrust side,
            SharedUpkeep upkeep) {
        this.upkeep = upkeep;
        this.file = file;
        this.turns = turns;
        this.connections = connections;
        this.safe = safe;
        this.schema = schema;
        this.side = side;
        safe.onForgotten(() -> schema.learning().forget(Instant.MAX));
    }

    /**
     * Forgets it, in every process.
     *
     * @throws SQLException where that cannot be noted beside the database; SQLState HYT00 while somebody else heals
     */
    void forget(HealingSettings settings) throws SQLException {
        SQLException context = new SQLException("forget");
        try (SingleFlight.Turn turn = turns.take(settings, context)) {
            turn.phase("forgetting");
            Optional<String> hindrance = side.hindrance();
            if (hindrance.isPresent()) {
                throw new SQLException("Cannot forget " + file.main() + ": " + hindrance.get());
            }
            try (ProcessLock lock = turns.lock(settings, context)) {
                List<FileIdentity> files = new ArrayList<>();
                FileIdentity atPath = file.identity();
                if (atPath != null) {
                    files.add(atPath);
                }
                files.addAll(connections.lostFiles(atPath));
                Instant now = Instant.now();
                safe.log().forget(files, now);
                schema.learning().forget(Instant.MAX);
                upkeep.forget();
                LOG.info(
                        "{}: what is there until {} and goes before then does not come back, nor anything that was kept of it elsewhere",
                        file.main(),
                        now.plus(RescueLog.FORGETTING));
            }
        } catch (IOException e) {
            throw new SQLException("Cannot forget " + file.main() + ": " + Disclosure.text(e), e);
        }
    }

    /** A file is about to be created: what was learned before it was said to be forgotten, perhaps by another process, is not missed. */
    static void heed(DatabaseFile file, SchemaKnowledge schema) {
        schema.learning().forget(end(file));
    }

    /**
     * Sources of rows without those that have only what is forgotten: an archive that was not written to since, snapshots of which none was taken since, and, until
     * {@link RescueLog#FORGETTING} has passed, a command of which nobody knows what it brings.
     */
    static RowSources sources(DatabaseFile file, RowSources all) {
        Instant end = all.isNone() ? Instant.MIN : end(file);
        if (end.equals(Instant.MIN)) {
            return all;
        }
        return new RowSources(
                all.archive().filter(archive -> asOf(archive).isAfter(end)),
                all.policy(),
                all.snapshots().filter(snapshots -> newestOf(snapshots).isAfter(end)),
                all.restoreCommand()
                        .filter(command -> end.plus(RescueLog.FORGETTING).isBefore(Instant.now())),
                all.commandLimit(),
                all.replica().map(replica -> replica.begunAfter(end)));
    }

    private static Instant end(DatabaseFile file) {
        try {
            return new RescueLog(file).forgottenAt().orElse(Instant.MIN);
        } catch (IOException unreadable) {
            return Instant.MIN;
        }
    }

    private static Instant asOf(Path archive) {
        try {
            return Archive.open(archive).asOf();
        } catch (IOException | RuntimeException unreadable) {
            return Instant.MIN;
        }
    }

    private static Instant newestOf(Path snapshots) {
        try {
            return Snapshots.in(snapshots, 1).list().stream()
                    .map(Snapshots::momentOf)
                    .reduce(Instant.MIN, (one, other) -> one.isAfter(other) ? one : other);
        } catch (IOException unreadable) {
            return Instant.MIN;
        }
    }
}
