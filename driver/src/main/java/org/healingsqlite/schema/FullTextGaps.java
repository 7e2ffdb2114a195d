package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.api.Internal;
import org.jspecify.annotations.Nullable;

/**
 * Damage of full-text indexes that SQLite's own check of them passes over: it reads the leaves of an index, one after the other, and not the way by which a question
 * comes to them. Only asks; stateless.
 */
@Internal
public final class FullTextGaps {
    private static final int SQLITE_CORRUPT = 11;

    /** An extended result code has the plain one in its last byte. */
    private static final int PLAIN_CODE = 0xFF;

    /** Behind the words of most languages, so that the whole of each root is read on the way to it. */
    private static final String LAST_WORD = "zzzzzzzz";

    private static final Pattern NUMBER = Pattern.compile("\\d{1,2}");

    private FullTextGaps() {}

    /** The tables of a database whose index has one; those that need what only the application's connections have are not asked. */
    public static List<String> in(Connection connection) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND rootpage = 0")) {
            while (row.next()) {
                String name = Objects.toString(row.getString(1), "");
                if (has(connection, name, Objects.toString(row.getString(2), ""))) {
                    tables.add(name);
                }
            }
        }
        return tables;
    }

    /** Whether the index of one table has one; false where there is no such table. */
    public static boolean in(Connection connection, String table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT sql FROM sqlite_schema WHERE type = 'table' AND rootpage = 0 AND name = ?")) {
            statement.setString(1, table);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && has(connection, table, Objects.toString(row.getString(1), ""));
            }
        }
    }

    private static boolean has(Connection connection, String table, String sql) throws SQLException {
        return switch (VirtualModule.of(sql)) {
            case FULL_TEXT_4 -> isMisled(connection, question(table, VirtualModule.option(sql, "prefix")));
            case FULL_TEXT_5 -> isMisled(connection, segmentsWithoutWay(table));
            case RTREE, RTREE_OF_INTEGERS, OTHER -> false;
        };
    }

    /** Each index of the table, those of prefixes too, is asked for its first words and for its last. */
    private static String question(String table, @Nullable String prefixes) {
        StringBuilder words = new StringBuilder("a OR " + LAST_WORD);
        Matcher length = NUMBER.matcher(Objects.toString(prefixes, ""));
        while (length.find()) {
            int characters = Integer.parseInt(length.group());
            words.append(" OR ").append("z".repeat(characters)).append('*');
        }
        String name = SqlText.name(table);
        return "SELECT count(*) < 0 FROM main." + name + " WHERE " + name + " MATCH '" + words + "'";
    }

    /**
     * A segment has at least one entry of the way to its leaves, from the moment in which it is written: without it nothing of the segment is found, and nothing says so.
     *
     * <p>Source: SQLite fts5_index.c, "FTS5_SEGMENT_ROWID", {@code fts5WriteFlushBtree}; ids up to 10 are of no segment, segments from 65536 on are tombstones.
     */
    private static String segmentsWithoutWay(String table) {
        return "SELECT EXISTS (SELECT id >> 37 FROM main." + SqlText.name(table + "_data")
                + " WHERE id > 10 AND id >> 37 < 65536 EXCEPT SELECT segid FROM main." + SqlText.name(table + "_idx")
                + ')';
    }

    private static boolean isMisled(Connection connection, String question) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(question)) {
            return answer.next() && answer.getBoolean(1);
        } catch (SQLException e) {
            // Anything else is for whoever can answer: a tokenizer of the application's, a table that is not there.
            return (e.getErrorCode() & PLAIN_CODE) == SQLITE_CORRUPT;
        }
    }
}
