package org.healingsqlite.salvage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.schema.SqlLexer;

/**
 * How much an index takes whose terms are expressions. They are text out of the file, and may make a thousand times as much of each row as the file has bytes:
 * SQLite would sort all of it. Stateless.
 */
final class IndexSize {
    static final String TOO_LARGE = "its expressions make far more than the whole file holds";

    private static final int SQLITE_TOOBIG = 18;

    /** An extended result code has the plain one in its last byte. */
    private static final int PLAIN_CODE = 0xFF;

    private IndexSize() {}

    /**
     * Whether an index that is not there yet would take more than so many bytes; false where its terms are columns, and where SQLite cannot tell: it says why when it
     * creates the index.
     *
     * @param create one CREATE INDEX statement
     * @param table that it is of
     */
    static boolean exceeds(Connection connection, String create, String table, long bytes) {
        Terms terms = Terms.of(create);
        return !terms.expressions().isEmpty()
                && isTakenBySqlite(connection, create)
                && isMore(connection, terms, table, bytes);
    }

    /** Why SQLite refuses an index; a condition may make as much as what is sorted by. */
    static String reason(String refusal) {
        return refusal.contains("string or blob too big") ? TOO_LARGE : refusal;
    }

    /** Compiles it: what SQLite takes for an index asks no table, and calls nothing that is not deterministic and harmless. */
    private static boolean isTakenBySqlite(Connection connection, String create) {
        try (PreparedStatement compiled = connection.prepareStatement(create)) {
            return true;
        } catch (SQLException refused) {
            return false;
        }
    }

    private static boolean isMore(Connection connection, Terms terms, String table, long bytes) {
        List<String> lengths = terms.expressions().stream()
                .map(term -> "coalesce(length(CAST((" + term + ") AS BLOB)), 0)")
                .toList();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT " + String.join(" + ", lengths) + " FROM main."
                        + RowInserter.quoted(table) + ' ' + terms.condition())) {
            long sum = 0;
            while (sum <= bytes && row.next()) {
                sum += row.getLong(1);
            }
            return sum > bytes;
        } catch (SQLException e) {
            return (e.getErrorCode() & PLAIN_CODE) == SQLITE_TOOBIG;
        }
    }

    /**
     * What a CREATE INDEX statement sorts by that is more than a column.
     *
     * @param condition of a partial index, with its WHERE; empty where there is none
     */
    private record Terms(List<String> expressions, String condition) {
        static Terms of(String sql) {
            List<String> expressions = new ArrayList<>();
            SqlLexer lexer = new SqlLexer(sql, 0);
            do {
                lexer.next();
            } while (!lexer.is('(') && lexer.kind() != SqlLexer.Kind.END);
            int depth = 1;
            int tokens = 0;
            int start = lexer.end();
            int end = start;
            while (depth > 0 && lexer.next() != SqlLexer.Kind.END) {
                if (lexer.is('(')) {
                    depth++;
                } else if (lexer.is(')')) {
                    depth--;
                }
                if (depth == 0 || depth == 1 && lexer.is(',')) {
                    if (tokens > 1) {
                        expressions.add(sql.substring(start, end));
                    }
                    tokens = 0;
                    start = lexer.end();
                } else if (depth > 1 || !lexer.is("ASC") && !lexer.is("DESC")) {
                    tokens++;
                    end = lexer.end();
                }
            }
            return new Terms(expressions, sql.substring(lexer.end()));
        }
    }
}
