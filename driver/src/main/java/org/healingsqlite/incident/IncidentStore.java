package org.healingsqlite.incident;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.healingsqlite.diagnosis.Look;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.SideDirectory;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/**
 * The file {@code incidents.db} of a side directory: written to, and read without changing it. A store that is damaged or not this library's own is put
 * aside and begun anew where it is written to. Methods that write are called by one thread at a time.
 */
final class IncidentStore {
    /** Source: SQLite documentation, "Result and Error Codes" (11). */
    private static final int SQLITE_CORRUPT = 11;

    /** Source: SQLite documentation, "Result and Error Codes" (26). */
    private static final int SQLITE_NOTADB = 26;

    /** Trouble that pauses for longer has ended, and begins anew. */
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** Trouble that lasts is recorded anew each hour, so that a reader sees its course. */
    private static final Duration LONGEST_COUNTED = Duration.ofHours(1);

    /** More kinds of trouble at once are no flood of one. */
    private static final int MOST_TROUBLES = 100;

    /** So many ids find the incident they were counted into; more nobody looks up. */
    private static final int MOST_REPEAT_CHARACTERS = 100 * 27;

    private final DatabaseFile database;

    /** What was written here last of each trouble: which incident counts it, since when, until when. */
    private final Map<List<String>, Counted> troubles = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<List<String>, Counted> eldest) {
            return size() > MOST_TROUBLES;
        }
    };

    private record Counted(String id, Instant since, Instant last) {}

    /** Something to do with the store. */
    @FunctionalInterface
    interface Use<T> {
        T on(Connection connection) throws SQLException;
    }

    IncidentStore(DatabaseFile database) {
        this.database = database;
    }

    Path file() {
        return database.side().incidents();
    }

    // ---- Writing

    /** Writes in one transaction. */
    void write(List<IncidentEntry> entries) throws SQLException, IOException {
        change(connection -> {
            for (IncidentEntry entry : entries) {
                if (!isCounted(connection, entry)) {
                    IncidentRows.insert(connection, entry);
                    remember(entry);
                }
            }
            return entries.size();
        });
    }

    /**
     * Changes the store in one transaction; makes it where there is none.
     *
     * @throws SQLException where it cannot be written
     */
    <T> T change(Use<T> use) throws SQLException, IOException {
        try {
            return changeOnce(use);
        } catch (SQLException damaged) {
            if (damaged.getErrorCode() != SQLITE_CORRUPT
                    && damaged.getErrorCode() != SQLITE_NOTADB
                    && !(damaged instanceof StoreSchema.ForeignStoreException)) {
                throw damaged;
            }
            putAside();
            return changeOnce(use);
        }
    }

    private <T> T changeOnce(Use<T> use) throws SQLException, IOException {
        database.side().create();
        Path file = database.side().prepare(file());
        try (Connection connection = Sqlite.open(file, Access.OWN)) {
            StoreSchema.vet(connection, file.toString());
            StoreSchema.bring(connection);
            connection.setAutoCommit(false);
            T result = use.on(connection);
            connection.commit();
            return result;
        }
    }

    /** A store that cannot be written is evidence too: it keeps its content under another name. */
    private void putAside() throws IOException {
        Path file = file();
        if (Files.exists(file)) {
            Path aside = database.side().reserve("incidents.db", "corrupted", Instant.now());
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
            database.side().restrictMoved(aside);
            for (String beside : List.of("-journal", "-wal", "-shm")) {
                Files.deleteIfExists(file.resolveSibling("incidents.db" + beside));
            }
        }
    }

    /** Whether an incident is the same trouble as one that was written shortly before, and was counted there. A heal always stands for itself. */
    private boolean isCounted(Connection connection, IncidentEntry entry) throws SQLException {
        if (entry.incident().outcome() instanceof Outcome.Healed) {
            return false;
        }
        Counted before = troubles.get(trouble(entry));
        Instant now = entry.incident().startedAt();
        if (before == null
                || now.isAfter(before.last().plus(LONGEST_PAUSE))
                || now.isAfter(before.since().plus(LONGEST_COUNTED))) {
            return false;
        }
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE incidents SET occurrences = occurrences + 1, last_at = max(last_at, ?),"
                        + " repeats = substr(coalesce(repeats, '') || ? || char(10), -" + MOST_REPEAT_CHARACTERS + ")"
                        + " WHERE id = ? AND resolved <> 1")) {
            update.setString(1, IncidentRows.moment(now));
            update.setString(2, entry.incident().id());
            update.setString(3, before.id());
            if (update.executeUpdate() == 0) {
                return false;
            }
        }
        troubles.put(trouble(entry), new Counted(before.id(), before.since(), now));
        return true;
    }

    private void remember(IncidentEntry entry) {
        Incident incident = entry.incident();
        if (!(incident.outcome() instanceof Outcome.Healed)) {
            troubles.put(trouble(entry), new Counted(incident.id(), incident.startedAt(), incident.startedAt()));
        }
    }

    private static List<String> trouble(IncidentEntry entry) {
        Incident incident = entry.incident();
        return List.of(
                incident.component(),
                incident.severity().name(),
                incident.fault(),
                incident.diagnosis(),
                incident.outcome().word(),
                incident.outcome().explanation(),
                entry.error().map(ReportedError::type).orElse(""),
                entry.error().flatMap(ReportedError::jobId).orElse(""));
    }

    // ---- Reading

    /**
     * Reads the store, and changes nothing.
     *
     * @return empty where there is none
     * @throws SQLException where it is there and cannot be read, or is not this database's own
     */
    <T> Optional<T> read(Use<T> use) throws SQLException {
        if (database.side().standing() instanceof SideDirectory.Standing.NotOurs not) {
            throw new SQLException("The incidents are not read: " + not.why());
        }
        Path file = file();
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try (Look look = Look.withoutChange(new DatabaseFile(file), Access.OWN)) {
            Connection connection = look.connection();
            StoreSchema.vet(connection, file.toString());
            if (StoreSchema.isCurrent(connection)) {
                return Optional.of(use.on(connection));
            }
            return Optional.of(of(older(connection), use));
        }
    }

    /** Asks of incidents that are in no store. */
    static <T> T of(List<IncidentEntry> entries, Use<T> use) throws SQLException {
        try (Connection scratch = Sqlite.openScratch()) {
            StoreSchema.bring(scratch);
            for (IncidentEntry entry : entries) {
                IncidentRows.insert(scratch, entry);
            }
            return use.on(scratch);
        }
    }

    private static List<IncidentEntry> older(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (StoreSchema.columns(statement).isEmpty()) {
                return List.of();
            }
            try (ResultSet row = statement.executeQuery("SELECT * FROM incidents")) {
                return IncidentRows.entries(row, false);
            }
        }
    }
}
