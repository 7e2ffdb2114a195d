package org.healingsqlite.archive;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A statement that creates something, as {@code sqlite_schema} keeps it, comments and all.
 *
 * @param name what it creates; empty if not known
 */
record SchemaStatement(String name, String sql) {
    private static final Pattern VIRTUAL = pattern("VIRTUAL\\s+TABLE");
    private static final Pattern TABLE = pattern("TABLE");
    private static final Pattern UNIQUE_INDEX = pattern("UNIQUE\\s+INDEX");
    private static final Pattern LATER = pattern("(?:UNIQUE\\s+)?(?:INDEX|VIEW|TRIGGER)");

    private static Pattern pattern(String what) {
        return Pattern.compile("CREATE\\s+" + what + "\\b.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    }

    boolean isVirtualTable() {
        return VIRTUAL.matcher(sql).matches();
    }

    boolean isTable() {
        return TABLE.matcher(sql).matches();
    }

    /** An index, a view, a trigger: what is made once the rows are there. */
    boolean isLater() {
        return LATER.matcher(sql).matches();
    }

    boolean isUniqueIndex() {
        return UNIQUE_INDEX.matcher(sql).matches();
    }

    String toJson() {
        return JsonWriter.string()
                .object()
                .value("name", name)
                .value("sql", sql)
                .end()
                .done();
    }

    static List<SchemaStatement> read(String lines) throws ArchiveException {
        List<SchemaStatement> statements = new ArrayList<>();
        for (String line : lines.lines().toList()) {
            try {
                JsonObject json = JsonParser.object().from(line);
                statements.add(new SchemaStatement(json.getString("name", ""), json.getString("sql", "")));
            } catch (JsonParserException e) {
                throw new ArchiveException("The archive's schema cannot be read: " + e.getMessage(), e);
            }
        }
        return statements;
    }
}
