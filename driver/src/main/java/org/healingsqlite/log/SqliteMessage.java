package org.healingsqlite.log;

import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What SQLite and sqlite-jdbc say of an error, without the parts that may be a statement's or a row's. Only messages that are known are shown: triggers,
 * functions of the application and later versions of SQLite may put anything into theirs.
 *
 * <p>Source: SQLite source code, {@code sqlite3ErrStr} and the messages of parser, code generator and virtual machine, 3.41 to 3.54; sqlite-jdbc,
 * {@code DB.newSQLException}: {@code [RESULT_CODE] meaning (SQLite's message)}.
 */
final class SqliteMessage {
    private static final String WITHHELD = "text withheld";

    /** {@code [SQLITE_ERROR] SQL error or missing database (near "x": syntax error)}: what stands before the bracket is sqlite-jdbc's own. */
    private static final Pattern OF_SQLITE_JDBC =
            Pattern.compile("(?s)(\\[SQLITE_[A-Z_0-9]+\\][^(\"']*)(?:\\((.*)\\))?\\s*");

    /** Names of objects and columns; SQLite writes them without quotes, and what looks like a value is none. */
    private static final String NAME = "([\\p{L}\\p{N}_$.\\- ]{1,128})";

    private static final String QUOTED = "([\"'`].*[\"'`]|\\S+)";

    /** Messages with a part that may be of a statement: shown as {@code ?}. */
    private static final List<Pattern> OF_STATEMENTS = List.of(
            Pattern.compile("(?s)near " + QUOTED + ": syntax error"),
            Pattern.compile("(?s)no such column: (\".*\") - should this be a string literal in single-quotes\\?"),
            Pattern.compile("(?s)unrecognized token: (.*)"),
            Pattern.compile("(?s)unknown or unsupported join type: (.*)"),
            Pattern.compile("(?s)parse error in (.*)"),
            Pattern.compile("(?s)malformed MATCH expression: (.*)"),
            Pattern.compile("(?s)fts5: syntax error near (.*)"),
            Pattern.compile("(?s)CHECK constraint failed: (.*)"),
            Pattern.compile("(?s)no such savepoint: (.*)"),
            Pattern.compile("(?s)unknown database (.*)"),
            Pattern.compile("(?s)unable to open database: (.*)"),
            Pattern.compile("(?s)bad JSON path: (.*)"),
            Pattern.compile("(?s)default value of column \\[(.*)] is not constant"),
            Pattern.compile("(?s)unknown datatype for (.*)"));

    /** Messages with names. */
    private static final List<Pattern> OF_NAMES = List.of(
            Pattern.compile(
                    "no such (?:table|column|index|view|trigger|function|module|collation sequence|table column|rowid|window|tokenizer): "
                            + NAME),
            Pattern.compile("(?:unknown tokenizer:|only the application knows the function) " + NAME),
            Pattern.compile("(?:table|index|view|trigger) " + NAME + " already exists"),
            Pattern.compile(
                    "there is already (?:a table|an index|another table or index) (?:named|with this name:) " + NAME),
            Pattern.compile("duplicate column name: " + NAME),
            Pattern.compile("generated column loop on \"" + NAME + "\""),
            Pattern.compile("unknown column \"" + NAME + "\" in foreign key definition"),
            Pattern.compile("table \"?" + NAME + "\"? has more than one primary key"),
            Pattern.compile("PRIMARY KEY missing on table " + NAME),
            Pattern.compile("missing datatype for " + NAME),
            Pattern.compile("too many columns on " + NAME),
            Pattern.compile("view " + NAME + " is circularly defined"),
            Pattern.compile("ambiguous column name: " + NAME),
            Pattern.compile("table " + NAME + " has no column named " + NAME),
            Pattern.compile("table " + NAME + " has [0-9]+ columns but [0-9]+ values were supplied"),
            Pattern.compile("unknown function: " + NAME + "\\(\\)"),
            Pattern.compile("wrong number of arguments to function " + NAME + "\\(\\)"),
            Pattern.compile("(?:UNIQUE|NOT NULL) constraint failed: ((?:index )?[\\p{L}\\p{N}_$.,'\\- ]{1,512})"),
            Pattern.compile(
                    "cannot store (?:TEXT|BLOB|REAL|INT|INTEGER|NUMERIC|ANY) value in (?:TEXT|BLOB|REAL|INT|INTEGER|ANY) column "
                            + NAME),
            Pattern.compile("(?:foreign key mismatch) - (.{1,256})"),
            Pattern.compile("malformed database schema \\(" + NAME + "\\).*"),
            Pattern.compile("(?:cannot modify|table) " + NAME
                    + " (?:because it is a view|may not be (?:modified|altered|dropped|indexed))"),
            Pattern.compile("cannot (?:INSERT into generated|UPDATE generated) column \"?" + NAME + "\"?"),
            Pattern.compile("unsafe use of (?:virtual table )?\"?" + NAME + "\"?(?:\\(\\))?"),
            Pattern.compile("vtable constructor failed: " + NAME),
            Pattern.compile("database (?:table|schema) is locked: " + NAME),
            Pattern.compile(
                    "error in (?:table|index|view|trigger) " + NAME + "(?: after (?:rename|drop column|add column))?"),
            Pattern.compile(
                    "cannot (?:drop|rename|add) (?:a )?(?:PRIMARY KEY |UNIQUE |NOT NULL )?columns?(?: in the table)?(?: "
                            + NAME + ")?"));

    /** What the same messages mean where a name in them is none that may be shown. */
    private static final List<Pattern> OF_ODD_NAMES = List.of(
            Pattern.compile("(?s)(?:UNIQUE|NOT NULL) constraint failed: (.*)"),
            Pattern.compile("(?s)no such [a-z ]{3,24}: (.*)"),
            Pattern.compile("(?s)unsafe use of (.*)"),
            Pattern.compile("(?s)(?:unknown tokenizer:|only the application knows the function) (.*)"),
            Pattern.compile("(?s)(?:table|index|view|trigger) (.*) already exists"),
            Pattern.compile("(?s)duplicate column name: (.*)"),
            Pattern.compile("(?s)malformed database schema \\((.*)"));

    /** Messages without any part that changes. */
    private static final Set<String> FIXED = Set.of(
            "not an error",
            "SQL logic error",
            "access permission denied",
            "query aborted",
            "database is locked",
            "database table is locked",
            "out of memory",
            "attempt to write a readonly database",
            "interrupted",
            "disk I/O error",
            "database disk image is malformed",
            "unknown operation",
            "database or disk is full",
            "unable to open database file",
            "locking protocol",
            "database schema has changed",
            "string or blob too big",
            "constraint failed",
            "datatype mismatch",
            "bad parameter or other API misuse",
            "large file support is disabled",
            "authorization denied",
            "column index out of range",
            "file is not a database",
            "notification message",
            "warning message",
            "another row available",
            "no more rows available",
            "unknown error",
            "not authorized",
            "unsupported file format",
            "abort due to ROLLBACK",
            "FOREIGN KEY constraint failed",
            "error in tokenizer constructor",
            "incomplete input",
            "malformed JSON",
            "must have at least one non-generated column",
            "generated columns cannot be part of the PRIMARY KEY",
            "AUTOINCREMENT is only allowed on an INTEGER PRIMARY KEY",
            "AUTOINCREMENT not allowed on WITHOUT ROWID tables",
            "expressions prohibited in PRIMARY KEY and UNIQUE constraints",
            "index associated with UNIQUE or PRIMARY KEY constraint cannot be dropped",
            "non-deterministic functions prohibited in index expressions",
            "non-deterministic functions prohibited in CHECK constraints",
            "non-deterministic functions prohibited in generated columns",
            "subqueries prohibited in index expressions",
            "subqueries prohibited in CHECK constraints",
            "subqueries prohibited in generated columns",
            "Cannot add a column to a view",
            "Cannot add a PRIMARY KEY column",
            "Cannot add a UNIQUE column",
            "Cannot add a NOT NULL column with default value NULL",
            "cannot add a STORED column",
            "all VALUES must have the same number of terms",
            "unable to identify the object to be reindexed",
            "database schema is locked: main",
            "cannot start a transaction within a transaction",
            "cannot commit - no transaction is active",
            "cannot rollback - no transaction is active",
            "cannot VACUUM from within a transaction",
            "cannot VACUUM - SQL statements in progress",
            "cannot commit transaction - SQL statements in progress",
            "cannot release savepoint - SQL statements in progress",
            "Safety level may not be changed inside a transaction",
            "cannot change into wal mode from within a transaction",
            "cannot change out of wal mode from within a transaction",
            "too many levels of trigger recursion",
            "integer overflow",
            "parser stack overflow",
            "too many SQL variables",
            "recovered",
            "automatic extension loading failed",
            "unknown database main",
            "object name reserved for internal use",
            "no tables specified",
            "query does not return ResultSet",
            "query does not return results",
            "statement is not executing",
            "database has been closed",
            "The prepared statement has been finalized",
            "stmt pointer is closed",
            "The database has been closed",
            "database connection closed",
            "too many attached databases - max 0",
            "too many attached databases - max 10");

    private SqliteMessage() {}

    /** Whether a text, of whatever exception, looks like one that sqlite-jdbc has made. */
    static boolean mayBe(String text) {
        return text.contains("[SQLITE_");
    }

    /** With the names of objects and columns, without literals and whatever is not known. */
    static String withNames(String message) {
        return shown(message, true);
    }

    /** Without names, too: of a file of which nothing is known. */
    static String withoutNames(String message) {
        return shown(message, false);
    }

    private static String shown(String message, boolean names) {
        Matcher matcher = OF_SQLITE_JDBC.matcher(message);
        if (!matcher.matches()) {
            return Printable.of(inner(message, names));
        }
        String text = matcher.group(2);
        return Printable.of(matcher.group(1).strip() + (text == null ? "" : " (" + inner(text, names) + ")"));
    }

    private static String inner(String text, boolean names) {
        if (FIXED.contains(text)) {
            return text;
        }
        for (Pattern pattern : OF_STATEMENTS) {
            Matcher matcher = pattern.matcher(text);
            if (matcher.matches()) {
                return masked(text, matcher);
            }
        }
        for (Pattern pattern : OF_NAMES) {
            Matcher matcher = pattern.matcher(text);
            if (matcher.matches()) {
                return names ? text : masked(text, matcher);
            }
        }
        for (Pattern pattern : OF_ODD_NAMES) {
            Matcher matcher = pattern.matcher(text);
            if (matcher.matches()) {
                return masked(text, matcher);
            }
        }
        return WITHHELD;
    }

    /** The text with {@code ?} in place of each group. */
    private static String masked(String text, Matcher matcher) {
        StringBuilder masked = new StringBuilder();
        int from = 0;
        for (int group = 1; group <= matcher.groupCount(); group++) {
            if (matcher.group(group) != null) {
                masked.append(text, from, matcher.start(group)).append(Disclosure.HIDDEN);
                from = matcher.end(group);
            }
        }
        return masked.append(text, from, text.length()).toString();
    }
}
