package org.healingsqlite;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
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
        Map<String, String> options = new LinkedHashMap<>();
        StringBuilder kept = new StringBuilder(name.length());
        String lower = name.toLowerCase(Locale.ROOT);
        int from = 0;
        while (true) {
            int start = nextOption(lower, from);
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
            if (end < name.length() && nextOption(lower, end) != end) {
                // The parameter that follows moves up to where ours began.
                kept.append(kept.indexOf("?") < 0 ? '?' : '&');
                end++;
            }
            from = end;
        }
        return new HealingUrl(Sqlite.SCHEME + kept, options);
    }

    /** Where the next {@code ?healing.} or {@code &healing.} begins; -1 where there is none. */
    private static int nextOption(String lower, int from) {
        int first = lower.indexOf('?' + HealingOption.PREFIX, from);
        int second = lower.indexOf('&' + HealingOption.PREFIX, from);
        return first < 0 || second < 0 ? Math.max(first, second) : Math.min(first, second);
    }
}
