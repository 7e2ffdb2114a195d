package org.healingsqlite.salvage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.healingsqlite.api.Internal;
import org.healingsqlite.format.TextEncoding;

/**
 * Names of tables that lie in the bytes of a database, be it in rows of {@code sqlite_schema} or in what is left of deleted ones. The record of a table is
 * {@code table}, the name twice, the root page and the statement, one behind the other. Stateless.
 */
@Internal
public final class SchemaTraces {
    /** A root page has a number of four bytes, or of three or fewer; see the serial types of integers. */
    static final int MOST_BYTES_OF_ROOT = 4;

    /** No name that people give to a table is longer. */
    private static final int MOST_BYTES_OF_NAME = 512;

    /** Read at once; a record that lies across is found with the next part. */
    private static final int PART = 1 << 20;

    /** No record with a name as long as that, up to where its statement begins, is longer. */
    private static final int OVERLAP = 2 * MOST_BYTES_OF_NAME + 32;

    /** The schema's pages are among the first of a file, but for tables that were added late; reading more takes longer than an application may wait to start. */
    private static final long MOST_BYTES = 1L << 30;

    private SchemaTraces() {}

    /** Reads bytes of a file that others may have open; as {@link java.nio.channels.FileChannel#read(ByteBuffer, long)}. */
    @FunctionalInterface
    public interface Bytes {
        int read(ByteBuffer into, long at) throws IOException;
    }

    /**
     * Looks through a file, a database or its log; no further than a gigabyte.
     *
     * @param encoding as the header of the database has it
     */
    public static Set<String> namesIn(Bytes file, TextEncoding encoding) throws IOException {
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        ByteBuffer part = ByteBuffer.allocate(PART);
        long at = 0;
        while (at < MOST_BYTES) {
            part.clear();
            while (part.hasRemaining() && file.read(part, at + part.position()) > 0) {
                // until it is full or the file has ended
            }
            names.addAll(namesIn(Arrays.copyOf(part.array(), part.position()), encoding.charset()));
            if (part.hasRemaining()) {
                break;
            }
            at += PART - OVERLAP;
        }
        return names;
    }

    static Set<String> namesIn(byte[] page, Charset charset) {
        byte[] type = "table".getBytes(charset);
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        for (int at = 0; at + type.length < page.length; at++) {
            if (page[at] == type[0] && is(page, at, type)) {
                nameAt(page, at + type.length, charset).ifPresent(names::add);
            }
        }
        return names;
    }

    private static Optional<String> nameAt(byte[] page, int from, Charset charset) {
        byte[] create = "CREATE".getBytes(charset);
        for (int length = 1; length <= MOST_BYTES_OF_NAME && from + 2 * length < page.length; length++) {
            boolean twice = Arrays.equals(page, from, from + length, page, from + length, from + 2 * length);
            for (int root = 1; twice && root <= MOST_BYTES_OF_ROOT; root++) {
                if (is(page, from + 2 * length + root, create)) {
                    return Optional.of(new String(page, from, length, charset));
                }
            }
        }
        return Optional.empty();
    }

    static boolean is(byte[] page, int at, byte[] wanted) {
        return at + wanted.length <= page.length
                && Arrays.equals(page, at, at + wanted.length, wanted, 0, wanted.length);
    }
}
