package org.healingsqlite.demo.prayers;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.healingsqlite.demo.report.Calls;

/**
 * The application: it writes on a connection that it holds for as long as it runs, and reads on new ones. What it commits it writes as text, too. For
 * one thread.
 */
public final class PrayerWall implements AutoCloseable {
    private final String url;
    private final Connection connection;
    private final TextArchives archives;
    private final Calls calls;

    /** Opens the wall. */
    public PrayerWall(String url, TextArchives archives, Calls calls) throws SQLException {
        this.url = url;
        this.archives = archives;
        this.calls = calls;
        this.connection = calls.count(() -> DriverManager.getConnection(url));
    }

    /** The author of a prayer of those that {@link #fill} puts up. */
    public static String author(int prayer) {
        return "author " + prayer % 7;
    }

    /** Its text: whatever people write, with colons, pipes, blank lines and all. */
    public static String text(int prayer) {
        return "For all of us: " + "peace | hope = well; ".repeat(10) + prayer
                + "\n\nActivity:\n  indented, \\not\\nescaped, \u00fcn\u00efc\u00f6d\u00e9 \uD83D\uDE4F\n'); DROP TABLE prayer;--";
    }

    /** Puts up many prayers in one transaction, with their users, a mark and a session each. */
    public void fill(int prayers) throws SQLException {
        calls.count(() -> {
            connection.setAutoCommit(false);
            archives.user(1, "founder", null);
            try (PreparedStatement user = connection.prepareStatement(
                            "INSERT INTO users (user_id, name, invited_by) VALUES (?, ?, 1)");
                    PreparedStatement mark = connection.prepareStatement("INSERT INTO prayer_marks VALUES (?, ?)");
                    PreparedStatement session = connection.prepareStatement("INSERT INTO sessions VALUES (?, ?, ?)")) {
                for (int i = 0; i < 7; i++) {
                    user.setLong(1, 2 + i);
                    user.setString(2, author(i));
                    user.executeUpdate();
                    session.setString(1, "token-" + i);
                    session.setString(2, author(i));
                    session.setString(3, "Mozilla/5.0 (X11; | Linux)");
                    session.executeUpdate();
                    archives.user(2 + i, author(i), 1L);
                    archives.session("token-" + i, author(i), "Mozilla/5.0 (X11; | Linux)");
                }
                for (int i = 1; i <= prayers; i++) {
                    put(author(i), text(i));
                    mark.setLong(1, i);
                    mark.setString(2, author(i + 1));
                    mark.executeUpdate();
                    archives.mark(i, author(i + 1));
                }
            }
            connection.commit();
            connection.setAutoCommit(true);
            return prayers;
        });
    }

    private long put(String author, String text) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO prayer (author, text) VALUES (?, ?) RETURNING prayer_id, created_at")) {
            insert.setString(1, author);
            insert.setString(2, text);
            try (ResultSet row = insert.executeQuery()) {
                long id = row.getLong(1);
                archives.prayer(id, author, row.getString(2), text);
                return id;
            }
        }
    }

    /** How many prayers there are. */
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
        return calls.count(() -> "prayer " + put(author, text));
    }

    /** Leaves a mark on the newest prayer. */
    public String mark(String user) throws SQLException {
        return calls.count(() -> {
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO prayer_marks (prayer_id, user_name) SELECT max(prayer_id), ? FROM prayer RETURNING prayer_id")) {
                insert.setString(1, user);
                try (ResultSet row = insert.executeQuery()) {
                    archives.mark(row.getLong(1), user);
                    return "1 mark";
                }
            }
        });
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
