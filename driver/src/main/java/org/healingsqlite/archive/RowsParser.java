package org.healingsqlite.archive;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/**
 * The format that {@link ArchiveExport} writes, exact in every value: a line that names table and columns, a JSON array per row, and a last line with
 * their count. BLOBs and what JSON cannot say stand as objects of one name.
 */
final class RowsParser implements ArchiveParser {
    static final String FORMAT = "rows";

    @Override
    public String format() {
        return FORMAT;
    }

    @Override
    public void parse(ArchiveFile file, RowConsumer rows) throws IOException {
        String table = "";
        List<String> columns = List.of();
        long count = 0;
        boolean complete = false;
        try (Lines lines = Lines.of(file)) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                String fault = lines.fault();
                if (fault != null) {
                    rows.problem(lines.number(), fault);
                    continue;
                }
                try {
                    Object json = Json.any(line);
                    if (json instanceof JsonObject object && object.has("columns")) {
                        table = object.getString("table", "");
                        columns = object.getArray("columns").stream()
                                .map(String::valueOf)
                                .toList();
                    } else if (json instanceof JsonObject object && object.has("rows")) {
                        complete = object.getLong("rows") == count;
                    } else if (json instanceof JsonArray array && array.size() == columns.size()) {
                        count++;
                        rows.row(table, columns, values(array), lines.number());
                    } else {
                        rows.problem(lines.number(), "expected an array of " + columns.size() + " values");
                    }
                } catch (Json.NotRead | IllegalArgumentException e) {
                    rows.problem(lines.number(), (lines.ended() ? "" : "cut: ") + Disclosure.message(e));
                }
            }
            if (!complete) {
                rows.problem(
                        lines.number(),
                        "the file was cut, or has lost lines: the count at its end is missing or wrong");
            }
        }
    }

    static List<@Nullable Object> values(JsonArray array) {
        List<@Nullable Object> values = new ArrayList<>(array.size());
        for (Object json : array) {
            values.add(json instanceof JsonObject object ? special(object) : JsonLinesParser.value(json));
        }
        return values;
    }

    private static @Nullable Object special(JsonObject object) {
        if (object.has("blob")) {
            return Base64.getDecoder().decode(object.getString("blob"));
        }
        if (object.has("text")) {
            return new RawText(Base64.getDecoder().decode(object.getString("text")));
        }
        return object.has("real") ? Double.valueOf(object.getString("real")) : null;
    }
}
