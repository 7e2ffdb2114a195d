package org.healingsqlite.archive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of {@code key: value} lines with blank lines between them. A value goes on in lines that begin with a blank. The key {@code body} of the
 * manifest takes every line behind it, whatever it looks like, up to a blank line that is followed by the key {@code begin} (by default the first
 * key of the file).
 */
final class BlocksParser implements ArchiveParser {
    private static final Pattern FIELD = Pattern.compile("([\\p{L}_][\\p{L}\\p{N}_ -]*):(?: (.*)|)", Pattern.DOTALL);

    @Override
    public String format() {
        return "blocks";
    }

    @Override
    public void parse(ArchiveFile file, RowConsumer rows) throws IOException {
        Reading reading = new Reading(file, rows);
        try (Lines lines = Lines.of(file)) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                reading.line(line, lines.number(), lines.malformed());
            }
        }
        reading.endBlock();
    }

    /** The field of a line; null where it has none. */
    static @Nullable Matcher field(String line) {
        Matcher matcher = FIELD.matcher(line);
        return matcher.matches() ? matcher : null;
    }

    private static final class Reading {
        private final ArchiveFile file;
        private final RowConsumer rows;
        private final String body;
        private final @Nullable String nullText;
        private final Map<String, StringBuilder> block = new LinkedHashMap<>();
        private String begin;
        private @Nullable StringBuilder value;
        private boolean inBody;
        private int blanks;
        private long blockLine;
        private boolean malformed;
        private List<String> columns = List.of();

        Reading(ArchiveFile file, RowConsumer rows) {
            this.file = file;
            this.rows = rows;
            this.body = file.settings().get("body").orElse("");
            this.begin = file.settings().get("begin").orElse("");
            this.nullText = file.settings().get("null").orElse(null);
        }

        void line(String line, long number, boolean broken) throws IOException {
            if (line.isBlank() && (!inBody || line.isEmpty())) {
                blanks++;
                return;
            }
            Matcher field = field(line);
            if (inBody) {
                if (blanks == 0 || field == null || !field.group(1).equals(begin)) {
                    append(line);
                    malformed |= broken;
                    return;
                }
                endBlock();
            }
            StringBuilder open = value;
            if ((line.startsWith(" ") || line.startsWith("\t")) && open != null) {
                open.append("\n".repeat(blanks + 1)).append(line.substring(line.startsWith("  ") ? 2 : 1));
                blanks = 0;
                malformed |= broken;
                return;
            }
            if (field == null) {
                rows.problem(number, "expected key: value, found " + excerpt(line));
                return;
            }
            String key = field.group(1);
            if (blanks > 0 || key.equals(begin)) {
                endBlock();
            }
            blanks = 0;
            if (begin.isEmpty()) {
                begin = key;
            }
            if (block.isEmpty()) {
                blockLine = number;
                malformed = false;
            }
            malformed |= broken;
            StringBuilder text = new StringBuilder(field.group(2) == null ? "" : field.group(2));
            if (block.putIfAbsent(key, text) != null) {
                rows.problem(number, "the key " + key + " stands twice in the block; the first counts");
            }
            value = text;
            inBody = key.equals(body);
        }

        private void append(String line) {
            StringBuilder open = value;
            if (open != null) {
                open.append("\n".repeat(blanks + 1)).append(line);
            }
            blanks = 0;
        }

        void endBlock() throws IOException {
            if (!block.isEmpty()) {
                if (malformed) {
                    rows.problem(blockLine, "not UTF-8");
                } else {
                    List<String> names = List.copyOf(block.keySet());
                    columns = names.equals(columns) ? columns : names;
                    List<@Nullable Object> values = new ArrayList<>();
                    for (StringBuilder text : block.values()) {
                        values.add(text.toString().equals(nullText) ? null : text.toString());
                    }
                    rows.row(file.table(), columns, values, blockLine);
                }
            }
            block.clear();
            value = null;
            inBody = false;
            blanks = 0;
        }
    }

    static String excerpt(String line) {
        return line.length() <= 60 ? line : line.substring(0, 57) + "...";
    }
}
