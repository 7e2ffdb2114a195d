package org.healingsqlite.archive;

import com.grack.nanojson.JsonObject;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.zip.CRC32;
import org.healingsqlite.input.InputFile;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/**
 * What was committed after an archive's rows were written: a group of lines per commit, ended by a line with their number, the time, and a checksum. A group
 * without a sound end is as if it were not there. Owns its file.
 */
final class ChangeLog implements Closeable {
    private final Path file;
    private final FileChannel channel;
    private long sound;

    private ChangeLog(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    static ChangeLog create(Path file) throws IOException {
        ChangeLog log =
                new ChangeLog(file, FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        log.channel.force(true);
        return log;
    }

    Path file() {
        return file;
    }

    long sizeBytes() {
        return sound;
    }

    /** The changes of one commit, as text. */
    static final class Group {
        private final RowEncoder encoder;
        private final StringBuilder text = new StringBuilder();
        private final String at = Instant.now().toString();
        private int lines;

        Group(Charset encoding) {
            encoder = new RowEncoder(text, encoding);
        }

        void change(String op, String table, ResultSet row, int first, int columns) throws SQLException {
            encoder.beginRow();
            encoder.string(op);
            encoder.string(table);
            for (int i = 0; i < columns; i++) {
                encoder.value(row, first + 2 * i);
            }
            encoder.endRow();
            lines++;
        }

        /** Notes the highest rowid that an AUTOINCREMENT table ever had; null where it is forgotten. */
        void sequence(String table, @Nullable Long value) {
            encoder.beginRow();
            encoder.string("S");
            encoder.string(table);
            encoder.number(value);
            encoder.endRow();
            lines++;
        }

        boolean isEmpty() {
            return lines == 0;
        }

        /** Characters so far. */
        int length() {
            return text.length();
        }

        private byte[] bytes() {
            byte[] body = text.toString().getBytes(StandardCharsets.UTF_8);
            CRC32 crc = new CRC32();
            crc.update(body);
            crc.update(at.getBytes(StandardCharsets.UTF_8));
            byte[] end = ("{\"changes\":" + lines + ",\"at\":\"" + at + "\",\"crc32\":" + crc.getValue() + "}\n")
                    .getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(body.length + end.length)
                    .put(body)
                    .put(end)
                    .array();
        }
    }

    /** Adds a commit; it is durable on return. What a failure left behind is cut off by the next call. */
    void append(Group group) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(group.bytes());
        channel.truncate(sound);
        channel.position(sound);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        channel.force(false);
        sound = channel.position();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Takes the changes of a log, in order. */
    interface Reader {
        void change(String op, String table, List<@Nullable Object> values, long line) throws IOException;

        void problem(long line, String reason);
    }

    /** Reads a log up to its last sound commit: once to find that, and once for the changes, because a commit may be longer than memory. */
    static void read(Path file, Reader reader) throws IOException {
        read(file, Instant.MAX, reader);
    }

    /** As {@link #read(Path, Reader)}, up to the last commit that was not after a moment. */
    static void read(Path file, Instant until, Reader reader) throws IOException {
        long sound = soundLines(file, until, reader);
        try (Lines in = new Lines(InputFile.found(file).open())) {
            for (String line = in.next(); line != null && in.number() <= sound; line = in.next()) {
                if (!line.startsWith("{")) {
                    change(line, in.number(), reader);
                }
            }
        }
    }

    /** The number of the line that ends the last sound commit. */
    private static long soundLines(Path file, Instant until, Reader reader) throws IOException {
        long sound = 0;
        long changes = 0;
        CRC32 crc = new CRC32();
        try (Lines in = new Lines(InputFile.found(file).open())) {
            for (String line = in.next(); line != null; line = in.next()) {
                if (in.fault() != null) {
                    reader.problem(in.number(), in.fault() + "; this commit and those behind it are left out");
                    return sound;
                }
                if (!line.startsWith("{")) {
                    changes++;
                    crc.update((line + "\n").getBytes(StandardCharsets.UTF_8));
                    continue;
                }
                JsonObject end = in.ended() ? object(line) : null;
                // Logs of older releases have no times.
                String at = end == null ? "" : end.getString("at", "");
                crc.update(at.getBytes(StandardCharsets.UTF_8));
                if (end == null
                        || end.getLong("changes", -1) != changes
                        || end.getLong("crc32", -1) != crc.getValue()) {
                    if (in.next() != null) {
                        reader.problem(in.number(), "a commit is damaged; it and those behind it are left out");
                    }
                    return sound;
                }
                if (!until.equals(Instant.MAX) && isAfter(at, until)) {
                    lookForEarlier(in, until, reader);
                    return sound;
                }
                sound = in.number();
                changes = 0;
                crc.reset();
            }
        }
        return sound;
    }

    /** Where a later commit has an earlier time the clock has gone back, and what there was at a moment in between has no one answer. */
    private static void lookForEarlier(Lines in, Instant until, Reader reader) throws IOException {
        for (String line = in.next(); line != null && in.fault() == null; line = in.next()) {
            JsonObject end = line.startsWith("{") ? object(line) : null;
            String at = end == null ? "" : end.getString("at", "");
            if (!at.isEmpty() && !isAfter(at, until)) {
                reader.problem(
                        in.number(),
                        "a commit of " + at + " stands behind one of after " + until
                                + ": the clock has gone back; it and those behind it are left out");
                return;
            }
        }
    }

    /** A commit whose time is not known is not taken for one that was early enough. */
    private static boolean isAfter(String at, Instant until) {
        try {
            return Instant.parse(at).isAfter(until);
        } catch (DateTimeException e) {
            return true;
        }
    }

    private static @Nullable JsonObject object(String line) {
        try {
            return Json.object(line);
        } catch (Json.NotRead e) {
            return null;
        }
    }

    private static void change(String line, long number, Reader reader) throws IOException {
        try {
            List<@Nullable Object> values = RowsParser.values(Json.array(line));
            if (values.size() < 2) {
                throw new Json.NotRead("expected an array of two values or more");
            }
            reader.change(
                    String.valueOf(values.get(0)),
                    String.valueOf(values.get(1)),
                    values.subList(2, values.size()),
                    number);
        } catch (Json.NotRead | IllegalArgumentException e) {
            reader.problem(number, Disclosure.message(e));
        }
    }
}
