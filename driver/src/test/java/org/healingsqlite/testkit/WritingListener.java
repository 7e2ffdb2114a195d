package org.healingsqlite.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;

/**
 * A listener that a program finds as a service: it writes what it is told into the file that the property {@code listener.file} names, and then throws an error where there is a property {@code
 * listener.fails}.
 */
public final class WritingListener implements IncidentListener {
    @Override
    public void ended(Incident incident) {
        write("ended " + incident.outcome().word() + ' ' + incident.component() + ' ' + incident.severity() + ' '
                + incident.outcome().loss().completeness() + ' ' + incident.database());
    }

    @Override
    public void progressed(Path database, String step) {
        write("progressed " + step);
    }

    private static void write(String line) {
        try {
            Files.writeString(
                    Path.of(System.getProperty("listener.file")),
                    line + '\n',
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (Boolean.getBoolean("listener.fails")) {
            throw new AssertionError("a listener's own trouble");
        }
    }
}
