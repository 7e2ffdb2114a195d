package org.healingsqlite.archive;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.CsvRecordHandler;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/**
 * Comma-separated values (RFC 4180), or others by {@code separator}. The first record names the columns unless the manifest does
 * ({@code columns}). A field is text; {@code null} names the text that means NULL.
 */
final class CsvParser implements ArchiveParser {
    /** Stands where bytes are no UTF-8: of all characters one that no text has (Unicode calls it a noncharacter). */
    private static final String NO_TEXT = "\uFDD0";

    @Override
    public String format() {
        return "csv";
    }

    @Override
    public void parse(ArchiveFile file, RowConsumer rows) throws IOException {
        boolean tabs = file.name().toLowerCase(Locale.ROOT).endsWith(".tsv");
        String separator = file.settings().get("separator").orElse(tabs ? "\t" : ",");
        String nullText =
                file.settings().second() ? null : file.settings().get("null").orElse(null);
        List<String> columns = file.settings().list("columns");
        long line = 1;
        QuoteCount characters = new QuoteCount(new InputStreamReader(
                file.open(),
                StandardCharsets.UTF_8
                        .newDecoder()
                        .replaceWith(NO_TEXT)
                        .onMalformedInput(CodingErrorAction.REPLACE)
                        .onUnmappableCharacter(CodingErrorAction.REPLACE)));
        try (CsvReader<CsvRecord> records = CsvReader.builder()
                .fieldSeparator(separator.equals("\\t") ? "\t" : separator)
                .detectBomHeader(false)
                .skipEmptyLines(true)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .maxBufferSize(Bounds.piece())
                .build(
                        CsvRecordHandler.builder()
                                .maxFields(Bounds.COLUMNS)
                                .maxFieldSize(Bounds.piece())
                                .maxRecordSize(Bounds.piece())
                                .build(),
                        characters)) {
            for (CsvRecord csv : records) {
                line = csv.getStartingLineNumber();
                if (csv.getFields().stream().anyMatch(field -> field.contains(NO_TEXT))) {
                    rows.problem(line, "is not text in UTF-8; left out");
                    if (columns.isEmpty()) {
                        return;
                    }
                    continue;
                }
                if (columns.isEmpty()) {
                    columns = header(csv);
                    continue;
                }
                if (csv.getFieldCount() != columns.size()) {
                    rows.problem(line, "expected " + columns.size() + " fields, found " + csv.getFieldCount());
                    continue;
                }
                List<@Nullable Object> values = new ArrayList<>(columns.size());
                for (int i = 0; i < columns.size(); i++) {
                    String field = csv.getField(i);
                    values.add(field.equals(nullText) ? null : field);
                }
                rows.row(file.table(), columns, values, line);
            }
            if (characters.cut(file.mayBeUnended())) {
                rows.problem(line, "taken, but the record has no end: the file may be cut");
            }
        } catch (UncheckedIOException e) {
            rows.problem(line, "cannot be read behind this line: " + Disclosure.message(e.getCause()));
        } catch (CsvParseException e) {
            rows.problem(line, "cannot be read behind this line: " + Disclosure.message(e));
        }
    }

    private static List<String> header(CsvRecord csv) {
        List<String> names = new ArrayList<>(csv.getFields());
        if (!names.isEmpty() && names.get(0).startsWith("\uFEFF")) {
            names.set(0, names.get(0).substring(1));
        }
        return List.copyOf(names);
    }

    /** Sees whether the last record is ended, and outside of quotes. */
    private static final class QuoteCount extends FilterReader {
        private boolean open;
        private char last = '\n';

        QuoteCount(Reader reader) {
            super(reader);
        }

        @Override
        public int read(char[] buffer, int offset, int length) throws IOException {
            int count = super.read(buffer, offset, length);
            for (int i = offset; i < offset + count; i++) {
                open ^= buffer[i] == '"';
            }
            if (count > 0) {
                last = buffer[offset + count - 1];
            }
            return count;
        }

        boolean cut(boolean mayBeUnended) {
            return open || !mayBeUnended && last != '\n' && last != '\r';
        }
    }
}
