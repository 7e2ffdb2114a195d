package org.healingsqlite.salvage;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Mends a damaged CREATE TABLE statement: columns that can be read stay as they are, of a damaged one its readable beginning stays, and a
 * damaged constraint is left out. A column whose name is lost gets its number for a name. Whether the result is right the rows must show.
 */
final class StatementRepair {

    private static final Pattern WORDS = Pattern.compile("\\s+");

    private static final Pattern NAMES_APART = Pattern.compile("\\s*,\\s*");
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern TYPED_KEY =
            Pattern.compile("^\\s*\\S+\\s+(\\S+)\\s+PRIMARY\\s+KEY\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern FIRST_WORD = Pattern.compile("^\\s*\\S+\\s+");
    private static final String ROWID_ALIAS = "INTEGER PRIMARY KEY";

    /** Each bit that is tried makes a table: a hundred tries take some milliseconds. */
    private static final int LONGEST_FLIPPED = 4000;

    private static final String UNKNOWN_NAME = "column_";

    private StatementRepair() {}

    /** Whether text can be what SQLite stored: no control characters, and no bytes that are no text. */
    static boolean isClean(String sql) {
        for (int i = 0; i < sql.length(); i++) {
            if (isDamage(sql.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDamage(char c) {
        return c == '\ufffd' || c == '\u007f' || (c < ' ' && c != '\t' && c != '\n' && c != '\r');
    }

    /**
     * Statements that the damaged one may have been, likeliest first.
     *
     * @param indexStatements of indexes on the table: they name columns
     * @param alwaysNull the fields that are NULL in every row at hand, as the rowid's alias is
     */
    static List<String> mend(
            String sql, String name, boolean withoutRowid, BitSet alwaysNull, List<String> indexStatements) {
        int open = sql.indexOf('(');
        int close = sql.lastIndexOf(')');
        if (open < 0 || close <= open) {
            return List.of();
        }
        String tail = sql.substring(close + 1);
        String options = isClean(tail) ? tail : withoutRowid ? " WITHOUT ROWID" : "";
        List<String> statements = new ArrayList<>();
        // Damage may have swallowed a comma, or put in a quote.
        for (boolean quotes : new boolean[] {true, false}) {
            for (boolean split : new boolean[] {false, true}) {
                List<String> kept = columns(sql.substring(open + 1, close), quotes, split, alwaysNull, indexStatements);
                if (!kept.isEmpty()) {
                    statements.add(
                            "CREATE TABLE " + RowInserter.quoted(name) + "(" + String.join(",", kept) + ")" + options);
                }
            }
        }
        return statements;
    }

    /**
     * Statements of which the damaged one differs in one bit. Which of them is right SQLite and the rows must show.
     *
     * @param sql as {@link #isClean} takes it
     */
    static Iterable<String> withOneBitMended(String sql) {
        int bits = 7 * Math.min(sql.length(), LONGEST_FLIPPED);
        return () -> IntStream.range(0, bits)
                .filter(bit -> sql.charAt(bit / 7) < 128 && isPlain((char) (sql.charAt(bit / 7) ^ 1 << bit % 7)))
                .mapToObj(bit -> sql.substring(0, bit / 7)
                        + (char) (sql.charAt(bit / 7) ^ 1 << bit % 7)
                        + sql.substring(bit / 7 + 1))
                .iterator();
    }

    private static boolean isPlain(char c) {
        return c >= ' ' && c < 127 || c == '\n' || c == '\t' || c == '\r';
    }

    /**
     * The statement with INTEGER PRIMARY KEY in place of what is nearly that, and what SQLite takes for the name of a type, on the one column that is NULL in every
     * row; empty if there is none.
     *
     * @param alwaysNull the fields that are NULL in every row at hand
     */
    static String withKeyWords(String sql, BitSet alwaysNull) {
        int open = sql.indexOf('(');
        int close = sql.lastIndexOf(')');
        if (open < 0 || close <= open) {
            return "";
        }
        List<String> parts = parts(sql.substring(open + 1, close), true);
        for (int i = 0; i < parts.size(); i++) {
            Matcher name = FIRST_WORD.matcher(parts.get(i));
            if (alwaysNull.get(i) && name.find() && isNearly(parts.get(i), name.end())) {
                parts.set(
                        i,
                        parts.get(i).substring(0, name.end())
                                + ROWID_ALIAS
                                + parts.get(i).substring(name.end() + ROWID_ALIAS.length()));
                return sql.substring(0, open + 1) + String.join(",", parts) + sql.substring(close);
            }
        }
        return "";
    }

    /** Whether one letter or two of the words that make a rowid's alias are others. */
    private static boolean isNearly(String part, int from) {
        if (from + ROWID_ALIAS.length() > part.length()) {
            return false;
        }
        int others = 0;
        for (int i = 0; i < ROWID_ALIAS.length(); i++) {
            others += Character.toUpperCase(part.charAt(from + i)) == ROWID_ALIAS.charAt(i) ? 0 : 1;
        }
        return others == 1 || others == 2;
    }

    /**
     * The statement with INTEGER as the type of the one key column that is NULL in every row; empty if there is none.
     *
     * @param alwaysNull the fields that are NULL in every row at hand
     */
    static String withRowidAlias(String sql, BitSet alwaysNull) {
        int open = sql.indexOf('(');
        int close = sql.lastIndexOf(')');
        if (open < 0 || close <= open) {
            return "";
        }
        List<String> parts = parts(sql.substring(open + 1, close), true);
        for (int i = 0; i < parts.size(); i++) {
            String part = parts.get(i);
            Matcher typed = TYPED_KEY.matcher(part);
            if (alwaysNull.get(i) && !isConstraint(part) && typed.find()) {
                parts.set(i, part.substring(0, typed.start(1)) + "INTEGER" + part.substring(typed.end(1)));
                return sql.substring(0, open + 1) + String.join(",", parts) + sql.substring(close);
            }
        }
        return "";
    }

    private static List<String> columns(
            String body, boolean quotes, boolean split, BitSet alwaysNull, List<String> indexStatements) {
        List<String> kept = new ArrayList<>();
        List<String> naming = new ArrayList<>(indexStatements);
        for (String part : parts(body, quotes)) {
            if (isClean(part)) {
                kept.add(part);
                if (isConstraint(part)) {
                    naming.add(part);
                }
            } else if (!isConstraint(part)) {
                kept.add(readable(part, kept.size(), alwaysNull));
                if (split) {
                    kept.add(afterDamage(part, kept.size()));
                }
            }
        }
        return named(kept, naming);
    }

    /** If one name is lost, and constraints and indexes speak of one column that is not there, that is its name. */
    private static List<String> named(List<String> columns, List<String> naming) {
        Set<String> known = new HashSet<>();
        List<Integer> unknown = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            String name = WORDS.split(columns.get(i).strip(), -1)[0];
            if (name.startsWith(UNKNOWN_NAME)) {
                unknown.add(i);
            }
            known.add(name.toLowerCase(Locale.ROOT));
        }
        Set<String> missing = new LinkedHashSet<>();
        for (String text : naming) {
            int open = text.indexOf('(');
            int close = text.indexOf(')', open + 1);
            if (open < 0 || close < 0) {
                continue;
            }
            for (String word : NAMES_APART.split(text.substring(open + 1, close), -1)) {
                if (NAME.matcher(word).matches() && !known.contains(word.toLowerCase(Locale.ROOT))) {
                    missing.add(word);
                }
            }
        }
        if (unknown.size() == 1 && missing.size() == 1) {
            int place = unknown.get(0);
            String column = columns.get(place).strip();
            String rest = column.substring(WORDS.split(column, -1)[0].length());
            columns.set(place, missing.iterator().next() + rest);
        }
        return columns;
    }

    /** What follows the damage, taken for a column of its own; its first word may be cut, so that it is no name. */
    private static String afterDamage(String part, int position) {
        int from = part.length();
        while (from > 0 && !isDamage(part.charAt(from - 1))) {
            from--;
        }
        String rest = part.substring(from);
        if (rest.startsWith(" ")) {
            return rest;
        }
        int word = rest.indexOf(' ');
        return unknownName(position) + (word < 0 ? "" : rest.substring(word));
    }

    private static String unknownName(int position) {
        return UNKNOWN_NAME + (position + 1);
    }

    private static boolean isConstraint(String part) {
        String start = part.strip().toUpperCase(Locale.ROOT);
        return start.startsWith("PRIMARY ")
                || start.startsWith("UNIQUE")
                || start.startsWith("CHECK")
                || start.startsWith("FOREIGN ")
                || start.startsWith("CONSTRAINT ");
    }

    /** The words before the first damaged one. */
    private static String readable(String part, int position, BitSet alwaysNull) {
        StringBuilder words = new StringBuilder();
        for (String word : WORDS.split(part.strip(), -1)) {
            if (!isClean(word) || word.indexOf('(') >= 0 || word.contains("/*") || word.startsWith("--")) {
                break;
            }
            words.append(words.length() == 0 ? "" : " ").append(word);
        }
        String name = words.length() == 0 ? unknownName(position) : words.toString();
        String rest = part.toUpperCase(Locale.ROOT);
        boolean key = rest.contains("PRIM") || rest.contains("KEY") || rest.contains("INT");
        if (key && alwaysNull.get(position)) {
            // Records keep NULL for the rowid's alias, and for nothing else in every row.
            return WORDS.split(name, -1)[0] + " INTEGER PRIMARY KEY"
                    + (rest.contains("AUTOINC") ? " AUTOINCREMENT" : "");
        }
        return name;
    }

    /** Splits at commas that are in no parentheses and no quotes. */
    private static List<String> parts(String body, boolean quotes) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        char quote = 0;
        int from = 0;
        for (int i = 0; i < body.length(); i++) {
            char c = body.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (quotes && (c == '\'' || c == '"' || c == '`')) {
                quote = c;
            } else if (c == '(') {
                depth++;
            } else if (c == ')') {
                depth--;
            } else if (c == ',' && depth <= 0) {
                parts.add(body.substring(from, i));
                from = i + 1;
            }
        }
        parts.add(body.substring(from));
        return parts;
    }
}
