package org.healingsqlite.demo.experiments;

/**
 * How far an experiment is.
 *
 * @param status the experiment's own
 * @param runs all runs by status, for a reader
 * @param pendingStops operations of interactive control that the controller has not obeyed yet
 * @param tasksDone by all workers since they started
 */
public record Progress(Status status, String runs, int pendingStops, int tasksDone) {
    public boolean isFinished() {
        return status == Status.COMPLETED && pendingStops == 0;
    }

    @Override
    public String toString() {
        return status + "; runs: " + (runs.isEmpty() ? "none" : runs) + "; tasks done: " + tasksDone;
    }
}
