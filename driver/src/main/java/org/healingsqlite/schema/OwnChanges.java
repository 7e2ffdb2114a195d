package org.healingsqlite.schema;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.api.Internal;

/**
 * What this process has changed of a schema, and of the records of its version, since it was learned, as far as its statements tell. What is new and of that is no sign of
 * another release. Immutable.
 *
 * @param names objects, and columns as {@code table\0column}, by their keys
 * @param records keys of the ledgers written to; {@link #USER_VERSION} where that was set
 */
@Internal
public record OwnChanges(Set<String> names, Set<String> records) {
    /** Nothing was changed. */
    public static final OwnChanges NONE = new OwnChanges(Set.of(), Set.of());

    /** No table has this name. */
    private static final String USER_VERSION = "";

    public OwnChanges {
        names = Set.copyOf(names);
        records = Set.copyOf(records);
    }

    /** These, and those that SQL makes when it runs. */
    public OwnChanges and(String sql) {
        return and(SqlStatement.split(sql));
    }

    /** As {@link #and(String)}. */
    public OwnChanges and(List<SqlStatement> statements) {
        Set<String> allNames = new HashSet<>(names);
        Set<String> allRecords = new HashSet<>(records);
        for (SqlStatement statement : statements) {
            SqlLexer lexer = new SqlLexer(statement.text(), 0);
            lexer.next();
            if (lexer.is("CREATE")) {
                created(lexer).ifPresent(name -> allNames.add(SchemaObject.key(name)));
            } else if (lexer.is("ALTER")) {
                altered(lexer).ifPresent(allNames::add);
            } else if (statement.setsUserVersion()) {
                allRecords.add(USER_VERSION);
            } else {
                LedgerNames.written(lexer).ifPresent(allRecords::add);
            }
        }
        return new OwnChanges(allNames, allRecords);
    }

    /** These, without what was made of some objects: that is learned. */
    public OwnChanges without(NamedChanges learned) {
        if (names.isEmpty()) {
            return this;
        }
        Set<String> left = new HashSet<>(names);
        left.removeIf(name -> learned.names(name.split("\0", 2)[0]));
        return new OwnChanges(left, records);
    }

    /** The ledger that SQL writes to, by its key; empty where it does anything else, or more than that. */
    public static Optional<String> ledgerOf(String sql) {
        if (!SqlStatement.isSingle(sql)) {
            return Optional.empty();
        }
        SqlLexer lexer = new SqlLexer(sql, 0);
        lexer.next();
        return LedgerNames.written(lexer);
    }

    private static Optional<String> created(SqlLexer lexer) {
        lexer.next();
        while (lexer.is("UNIQUE") || lexer.is("VIRTUAL")) {
            lexer.next();
        }
        // What is temporary is in a schema of its own.
        if (!lexer.is("TABLE") && !lexer.is("INDEX") && !lexer.is("VIEW") && !lexer.is("TRIGGER")) {
            return Optional.empty();
        }
        lexer.next();
        if (lexer.is("IF")) {
            lexer.next();
            lexer.next();
            lexer.next();
        }
        return lexer.nameInMain();
    }

    private static Optional<String> altered(SqlLexer lexer) {
        lexer.next();
        lexer.next();
        Optional<String> table = lexer.nameInMain().map(SchemaObject::key);
        boolean adds = lexer.is("ADD");
        if (table.isEmpty() || !adds && !lexer.is("RENAME")) {
            return Optional.empty();
        }
        lexer.next();
        if (!adds && lexer.is("TO")) {
            lexer.next();
            return Optional.of(SchemaObject.key(lexer.text()));
        }
        if (lexer.is("COLUMN")) {
            lexer.next();
        }
        if (!adds) {
            lexer.next();
            lexer.next();
        }
        return lexer.isName() ? Optional.of(column(table.get(), lexer.text())) : Optional.empty();
    }

    private static String column(String table, String column) {
        return SchemaObject.key(table) + '\0' + SchemaObject.key(column);
    }

    /** Whether an object of the name was made, or a table got it. */
    boolean made(String name) {
        return names.contains(SchemaObject.key(name));
    }

    /** Whether a column was added to a table, or its table was made. */
    boolean made(String table, String column) {
        return made(table) || names.contains(column(table, column));
    }

    boolean setUserVersion() {
        return records.contains(USER_VERSION);
    }

    /** Whether a ledger was written to. */
    boolean wrote(String ledger) {
        return records.contains(SchemaObject.key(ledger));
    }
}
