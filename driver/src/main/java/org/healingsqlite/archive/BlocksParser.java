package org.healingsqlite.archive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.log.Disclosure;
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
                reading.line(line, lines.number(), lines.fault());
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
        private @Nullable String fault;
        private int chars;
        private boolean full;
        private List<String> columns = List.of();

        Reading(ArchiveFile file, RowConsumer rows) {
            this.file = file;
            this.rows = rows;
            this.body = file.settings().get("body").orElse("");
            this.begin = file.settings().get("begin").orElse("");
            this.nullText = file.settings().second()
                    ? null
                    : file.settings().get("null").orElse(null);
        }

        void line(String line, long number, @Nullable String broken) throws IOException {
            measure(line);
            if (line.isBlank() && (!inBody || line.isEmpty())) {
                blanks = Math.min(blanks + 1, Integer.MAX_VALUE - 1);
                return;
            }
            Matcher field = field(line);
            if (inBody) {
                if (blanks == 0 || field == null || !field.group(1).equals(begin)) {
                    append(line);
                    note(broken);
                    return;
                }
                endBlock();
            }
            StringBuilder open = value;
            if ((line.startsWith(" ") || line.startsWith("\t")) && open != null) {
                append(line.substring(line.startsWith("  ") ? 2 : 1));
                note(broken);
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
                fault = null;
                full = false;
                chars = line.length();
            }
            note(broken);
            StringBuilder text = new StringBuilder(field.group(2) == null ? "" : field.group(2));
            if (!full && block.putIfAbsent(key, text) != null) {
                rows.problem(number, "the key " + key + " stands twice in the block; the first counts");
            }
            value = text;
            inBody = key.equals(body);
        }

        /** Of a block that is too long only its place is kept: what follows of it is passed over, and its row is left out. */
        private void measure(String line) {
            if (block.isEmpty() || full) {
                return;
            }
            chars += line.length() + 1;
            if (chars > Bounds.piece()) {
                note("the block " + Bounds.tooLong());
            } else if (block.size() > Bounds.COLUMNS) {
                note("more than " + Bounds.COLUMNS + " keys in a block");
            } else {
                return;
            }
            full = true;
            String first = block.keySet().iterator().next();
            block.clear();
            block.put(first, new StringBuilder());
        }

        /** The block is left out where one of its lines cannot be taken. */
        private void note(@Nullable String broken) {
            fault = fault == null ? broken : fault;
        }

        private void append(String line) {
            StringBuilder open = value;
            if (open != null && !full) {
                open.append("\n".repeat(blanks + 1)).append(line);
            }
            blanks = 0;
        }

        void endBlock() throws IOException {
            if (!block.isEmpty()) {
                if (fault != null) {
                    rows.problem(blockLine, fault);
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

    /** The beginning of a line of the archive, where its values may be shown. */
    static String excerpt(String line) {
        return Disclosure.value(cut(line));
    }

    /** The beginning of a text without values. */
    static String cut(String text) {
        return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }
}
