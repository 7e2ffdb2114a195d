package org.healingsqlite.replay;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.healingsqlite.schema.SqlLexer;
import org.healingsqlite.schema.SqlLexer.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Whether SQL does the same when it runs again.
 *
 * @param objection why it does not; null where it does
 * @param inserts whether it may insert rows
 * @param asksForLastInsert whether it reads what the last insert or change was: the same only where that is in the same transaction
 */
public record Repeatability(@Nullable String objection, boolean inserts, boolean asksForLastInsert) {

    /** Of what begins or ends a part of a transaction. */
    public static final Repeatability FRAME = new Repeatability(null, false, false);

    private static final Set<String> RANDOM = Set.of("RANDOM", "RANDOMBLOB", "TOTAL_CHANGES", "LOAD_EXTENSION");
    private static final Set<String> CLOCK = Set.of("CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME");
    private static final Set<String> TIME =
            Set.of("DATE", "TIME", "DATETIME", "JULIANDAY", "UNIXEPOCH", "STRFTIME", "TIMEDIFF");
    private static final Set<String> NOW = Set.of("NOW", "SUBSEC", "SUBSECOND");
    private static final Set<String> OF_THE_CONNECTION = Set.of("ATTACH", "DETACH", "VACUUM", "BACKUP", "RESTORE");

    /** PRAGMAs that only ask, or whose effect a rollback takes back, or that may be set twice. */
    private static final Set<String> PRAGMAS = Set.of(
            "APPLICATION_ID",
            "BUSY_TIMEOUT",
            "CACHE_SIZE",
            "CASE_SENSITIVE_LIKE",
            "COLLATION_LIST",
            "DATABASE_LIST",
            "DEFER_FOREIGN_KEYS",
            "ENCODING",
            "FOREIGN_KEYS",
            "FOREIGN_KEY_CHECK",
            "FOREIGN_KEY_LIST",
            "FREELIST_COUNT",
            "FUNCTION_LIST",
            "INDEX_INFO",
            "INDEX_LIST",
            "INDEX_XINFO",
            "INTEGRITY_CHECK",
            "MODULE_LIST",
            "PAGE_COUNT",
            "PAGE_SIZE",
            "PRAGMA_LIST",
            "QUICK_CHECK",
            "SHRINK_MEMORY",
            "TABLE_INFO",
            "TABLE_LIST",
            "TABLE_XINFO",
            "USER_VERSION");

    /** Reads SQL, one statement or several. Costs about as much as a look at each word. */
    public static Repeatability of(String sql) {
        SqlLexer lexer = new SqlLexer(sql, 0);
        boolean inserts = false;
        boolean asksForLastInsert = false;
        boolean first = true;
        while (lexer.next() != Kind.END) {
            if (lexer.is(';')) {
                first = true;
                continue;
            }
            if (lexer.kind() == Kind.WORD || lexer.kind() == Kind.QUOTED_NAME) {
                String word = lexer.upper();
                String objection = first ? beginning(word, lexer) : within(word, sql, lexer.end());
                if (objection != null) {
                    return new Repeatability(objection, false, false);
                }
                inserts |= word.equals("INSERT") || first && word.equals("REPLACE");
                asksForLastInsert |= word.equals("LAST_INSERT_ROWID") || word.equals("CHANGES");
            }
            first = false;
        }
        return new Repeatability(null, inserts, asksForLastInsert);
    }

    private static @Nullable String beginning(String verb, SqlLexer lexer) {
        if (OF_THE_CONNECTION.contains(verb)) {
            return verb + " is not undone by a rollback";
        }
        if (verb.equals("CREATE")) {
            lexer.next();
            return lexer.is("TEMP") || lexer.is("TEMPORARY") ? "it makes a TEMP object" : null;
        }
        if (verb.equals("PRAGMA")) {
            lexer.next();
            String name = lexer.upper();
            if (List.of("MAIN", "TEMP").contains(name)) {
                lexer.next();
                lexer.next();
                name = lexer.upper();
            }
            return PRAGMAS.contains(name) ? null : "PRAGMA " + name.toLowerCase(Locale.ROOT) + " may do anything";
        }
        return null;
    }

    private static @Nullable String within(String word, String sql, int end) {
        if (CLOCK.contains(word) || RANDOM.contains(word) && isCall(sql, end)) {
            return word.toLowerCase(Locale.ROOT) + " gives something else every time";
        }
        if (TIME.contains(word) && isCall(sql, end) && mayBeNow(word, sql, end)) {
            return word.toLowerCase(Locale.ROOT) + "() may ask what time it is";
        }
        return word.equals("TEMP") && isFollowedBy('.', sql, end) ? "it uses a TEMP object" : null;
    }

    /** Whether the arguments of a function of dates are 'now', nothing, or a parameter that may be 'now'. */
    private static boolean mayBeNow(String function, String sql, int end) {
        SqlLexer lexer = new SqlLexer(sql, end);
        lexer.next();
        int depth = 1;
        int arguments = 0;
        while (lexer.next() != Kind.END && depth > 0) {
            if (lexer.kind() == Kind.VARIABLE) {
                return true;
            }
            if ((lexer.kind() == Kind.STRING || lexer.kind() == Kind.QUOTED_NAME)
                    && NOW.contains(lexer.upper().strip())) {
                return true;
            }
            arguments = arguments == 0 && !lexer.is(')') || depth == 1 && lexer.is(',') ? arguments + 1 : arguments;
            depth += lexer.is('(') ? 1 : lexer.is(')') ? -1 : 0;
        }
        return arguments < (function.equals("STRFTIME") ? 2 : 1);
    }

    private static boolean isCall(String sql, int end) {
        return isFollowedBy('(', sql, end);
    }

    private static boolean isFollowedBy(char symbol, String sql, int end) {
        SqlLexer lexer = new SqlLexer(sql, end);
        lexer.next();
        return lexer.is(symbol);
    }
}
