package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.api.Internal;

/** A schema that was written down as a script, in a file that somebody else may have changed since: CREATE statements, and the numbers of the file. */
@Internal
public final class SchemaScript {
    private static final Pattern NUMBER =
            Pattern.compile("PRAGMA\\s+(?:main\\.)?(user_version|application_id)\\s*=\\s*(-?\\d{1,10})");

    /** A comment may be the last that a statement has. */
    private static final String END = "\n;\n";

    private SchemaScript() {}

    /**
     * Runs it. Each statement is looked at before the first one runs.
     *
     * @param database that it is for, and nothing else
     * @throws SchemaException where a statement is neither a CREATE nor one of the two PRAGMAs; none has run then
     */
    public static void run(String script, Connection database) throws SQLException {
        StringBuilder statements = new StringBuilder();
        for (SqlStatement statement : SqlStatement.split(script)) {
            statements.append(checked(statement));
        }
        try (Statement run = database.createStatement()) {
            // Only executeUpdate runs a script to its end.
            run.executeUpdate(statements.toString());
        }
    }

    /** A statement for a script; empty where its module may do more than create it. */
    public static String create(CreateStatement statement) {
        return statement.isHarmless() ? statement.sql() + END : "";
    }

    private static String checked(SqlStatement statement) throws SchemaException {
        Matcher number = NUMBER.matcher(statement.text());
        return number.matches()
                ? "PRAGMA main." + number.group(1) + " = " + number.group(2) + END
                : create(CreateStatement.of(statement.text()));
    }
}
