package org.healingsqlite.archive;

/**
 * How much of an archive is looked at in one piece. Archives come from elsewhere; what is longer, deeper or wider than this is told, with file and
 * line, and left out before it is parsed. What grows with the heap is a fixed share of it: an archive never decides whether the application runs out of memory.
 */
final class Bounds {
    /** Arrays and objects inside of one another: as deep as SQLite's own JSON functions go (JSON_MAX_DEPTH). nanojson recurses. */
    static final int JSON_DEPTH = 1000;

    /** Names and values in one line of JSON: an object of the parser takes up to 200 bytes for two characters of text, so this is 20 MB at most. */
    static final int JSON_VALUES = 100_000;

    /** Characters of a number: a double has at most 767 digits that count, and reading an integer takes time that grows with their square. */
    static final int NUMBER_CHARS = 1000;

    /** Columns of a row: more than SQLite can be built for (SQLITE_MAX_COLUMN, at most 32767). */
    static final int COLUMNS = 32_767;

    /** Calls inside of one another in a SQL dump: SQLite's shell writes three. The parser recurses. */
    static final int CALL_DEPTH = 100;

    /** Directories inside of one another: people's archives have a few, and each is a directory that is open while it is walked. */
    static final int DIRECTORY_DEPTH = 32;

    /** Characters of a regular expression of a manifest: compiling one recurses by its groups. */
    static final int PATTERN_CHARS = 4000;

    /** Characters that one match may look at, beside {@link #LOOKS_PER_CHAR} for each of its line: a tenth of a second. Without it {@code (.*a){12}b} takes years. */
    static final int PATTERN_LOOKS = 10_000_000;

    /** A pattern of several groups looks at each character of a line a few times. */
    static final int LOOKS_PER_CHAR = 16;

    /** Asterisks in a glob of a manifest: matching takes time that grows with the name's length to that power. */
    static final int GLOB_STARS = 4;

    /** The longest value that is of use: a row of SQLite has 1 GB at most, and an array of Java 2 GB, which its copies here have to fit in. */
    private static final long LONGEST_PIECE = 1 << 28;

    /**
     * Bytes or characters that are read for the end of a piece which is too long, so that what follows it is not lost: as long as a piece is with any heap. A file of
     * holes, which takes no room in an archive, has a piece of a terabyte.
     */
    static final long PASSED_OVER = LONGEST_PIECE;

    /** One piece stands in memory as bytes, as text, in the parser's buffer that doubles, as the parser's text, and decoded. */
    private static final int PIECES_IN_HEAP = 12;

    /** A name in a map, with its value, twice. */
    private static final int ENTRY_BYTES = 2000;

    /** More files than a directory tree is kept in for people's use. */
    private static final long MOST_ENTRIES = 1_000_000;

    private Bounds() {}

    /** Bytes or characters of what has to be in memory as one: a line, a value, a record, a manifest. */
    static int piece() {
        return (int) Math.min(LONGEST_PIECE, Runtime.getRuntime().maxMemory() / PIECES_IN_HEAP);
    }

    /** Files of an archive, entries of a manifest, checksums, statements of a schema: what is kept for as long as the archive is open. */
    static int entries() {
        return (int) Math.min(MOST_ENTRIES, Runtime.getRuntime().maxMemory() / ENTRY_BYTES);
    }

    /** What is said of a piece whose end was not found within {@link #PASSED_OVER}. */
    static String withoutEnd() {
        return "is longer than " + PASSED_OVER + " bytes; nothing behind it was read";
    }

    /** What is said of a piece that is too long. */
    static String tooLong() {
        return "is longer than " + piece() + " bytes, the most that is read in one piece with a heap of "
                + (Runtime.getRuntime().maxMemory() >> 20) + " MB";
    }
}
