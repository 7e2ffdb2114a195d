package org.healingsqlite.sqlite;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import org.sqlite.SQLiteConfig;

/**
 * Where the database of a {@code jdbc:sqlite:} URL lives, read the way sqlite-jdbc reads it: PRAGMAs leave the file name, other parameters stay
 * in it, and SQLite itself takes a name that begins with {@code file:} as a URI.
 *
 * @param url the URL as sqlite-jdbc gets it
 * @param kind what kind of database it names
 * @param file absolute path of the database file; empty unless {@code kind} is {@link Kind#FILE}
 * @see <a href="https://www.sqlite.org/uri.html">SQLite: uniform resource identifiers</a>
 */
public record DatabaseUrl(String url, Kind kind, Optional<Path> file) {

    private static final Set<String> PRAGMAS = pragmas();

    private static Set<String> pragmas() {
        // Up to 3.45 the enum cannot be the first of sqlite-jdbc's configuration classes to be initialised.
        new SQLiteConfig().setReadOnly(false);
        return Arrays.stream(SQLiteConfig.Pragma.values())
                .map(SQLiteConfig.Pragma::getPragmaName)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** What kind of database a URL names. */
    public enum Kind {
        FILE,
        MEMORY,
        /** A private file that SQLite deletes on close: the name is empty. */
        TEMPORARY,
        /** A copy of a class path resource: {@code :resource:}. */
        RESOURCE
    }

    /**
     * Parses a URL.
     *
     * @param url begins with {@code jdbc:sqlite:}, in any case
     */
    public static DatabaseUrl parse(String url) {
        String name = withoutPragmas(url.trim().substring(Sqlite.SCHEME.length()));
        if (name.isEmpty()) {
            return new DatabaseUrl(url, Kind.TEMPORARY, Optional.empty());
        }
        if (name.startsWith(":resource:")) {
            return new DatabaseUrl(url, Kind.RESOURCE, Optional.empty());
        }
        if (name.equals(":memory:") || name.contains("mode=memory") || name.startsWith("file::memory:")) {
            return new DatabaseUrl(url, Kind.MEMORY, Optional.empty());
        }
        String path = name.startsWith("file:") ? uriPath(name) : name;
        if (path.isEmpty()) {
            return new DatabaseUrl(url, Kind.TEMPORARY, Optional.empty());
        }
        try {
            return new DatabaseUrl(
                    url, Kind.FILE, Optional.of(Path.of(path).toAbsolutePath().normalize()));
        } catch (InvalidPathException e) {
            return new DatabaseUrl(url, Kind.RESOURCE, Optional.empty());
        }
    }

    /**
     * Whether SQLite is asked, in the URI, never to write: by {@code mode=ro} or {@code immutable}. Source: SQLite documentation, "Uniform Resource Identifiers"
     * §3.3; a name that does not begin with {@code file:} is no URI, whatever it holds.
     */
    boolean isReadOnly() {
        return hasParameter((key, value) ->
                key.equals("mode") && value.equalsIgnoreCase("ro") || key.equals("immutable") && isTrue(value));
    }

    /** Whether SQLite is asked, in the URI, to open a file that is there and to create none: by {@code mode=rw}. Source: as for {@link #isReadOnly}. */
    boolean isOfExisting() {
        return hasParameter((key, value) -> key.equals("mode") && value.equalsIgnoreCase("rw"));
    }

    private boolean hasParameter(BiPredicate<String, String> wanted) {
        String name = withoutPragmas(url.trim().substring(Sqlite.SCHEME.length()));
        int query = name.indexOf('?');
        if (!name.startsWith("file:") || query < 0) {
            return false;
        }
        int fragment = name.indexOf('#', query);
        String parameters = name.substring(query + 1, fragment < 0 ? name.length() : fragment);
        for (String parameter : parameters.split("&", -1)) {
            int equals = parameter.indexOf('=');
            String key = percentDecoded(equals < 0 ? parameter : parameter.substring(0, equals));
            String value = equals < 0 ? "" : percentDecoded(parameter.substring(equals + 1));
            if (wanted.test(key, value)) {
                return true;
            }
        }
        return false;
    }

    /** As SQLite reads it: any number but zero, and some words. */
    private static boolean isTrue(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "yes", "true", "on" -> true;
            default -> value.matches("[0-9]+.*") && !value.matches("0+(?:[^0-9].*)?");
        };
    }

    private static String withoutPragmas(String name) {
        int query = name.indexOf('?');
        if (query < 0) {
            return name;
        }
        List<String> kept = new ArrayList<>();
        for (String parameter : name.substring(query + 1).split("&", -1)) {
            String key = parameter.trim();
            int equals = key.indexOf('=');
            key = (equals < 0 ? key : key.substring(0, equals)).trim().toLowerCase(Locale.ROOT);
            if (!key.isEmpty() && !PRAGMAS.contains(key)) {
                // sqlite-jdbc walks the parameters from the last to the first.
                kept.add(0, parameter.trim());
            }
        }
        String path = name.substring(0, query);
        return kept.isEmpty() ? path : path + '?' + String.join("&", kept);
    }

    /** Source: SQLite documentation, "Uniform Resource Identifiers" §3: authority, path, query, fragment, %HH escapes. */
    private static String uriPath(String uri) {
        String rest = uri.substring("file:".length());
        int end = rest.length();
        for (char stop : new char[] {'?', '#'}) {
            int at = rest.indexOf(stop);
            if (at >= 0) {
                end = Math.min(end, at);
            }
        }
        rest = rest.substring(0, end);
        if (rest.startsWith("//")) {
            int slash = rest.indexOf('/', 2);
            rest = slash < 0 ? "" : rest.substring(slash);
        }
        return percentDecoded(rest);
    }

    /** Text with its {@code %HH} escapes decoded as UTF-8; what is no escape stays as it is. */
    public static String percentDecoded(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        byte[] decoded = new byte[bytes.length];
        int length = 0;
        for (int i = 0; i < bytes.length; i++) {
            int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
            int low = i + 2 < bytes.length ? Character.digit(bytes[i + 2], 16) : -1;
            if (bytes[i] == '%' && high >= 0 && low >= 0) {
                decoded[length++] = (byte) (high << 4 | low);
                i += 2;
            } else {
                decoded[length++] = bytes[i];
            }
        }
        return new String(decoded, 0, length, StandardCharsets.UTF_8);
    }
}
