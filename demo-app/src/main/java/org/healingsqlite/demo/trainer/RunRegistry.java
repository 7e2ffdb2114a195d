package org.healingsqlite.demo.trainer;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.healingsqlite.demo.report.Calls;
import org.jspecify.annotations.Nullable;

/** The SQL of the run registry. Each method is one call that its client makes. As thread-safe as its source of connections. */
final class RunRegistry implements AutoCloseable {
    private static final String SELECT =
            "SELECT run_id, status, config_json, digest, created_at, updated_at, epoch FROM runs";

    private final ConnectionSource connections;
    private final Calls calls;

    RunRegistry(ConnectionSource connections, Calls calls) {
        this.connections = connections;
        this.calls = calls;
    }

    List<Run> list() throws SQLException {
        return query(SELECT + " ORDER BY created_at, run_id");
    }

    Optional<Run> get(String runId) throws SQLException {
        return query(SELECT + " WHERE run_id = ?", runId).stream().findFirst();
    }

    List<Run> listByStatus(Run.Status one, Run.Status other) throws SQLException {
        return query(SELECT + " WHERE status IN (?, ?) ORDER BY created_at, run_id", one.name(), other.name());
    }

    void submit(Run run) throws SQLException {
        update(
                "INSERT INTO runs (run_id, status, config_json, digest) VALUES (?, ?, ?, ?)",
                run.runId(),
                run.status().name(),
                run.configJson(),
                run.digest());
    }

    /** Writes how far a run is; one whose row is gone gets it back. */
    void save(Run run) throws SQLException {
        update("""
                INSERT INTO runs (run_id, status, config_json, digest, epoch, updated_at) VALUES (?, ?, ?, ?, ?, CURRENT_TIMESTAMP)
                ON CONFLICT (run_id) DO UPDATE SET status = excluded.status, epoch = excluded.epoch, updated_at = excluded.updated_at""", run.runId(), run.status().name(), run.configJson(), run.digest(), run.epoch());
    }

    /** Takes the first free GPU slot; empty where there is none. */
    OptionalInt takeSlot(String runId) throws SQLException {
        return call(
                """
                UPDATE gpu_slots SET run_id = ? WHERE slot = (SELECT min(slot) FROM gpu_slots WHERE run_id IS NULL)
                RETURNING slot""",
                statement -> {
                    try (ResultSet row = statement.executeQuery()) {
                        return row.next() ? OptionalInt.of(row.getInt(1)) : OptionalInt.empty();
                    }
                },
                runId);
    }

    void freeSlot(String runId) throws SQLException {
        update("UPDATE gpu_slots SET run_id = NULL WHERE run_id = ?", runId);
    }

    private List<Run> query(String sql, @Nullable Object... parameters) throws SQLException {
        return call(
                sql,
                statement -> {
                    try (ResultSet row = statement.executeQuery()) {
                        List<Run> runs = new ArrayList<>();
                        while (row.next()) {
                            runs.add(Run.read(row));
                        }
                        return runs;
                    }
                },
                parameters);
    }

    private void update(String sql, @Nullable Object... parameters) throws SQLException {
        call(sql, PreparedStatement::executeUpdate, parameters);
    }

    @FunctionalInterface
    private interface Execution<T> {
        T of(PreparedStatement statement) throws SQLException;
    }

    private <T> T call(String sql, Execution<T> execution, @Nullable Object... parameters) throws SQLException {
        return calls.count(() -> connections.run(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < parameters.length; i++) {
                    statement.setObject(i + 1, parameters[i]);
                }
                return execution.of(statement);
            }
        }));
    }

    @Override
    public void close() throws SQLException {
        connections.close();
    }
}
