package org.healingsqlite.cli.suggest;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.archive.ArchiveFile;

/**
 * A file, and what it begins with.
 *
 * @param name relative to the archive, with slashes
 * @param lines those that were read, without their ends
 * @param ended whether the last line has an end
 */
record TextFile(String name, List<String> lines, boolean ended) {
    /** Enough to see what a file is. */
    private static final int MOST_CHARS = 1 << 20;

    private static final String FORMAT_LINE = "Format:";
    private static final int SNIFFED_LINES = 40;
    private static final Pattern KEY_LINE = Pattern.compile("([\\p{L}_][\\p{L}\\p{N}_ -]*): (.*)");

    TextFile {
        lines = List.copyOf(lines);
    }

    /** Reads the beginning of a file; fails where that is not UTF-8. */
    static TextFile of(ArchiveFile file) throws IOException {
        char[] chars = new char[MOST_CHARS];
        int length = 0;
        try (Reader reader = new InputStreamReader(file.open(), StandardCharsets.UTF_8.newDecoder())) {
            int read = reader.read(chars, 0, MOST_CHARS);
            while (read > 0 && length < MOST_CHARS) {
                length += read;
                read = reader.read(chars, length, MOST_CHARS - length);
            }
        }
        String text = new String(chars, 0, length);
        int whole = length < MOST_CHARS ? length : text.lastIndexOf('\n') + 1;
        return new TextFile(
                file.name(), text.substring(0, whole).lines().toList(), length == MOST_CHARS || text.endsWith("\n"));
    }

    String directory() {
        return name.contains("/") ? name.substring(0, name.lastIndexOf('/')) : "";
    }

    /** The name without its directory. */
    String bare() {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    /** The longest word of the name that is longer than three letters and has no digits; empty where it has none. */
    String stem() {
        String before = bare().contains(".") ? bare().substring(0, bare().lastIndexOf('.')) : bare();
        return Words.of(before).stream()
                .filter(word -> word.length() > 3 && word.chars().noneMatch(Character::isDigit))
                .reduce("", (longest, word) -> word.length() > longest.length() ? word : longest);
    }

    /** The format that the name, or a line of the first ones, tells; empty where neither does. */
    String format() {
        String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return switch (extension) {
            case "csv", "tsv" -> "csv";
            case "jsonl", "ndjson" -> "jsonl";
            case "sql" -> "sql";
            default -> header().isEmpty() ? "" : "delimited";
        };
    }

    /** The line with which a file tells its form; for CSV the first line. */
    String header() {
        if (name.toLowerCase(Locale.ROOT).matches(".*\\.[ct]sv")) {
            return lines.get(0);
        }
        return lines.stream()
                .limit(SNIFFED_LINES)
                .filter(line -> line.startsWith(FORMAT_LINE))
                .findFirst()
                .orElse("");
    }

    List<String> filled() {
        return lines.stream().filter(line -> !line.isBlank()).toList();
    }

    /** The share of lines, without a first one that has no time, that begin with a time. */
    double timed() {
        List<String> all = filled();
        long timed = all.stream().filter(TextFile::beginsWithTime).count();
        boolean titled = !all.isEmpty() && !beginsWithTime(all.get(0));
        return all.size() <= (titled ? 1 : 0) ? 0 : timed / (double) (all.size() - (titled ? 1 : 0));
    }

    static boolean beginsWithTime(String line) {
        return TimeForm.within(line).filter(found -> found.start() == 0).isPresent();
    }

    /** Whether every line is {@code key: value}, or goes on with one. */
    boolean onlyKeys() {
        return !filled().isEmpty()
                && !filled().get(0).startsWith(" ")
                && filled().stream()
                        .allMatch(line -> line.startsWith(" ")
                                || KEY_LINE.matcher(line + " ").matches());
    }

    /** A line {@code key: value}. */
    static Matcher keyLine(String line) {
        return KEY_LINE.matcher(line);
    }
}
