package org.healingsqlite.schema;

import java.util.Set;
import java.util.function.Predicate;
import org.healingsqlite.api.Internal;
import org.healingsqlite.schema.CreateParser.Parsed;
import org.healingsqlite.schema.CreateParser.Trait;

/**
 * One CREATE statement, and nothing beside it: what a text out of a database file, an archive or a side directory has to be before it runs. The wall
 * between data and statements; every such text goes through {@link #stored} or {@link #of}. Immutable.
 *
 * <p>SQLite stores the statement of an object in one form: {@code CREATE}, what it creates, its name without a schema, the rest up to the last token.
 * It never stores {@code TEMP}, {@code IF NOT EXISTS}, {@code CREATE TABLE ... AS SELECT}, parameters, or a second statement. Every other text was put
 * there by something else.
 *
 * <p>Source: SQLite documentation, "The Schema Table" and "CREATE TABLE", "CREATE INDEX", "CREATE VIEW", "CREATE TRIGGER", "CREATE VIRTUAL TABLE".
 */
@Internal
public final class CreateStatement {

    /**
     * Modules that come with SQLite and touch nothing but the database they are in. Others, be they SQLite's own like {@code dbstat} or an extension's like
     * {@code csv}, {@code fsdir} or {@code zipfile}, are never asked to make or open a table.
     */
    private static final Set<String> HARMLESS_MODULES =
            Set.of("fts3", "fts4", "fts4aux", "fts5", "fts5vocab", "rtree", "rtree_i32", "geopoly");

    private final Parsed parsed;

    private CreateStatement(Parsed parsed) {
        this.parsed = parsed;
    }

    /**
     * Reads the statement of a row of {@code sqlite_schema}.
     *
     * @param type what the row says it is
     * @param name the row's name
     * @throws SchemaException where the text is anything else than one CREATE of that type and name in the form in which SQLite stores it; the message
     *     does not repeat the text
     */
    public static CreateStatement stored(SchemaObject.Type type, String name, String sql) throws SchemaException {
        CreateStatement statement = stored(name, sql);
        if (statement.kind().type() != type) {
            throw CreateReader.refused(
                    "expected a " + type + ", found a " + statement.kind().type());
        }
        return statement;
    }

    /** As {@link #stored(SchemaObject.Type, String, String)}, of a row that does not say its type. */
    public static CreateStatement stored(String name, String sql) throws SchemaException {
        CreateStatement statement = of(sql);
        if (!SchemaObject.same(statement.name(), name)) {
            throw CreateReader.refused("it creates an object of another name");
        }
        if (statement.parsed.has(Trait.QUALIFIED)) {
            throw CreateReader.refused("it names a schema");
        }
        if (statement.parsed.has(Trait.IF_NOT_EXISTS)) {
            throw CreateReader.refused("SQLite stores no IF NOT EXISTS");
        }
        return statement;
    }

    /** As {@link #stored(SchemaObject.Type, String, String)}, of the row itself. */
    public static CreateStatement stored(SchemaObject row) throws SchemaException {
        return stored(row.type(), row.name(), row.sql());
    }

    /**
     * Reads a statement of a script whose objects have no rows to compare it with: {@code IF NOT EXISTS} and the schema {@code main} are allowed.
     *
     * @throws SchemaException where it is anything else than one CREATE in {@code main}; the message does not repeat the text
     */
    public static CreateStatement of(String sql) throws SchemaException {
        return new CreateStatement(CreateParser.parse(sql));
    }

    public CreateKind kind() {
        return parsed.kind();
    }

    /** What the row of {@code sqlite_schema} says it is. */
    public SchemaObject.Type type() {
        return parsed.kind().type();
    }

    /** What it creates, without quotes. */
    public String name() {
        return parsed.name();
    }

    /** From CREATE on, without a closing semicolon. */
    public String sql() {
        return parsed.sql();
    }

    /** A unique index. */
    public boolean isUnique() {
        return parsed.has(Trait.UNIQUE);
    }

    /** The module of a virtual table, in lower case; empty for everything else. */
    public String module() {
        return parsed.module();
    }

    /**
     * Whether running it does no more than create the object. False for virtual tables of modules that may do something else: these are kept as rows of
     * {@code sqlite_schema}, and nothing is asked of their modules.
     */
    public boolean isHarmless() {
        return kind() != CreateKind.VIRTUAL_TABLE
                || HARMLESS_MODULES.contains(module()) && !parsed.has(Trait.RUNS_FUNCTIONS);
    }

    /**
     * A table with the same columns in its records, without those CHECKs, defaults and generated columns that call a function that is not to be called. A stored generated
     * column becomes an ordinary one, which keeps its values; a virtual one has none, and is left out.
     *
     * @param known whether a function, its name in lower case, may be called
     * @return the statement; the same text where nothing is left out
     */
    public String withoutFunctions(Predicate<String> known) {
        return kind() == CreateKind.TABLE ? new TableWithoutFunctions(sql(), known).statement() : sql();
    }

    @Override
    public String toString() {
        return kind() + " " + name();
    }
}
