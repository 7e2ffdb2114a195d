package org.healingsqlite.schema;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.schema.SqlLexer.Kind;
import org.healingsqlite.schema.SqlStatement.Pragma;

/**
 * What a script may hold whose name came with a URL, with connection properties or from the working directory. Whoever writes these can have any file
 * read as a script; so it may do to this database what a schema does, and reach no other file. Everything that is not known to be harmless is refused.
 *
 * <p>Source: SQLite documentation, "SQL As Understood By SQLite", "PRAGMA Statements", "The Virtual Table Mechanism Of SQLite", "Defense Against The
 * Dark Arts".
 */
final class ScriptLimits {

    /** How a statement may begin. Not ATTACH, DETACH; not EXPLAIN, because SQLite does what a PRAGMA says while it prepares it, explained or not. */
    private static final Set<String> VERBS = Set.of(
            "ALTER",
            "ANALYZE",
            "BEGIN",
            "COMMIT",
            "CREATE",
            "DELETE",
            "DROP",
            "END",
            "INSERT",
            "PRAGMA",
            "REINDEX",
            "RELEASE",
            "REPLACE",
            "ROLLBACK",
            "SAVEPOINT",
            "SELECT",
            "UPDATE",
            "VACUUM",
            "VALUES",
            "WITH");

    /** PRAGMAs that read, or that shape this database or one connection. Not those that write or choose other files, or lift a guard. */
    private static final Set<String> PRAGMAS = Set.of(
            "analysis_limit",
            "application_id",
            "auto_vacuum",
            "automatic_index",
            "busy_timeout",
            "cache_size",
            "cache_spill",
            "case_sensitive_like",
            "checkpoint_fullfsync",
            "collation_list",
            "compile_options",
            "count_changes",
            "data_version",
            "database_list",
            "defer_foreign_keys",
            "encoding",
            "foreign_key_check",
            "foreign_key_list",
            "foreign_keys",
            "freelist_count",
            "fullfsync",
            "function_list",
            "incremental_vacuum",
            "index_info",
            "index_list",
            "index_xinfo",
            "integrity_check",
            "journal_mode",
            "journal_size_limit",
            "legacy_alter_table",
            "locking_mode",
            "max_page_count",
            "mmap_size",
            "module_list",
            "optimize",
            "page_count",
            "page_size",
            "pragma_list",
            "query_only",
            "quick_check",
            "read_uncommitted",
            "recursive_triggers",
            "secure_delete",
            "synchronous",
            "table_info",
            "table_list",
            "table_xinfo",
            "temp_store",
            "threads",
            "user_version",
            "wal_autocheckpoint",
            "wal_checkpoint");

    /** Modules whose tables live in this database. */
    private static final Set<String> MODULES =
            Set.of("fts3", "fts4", "fts4aux", "fts3tokenize", "fts5", "fts5vocab", "rtree", "rtree_i32", "geopoly");

    /** Functions that reach beyond this database's rows, whatever quotes their name stands in. As names of columns and tables they are harmless. */
    private static final Set<String> REACHING_FUNCTIONS = Set.of(
            "load_extension",
            "fts3_tokenizer",
            "readfile",
            "writefile",
            "edit",
            "eval",
            "fsdir",
            "lsdir",
            "lsmode",
            "zipfile");

    /** Behind these a name is a table's. So it is behind a dot, and behind the ON of a CREATE INDEX. */
    private static final Set<String> TABLE_FOLLOWS = Set.of("EXISTS", "INTO", "REFERENCES", "TABLE");

    /** Tables that are there without a CREATE, and reach beyond this database's rows. Only what reads or writes tables can use them. */
    private static final Set<String> REACHING_TABLES =
            Set.of("fsdir", "lsdir", "zipfile", "sqlite_dbpage", "sqlite_dbdata", "sqlite_dbptr");

    private ScriptLimits() {}

    /**
     * Looks at a script before anything of it runs.
     *
     * @throws SchemaException naming file, line, the statement's first words and what is not allowed
     */
    static void check(SqlScript script) throws SchemaException {
        for (SqlStatement statement : script.statements()) {
            Optional<String> problem = problem(statement);
            if (problem.isPresent()) {
                throw new SchemaException(
                        script.name() + ", line " + statement.line() + ": " + statement.firstWords() + ": "
                                + problem.get()
                                + ": not in a script that URL, connection properties or working directory name",
                        null);
            }
        }
    }

    private static Optional<String> problem(SqlStatement statement) {
        String verb = statement.verb();
        if (!VERBS.contains(verb)) {
            return Optional.of(SqlStatement.mayBeShown(verb) ? verb + " is not allowed" : "no statement of SQL");
        }
        Pragma pragma = statement.pragma();
        if (pragma != null && !PRAGMAS.contains(pragma.name())) {
            return Optional.of("this PRAGMA is not allowed");
        }
        SqlLexer lexer = new SqlLexer(statement.text(), 0);
        boolean declaresColumns = declaresColumns(statement);
        Expected expected = Expected.ANYTHING;
        while (lexer.next() != Kind.END) {
            Optional<String> problem = problem(statement, lexer, expected, declaresColumns);
            if (problem.isPresent()) {
                return problem;
            }
            expected = expected(statement, lexer, declaresColumns);
        }
        return Optional.empty();
    }

    /** What a token tells of the next one. */
    private enum Expected {
        /** The module of a virtual table. */
        MODULE,
        /** A table's name, also where columns in parentheses follow it. */
        TABLE,
        ANYTHING
    }

    private static Expected expected(SqlStatement statement, SqlLexer lexer, boolean declaresColumns) {
        if (lexer.is("USING") && isVirtual(statement)) {
            return Expected.MODULE;
        }
        boolean table = lexer.is('.') || TABLE_FOLLOWS.contains(lexer.upper()) || declaresColumns && lexer.is("ON");
        return table ? Expected.TABLE : Expected.ANYTHING;
    }

    private static Optional<String> problem(
            SqlStatement statement, SqlLexer lexer, Expected expected, boolean declaresColumns) {
        String text = lexer.text().toLowerCase(Locale.ROOT);
        if (expected == Expected.MODULE && lexer.isName() && !MODULES.contains(text)) {
            return Optional.of("a module of virtual tables that is not one of "
                    + MODULES.stream().sorted().toList());
        }
        boolean function =
                REACHING_FUNCTIONS.contains(text) && expected != Expected.TABLE && isCalled(statement, lexer);
        boolean table = REACHING_TABLES.contains(text) && !declaresColumns;
        if (lexer.kind() != Kind.STRING && (function || table)) {
            return Optional.of(text + " is not allowed");
        }
        // VACUUM alone has an INTO of this kind.
        return statement.verb().equals("VACUUM") && lexer.is("INTO")
                ? Optional.of("VACUUM INTO is not allowed")
                : Optional.empty();
    }

    /** Whether the name that a reader has just read has its arguments behind it. */
    private static boolean isCalled(SqlStatement statement, SqlLexer name) {
        SqlLexer behind = new SqlLexer(statement.text(), name.end());
        behind.next();
        return behind.is('(');
    }

    /** Whether it is a CREATE TABLE of columns or a CREATE INDEX, in which SQLite allows no other table's name but behind REFERENCES. */
    private static boolean declaresColumns(SqlStatement statement) {
        SqlLexer lexer = new SqlLexer(statement.text(), 0);
        lexer.next();
        if (!lexer.is("CREATE")) {
            return false;
        }
        lexer.next();
        if (lexer.is("TEMP") || lexer.is("TEMPORARY") || lexer.is("UNIQUE")) {
            lexer.next();
        }
        if (!lexer.is("TABLE") && !lexer.is("INDEX")) {
            return false;
        }
        while (lexer.next() != Kind.END) {
            if (lexer.is("SELECT")) {
                return false;
            }
        }
        return true;
    }

    private static boolean isVirtual(SqlStatement statement) {
        SqlLexer lexer = new SqlLexer(statement.text(), 0);
        lexer.next();
        lexer.next();
        return lexer.is("VIRTUAL");
    }
}
