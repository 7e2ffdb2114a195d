package org.healingsqlite.demo.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The log file of a run: slf4j-simple writes it, and what the driver warns of is read back for the timeline. For one thread. */
public final class DriverLog {
    private final Path file;
    private int charsRead;

    public DriverLog(Path file) {
        this.file = file;
    }

    /** Directs slf4j-simple to the file; works before the first logger of the JVM is made. */
    public void open() {
        System.setProperty("org.slf4j.simpleLogger.logFile", file.toString());
        System.setProperty("org.slf4j.simpleLogger.showDateTime", "true");
        System.setProperty("org.slf4j.simpleLogger.dateTimeFormat", "HH:mm:ss.SSS");
        System.setProperty("org.slf4j.simpleLogger.showThreadName", "true");
        System.setProperty("org.slf4j.simpleLogger.showShortLogName", "true");
    }

    /** What the driver has said of a database at WARN or above since this was asked last, with paths as seen from its directory. */
    public List<String> newWarnings(Path database) {
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            String text = Files.readString(file);
            int end = text.lastIndexOf('\n') + 1;
            List<String> warnings = text.substring(charsRead, end)
                    .lines()
                    .flatMap(line -> warning(line, database).stream())
                    .toList();
            charsRead = end;
            return warnings;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<String> warning(String line, Path database) {
        String path = database + ": ";
        int start = line.indexOf(path);
        String head = line.substring(0, Math.max(start, 0));
        return Stream.of("WARN", "ERROR")
                .filter(level -> head.contains(' ' + level + ' '))
                .map(level -> level
                        + ' '
                        + line.substring(start + path.length()).replace(database.resolveSibling("") + "/", ""))
                .findFirst();
    }
}
