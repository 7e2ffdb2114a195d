package org.healingsqlite.archive;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a UTF-8 file, one at a time, without their ends: LF or CR LF. A byte order mark is left out. A line that is longer than
 * {@link Bounds#piece} is passed over without being kept; one that is longer than {@link Bounds#PASSED_OVER} is the last. {@link #fault} tells. Owns the stream.
 */
final class Lines implements Closeable {

    private final InputStream stream;
    private InputStream in;
    private final byte[] buffer = new byte[1 << 16];
    private final int longest = Bounds.piece();
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    private Pending pending = new Pending();
    private int position;
    private int limit;
    private long number;
    private @Nullable String fault;
    private boolean ended = true;
    private @Nullable String pushedBack;
    private boolean exact;
    private boolean returns = true;

    Lines(InputStream in) {
        this.stream = in;
        this.in = in;
    }

    /** Bytes of a line that does not end in the buffer; read where they are. */
    private static final class Pending extends ByteArrayOutputStream {
        byte[] bytes() {
            return buf;
        }
    }

    static Lines of(ArchiveFile file) throws IOException {
        return new Lines(file.open());
    }

    /** Where the first line ends in LF alone, a carriage return before another line's end is a character of it. */
    Lines exact() {
        exact = true;
        return this;
    }

    /** The next line; null behind the last. */
    @Nullable
    String next() throws IOException {
        String again = pushedBack;
        if (again != null) {
            pushedBack = null;
            return again;
        }
        if (pending.bytes().length > buffer.length) {
            pending = new Pending();
        }
        pending.reset();
        boolean any = false;
        boolean tooLong = false;
        long length = 0;
        while (true) {
            if (position == limit) {
                limit = Math.max(0, in.read(buffer));
                position = 0;
                if (limit == 0) {
                    if (!any) {
                        return null;
                    }
                    ended = false;
                    return tooLong ? passedOver() : decoded(pending.bytes(), 0, pending.size());
                }
            }
            any = true;
            int end = position;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            if (end < limit && pending.size() == 0 && !tooLong) {
                int start = position;
                position = end + 1;
                return decoded(buffer, start, end - start);
            }
            if (end - position > longest - pending.size()) {
                tooLong = true;
                pending = new Pending();
            }
            length += end - position;
            if (length > Bounds.PASSED_OVER) {
                return withoutEnd();
            }
            if (!tooLong) {
                pending.write(buffer, position, end - position);
            }
            position = end;
            if (end < limit) {
                position++;
                return tooLong ? passedOver() : decoded(pending.bytes(), 0, pending.size());
            }
        }
    }

    /** Makes the line that was read last the next one again. */
    void pushBack(String line) {
        pushedBack = line;
    }

    private String passedOver() {
        number++;
        fault = Bounds.tooLong();
        return "";
    }

    private String withoutEnd() {
        passedOver();
        fault = Bounds.withoutEnd();
        ended = false;
        in = InputStream.nullInputStream();
        limit = position;
        return "";
    }

    private String decoded(byte[] bytes, int start, int count) {
        number++;
        int from = start;
        int length = count;
        if (number == 1
                && length >= 3
                && bytes[from] == (byte) 0xEF
                && bytes[from + 1] == (byte) 0xBB
                && bytes[from + 2] == (byte) 0xBF) {
            from += 3;
            length -= 3;
        }
        boolean carriageReturn = length > 0 && bytes[from + length - 1] == '\r';
        returns = number == 1 && exact ? carriageReturn : returns;
        if (carriageReturn && returns) {
            length--;
        }
        fault = null;
        String line = new String(bytes, from, length, StandardCharsets.UTF_8);
        // What cannot be decoded is replaced by this character: then it is worth a second look, which takes room.
        if (line.indexOf('\uFFFD') >= 0) {
            try {
                decoder.decode(ByteBuffer.wrap(bytes, from, length));
            } catch (CharacterCodingException e) {
                fault = "not UTF-8";
            }
        }
        return line;
    }

    /** The number of the line that was read last, from 1. */
    long number() {
        return number;
    }

    /** Why the line that was read last cannot be taken: it is not UTF-8, or was too long to be read and is empty therefore; null where it can. */
    @Nullable
    String fault() {
        return fault;
    }

    /** Whether the line that was read last had an end: a file that was cut has none. */
    boolean ended() {
        return ended;
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
