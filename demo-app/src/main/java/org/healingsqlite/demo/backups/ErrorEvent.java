package org.healingsqlite.demo.backups;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Something that went wrong.
 *
 * @param id as the store gave it; 0 where it is not stored yet
 * @param timestamp when it happened, in milliseconds
 * @param component which part of the application noticed
 * @param errorType the class of the exception
 * @param message what it said
 * @param details what else is known; null where nothing is
 * @param jobId the job it happened to; null where it was none
 * @param jobName its name; null where there is none
 * @param stackTrace of the exception; null where there was none
 * @param resolved whether somebody has seen to it
 * @param resolvedAt when; null where nobody has
 */
public record ErrorEvent(
        long id,
        Instant timestamp,
        Severity severity,
        String component,
        String errorType,
        String message,
        @Nullable String details,
        @Nullable String jobId,
        @Nullable String jobName,
        @Nullable String stackTrace,
        boolean resolved,
        @Nullable Instant resolvedAt) {
    public ErrorEvent {
        timestamp = timestamp.truncatedTo(ChronoUnit.MILLIS);
    }

    /** The event of an exception; not stored, not resolved, and of no job. */
    static ErrorEvent of(Exception exception, Severity severity, String component, Instant timestamp) {
        StringWriter stackTrace = new StringWriter();
        exception.printStackTrace(new PrintWriter(stackTrace));
        return new ErrorEvent(
                0,
                timestamp,
                severity,
                component,
                exception.getClass().getSimpleName(),
                String.valueOf(exception.getMessage()),
                null,
                null,
                null,
                stackTrace.toString(),
                false,
                null);
    }

    /** The event without an exception that something else tells of. */
    public static ErrorEvent told(
            Severity severity, String component, String errorType, String message, Instant timestamp) {
        return new ErrorEvent(
                0, timestamp, severity, component, errorType, message, null, null, null, null, false, null);
    }

    /** The same event of a job. */
    ErrorEvent ofJob(String id, String name) {
        return new ErrorEvent(
                this.id,
                timestamp,
                severity,
                component,
                errorType,
                message,
                details,
                id,
                name,
                stackTrace,
                resolved,
                resolvedAt);
    }
}
