package org.healingsqlite.agent;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.sqlite.Function;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteDataSource;

/** An application that knows nothing of healing and much of sqlite-jdbc. Prints what it sees. */
public final class Program {
    private Program() {}

    public static void main(String[] arguments) throws Exception {
        String url = arguments[1];
        switch (arguments[0]) {
            case "count" -> count(url);
            case "classes" -> classes(url);
            case "moves" -> moves(url);
            case "owns" -> owns(url);
            case "exits" -> exits(url, arguments[2]);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** Counts the rows of a table that it expects to be there. */
    private static void count(String url) {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM item")) {
            row.next();
            System.out.println("rows " + row.getInt(1));
        } catch (SQLException e) {
            System.out.println("failed " + e.getMessage());
        }
    }

    /** Goes on writing after its file was deleted. */
    private static void moves(String url) throws Exception {
        Path file = Path.of(url.substring("jdbc:sqlite:".length()));
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            System.out.println("rows " + rows(statement));
            Files.delete(file);
            statement.executeUpdate("INSERT INTO item VALUES (1)");
            System.out.println((Files.exists(file) ? "moved, rows " : "lost, rows ") + rows(statement));
        }
    }

    /** Its file is deleted in the first moments, and it ends without closing anything. */
    private static void exits(String url, String mode) throws Exception {
        Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        statement.execute("PRAGMA journal_mode = " + mode);
        statement.executeUpdate("CREATE TABLE item (name TEXT)");
        statement.executeUpdate("INSERT INTO item VALUES ('one')");
        String file = url.substring("jdbc:sqlite:".length());
        for (String suffix : new String[] {"", "-wal", "-shm"}) {
            Files.deleteIfExists(Path.of(file + suffix));
        }
        System.exit(3);
    }

    /** Its file is deleted in the first moments, after its permissions have changed. */
    private static void owns(String url) throws Exception {
        Path file = Path.of(url.substring("jdbc:sqlite:".length()));
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE IF NOT EXISTS item (id INTEGER)");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
            Files.delete(file);
            statement.executeUpdate("INSERT INTO item VALUES (1)");
            System.out.println("permissions " + PosixFilePermissions.toString(Files.getPosixFilePermissions(file))
                    + ", rows " + rows(statement));
        }
    }

    private static int rows(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT count(*) FROM item")) {
            row.next();
            return row.getInt(1);
        }
    }

    /** Uses what only sqlite-jdbc's own classes have. */
    private static void classes(String url) throws Exception {
        SQLiteDataSource source = new SQLiteDataSource();
        source.setUrl(url);
        try (Connection connection = source.getConnection()) {
            SQLiteConnection own = (SQLiteConnection) connection;
            System.out.println("unwrapped " + (connection.unwrap(SQLiteConnection.class) == connection));
            System.out.println("same class "
                    + DriverManager.getConnection("jdbc:sqlite::memory:")
                            .getClass()
                            .equals(own.getClass()));
            Function.create(connection, "twice", new Function() {
                @Override
                protected void xFunc() throws SQLException {
                    result(2 * value_int(0));
                }
            });
            try (PreparedStatement query = connection.prepareStatement("SELECT twice(?)")) {
                query.setInt(1, 21);
                try (ResultSet row = query.executeQuery()) {
                    row.next();
                    System.out.println("function " + row.getInt(1));
                    System.out.println("leads back " + (row.getStatement().getConnection() == connection));
                }
            }
            System.out.println("url " + own.getUrl().equals(url));
        }
    }
}
