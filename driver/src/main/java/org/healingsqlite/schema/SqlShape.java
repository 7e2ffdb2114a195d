package org.healingsqlite.schema;

import java.util.Set;
import org.healingsqlite.api.Internal;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Printable;
import org.healingsqlite.schema.SqlLexer.Kind;

/**
 * SQL as log, incidents and messages may show it: on one line, without comments, with {@code ?} for each literal. Where values may be shown
 * ({@link Disclosure}) the literals stay.
 *
 * <p>What stands in double quotes is a name to SQLite where one of that name is there, else a string; it counts as a name only where no value can
 * stand. From where text is no SQL any more, as in {@code 'O'Brien'}, nothing is shown.
 */
@Internal
public final class SqlShape {
    /** Behind these words a name follows. */
    private static final Set<String> BEFORE_NAMES =
            Set.of("TABLE", "INDEX", "VIEW", "TRIGGER", "FROM", "JOIN", "INTO", "UPDATE", "EXISTS", "REFERENCES");

    /** PRAGMAs whose value is the key of an encrypted database. */
    private static final Set<String> KEYS = Set.of("KEY", "REKEY", "HEXKEY", "HEXREKEY", "TEXTKEY", "TEXTREKEY");

    /** What fits a line of a log beside a path and a reason. */
    private static final int LONGEST = 80;

    private static final String ATTACH = "ATTACH";

    private final String sql;
    private final boolean literals;
    private final StringBuilder shape = new StringBuilder();

    /** The token before the one that is read: a word in upper case, everything else as it stands. */
    private String before = "";

    private String beforeThat = "";

    /** Whether the key of an encrypted database was announced. */
    private boolean keyFollows;

    private SqlShape(String sql, boolean literals) {
        this.sql = sql;
        this.literals = literals;
    }

    /**
     * The shape of SQL; what is longer than 80 characters is cut and ends with {@code ...}.
     *
     * @param sql one statement or several, or text that is none
     */
    public static String of(String sql) {
        return new SqlShape(sql, Disclosure.showsValues()).read();
    }

    private String read() {
        SqlLexer lexer = new SqlLexer(sql, 0);
        int end = 0;
        while (lexer.next() != Kind.END && shape.length() <= LONGEST) {
            boolean gap = lexer.start() > end && !shape.isEmpty();
            String token = sql.substring(lexer.start(), lexer.end());
            end = lexer.end();
            if (literals) {
                add(gap, token);
            } else if (isTorn(lexer, token)) {
                add(gap, Disclosure.HIDDEN + " ...");
                break;
            } else if (token.equalsIgnoreCase("x") && sql.startsWith("'", end)) {
                // A blob: shown with the string that follows, and with the gap before it.
                end = lexer.start();
            } else {
                add(gap, shown(lexer, token));
            }
        }
        String text = Printable.of(shape.toString());
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST - 3) + "...";
    }

    /** A token as it is shown, which is then the one before the next. */
    private String shown(SqlLexer lexer, String token) {
        boolean hidden = isLiteral(lexer) || keyFollows && lexer.kind() == Kind.WORD;
        keyFollows |=
                KEYS.contains(lexer.upper()) && (before.equals("PRAGMA") || beforeThat.equals("PRAGMA") || isAttach());
        beforeThat = before;
        before = lexer.kind() == Kind.WORD ? lexer.upper() : token;
        return hidden ? Disclosure.HIDDEN : token;
    }

    private boolean isAttach() {
        return shape.length() >= ATTACH.length()
                && shape.substring(0, ATTACH.length()).equalsIgnoreCase(ATTACH);
    }

    private void add(boolean gap, String token) {
        if (gap) {
            shape.append(' ');
        }
        shape.append(token);
    }

    private boolean isLiteral(SqlLexer lexer) {
        return switch (lexer.kind()) {
            case STRING, NUMBER -> true;
            case VARIABLE -> sql.charAt(lexer.end() - 1) == ')';
            case QUOTED_NAME -> sql.charAt(lexer.start()) == '"' && !isName(lexer);
            default -> false;
        };
    }

    /** Whether what stands in double quotes can be nothing but a name here. */
    private boolean isName(SqlLexer lexer) {
        SqlLexer ahead = new SqlLexer(sql, lexer.end());
        ahead.next();
        boolean distinctFrom = before.equals("FROM") && beforeThat.equals("DISTINCT");
        return before.equals(".") || ahead.is('.') || BEFORE_NAMES.contains(before) && !distinctFrom;
    }

    /** Whether a quote is not closed, or a string runs into a word: then the quotes are not where who wrote it meant them. */
    private boolean isTorn(SqlLexer lexer, String token) {
        char first = token.charAt(0);
        if (lexer.kind() != Kind.STRING && lexer.kind() != Kind.QUOTED_NAME) {
            return false;
        }
        char close = first == '[' ? ']' : first;
        boolean closed = token.length() > 1 && token.charAt(token.length() - 1) == close && lexer.isClosed();
        return !closed || lexer.end() < sql.length() && Character.isLetterOrDigit(sql.charAt(lexer.end()));
    }
}
