package org.healingsqlite.archive;

import com.grack.nanojson.JsonWriter;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** Writes a file that {@link RowsParser} reads. Owns the file until it is closed. */
final class RowsWriter implements Closeable {
    private static final int FLUSH_CHARS = 1 << 13;

    private final MessageDigest digest = Checksum.sha256();
    private final OutputStream out;
    private final StringBuilder text = new StringBuilder();
    private final RowEncoder encoder;
    private long rows;

    RowsWriter(Path file, String table, List<String> columns, Charset encoding) throws IOException {
        out = new BufferedOutputStream(
                new DigestOutputStream(Files.newOutputStream(file, StandardOpenOption.CREATE_NEW), digest), 1 << 16);
        encoder = new RowEncoder(text, encoding);
        text.append(new Header(table, columns).toJson()).append('\n');
        flush();
    }

    private record Header(String table, List<String> columns) {
        String toJson() {
            return JsonWriter.string()
                    .object()
                    .value("table", table)
                    .array("columns", columns)
                    .end()
                    .done();
        }
    }

    private void flush() throws IOException {
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
        text.setLength(0);
    }

    /** Writes a row of which each value stands behind its storage class. */
    void row(ResultSet row, int columns) throws SQLException, IOException {
        encoder.beginRow();
        for (int i = 1; i <= 2 * columns; i += 2) {
            encoder.value(row, i);
        }
        encoder.endRow();
        rows++;
        if (text.length() > FLUSH_CHARS) {
            flush();
        }
    }

    /** Writes the count, and returns it. */
    long finish() throws IOException {
        text.append("{\"rows\":").append(rows).append("}\n");
        flush();
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
