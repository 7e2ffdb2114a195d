package org.healingsqlite.archive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A regular expression with named groups, which a whole line must match.
 *
 * @param groups the names of its groups, in order
 */
record LineTemplate(Pattern pattern, List<String> groups) {
    private static final Pattern GROUP = Pattern.compile("\\(\\?<([a-zA-Z][a-zA-Z0-9]*)>");

    LineTemplate {
        groups = List.copyOf(groups);
    }

    static LineTemplate of(String regex) throws IOException {
        try {
            Pattern pattern = Pattern.compile(regex);
            List<String> groups = new ArrayList<>();
            Matcher matcher = GROUP.matcher(regex);
            while (matcher.find()) {
                groups.add(matcher.group(1));
            }
            return new LineTemplate(pattern, groups);
        } catch (PatternSyntaxException e) {
            throw new ArchiveException("The pattern " + regex + " of the manifest is wrong: " + e.getMessage(), e);
        }
    }

    /** The values of the groups; null where the line does not match. */
    @Nullable
    List<@Nullable Object> match(String line) {
        Matcher matcher = pattern.matcher(line);
        if (!matcher.matches()) {
            return null;
        }
        List<@Nullable Object> values = new ArrayList<>(groups.size());
        for (String group : groups) {
            values.add(matcher.group(group));
        }
        return values;
    }
}
