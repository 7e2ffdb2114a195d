package org.healingsqlite.archive;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;

/** Writes a file that {@link RowsParser} reads. Owns the file until it is closed. */
final class RowsWriter implements Closeable {
    private static final int FLUSH_CHARS = 1 << 13;

    private final MessageDigest digest = Checksum.sha256();
    private final OutputStream out;
    private final CharsetDecoder decoder;
    private final StringBuilder line = new StringBuilder();
    private boolean first = true;
    private long rows;

    RowsWriter(Path file, String table, List<String> columns, Charset encoding) throws IOException {
        out = new BufferedOutputStream(
                new DigestOutputStream(Files.newOutputStream(file, StandardOpenOption.CREATE_NEW), digest), 1 << 16);
        decoder = encoding.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        line.append("{\"table\":");
        string(table);
        line.append(",\"columns\":[");
        for (String column : columns) {
            separate();
            string(column);
        }
        line.append("]}\n");
        write();
    }

    private void separate() {
        if (!first) {
            line.append(',');
        }
        first = false;
    }

    private void write() throws IOException {
        out.write(line.toString().getBytes(StandardCharsets.UTF_8));
        line.setLength(0);
        first = true;
    }

    void beginRow() {
        line.append('[');
    }

    void endRow() throws IOException {
        line.append("]\n");
        rows++;
        first = true;
        if (line.length() > FLUSH_CHARS) {
            write();
        }
    }

    void nothing() {
        separate();
        line.append("null");
    }

    void integer(long value) {
        separate();
        line.append(value);
    }

    /** JSON has no infinity; {@code Double.toString} is read back to the same bits and never looks like an integer. */
    void real(double value) {
        separate();
        if (Double.isInfinite(value)) {
            line.append("{\"real\":\"").append(value).append("\"}");
        } else {
            line.append(value);
        }
    }

    void blob(byte[] value) {
        separate();
        line.append("{\"blob\":\"")
                .append(Base64.getEncoder().encodeToString(value))
                .append("\"}");
    }

    /** Text as the database has it; what is not valid in its encoding goes as bytes. */
    void text(byte[] value) {
        separate();
        try {
            string(decoder.decode(ByteBuffer.wrap(value)));
        } catch (CharacterCodingException e) {
            line.append("{\"text\":\"")
                    .append(Base64.getEncoder().encodeToString(value))
                    .append("\"}");
        }
    }

    private void string(CharSequence text) {
        line.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                line.append('\\').append(c);
            } else if (c == '\n') {
                line.append("\\n");
            } else if (c < ' ' || c == '\u007f') {
                line.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                line.append(c);
            }
        }
        line.append('"');
    }

    /** Writes the count, and returns it. */
    long finish() throws IOException {
        line.append("{\"rows\":").append(rows).append("}\n");
        write();
        out.flush();
        return rows;
    }

    /** The file's checksum, once it is finished. */
    String checksum() {
        return Checksum.hex(digest);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
