package org.healingsqlite.archive;

import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the values of a manifest of the second version may be, as far as that can be told without its files: a slip of the pen is an error, and not another meaning. */
final class ManifestValues {
    private static final Pattern FLAG =
            Pattern.compile("(?:source|row)\\.[^.]+\\.(?:fields|many|trim|unended|complete)");
    private static final Pattern CONFLICT = Pattern.compile("(?:(?:source|row)\\.[^.]+\\.)?conflict");
    private static final Pattern ROWS = Pattern.compile("source\\.[^.]+\\.rows");
    private static final Pattern NOT_EMPTY =
            Pattern.compile("source\\.[^.]+\\.(?:files|format|separator|line|line\\.[^.]+|head\\.[^.]+|text\\..+)");
    private static final String ANYWHERE = "(?:(?:source|row)\\.[^.]+\\.)?";
    private static final Pattern ENCODING = Pattern.compile(ANYWHERE + "encoding\\..+");
    private static final Pattern TYPE = Pattern.compile(ANYWHERE + "type\\..+");
    private static final Pattern LINK = Pattern.compile(ANYWHERE + "(?:lookup|reference)\\..+");
    private static final Pattern TIME = Pattern.compile(ANYWHERE + "time\\..+");
    private static final Pattern TIME_AS = Pattern.compile(ANYWHERE + "timeAs(?:\\..+)?");

    private ManifestValues() {}

    /**
     * Looks at every value.
     *
     * @throws ArchiveException naming the key, what it is, and what was expected
     */
    static void check(Path file, Map<String, String> all) throws ArchiveException {
        for (Map.Entry<String, String> entry : all.entrySet()) {
            String expected = expected(entry.getKey(), entry.getValue().strip());
            if (!expected.isEmpty()) {
                throw new ArchiveException(
                        file + ": " + entry.getKey() + " is " + entry.getValue().strip() + ": expected " + expected);
            }
        }
    }

    /** What would be right; empty where the value is. */
    private static String expected(String key, String value) {
        if (FLAG.matcher(key).matches()) {
            return value.matches("(?i)true|false") ? "" : "true or false";
        }
        if (CONFLICT.matcher(key).matches()) {
            return value.matches("(?i)first|last") ? "" : "first or last";
        }
        if (ROWS.matcher(key).matches()) {
            return value.matches("\\d{1,18}") ? "" : "a number of rows";
        }
        if (ENCODING.matcher(key).matches()) {
            return value.matches("hex|base64") ? "" : "hex or base64";
        }
        if (TYPE.matcher(key).matches()) {
            return value.matches("(?i)any|text|integer|real|number") ? "" : "any, text, integer, real or number";
        }
        if (LINK.matcher(key).matches()) {
            return value.matches("[^.]+\\..+") ? "" : "table.column";
        }
        if (TIME.matcher(key).matches()) {
            return isTime(value, null)
                    ? ""
                    : "patterns of java.time.format.DateTimeFormatter, iso, epoch or epochMillis";
        }
        if (TIME_AS.matcher(key).matches()) {
            return isTime("iso", value)
                    ? ""
                    : "a pattern of java.time.format.DateTimeFormatter, iso, epoch or epochMillis";
        }
        return NOT_EMPTY.matcher(key).matches() && value.isEmpty() ? "something" : "";
    }

    private static boolean isTime(String patterns, @Nullable String stored) {
        try {
            var unused = new FieldTime(patterns, stored);
            return true;
        } catch (ArchiveException e) {
            return false;
        }
    }
}
