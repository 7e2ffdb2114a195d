package org.healingsqlite.archive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A row per line. The manifest's {@code line.1}, {@code line.2}, ... are patterns with named groups; the first that a line matches counts.
 * {@code line.1.table} names another table; lines that match {@code skip}, and blank ones, are passed over.
 */
final class LinesParser implements ArchiveParser {
    @Override
    public String format() {
        return "lines";
    }

    private record Kind(LineTemplate template, String table) {}

    @Override
    public void parse(ArchiveFile file, RowConsumer rows) throws IOException {
        List<Kind> kinds = new ArrayList<>();
        Map<String, String> given = file.settings().below("line");
        for (Map.Entry<String, String> entry : given.entrySet()) {
            if (!entry.getKey().contains(".")) {
                kinds.add(new Kind(
                        LineTemplate.of(entry.getValue()),
                        Optional.ofNullable(given.get(entry.getKey() + ".table"))
                                .orElse(file.table())));
            }
        }
        Optional<String> skip = file.settings().get("skip");
        LineTemplate skipped = skip.isPresent() ? LineTemplate.of(skip.get()) : null;
        try (Lines lines = Lines.of(file)) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                String fault = lines.fault();
                if (fault != null) {
                    rows.problem(lines.number(), fault);
                    continue;
                }
                if (line.isBlank() || skipped != null && skipped.match(line) != null) {
                    continue;
                }
                if (!row(kinds, line, lines.number(), rows)) {
                    rows.problem(lines.number(), "matches no pattern: " + BlocksParser.excerpt(line));
                } else if (!lines.ended()) {
                    rows.problem(lines.number(), "taken, but the line has no end: the file may be cut");
                }
            }
        }
    }

    private static boolean row(List<Kind> kinds, String line, long number, RowConsumer rows) throws IOException {
        for (Kind kind : kinds) {
            List<@Nullable Object> values = kind.template().match(line);
            if (values != null) {
                rows.row(kind.table(), kind.template().groups(), values, number);
                return true;
            }
        }
        return false;
    }
}
