package org.healingsqlite.heal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Properties;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.repair.ContentRestore.Restored;
import org.jspecify.annotations.Nullable;

/**
 * The heal that is under way, step by step, in the side directory: a process that finds one whose writer is dead knows what was going on, and
 * what the incident would have said. Written by the holder of the process lock only. A step is in the file before it begins, so that no kill hides
 * it; what has to outlive a power failure, the beginning and how it will have ended, is durable.
 */
final class HealJournal {
    private final Path path;
    private final Properties entries = new Properties();

    private HealJournal(Path path) {
        this.path = path;
    }

    static HealJournal begin(DatabaseFile file, String id, Instant start, String fault, String diagnosis, String schema)
            throws IOException {
        file.side().create();
        HealJournal journal = new HealJournal(file.side().journal());
        journal.entries.setProperty("id", id);
        journal.entries.setProperty("started", start.toString());
        journal.entries.setProperty(
                "process", Long.toString(ProcessHandle.current().pid()));
        journal.entries.setProperty("fault", fault);
        journal.entries.setProperty("diagnosis", diagnosis);
        journal.entries.setProperty("schema", schema);
        journal.entries.setProperty("step", "started");
        journal.write();
        return journal;
    }

    /** The journal that somebody has left behind; null where there is none. */
    static @Nullable HealJournal left(DatabaseFile file) throws IOException {
        HealJournal journal = new HealJournal(file.side().journal());
        try (Reader reader = Files.newBufferedReader(journal.path)) {
            journal.entries.load(reader);
            return journal;
        } catch (NoSuchFileException none) {
            return null;
        } catch (IllegalArgumentException malformed) {
            journal.entries.clear();
            return journal;
        }
    }

    static boolean exists(DatabaseFile file) {
        return Files.exists(file.side().journal());
    }

    /** Adds a line: of two of the same name the later one counts, and what a power failure leaves of it does no harm to those before. */
    void step(String what) throws IOException {
        entries.setProperty("step", what);
        Properties line = new Properties();
        line.setProperty("step", what);
        Files.write(path, bytes(line), StandardOpenOption.APPEND);
    }

    /** How the heal will have ended once the content is in place. */
    void decided(Restored result) throws IOException {
        entries.setProperty("source", result.source());
        entries.setProperty("evidence", result.evidence().toString());
        entries.setProperty("rowsLost", Long.toString(result.rowsLost()));
        entries.setProperty("lost", result.lost());
        entries.setProperty("step", "restoring");
        write();
    }

    /** The incident's. */
    String id() {
        String id = entries.getProperty("id");
        return id == null ? Incident.newId(started()) : id;
    }

    String step() {
        return entries.getProperty("step", "unknown");
    }

    Instant started() {
        try {
            return Instant.parse(entries.getProperty("started", ""));
        } catch (java.time.format.DateTimeParseException unreadable) {
            return Instant.now();
        }
    }

    String fault() {
        return entries.getProperty("fault", "unknown");
    }

    String diagnosis() {
        return entries.getProperty("diagnosis", "unknown");
    }

    /** What the dead process knew of the schema, as a script. */
    String schema() {
        return entries.getProperty("schema", "");
    }

    String source() {
        return entries.getProperty("source", "unknown");
    }

    /** Whether the content had been made, so that it may be in place. */
    boolean isDecided() {
        return entries.containsKey("rowsLost");
    }

    Loss loss() {
        try {
            long rows = Long.parseLong(entries.getProperty("rowsLost", "-1"));
            return rows == 0 ? Loss.NONE : new Loss(rows, entries.getProperty("lost", ""));
        } catch (IllegalArgumentException unreadable) {
            return Loss.unknown("the journal of the heal is unreadable");
        }
    }

    private void write() throws IOException {
        Path beside = path.resolveSibling(path.getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes(entries));
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] bytes(Properties entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        entries.store(new java.io.OutputStreamWriter(bytes, StandardCharsets.UTF_8), "A heal is under way.");
        return bytes.toByteArray();
    }

    /** The heal has ended and its incident is told. */
    void end() throws IOException {
        Files.deleteIfExists(path);
    }
}
