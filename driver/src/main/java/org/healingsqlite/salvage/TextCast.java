package org.healingsqlite.salvage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import org.healingsqlite.format.TextEncoding;

/**
 * Makes {@code CAST(? AS TEXT)} give the text that some bytes are in a database's encoding. In UTF-16 databases older releases of SQLite take the
 * bytes of a cast for UTF-8 of even length; they are given the text itself. Immutable.
 */
final class TextCast {
    private final TextEncoding encoding;
    private final boolean takesUtf8;

    private TextCast(TextEncoding encoding, boolean takesUtf8) {
        this.encoding = encoding;
        this.takesUtf8 = takesUtf8;
    }

    /** Asks a connection whose database has the encoding. */
    static TextCast of(Connection connection, TextEncoding encoding) throws SQLException {
        if (encoding == TextEncoding.UTF_8) {
            return new TextCast(encoding, false);
        }
        byte[] letter = "A".getBytes(encoding.charset());
        try (PreparedStatement query = connection.prepareStatement("SELECT CAST(CAST(? AS TEXT) AS BLOB)")) {
            query.setBytes(1, letter);
            try (ResultSet row = query.executeQuery()) {
                return new TextCast(encoding, row.next() && !Arrays.equals(row.getBytes(1), letter));
            }
        }
    }

    /** What to bind for a text: its bytes, or the text. */
    Object parameter(byte[] text) {
        return takesUtf8 ? new String(text, encoding.charset()) : text;
    }
}
