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

/** The lines of a UTF-8 file, one at a time, without their ends: LF or CR LF. A byte order mark is left out. Owns the stream. */
final class Lines implements Closeable {
    private static final int MAX_LINE_BYTES = 1 << 28;

    private final InputStream in;
    private final byte[] buffer = new byte[1 << 16];
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    private int position;
    private int limit;
    private long number;
    private boolean malformed;
    private boolean ended = true;
    private @Nullable String pushedBack;

    Lines(InputStream in) {
        this.in = in;
    }

    static Lines of(ArchiveFile file) throws IOException {
        return new Lines(file.open());
    }

    /** The next line; null behind the last. */
    @Nullable
    String next() throws IOException {
        String again = pushedBack;
        if (again != null) {
            pushedBack = null;
            return again;
        }
        pending.reset();
        boolean any = false;
        while (true) {
            if (position == limit) {
                limit = Math.max(0, in.read(buffer));
                position = 0;
                if (limit == 0) {
                    if (!any) {
                        return null;
                    }
                    ended = false;
                    return decoded(pending.toByteArray(), 0, pending.size());
                }
            }
            any = true;
            int end = position;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            if (end < limit && pending.size() == 0) {
                int start = position;
                position = end + 1;
                return decoded(buffer, start, end - start);
            }
            pending.write(buffer, position, end - position);
            if (pending.size() > MAX_LINE_BYTES) {
                throw new ArchiveException("line " + (number + 1) + " is longer than " + MAX_LINE_BYTES + " bytes");
            }
            position = end;
            if (end < limit) {
                position++;
                return decoded(pending.toByteArray(), 0, pending.size());
            }
        }
    }

    /** Makes the line that was read last the next one again. */
    void pushBack(String line) {
        pushedBack = line;
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
        if (length > 0 && bytes[from + length - 1] == '\r') {
            length--;
        }
        try {
            malformed = false;
            return decoder.decode(ByteBuffer.wrap(bytes, from, length)).toString();
        } catch (CharacterCodingException e) {
            malformed = true;
            return new String(bytes, from, length, StandardCharsets.UTF_8);
        }
    }

    /** The number of the line that was read last, from 1. */
    long number() {
        return number;
    }

    /** Whether the line that was read last is not UTF-8. */
    boolean malformed() {
        return malformed;
    }

    /** Whether the line that was read last had an end: a file that was cut has none. */
    boolean ended() {
        return ended;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
