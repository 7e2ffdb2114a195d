package org.healingsqlite.heal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.regex.Pattern;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.SideDirectory;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.repair.Restored;
import org.jspecify.annotations.Nullable;

/**
 * The heal that is under way, step by step, in the side directory: a process that finds one whose writer is dead knows what was going on, and
 * what the incident would have said. Written by the holder of the process lock only. A step is in the file before it begins, so that no kill hides
 * it; what has to outlive a power failure, the beginning and how it will have ended, is durable.
 */
final class HealJournal {
    /** The schema is in it, as text; SQLite itself takes no statement of more than a gigabyte. */
    private static final int MOST_BYTES = 1 << 26;

    /** Source: {@link Incident#newId}. */
    private static final Pattern ID = Pattern.compile("[0-9A-Za-z_.:-]{1,64}");

    private final SideDirectory side;
    private final Properties entries = new Properties();

    /** The journal as it was last written whole; null before that. Steps are added through it. */
    private @Nullable FileChannel channel;

    private HealJournal(SideDirectory side) {
        this.side = side;
    }

    static HealJournal begin(DatabaseFile file, String id, Instant start, String fault, String diagnosis, String schema)
            throws IOException {
        file.side().create();
        HealJournal journal = new HealJournal(file.side());
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
        HealJournal journal = new HealJournal(file.side());
        byte[] bytes = journal.side.read(journal.side.journal(), MOST_BYTES);
        if (bytes == null) {
            return null;
        }
        try {
            journal.entries.load(new StringReader(new String(bytes, StandardCharsets.UTF_8)));
        } catch (IllegalArgumentException malformed) {
            journal.entries.clear();
        }
        return journal;
    }

    static boolean exists(DatabaseFile file) {
        return Files.exists(file.side().journal(), LinkOption.NOFOLLOW_LINKS);
    }

    /** Adds a line: of two of the same name the later one counts, and what a power failure leaves of it does no harm to those before. */
    void step(String what) throws IOException {
        entries.setProperty("step", what);
        Properties line = new Properties();
        line.setProperty("step", what);
        FileChannel open = channel;
        if (open == null) {
            throw new IOException("the journal " + side.journal() + " was not begun");
        }
        ByteBuffer bytes = ByteBuffer.wrap(bytes(line));
        while (bytes.hasRemaining()) {
            open.write(bytes);
        }
    }

    /** How the heal will have ended once the content is in place. */
    void decided(Restored result) throws IOException {
        entries.setProperty("source", result.source());
        entries.setProperty("evidence", result.evidence().toString());
        Loss loss = new Loss(result.completeness(), result.values(), result.lost());
        entries.setProperty("rowsLost", Long.toString(loss.rows()));
        loss.completeness().atMost().ifPresent(most -> entries.setProperty("rowsLostAtMost", Long.toString(most)));
        entries.setProperty("content", result.values().name());
        entries.setProperty("lost", result.lost());
        entries.setProperty("step", "restoring");
        write();
    }

    /** The incident's. */
    String id() {
        String id = entries.getProperty("id", "");
        return ID.matcher(id).matches() ? id : Incident.newId(started());
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
            String most = entries.getProperty("rowsLostAtMost");
            return Loss.told(
                    rows,
                    most == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(most)),
                    Content.valueOf(entries.getProperty("content", Content.UNVERIFIED.name())),
                    entries.getProperty("lost", ""));
        } catch (IllegalArgumentException unreadable) {
            return Loss.unknown("the journal of the heal is unreadable");
        }
    }

    private void write() throws IOException {
        FileChannel before = channel;
        channel = side.replaceOpen(side.journal(), bytes(entries));
        if (before != null) {
            before.close();
        }
    }

    private static byte[] bytes(Properties entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        entries.store(new java.io.OutputStreamWriter(bytes, StandardCharsets.UTF_8), "A heal is under way.");
        return bytes.toByteArray();
    }

    /** The heal has ended and its incident is told. */
    void end() throws IOException {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            open.close();
        }
        Files.deleteIfExists(side.journal());
    }
}
