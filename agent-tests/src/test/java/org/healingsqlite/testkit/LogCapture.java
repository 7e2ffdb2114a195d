package org.healingsqlite.testkit;

import ch.qos.logback.classic.Level;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Stands in the place of the driver's class of this name: the agent says warnings and errors on standard error, and nothing below. It comes first on
 * the class path.
 */
public final class LogCapture implements AutoCloseable {
    private static final String PREFIX = "healing-sqlite-agent: ";

    private final PrintStream before = System.err;
    private final ByteArrayOutputStream captured = new ByteArrayOutputStream();

    public LogCapture() {
        System.setErr(new PrintStream(captured, true, StandardCharsets.UTF_8));
    }

    /** The messages of one level. */
    public List<String> at(Level level) {
        String prefix = PREFIX + level + ' ';
        return captured.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith(prefix))
                .map(line -> line.substring(prefix.length()))
                .toList();
    }

    /** Everything the agent says. */
    public List<String> aboveDebug() {
        return captured.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith(PREFIX))
                .toList();
    }

    /** Everything on standard error. */
    public String everything() {
        return captured.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        System.setErr(before);
    }
}
