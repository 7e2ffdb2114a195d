package org.healingsqlite.agent.weave;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether a statement may record which release a database is of: sets user_version, or writes to a table whose name speaks of that. A rough and quick look, meant for every
 * statement that runs; the core looks again. Stands next to {@link Gate}, under a name of sqlite-jdbc's package.
 */
final class GateVersions {
    /** Of names of tables in which migration tools keep their books; what the core takes for one has one of these. */
    private static final String[] SPEAKING = {
        "version", "migration", "schema", "changelog", "meta", "phinxlog", "room_master",
    };

    /** INSERT, OR, REPLACE, INTO. */
    private static final int MOST_WORDS = 4;

    /** In lower case. */
    private static volatile String[] tables = {};

    private GateVersions() {}

    /** Told by the core in which other tables an application keeps its version. */
    static synchronized void heed(@Nullable Object[] names) {
        for (Object name : names) {
            String table = String.valueOf(name).toLowerCase(Locale.ROOT);
            if (!contains(tables, table)) {
                String[] more = Arrays.copyOf(tables, tables.length + 1);
                more[tables.length] = table;
                tables = more;
            }
        }
    }

    private static boolean contains(String[] names, String name) {
        for (String each : names) {
            if (each.equals(name)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether it may.
     *
     * @param first where the first word begins
     */
    static boolean mayWrite(String sql, int first) {
        int end = endOfWord(sql, first);
        if (isWord(sql, first, end, "pragma")) {
            int start = startOfWord(sql, end);
            end = endOfWord(sql, start);
            if (end < sql.length() && sql.charAt(end) == '.') {
                start = startOfWord(sql, end);
                end = endOfWord(sql, start);
            }
            return isWord(sql, start, end, "user_version");
        }
        boolean writes = isWord(sql, first, end, "insert")
                || isWord(sql, first, end, "update")
                || isWord(sql, first, end, "replace")
                || isWord(sql, first, end, "delete");
        return writes && isSpeaking(sql, end);
    }

    /** Whether the first name behind a verb speaks of versions. */
    private static boolean isSpeaking(String sql, int verb) {
        int start = startOfWord(sql, verb);
        int end = endOfWord(sql, start);
        for (int words = 0; words < MOST_WORDS && isBeforeName(sql, start, end); words++) {
            start = startOfWord(sql, end);
            end = endOfWord(sql, start);
        }
        if (end < sql.length() && sql.charAt(end) == '.') {
            start = startOfWord(sql, end);
            end = endOfWord(sql, start);
        }
        for (String table : tables) {
            if (isWord(sql, start, end, table)) {
                return true;
            }
        }
        for (int i = start; i < end; i++) {
            // Few letters begin one of the words.
            switch (sql.charAt(i) | ' ') {
                case 'v', 'm', 's', 'c', 'p', 'r' -> {
                    for (String word : SPEAKING) {
                        if (i + word.length() <= end && sql.regionMatches(true, i, word, 0, word.length())) {
                            return true;
                        }
                    }
                }
                default -> {}
            }
        }
        return false;
    }

    /** INSERT OR REPLACE INTO, DELETE FROM, UPDATE OR IGNORE: what stands between the verb and the name. */
    private static boolean isBeforeName(String sql, int start, int end) {
        return isWord(sql, start, end, "into")
                || isWord(sql, start, end, "from")
                || isWord(sql, start, end, "or")
                || isWord(sql, start, end, "replace")
                || isWord(sql, start, end, "ignore")
                || isWord(sql, start, end, "abort")
                || isWord(sql, start, end, "fail")
                || isWord(sql, start, end, "rollback");
    }

    private static boolean isWord(String sql, int start, int end, String word) {
        return end - start == word.length() && sql.regionMatches(true, start, word, 0, word.length());
    }

    private static int startOfWord(String sql, int from) {
        int i = from;
        while (i < sql.length() && !isPart(sql.charAt(i))) {
            i++;
        }
        return i;
    }

    private static int endOfWord(String sql, int start) {
        int i = start;
        while (i < sql.length() && isPart(sql.charAt(i))) {
            i++;
        }
        return i;
    }

    private static boolean isPart(char c) {
        return c == '_' || c == '$' || c >= '0' && c <= '9' || (c | ' ') >= 'a' && (c | ' ') <= 'z' || c > 127;
    }
}
