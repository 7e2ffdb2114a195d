package org.healingsqlite.archive;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/**
 * One JSON object per line: names are columns. Arrays serve where the manifest gives {@code columns}. Objects and arrays inside are kept as JSON
 * text, true and false as 1 and 0.
 */
final class JsonLinesParser implements ArchiveParser {
    @Override
    public String format() {
        return "jsonl";
    }

    @Override
    public void parse(ArchiveFile file, RowConsumer rows) throws IOException {
        List<String> columns = file.settings().list("columns");
        List<String> last = List.of();
        try (Lines lines = Lines.of(file)) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                String fault = lines.fault();
                if (fault != null) {
                    rows.problem(lines.number(), fault);
                    continue;
                }
                if (line.isBlank()) {
                    continue;
                }
                Object json;
                try {
                    json = Json.any(line);
                } catch (Json.NotRead e) {
                    rows.problem(lines.number(), (lines.ended() ? "" : "cut: ") + Disclosure.message(e));
                    continue;
                }
                if (Json.repeatsName(line, json)) {
                    rows.problem(lines.number(), "a name stands twice in an object; the last counts");
                }
                if (json instanceof JsonObject object) {
                    List<String> names = List.copyOf(object.keySet());
                    last = names.equals(last) ? last : names;
                    rows.row(file.table(), last, values(object.values()), lines.number());
                } else if (json instanceof JsonArray array && array.size() == columns.size()) {
                    rows.row(file.table(), columns, values(array), lines.number());
                } else {
                    rows.problem(lines.number(), "expected an object");
                }
            }
        }
    }

    private static List<@Nullable Object> values(Iterable<@Nullable Object> json) {
        List<@Nullable Object> values = new ArrayList<>();
        for (Object value : json) {
            values.add(value(value));
        }
        return values;
    }

    static @Nullable Object value(@Nullable Object json) {
        if (json instanceof Integer number) {
            return number.longValue();
        } else if (json instanceof Float number) {
            return number.doubleValue();
        } else if (json instanceof Boolean truth) {
            return truth ? 1L : 0L;
        } else if (json instanceof BigInteger number) {
            return number.bitLength() < Long.SIZE ? (Object) number.longValueExact() : number.toString();
        } else if (json instanceof JsonObject || json instanceof JsonArray) {
            return JsonWriter.string(json);
        }
        return json;
    }
}
