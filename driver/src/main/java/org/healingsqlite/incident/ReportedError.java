package org.healingsqlite.incident;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Printable;

/**
 * An error that the application reports: its own, kept beside the incidents of the database and never healed.
 *
 * @param severity how urgent the application finds it
 * @param component the part of the application, in its own words, for example {@code job_manager}; not blank
 * @param type the kind of error, as a rule the exception's class
 * @param message what happened
 * @param stackTrace where; empty where there is none
 * @param jobId what the application was at; empty where it was at nothing in particular
 * @param jobName the same for a reader
 */
public record ReportedError(
        Severity severity,
        String component,
        String type,
        String message,
        String stackTrace,
        Optional<String> jobId,
        Optional<String> jobName) {

    /** A row of the store is about a kilobyte; a deep stack tells nothing more after this. */
    private static final int MOST_STACK_CHARACTERS = 4_000;

    public ReportedError {
        if (component.isBlank()) {
            throw new IllegalArgumentException("component: expected a name, found a blank text");
        }
        component = Printable.of(component);
        type = Printable.of(type);
        message = Printable.of(message);
        jobId = jobId.map(Printable::of);
        jobName = jobName.map(Printable::of);
    }

    /**
     * What an exception tells. Its message is the application's own and kept as it is; of SQLite's messages only what {@code healing.logValues} lets be
     * kept.
     */
    public static ReportedError of(Throwable exception, String component, Severity severity) {
        StringWriter stack = new StringWriter();
        PrintWriter lines = new PrintWriter(stack);
        for (StackTraceElement frame : exception.getStackTrace()) {
            lines.println("at " + frame);
        }
        String text = stack.toString();
        return new ReportedError(
                severity,
                component,
                exception.getClass().getName(),
                message(exception),
                text.length() > MOST_STACK_CHARACTERS ? text.substring(0, MOST_STACK_CHARACTERS) : text,
                Optional.empty(),
                Optional.empty());
    }

    private static String message(Throwable exception) {
        try {
            return exception instanceof SQLException sql
                    ? Disclosure.message(sql)
                    : String.valueOf(exception.getMessage());
        } catch (RuntimeException e) {
            // It is made by the application's own code, which may fail as any other.
            return "its message cannot be read: " + e.getClass().getName();
        }
    }

    /** The same, of a job. */
    public ReportedError ofJob(String id, String name) {
        return new ReportedError(severity, component, type, message, stackTrace, Optional.of(id), Optional.of(name));
    }

    /**
     * A severity by its name, in any case.
     *
     * @throws IllegalArgumentException where there is no such
     */
    public static Severity severity(String name) {
        try {
            return Severity.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "severity: expected one of LOW, MEDIUM, HIGH, CRITICAL, found " + Printable.of(name), e);
        }
    }
}
