package org.healingsqlite.schema;

import java.util.List;
import org.healingsqlite.api.Internal;

/**
 * A script.
 *
 * @param name where it comes from, for messages: a file or resource
 * @param text its SQL
 * @param limits what it may do, and whether its text may be shown
 */
@Internal
public record SqlScript(String name, String text, Scripts.Limits limits) {

    /** Its statements, in order. */
    public List<SqlStatement> statements() {
        return SqlStatement.split(text);
    }
}
