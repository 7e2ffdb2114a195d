package org.healingsqlite.repair;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.BitSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.sqlite.Sqlite;

/** The pages of a database to which nothing leads, and which are not free either: whoever deletes rows of {@code sqlite_schema} by hand leaves them. Stateless. */
public final class UnusedPages {
    /** Source: SQLite's integrity check; the other words are from before 3.42. */
    private static final Pattern NEVER_USED = Pattern.compile("Page (\\d{1,9})(?:: never| is never) used");

    private UnusedPages() {}

    /**
     * Reads every page of the main database.
     *
     * @param connection one of ours, which goes on checking no constraint
     * @return their numbers
     * @throws SQLException where SQLite cannot look
     */
    public static BitSet of(Connection connection) throws SQLException {
        // A constraint may need what only the application's connections have, and says nothing of pages.
        Sqlite.execute(connection, "PRAGMA ignore_check_constraints = on");
        Sqlite.standIns(connection).ifPresent(standIns -> standIns.checking(true));
        BitSet unused = new BitSet();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA main.quick_check(" + Integer.MAX_VALUE + ")")) {
            while (row.next()) {
                Matcher page = NEVER_USED.matcher(String.valueOf(row.getString(1)));
                while (page.find()) {
                    unused.set(Integer.parseInt(page.group(1)));
                }
            }
        }
        return unused;
    }
}
