package org.healingsqlite.archive;

import java.io.IOException;
import java.util.List;

/**
 * A row per line: see {@link LineKinds}. Blank lines are passed over; a line of no kind is a problem.
 */
final class LinesParser implements ArchiveParser {
    @Override
    public String format() {
        return "lines";
    }

    @Override
    public void parse(ArchiveFile file, RowConsumer rows) throws IOException {
        LineKinds kinds = new LineKinds(file.settings(), file.settings(), file.table(), List.of());
        try (Lines lines = Lines.of(file)) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                String fault = lines.fault();
                if (fault != null) {
                    rows.problem(lines.number(), fault);
                    continue;
                }
                if (line.isBlank() || kinds.skips(line)) {
                    continue;
                }
                LineKinds.Found row = kinds.row(line);
                if (row != null) {
                    rows.row(row.table(), row.columns(), row.values(), lines.number());
                } else if (!kinds.heads(line)) {
                    rows.problem(lines.number(), "matches no pattern: " + BlocksParser.excerpt(line));
                }
                if (row != null && !lines.ended() && !file.mayBeUnended()) {
                    rows.problem(lines.number(), "taken, but the line has no end: the file may be cut");
                }
            }
        }
    }
}
