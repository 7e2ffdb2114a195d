package org.healingsqlite;

import java.util.Map;
import java.util.TreeMap;
import org.healingsqlite.sqlite.DatabaseUrl;
import org.healingsqlite.sqlite.Sqlite;

/**
 * A {@code jdbc:healing:sqlite:} URL taken apart: what is ours and what sqlite-jdbc gets.
 *
 * <p>A parameter whose key begins with {@code healing.} (in any case) ends at the next {@code &}; it may follow {@code ?} or {@code &}. Its value
 * is percent-decoded. Everything else reaches sqlite-jdbc letter by letter, because sqlite-jdbc would make a parameter it does not know part of
 * the file name.
 *
 * @param plain the URL for sqlite-jdbc
 * @param options the {@code healing.*} parameters as written, decoded
 */
record HealingUrl(String plain, Map<String, String> options) {
    /** The scheme of the driver's URLs. */
    static final String SCHEME = "jdbc:healing:sqlite:";

    HealingUrl {
        options = Map.copyOf(options);
    }

    static boolean isHealing(String url) {
        return url.trim().regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    }

    /** The healing URL of the same database as a plain one. */
    static String of(String plain) {
        String trimmed = plain.trim();
        if (!trimmed.regionMatches(true, 0, Sqlite.SCHEME, 0, Sqlite.SCHEME.length())) {
            throw new IllegalArgumentException(
                    "URL " + plain + ": expected it to begin with " + SCHEME + " or " + Sqlite.SCHEME);
        }
        return SCHEME + trimmed.substring(Sqlite.SCHEME.length());
    }

    static HealingUrl parse(String url) {
        String name = url.trim().substring(SCHEME.length());
        // Of a key that is given twice, in whatever case, the last counts.
        Map<String, String> options = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        StringBuilder kept = new StringBuilder(name.length());
        int from = 0;
        while (true) {
            int start = nextOption(name, from);
            if (start < 0) {
                kept.append(name, from, name.length());
                break;
            }
            int end = name.indexOf('&', start + 1);
            if (end < 0) {
                end = name.length();
            }
            kept.append(name, from, start);
            String parameter = name.substring(start + 1, end);
            int equals = parameter.indexOf('=');
            String key = (equals < 0 ? parameter : parameter.substring(0, equals)).trim();
            options.put(key, equals < 0 ? "" : DatabaseUrl.percentDecoded(parameter.substring(equals + 1)));
            if (end < name.length() && nextOption(name, end) != end) {
                // The parameter that follows moves up to where ours began.
                kept.append(kept.indexOf("?") < 0 ? '?' : '&');
                end++;
            }
            from = end;
        }
        return new HealingUrl(Sqlite.SCHEME + kept, options);
    }

    /** Where the next {@code ?healing.} or {@code &healing.} begins, in any case; -1 where there is none. */
    private static int nextOption(String name, int from) {
        for (int i = from; i < name.length(); i++) {
            char c = name.charAt(i);
            if ((c == '?' || c == '&')
                    && name.regionMatches(true, i + 1, HealingOption.PREFIX, 0, HealingOption.PREFIX.length())) {
                return i;
            }
        }
        return -1;
    }
}
