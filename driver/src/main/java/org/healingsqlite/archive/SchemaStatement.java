package org.healingsqlite.archive;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.SchemaException;

/**
 * A statement that creates something, as {@code sqlite_schema} keeps it, comments and all.
 *
 * @param name what it creates; empty if not known
 */
record SchemaStatement(String name, String sql) {

    /**
     * The statement, as one that may run.
     *
     * @throws ArchiveException where the text is anything but one CREATE, of the name where that is known
     */
    CreateStatement create() throws ArchiveException {
        try {
            return name.isEmpty() ? CreateStatement.of(sql) : CreateStatement.stored(name, sql);
        } catch (SchemaException e) {
            throw new ArchiveException(
                    "The schema has a text that is no statement of it" + (name.isEmpty() ? "" : ", for " + name) + ": "
                            + e.getMessage(),
                    e);
        }
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
