package org.healingsqlite.archive;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Writes rows as JSON arrays, exact in every value; {@link RowsParser} reads them. */
final class RowEncoder {
    private final StringBuilder out;
    private final CharsetDecoder decoder;
    private boolean first = true;

    RowEncoder(StringBuilder out, Charset encoding) {
        this.out = out;
        this.decoder = encoding.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
    }

    void beginRow() {
        out.append('[');
        first = true;
    }

    void endRow() {
        out.append("]\n");
    }

    private void separate() {
        if (!first) {
            out.append(',');
        }
        first = false;
    }

    /** A value whose storage class stands in one column, and itself in the next. */
    void value(ResultSet row, int column) throws SQLException {
        String type = row.getString(column);
        if (type == null) {
            nothing();
            return;
        }
        switch (type) {
            case "integer" -> integer(row.getLong(column + 1));
            case "real" -> real(row.getDouble(column + 1));
            case "text" -> text(bytes(row, column + 1));
            case "blob" -> blob(bytes(row, column + 1));
            default -> nothing();
        }
    }

    private static byte[] bytes(ResultSet row, int column) throws SQLException {
        byte[] bytes = row.getBytes(column);
        return bytes == null ? new byte[0] : bytes;
    }

    private void nothing() {
        separate();
        out.append("null");
    }

    private void integer(long value) {
        separate();
        out.append(value);
    }

    /** JSON has no infinity; {@code Double.toString} is read back to the same bits and never looks like an integer. */
    private void real(double value) {
        separate();
        if (Double.isInfinite(value)) {
            out.append("{\"real\":\"").append(value).append("\"}");
        } else {
            out.append(value);
        }
    }

    private void blob(byte[] value) {
        separate();
        out.append("{\"blob\":\"")
                .append(Base64.getEncoder().encodeToString(value))
                .append("\"}");
    }

    /** Text as the database has it; what is not valid in its encoding goes as bytes. */
    private void text(byte[] value) {
        separate();
        try {
            quoted(decoder.decode(ByteBuffer.wrap(value)));
        } catch (CharacterCodingException e) {
            out.append("{\"text\":\"")
                    .append(Base64.getEncoder().encodeToString(value))
                    .append("\"}");
        }
    }

    void number(@Nullable Long value) {
        if (value == null) {
            nothing();
        } else {
            integer(value);
        }
    }

    void string(String text) {
        separate();
        quoted(text);
    }

    private void quoted(CharSequence text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c < ' ' || c == '\u007f') {
                out.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
