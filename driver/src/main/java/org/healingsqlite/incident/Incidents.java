package org.healingsqlite.incident;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.api.Internal;

/**
 * The incidents of one database on record: searched, resolved, counted, exported. The record is {@code incidents.db} in the side directory, which every process reads
 * that uses the database; asking it waits for what this JVM has still to write, and changes nothing. Thread-safe.
 */
public final class Incidents {
    private final IncidentLog log;

    @Internal
    public Incidents(IncidentLog log) {
        this.log = log;
    }

    /**
     * The incidents that are asked for, newest first.
     *
     * @throws SQLException where there is a record and it cannot be read, or is not this database's own
     */
    public List<IncidentEntry> search(IncidentQuery query) throws SQLException {
        return log.search(query);
    }

    /**
     * One incident.
     *
     * @param id its own, or that of one that was counted into it
     * @return empty where there is none
     * @throws SQLException as {@link #search}
     */
    public Optional<IncidentEntry> find(String id) throws SQLException {
        return log.find(id);
    }

    /**
     * Notes that nobody has to look at an incident any more.
     *
     * @param id its own
     * @param note why, for a reader; may be empty
     * @return false where there is no such incident, or it was resolved before
     * @throws SQLException where the record cannot be read or written
     */
    public boolean resolve(String id, String note) throws SQLException {
        return log.resolve(id, new Resolution(Instant.now(), note, false));
    }

    /**
     * Counts of everything on record.
     *
     * @throws SQLException as {@link #search}
     */
    public IncidentStatistics statistics() throws SQLException {
        return log.statistics();
    }

    /**
     * The counts that a health check needs; cheaper than {@link #statistics()}.
     *
     * @param wait how long to wait for what this JVM has still to write
     * @throws SQLException as {@link #search}
     */
    public IncidentCounts counts(Duration wait) throws SQLException {
        return log.counts(wait);
    }

    /**
     * Puts an error of the application on record, in the background: never waits, never throws.
     *
     * @return the incident under which it is found, itself or as one that was counted into another
     */
    public Incident report(ReportedError error) {
        return log.append(error);
    }

    /**
     * Removes incidents that were resolved long ago, and the oldest ones beyond a number; incidents that tell of a loss stay. Done by itself too, for 90 days and 10,000.
     *
     * @param keptResolved how long resolved ones are kept
     * @param most how many are kept altogether, resolved ones going first; 0 or more
     * @return how many were removed
     * @throws SQLException where the record cannot be read or written
     */
    public int prune(Duration keptResolved, long most) throws SQLException {
        return log.pruneNow(keptResolved, most);
    }

    /**
     * Writes incidents as CSV (RFC 4180, first line names), newest first.
     *
     * @throws SQLException as {@link #search}
     * @throws IOException where it cannot be written
     */
    public void exportCsv(IncidentQuery query, Appendable out) throws SQLException, IOException {
        IncidentExport.csv(search(query), out);
    }

    /**
     * Writes incidents as a JSON array, newest first.
     *
     * @throws SQLException as {@link #search}
     * @throws IOException where it cannot be written
     */
    public void exportJson(IncidentQuery query, Appendable out) throws SQLException, IOException {
        IncidentExport.json(search(query), out);
    }
}
