package org.healingsqlite.demo.trainer;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** A row of {@code runs}. */
public record Run(
        String runId,
        Status status,
        String configJson,
        @Nullable String digest,
        int epoch) {

    /** The states of a run. */
    public enum Status {
        PENDING,
        RUNNING,
        DONE,
        FAILED
    }

    /** A run as it is submitted. */
    static Run submitted(String runId) {
        return new Run(runId, Status.PENDING, "{\"model\": \"" + runId + "\"}", "sha256 of " + runId, 0);
    }

    Run reached(Status newStatus, int newEpoch) {
        return new Run(runId, newStatus, configJson, digest, newEpoch);
    }

    static Run read(ResultSet row) throws SQLException {
        return new Run(
                row.getString("run_id"),
                Status.valueOf(row.getString("status")),
                row.getString("config_json"),
                row.getString("digest"),
                row.getInt("epoch"));
    }

    @Override
    public String toString() {
        return runId + ' ' + status;
    }
}
