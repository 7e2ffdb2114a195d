package org.healingsqlite.demo.experiments;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The SQL of the scheduling state. Thread-safe. */
final class ExperimentStore {
    private final Database database;

    ExperimentStore(Database database) {
        this.database = database;
    }

    boolean hasExperiments() throws SQLException {
        return database.row(
                                "SELECT count(*) AS tables FROM sqlite_schema WHERE type = 'table' AND name = 'experiments'")
                        .number("tables")
                == 1;
    }

    // ---- Experiments and runs

    long createExperiment(String name) throws SQLException {
        return database.insert("INSERT INTO experiments (name) VALUES (?)", name);
    }

    long createRun(long experimentId, int seed, int configSizeBytes, int chunks) throws SQLException {
        return database.row(
                        "INSERT INTO runs (experiment_id, config_leaf, seed, num_chunks) VALUES (?, ?, ?, ?) RETURNING run_id",
                        experimentId,
                        ConfigLeaf.of(seed, configSizeBytes),
                        seed,
                        chunks)
                .number("run_id");
    }

    Optional<Status> statusOfExperiment(String name) throws SQLException {
        return database.rows("SELECT status FROM experiments WHERE name = ?", name).stream()
                .map(row -> Status.valueOf(row.text("status")))
                .findFirst();
    }

    long lastRun() throws SQLException {
        return database.row("SELECT run_id FROM runs ORDER BY run_id DESC LIMIT 1")
                .number("run_id");
    }

    List<Row> statusesOfRuns() throws SQLException {
        return database.rows("SELECT status, count(*) AS runs FROM runs GROUP BY status ORDER BY status");
    }

    /** Runs that want more chunks, or are to be closed. */
    List<Row> unfinishedRuns() throws SQLException {
        return database.rows(
                "SELECT run_id, num_chunks, current_chunk FROM runs WHERE status IN (?, ?) ORDER BY run_id",
                Status.NEW.name(),
                Status.ONGOING.name());
    }

    Optional<Row> configOf(long runId) throws SQLException {
        return database.rows("SELECT config_leaf, seed FROM runs WHERE run_id = ?", runId).stream()
                .findFirst();
    }

    void recordChunk(long runId, String metrics) throws SQLException {
        database.update("""
                UPDATE runs SET current_chunk = current_chunk + 1, current_epoch = (current_chunk + 1) / 4, metrics = ?, status = ?
                WHERE run_id = ? AND current_chunk < num_chunks AND status IN (?, ?)""", metrics, Status.ONGOING.name(), runId, Status.NEW.name(), Status.ONGOING.name());
    }

    void closeRun(long runId, Status status) throws SQLException {
        database.update("UPDATE runs SET status = ? WHERE run_id = ?", status.name(), runId);
    }

    void closeFinishedExperiments() throws SQLException {
        database.update(
                """
                UPDATE experiments SET status = ?
                WHERE status <> ? AND EXISTS (SELECT 1 FROM runs WHERE runs.experiment_id = experiments.experiment_id)
                  AND NOT EXISTS (SELECT 1 FROM runs
                    WHERE runs.experiment_id = experiments.experiment_id AND runs.status IN (?, ?))""", Status.COMPLETED.name(), Status.COMPLETED.name(), Status.NEW.name(), Status.ONGOING.name());
    }

    // ---- Tasks

    long createTask(int workerId, long runId) throws SQLException {
        return database.insertAndAskForRowid(
                "INSERT INTO worker_task (worker_id, run_id) VALUES (?, ?)", workerId, runId);
    }

    /** The latest task of each worker that is not done. */
    List<Row> openTasks() throws SQLException {
        return database.rows("""
                SELECT worker_id, run_id FROM worker_task AS task
                WHERE task_id = (SELECT MAX(task_id) FROM worker_task WHERE worker_id = task.worker_id) AND status IN (?, ?)""", Status.NEW.name(), Status.ONGOING.name());
    }

    /** Takes the latest task of a worker, if nobody has begun it. */
    Optional<Row> takeNextTask(int workerId) throws SQLException {
        return database.rows("""
                        UPDATE worker_task AS task SET status = ?
                        WHERE worker_id = ? AND status = ?
                          AND task_id = (SELECT MAX(task_id) FROM worker_task WHERE worker_id = task.worker_id)
                        RETURNING task_id, run_id""", Status.ONGOING.name(), workerId, Status.NEW.name()).stream()
                .findFirst();
    }

    void closeTask(long taskId, Status status) throws SQLException {
        database.update("UPDATE worker_task SET status = ? WHERE task_id = ?", status.name(), taskId);
    }

    // ---- Progress

    void recordWorkerProgress(int workerId, int tasksDone) throws SQLException {
        database.update("""
                INSERT INTO worker_progress (worker_id, tasks_done) VALUES (?, ?)
                ON CONFLICT (worker_id) DO UPDATE SET tasks_done = excluded.tasks_done""", workerId, tasksDone);
    }

    void recordControllerProgress() throws SQLException {
        database.update("""
                INSERT INTO controller_progress (id, chunks_done, chunks_total)
                SELECT 1, coalesce(sum(current_chunk), 0), coalesce(sum(num_chunks), 0) FROM runs WHERE true
                ON CONFLICT (id) DO UPDATE SET chunks_done = excluded.chunks_done, chunks_total = excluded.chunks_total""");
    }

    // ---- Interactive control

    long requestStop(long runId) throws SQLException {
        return database.insert("INSERT INTO interactive_control (run_id, operation) VALUES (?, 'STOP')", runId);
    }

    List<Row> pendingStops() throws SQLException {
        return database.rows(
                "SELECT ic_id, run_id FROM interactive_control WHERE operation = 'STOP' AND status = ? ORDER BY ic_id",
                Status.NEW.name());
    }

    void completeOperation(long operationId) throws SQLException {
        database.update(
                "UPDATE interactive_control SET status = ? WHERE ic_id = ?", Status.COMPLETED.name(), operationId);
    }
}
