package org.healingsqlite.schema;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.healingsqlite.api.Internal;
import org.jspecify.annotations.Nullable;

/**
 * What statements have done to the schema of {@code main}, by the names that they give: so much can be learned by looking at these objects alone. Immutable.
 *
 * @param last what each object has met last; in the order of their first statements
 * @param statements how many have run: each that has had an effect has raised the schema's counter by one
 * @param isNamed whether that is all; where it is not, the whole schema is to be looked at
 * @param isCertain whether each of them has had an effect, unless what it dropped was temporary: none said IF EXISTS or IF NOT EXISTS
 */
@Internal
public record NamedChanges(Map<Named, Verb> last, int statements, boolean isNamed, boolean isCertain) {
    /** Nothing was changed. */
    public static final NamedChanges NONE = new NamedChanges(Map.of(), 0, true, true);

    /** Anything may have changed. */
    public static final NamedChanges UNNAMED = new NamedChanges(Map.of(), 0, false, false);

    /** Looking at more, one by one, costs as much as looking at all. */
    private static final int MOST_NAMES = 100;

    /** What was done. */
    enum Verb {
        CREATED,
        DROPPED,
        /** Made by these statements, and dropped again. */
        PASSED;

        Verb then(Verb later) {
            return later == DROPPED && this != DROPPED ? PASSED : later;
        }
    }

    /**
     * An object.
     *
     * @param key of its name
     */
    record Named(SchemaObject.Type type, String key) {}

    public NamedChanges {
        last = Collections.unmodifiableMap(new LinkedHashMap<>(last));
    }

    /** What some statements do when they run. */
    public static NamedChanges of(List<SqlStatement> statements) {
        NamedChanges all = NONE;
        for (SqlStatement statement : statements) {
            all = all.and(of(statement));
        }
        return all;
    }

    private static NamedChanges of(SqlStatement statement) {
        if (!SqlStatement.mayChangeSchema(statement.text())) {
            return NONE;
        }
        SqlLexer lexer = new SqlLexer(statement.text(), 0);
        lexer.next();
        boolean creates = lexer.is("CREATE");
        if (!creates && !lexer.is("DROP")) {
            return UNNAMED;
        }
        lexer.next();
        return lexer.is("TEMP") || lexer.is("TEMPORARY") ? NONE : of(creates ? Verb.CREATED : Verb.DROPPED, lexer);
    }

    /** @param lexer behind the verb */
    private static NamedChanges of(Verb verb, SqlLexer lexer) {
        if (lexer.is("UNIQUE")) {
            lexer.next();
        }
        SchemaObject.Type type = type(lexer);
        if (type == null) {
            return UNNAMED;
        }
        lexer.next();
        boolean isCertain = !lexer.is("IF");
        while (lexer.is("IF") || lexer.is("NOT") || lexer.is("EXISTS")) {
            lexer.next();
        }
        if (!lexer.isName()) {
            return UNNAMED;
        }
        Optional<String> name = lexer.nameInMain().map(SchemaObject::key);
        // Else it is of another database, or temporary.
        return name.map(key -> isLedger(key)
                        ? UNNAMED
                        : new NamedChanges(Map.of(new Named(type, key), verb), 1, true, isCertain))
                .orElse(NONE);
    }

    /** What is in one belongs to the schema. */
    private static boolean isLedger(String key) {
        return LedgerNames.isKnown(key) || LedgerNames.isSpeaking(key);
    }

    private static SchemaObject.@Nullable Type type(SqlLexer lexer) {
        for (SchemaObject.Type type : SchemaObject.Type.values()) {
            if (lexer.is(type.name())) {
                return type;
            }
        }
        return null;
    }

    /** These, and later ones. */
    public NamedChanges and(NamedChanges later) {
        if (isNone()) {
            return later;
        }
        if (later.isNone()) {
            return this;
        }
        if (!isNamed || !later.isNamed || last.size() + later.last.size() > MOST_NAMES) {
            return UNNAMED;
        }
        Map<Named, Verb> all = new LinkedHashMap<>(last);
        later.last.forEach((named, verb) -> all.merge(named, verb, Verb::then));
        return new NamedChanges(all, statements + later.statements, true, isCertain && later.isCertain);
    }

    /** Whether nothing was changed. */
    public boolean isNone() {
        return isNamed && statements == 0;
    }

    /** The keys of all objects. */
    public Set<String> keys() {
        return last.keySet().stream().map(Named::key).collect(Collectors.toUnmodifiableSet());
    }

    /** Whether an object of a name, of any type, was made or dropped. */
    public boolean concerns(String name) {
        return !last.isEmpty() && names(SchemaObject.key(name));
    }

    boolean names(String key) {
        for (Named named : last.keySet()) {
            if (named.key().equals(key)) {
                return true;
            }
        }
        return false;
    }
}
