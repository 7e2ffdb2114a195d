package org.healingsqlite.demo.prayers;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.healingsqlite.demo.report.Calls;
import org.healingsqlite.testkit.PrayerWall;

/** The application with eleven tables, whose text was written in the course of years. It writes on one connection, and reads on new ones. For one thread. */
public final class WallOfText implements AutoCloseable {
    private final String url;
    private final Connection connection;
    private final Calls calls;

    /** Opens the wall. */
    public WallOfText(String url, Calls calls) throws SQLException {
        this.url = url;
        this.calls = calls;
        this.connection = calls.count(() -> DriverManager.getConnection(url));
    }

    /** Everything that has happened so far, in one transaction. */
    public String fill(PrayerWall wall) throws SQLException {
        return calls.count(() -> {
            connection.setAutoCommit(false);
            wall.fill(connection);
            connection.commit();
            connection.setAutoCommit(true);
            return "filled";
        });
    }

    /** How many prayers, marks, users and sessions there are. */
    public String count() throws SQLException {
        return calls.count(() -> {
            try (Connection reader = DriverManager.getConnection(url);
                    Statement statement = reader.createStatement();
                    ResultSet row = statement.executeQuery("SELECT (SELECT count(*) FROM prayer NOT INDEXED),"
                            + " (SELECT sum(length(user_name)) > 0 FROM prayer_mark NOT INDEXED), (SELECT count(*) FROM user),"
                            + " (SELECT count(*) FROM session)")) {
                return row.getInt(1) + " prayers, " + row.getInt(3) + " users, " + row.getInt(4) + " sessions";
            }
        });
    }

    /** Somebody joins. */
    public String join(String user) throws SQLException {
        return calls.count(() -> {
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT INTO user (display_name, welcome_dismissed) VALUES (?, 0)")) {
                insert.setString(1, user);
                insert.executeUpdate();
                return user + " joined";
            }
        });
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
