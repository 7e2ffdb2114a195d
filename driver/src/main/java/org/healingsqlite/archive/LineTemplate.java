package org.healingsqlite.archive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.healingsqlite.log.Disclosed;
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
        if (regex.length() > Bounds.PATTERN_CHARS) {
            throw new ArchiveException("A pattern of the manifest has " + regex.length()
                    + " characters: expected at most " + Bounds.PATTERN_CHARS);
        }
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
        } catch (StackOverflowError e) {
            throw new ArchiveException(
                    "The pattern " + regex + " of the manifest has too many groups in one another", e);
        }
    }

    /**
     * The values of the groups; null where the line does not match.
     *
     * @throws TooSlow where the pattern takes too long on the line, or repeats its groups too often: the lines behind may be the same
     */
    @Nullable
    List<@Nullable Object> match(String line) throws TooSlow {
        Matcher matcher = pattern.matcher(new Looks(line));
        try {
            if (!matcher.matches()) {
                return null;
            }
        } catch (TooManyLooks | StackOverflowError e) {
            throw new TooSlow("the pattern " + BlocksParser.cut(pattern.pattern()) + " takes too long on a line of it");
        }
        List<@Nullable Object> values = new ArrayList<>(groups.size());
        for (String group : groups) {
            int start = matcher.start(group);
            values.add(start < 0 ? null : line.substring(start, matcher.end(group)));
        }
        return values;
    }

    /** Matching was given up. */
    static final class TooSlow extends IOException implements Disclosed {
        private static final long serialVersionUID = 1;

        TooSlow(String message) {
            super(message);
        }
    }

    private static final class TooManyLooks extends RuntimeException {
        private static final long serialVersionUID = 1;

        TooManyLooks() {
            super(null, null, false, false);
        }
    }

    /** A line that may be looked at only so often: {@link Pattern} has no other way to be stopped. */
    private static final class Looks implements CharSequence {
        private final String line;
        private long left;

        Looks(String line) {
            this.line = line;
            this.left = Bounds.PATTERN_LOOKS + (long) Bounds.LOOKS_PER_CHAR * line.length();
        }

        @Override
        public char charAt(int index) {
            if (--left < 0) {
                throw new TooManyLooks();
            }
            return line.charAt(index);
        }

        @Override
        public int length() {
            return line.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return line.substring(start, end);
        }

        @Override
        public String toString() {
            return line;
        }
    }
}
