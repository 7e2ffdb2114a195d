package org.healingsqlite.archive;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.log.Disclosure;
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
                            + Disclosure.message(e),
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

    /** The statements of a file; all of them have to be read, or none is. */
    static List<SchemaStatement> read(ArchiveFile file) throws IOException {
        List<SchemaStatement> statements = new ArrayList<>();
        long chars = 0;
        try (Lines lines = Lines.of(file)) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                String fault = lines.fault();
                chars += line.length();
                if (fault == null && chars > Bounds.piece()) {
                    fault = Bounds.tooLong();
                }
                if (fault == null && statements.size() == Bounds.entries()) {
                    fault = "more than " + Bounds.entries() + " statements";
                }
                try {
                    if (fault != null) {
                        throw new Json.NotRead(fault);
                    }
                    JsonObject json = Json.object(line);
                    statements.add(new SchemaStatement(json.getString("name", ""), json.getString("sql", "")));
                } catch (Json.NotRead e) {
                    throw new ArchiveException(
                            "The archive's schema cannot be read: " + file.name() + ":" + lines.number() + ": "
                                    + Disclosure.message(e),
                            e);
                }
            }
        }
        return statements;
    }
}
