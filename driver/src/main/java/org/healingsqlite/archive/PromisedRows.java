package org.healingsqlite.archive;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares the rows that the files of each source have for its table with what the manifest promises. A source of which no file can be had is told of
 * elsewhere. For one reading; not shared by threads.
 */
final class PromisedRows {
    private final Map<String, Source> sources = new LinkedHashMap<>();
    private @Nullable Source current;

    private static final class Source {
        private final String table;
        private final long promised;
        private long found;

        Source(String table, long promised) {
            this.table = table;
            this.promised = promised;
        }
    }

    /** How many rows a source promises; empty where it promises nothing. */
    static Optional<Long> of(Settings source) {
        return source.get("rows").filter(rows -> rows.matches("\\d{1,18}")).map(Long::parseLong);
    }

    /** The table whose rows a source promises: the first of those that it gives. */
    static String table(Settings source) {
        return source.tables(source.get("table").orElse("")).stream()
                .findFirst()
                .map(source::tableOf)
                .orElse("");
    }

    /** A file is to be read: the rows that come now are its own. */
    void begin(ArchiveFile file) {
        current = of(file.settings())
                .map(promised -> sources.computeIfAbsent(
                        file.settings().get("files").orElse("") + "\n" + file.table(),
                        key -> new Source(file.settings().second() ? table(file.settings()) : file.table(), promised)))
                .orElse(null);
    }

    /** A parser has given a row. */
    void row(String table) {
        Source source = current;
        if (source != null && table.equalsIgnoreCase(source.table)) {
            source.found++;
        }
    }

    /** What is missing, or too much. */
    List<Problem> broken() {
        return sources.values().stream()
                .filter(source -> source.found != source.promised)
                .map(source -> new Problem(
                        Manifest.FILE,
                        0,
                        Problem.COUNTS + "promises " + source.promised + " rows of " + source.table + ", found "
                                + source.found))
                .toList();
    }
}
