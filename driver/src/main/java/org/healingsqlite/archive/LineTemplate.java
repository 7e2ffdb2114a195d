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
 * What a whole line must match, and the fields that it gives: a regular expression with named groups, or text with fields in braces.
 *
 * @param groups the names of its fields, in order
 * @param marks the expression's own names of their groups
 * @param text as the manifest has it
 */
record LineTemplate(Pattern pattern, List<String> groups, List<String> marks, String text) {
    private static final Pattern GROUP = Pattern.compile("\\(\\?<([a-zA-Z][a-zA-Z0-9]*)>");

    /** A field in a template: its name, and what it may hold; by default any text, as short as the rest allows. */
    private static final Pattern FIELD = Pattern.compile("([^:{}\\[\\]]*)(?::(number|word|empty))?");

    LineTemplate {
        groups = List.copyOf(groups);
        marks = List.copyOf(marks);
    }

    /** What a manifest says at a key: {@code /regular expression/} or a template in its second version, a regular expression in its first. */
    static LineTemplate of(String text, Settings settings) throws IOException {
        if (!settings.second()) {
            return of(text);
        }
        if (text.length() > 2 && text.startsWith("/") && text.endsWith("/")) {
            return of(text.substring(1, text.length() - 1));
        }
        return template(text);
    }

    /** A name in braces is any text, braces alone are any that is not kept, a part in brackets may be missing; written twice they are characters. */
    private static LineTemplate template(String text) throws IOException {
        if (text.length() > Bounds.PATTERN_CHARS) {
            throw new ArchiveException("A pattern of the manifest has " + text.length()
                    + " characters: expected at most " + Bounds.PATTERN_CHARS);
        }
        StringBuilder regex = new StringBuilder();
        List<String> names = new ArrayList<>();
        List<String> marks = new ArrayList<>();
        int optional = 0;
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i);
            boolean twice = i + 1 < text.length() && text.charAt(i + 1) == c;
            if ("{}[]".indexOf(c) < 0 || twice) {
                regex.append(Pattern.quote(String.valueOf(c)));
                i += twice && "{}[]".indexOf(c) >= 0 ? 2 : 1;
            } else if (c == '{') {
                int end = text.indexOf('}', i);
                Matcher field = FIELD.matcher(end < 0 ? "{" : text.substring(i + 1, end));
                if (!field.matches()) {
                    throw new ArchiveException("The pattern " + text + " of the manifest is wrong at character "
                            + (i + 1) + ": expected {name}, {name:number}, {name:word} or {name:empty}; {{ is a brace");
                }
                String name = field.group(1).strip();
                String held = held(field.group(2), name.isEmpty());
                if (name.isEmpty()) {
                    regex.append("(?:").append(held).append(')');
                } else {
                    String mark = "f" + marks.size();
                    regex.append("(?<").append(mark).append('>').append(held).append(')');
                    names.add(name);
                    marks.add(mark);
                }
                i = end + 1;
            } else {
                optional += c == '[' ? 1 : -1;
                regex.append(c == '[' ? "(?:" : ")?");
                i++;
                if (optional < 0) {
                    break;
                }
            }
        }
        if (optional != 0) {
            throw new ArchiveException(
                    "The pattern " + text + " of the manifest has a [ without its ]; [[ is a bracket");
        }
        return new LineTemplate(Pattern.compile(regex.toString(), Pattern.DOTALL), names, marks, text);
    }

    private static String held(@Nullable String kind, boolean unnamed) {
        if (kind == null) {
            return unnamed ? ".*?" : ".+?";
        }
        return switch (kind) {
            case "number" -> "[+-]?\\d+(?:\\.\\d+)?";
            case "word" -> "\\S+";
            default -> ".*?";
        };
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
            return new LineTemplate(pattern, groups, groups, regex);
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
            throw new TooSlow("the pattern " + BlocksParser.cut(text) + " takes too long on a line of it");
        }
        List<@Nullable Object> values = new ArrayList<>(groups.size());
        for (String group : marks) {
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
