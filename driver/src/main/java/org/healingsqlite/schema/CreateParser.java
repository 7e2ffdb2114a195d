package org.healingsqlite.schema;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** Reads one CREATE statement from CREATE to the end. One use. */
final class CreateParser {
    /** What a statement of a trigger's body may begin with. */
    private static final Set<String> IN_TRIGGERS =
            Set.of("INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "VALUES", "WITH");

    /** Options of FTS4 that name functions, which the module runs. */
    private static final Set<String> RUN_FUNCTIONS = Set.of("compress", "uncompress");

    private final CreateReader reader;
    private final Set<Trait> traits = EnumSet.noneOf(Trait.class);
    private String name = "";
    private String module = "";

    /** What a statement has beside what every one has. */
    enum Trait {
        /** It names its schema. */
        QUALIFIED,
        IF_NOT_EXISTS,
        /** A unique index. */
        UNIQUE,
        /** A virtual table whose module runs functions that the statement names. */
        RUNS_FUNCTIONS
    }

    /**
     * What was read.
     *
     * @param sql from CREATE on, without a closing semicolon
     * @param module of a virtual table, in lower case; empty for everything else
     */
    record Parsed(CreateKind kind, String name, String sql, String module, Set<Trait> traits) {
        boolean has(Trait trait) {
            return traits.contains(trait);
        }
    }

    private CreateParser(CreateReader reader) {
        this.reader = reader;
    }

    /**
     * Reads a statement.
     *
     * @throws SchemaException where it is anything else than one CREATE in {@code main}; the message does not repeat the text
     */
    static Parsed parse(String sql) throws SchemaException {
        return new CreateParser(new CreateReader(sql)).parse();
    }

    private Parsed parse() throws SchemaException {
        int from = reader.start();
        CreateKind kind = kind();
        name();
        rest(kind);
        return new Parsed(kind, name, reader.text(from, reader.close()), module, traits);
    }

    private CreateKind kind() throws SchemaException {
        reader.expect("CREATE");
        if (reader.takes("TABLE")) {
            return CreateKind.TABLE;
        }
        if (reader.takes("VIRTUAL")) {
            reader.expect("TABLE");
            return CreateKind.VIRTUAL_TABLE;
        }
        if (reader.takes("VIEW")) {
            return CreateKind.VIEW;
        }
        if (reader.takes("TRIGGER")) {
            return CreateKind.TRIGGER;
        }
        if (reader.takes("UNIQUE")) {
            traits.add(Trait.UNIQUE);
        }
        reader.expect("INDEX");
        return CreateKind.INDEX;
    }

    private void name() throws SchemaException {
        boolean mayBeName = reader.is("IF");
        name = reader.takeName();
        if (mayBeName && reader.takes("NOT")) {
            reader.expect("EXISTS");
            traits.add(Trait.IF_NOT_EXISTS);
            name = reader.takeName();
        }
        if (reader.is('.')) {
            if (!name.equalsIgnoreCase("main")) {
                throw CreateReader.refused("it names another schema");
            }
            reader.next();
            traits.add(Trait.QUALIFIED);
            name = reader.takeName();
        }
    }

    private void rest(CreateKind kind) throws SchemaException {
        switch (kind) {
            case TABLE -> table();
            case VIRTUAL_TABLE -> virtualTable();
            case INDEX -> {
                reader.expect("ON");
                reader.takeName();
                reader.parenthesised();
                reader.upToTheEnd();
            }
            case VIEW -> view();
            case TRIGGER -> trigger();
        }
    }

    private void table() throws SchemaException {
        if (reader.is("AS")) {
            throw CreateReader.refused("SQLite stores no CREATE TABLE ... AS SELECT");
        }
        reader.parenthesised();
        while (reader.isName() || reader.is(',')) {
            reader.next();
        }
    }

    private void virtualTable() throws SchemaException {
        reader.expect("USING");
        module = SchemaObject.key(reader.takeName());
        if (reader.is('(')) {
            reader.parenthesised(() -> {
                if (reader.isName() && RUN_FUNCTIONS.contains(SchemaObject.key(reader.text()))) {
                    traits.add(Trait.RUNS_FUNCTIONS);
                }
            });
        }
    }

    private void view() throws SchemaException {
        if (reader.is('(')) {
            reader.parenthesised();
        }
        reader.expect("AS");
        if (!reader.is("SELECT") && !reader.is("VALUES") && !reader.is("WITH")) {
            throw CreateReader.refused("expected a SELECT");
        }
        reader.upToTheEnd();
    }

    /**
     * The body's statements each end with a semicolon, and END follows the last one. An END that belongs to a CASE follows no semicolon; so the first
     * semicolon and END are the trigger's.
     */
    private void trigger() throws SchemaException {
        boolean begun = false;
        while (!reader.isAtEnd() && !begun) {
            begun = reader.takes("BEGIN");
            if (!begun) {
                reader.next();
            } else if (!startsStatement()) {
                // A column of that name, in the WHEN.
                begun = false;
            }
        }
        if (!begun) {
            throw CreateReader.refused("expected BEGIN and a statement");
        }
        do {
            if (!startsStatement()) {
                throw CreateReader.refused("a trigger has no such statement");
            }
            reader.upToTheEnd();
            if (!reader.is(';')) {
                throw CreateReader.refused("expected END");
            }
            reader.next();
        } while (!reader.takes("END"));
    }

    private boolean startsStatement() {
        return reader.isWord() && IN_TRIGGERS.contains(reader.text().toUpperCase(Locale.ROOT));
    }
}
