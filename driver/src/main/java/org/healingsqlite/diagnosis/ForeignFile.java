package org.healingsqlite.diagnosis;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.Geometry;

/**
 * Tells a file that is no SQLite database from one that is damaged: by its pages, of which a damaged one still has some, and not by its header alone. Stateless.
 */
@Internal
public final class ForeignFile {
    /** A file of this size without one page of a database has none: a database has them everywhere. */
    private static final long MOST_BYTES_SEARCHED = 256L << 20;

    private static final int CHUNK_BYTES = 1 << 20;

    /** Enough of a file to tell what it is: a tar names itself at byte 257, and the entropy of noise shows. */
    private static final int HEAD_BYTES = 8192;

    /** Source: SQLite file format §1.6: the two interior and the two leaf pages. */
    private static final byte[] PAGE_TYPES = {2, 5, 10, 13};

    private static final int LEAF_HEADER = 8;
    private static final int INTERIOR_HEADER = 12;

    /** Source: SQLite file format §1.6: the fragmented bytes of a page are 60 at most. */
    private static final int MOST_FRAGMENTS = 60;

    /** What is freed of a page and smaller is a fragment. */
    private static final int SMALLEST_FREEBLOCK = 4;

    /** Bits a byte: noise of 8 KiB has 7.97, text 4 to 5, a page of a database less than 7. */
    private static final double ENTROPY_OF_NOISE = 7.6;

    /** Of text: the rest are bytes that no text has. */
    private static final double PRINTABLE_IN_TEXT = 0.97;

    /** What the bytes at some place of a file tell of it; as text, one character a byte. */
    private record Kind(String name, int offset, String magic) {
        boolean matches(byte[] head) {
            byte[] bytes = magic.getBytes(StandardCharsets.ISO_8859_1);
            return head.length >= offset + bytes.length
                    && Arrays.equals(head, offset, offset + bytes.length, bytes, 0, bytes.length);
        }
    }

    private static final List<Kind> KINDS = List.of(
            new Kind("a zip archive", 0, "PK\u0003\u0004"),
            new Kind("a zip archive", 0, "PK\u0005\u0006"),
            new Kind("a gzip file", 0, "\u001f\u008b"),
            new Kind("a bzip2 file", 0, "BZh"),
            new Kind("an xz file", 0, "\u00fd7zXZ\u0000"),
            new Kind("a Zstandard file", 0, "(\u00b5/\u00fd"),
            new Kind("a 7z archive", 0, "7z\u00bc\u00af'\u001c"),
            new Kind("a tar archive", 257, "ustar"),
            new Kind("a PDF document", 0, "%PDF"),
            new Kind("an H2 database", 0, "H:2,"),
            new Kind("an H2 database", 0, "-- H2 0.5/B --"),
            new Kind("a DuckDB database", 8, "DUCK"),
            new Kind("an LMDB database", 16, "\u00de\u00c0\u00ef\u00be"),
            new Kind("a Berkeley DB database", 12, "b1\u0005\u0000"),
            new Kind("a Berkeley DB database", 12, "\u0000\u00051b"),
            new Kind("a Microsoft Access database", 4, "Standard Jet DB"),
            new Kind("a Microsoft Access database", 4, "Standard ACE DB"),
            new Kind("an SQLite 2 database", 0, "** This file contains an SQLite 2"),
            new Kind("a Derby log", 0, "\u0000\u0000\u0000\u007f"),
            new Kind("a PNG image", 0, "\u0089PNG"),
            new Kind("a JPEG image", 0, "\u00ff\u00d8\u00ff"),
            new Kind("a program", 0, "\u007fELF"));

    /** The last eight bytes of a table file. Source: LevelDB, doc/table_format.md. */
    private static final byte[] LEVELDB_END = {
        0x57, (byte) 0xfb, (byte) 0x80, (byte) 0x8b, 0x24, 0x75, 0x47, (byte) 0xdb
    };

    private static final String NOISE = "encrypted, compressed or random bytes";

    private ForeignFile() {}

    /** Whether a kind is that of a file which may be an encrypted database. */
    public static boolean mayBeEncrypted(String kind) {
        return kind.equals(NOISE);
    }

    /**
     * What the main file is, in words, where it is no database: empty where it has the header or a page of one, where it is absent, or where nobody could read it. Opens no
     * connection, and writes nothing.
     */
    public static Optional<String> kind(DatabaseFile file) {
        try {
            long size = file.sizeBytes();
            if (size <= 0 || size == Long.MAX_VALUE) {
                return Optional.empty();
            }
            return HeldFile.reading(file, held -> kind(held, size));
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    private static Optional<String> kind(HeldFile held, long size) throws IOException {
        byte[] head = held.head(HEAD_BYTES);
        return isOfDatabase(head) || hasPage(held, size) ? Optional.empty() : Optional.of(kind(head, end(held, size)));
    }

    private static byte[] end(HeldFile held, long size) throws IOException {
        return held.bytes(Math.max(0, size - LEVELDB_END.length), LEVELDB_END.length);
    }

    private static boolean isOfDatabase(byte[] head) {
        DatabaseHeader header = DatabaseHeader.of(head);
        return header.hasMagic()
                || header.hasConstants()
                        && header.geometry().isPresent()
                        && header.encoding().isPresent();
    }

    // ---- Pages

    private static boolean hasPage(HeldFile held, long size) throws IOException {
        if (isPage(held.bytes(0, Geometry.LARGEST_PAGE), DatabaseHeader.SIZE)) {
            return true;
        }
        for (long at = 0; at < Math.min(size, MOST_BYTES_SEARCHED); at += CHUNK_BYTES) {
            byte[] chunk = held.bytes(at, CHUNK_BYTES + Geometry.LARGEST_PAGE);
            for (int page = 0; page < Math.min(chunk.length, CHUNK_BYTES); page += Geometry.SMALLEST_PAGE) {
                if (isPage(chunk, page)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether a b-tree page of some size begins there, with a header and cell pointers that fit each other. On page 1 both come behind the file's header. */
    private static boolean isPage(byte[] bytes, int at) {
        if (at + LEAF_HEADER > bytes.length || Arrays.binarySearch(PAGE_TYPES, bytes[at]) < 0) {
            return false;
        }
        int header = bytes[at] <= 5 ? INTERIOR_HEADER : LEAF_HEADER;
        int cells = Bytes.u16(bytes, at + 3);
        int start = Bytes.u16(bytes, at + 5);
        int content = start == 0 ? Geometry.LARGEST_PAGE : start;
        if ((bytes[at + 7] & 0xff) > MOST_FRAGMENTS || cells == 0 || at + header + 2 * cells > bytes.length) {
            return false;
        }
        int origin = at == DatabaseHeader.SIZE ? DatabaseHeader.SIZE : 0;
        int pointersEnd = origin + header + 2 * cells;
        if (content < pointersEnd) {
            return false;
        }
        int lowest = Geometry.LARGEST_PAGE;
        for (int cell = 0; cell < cells; cell++) {
            int pointer = Bytes.u16(bytes, at + header + 2 * cell);
            if (pointer < content) {
                return false;
            }
            lowest = Math.min(lowest, pointer);
        }
        // The content area begins with its first cell, or with a freeblock before it.
        int freeblock = Bytes.u16(bytes, at + 1);
        return lowest - content < SMALLEST_FREEBLOCK || freeblock == content;
    }

    // ---- What it is then

    private static String kind(byte[] head, byte[] end) {
        for (Kind kind : KINDS) {
            if (kind.matches(head)) {
                return kind.name();
            }
        }
        if (Arrays.equals(end, LEVELDB_END)) {
            return "a table of a LevelDB database";
        }
        int[] counts = new int[256];
        for (byte each : head) {
            counts[each & 0xff]++;
        }
        if (counts[0] == head.length) {
            return "nothing but zeros";
        }
        if (isText(head, counts)) {
            return "text";
        }
        return head.length >= Geometry.SMALLEST_PAGE
                        && entropy(counts, head.length) > ENTROPY_OF_NOISE * scale(head.length)
                ? NOISE
                : "a file of an unknown kind";
    }

    /** A short sample of noise has not all bytes yet. */
    private static double scale(int length) {
        return length >= HEAD_BYTES / 2 ? 1 : 0.93;
    }

    private static boolean isText(byte[] head, int[] counts) {
        if (counts[0] > 0) {
            return false;
        }
        int printable = 0;
        for (int value = 0; value < counts.length; value++) {
            printable += value == '\t' || value == '\n' || value == '\r' || value >= ' ' && value != 0x7f
                    ? counts[value]
                    : 0;
        }
        String decoded = new String(head, StandardCharsets.UTF_8);
        long wrong = decoded.chars().filter(each -> each == 0xFFFD).count();
        return printable >= PRINTABLE_IN_TEXT * head.length && wrong <= head.length / 100 + 1;
    }

    private static double entropy(int[] counts, int total) {
        double bits = 0;
        for (int count : counts) {
            if (count > 0) {
                double share = (double) count / total;
                bits -= share * Math.log(share) / Math.log(2);
            }
        }
        return bits;
    }
}
