package org.healingsqlite.demo.prayers;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.healingsqlite.demo.report.Calls;

/** The application: it writes on a connection that it holds for as long as it runs, and reads on new ones. For one thread. */
public final class PrayerWall implements AutoCloseable {
    private final String url;
    private final Connection connection;
    private final Calls calls;

    /** Opens the wall. */
    public PrayerWall(String url, Calls calls) throws SQLException {
        this.url = url;
        this.calls = calls;
        this.connection = calls.count(() -> DriverManager.getConnection(url));
    }

    /** Puts up many prayers in one transaction. */
    public void fill(int prayers) throws SQLException {
        calls.count(() -> {
            connection.setAutoCommit(false);
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT INTO prayer (author, text) VALUES (?, ?)")) {
                for (int i = 1; i <= prayers; i++) {
                    insert.setString(1, "author " + i % 7);
                    insert.setString(2, "For " + "all of us; ".repeat(20) + i);
                    insert.executeUpdate();
                }
            }
            connection.commit();
            connection.setAutoCommit(true);
            return prayers;
        });
    }

    /** How many prayers there are, and how long they are together. */
    public String count() throws SQLException {
        return calls.count(() -> {
            try (Connection reader = DriverManager.getConnection(url);
                    PreparedStatement query =
                            reader.prepareStatement("SELECT count(*), sum(length(text)) FROM prayer NOT INDEXED");
                    ResultSet row = query.executeQuery()) {
                return row.getInt(1) + " prayers";
            }
        });
    }

    /** Puts up a prayer. */
    public String submit(String author, String text) throws SQLException {
        return calls.count(() -> {
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO prayer (author, text) VALUES (?, ?) RETURNING prayer_id")) {
                insert.setString(1, author);
                insert.setString(2, text);
                try (ResultSet row = insert.executeQuery()) {
                    return "prayer " + row.getLong(1);
                }
            }
        });
    }

    /** Leaves a mark on the newest prayer. */
    public String mark(String user) throws SQLException {
        return calls.count(() -> {
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO prayer_marks (prayer_id, user_name) SELECT max(prayer_id), ? FROM prayer")) {
                insert.setString(1, user);
                return insert.executeUpdate() + " mark";
            }
        });
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
