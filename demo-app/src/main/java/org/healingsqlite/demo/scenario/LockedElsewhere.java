package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/** Another process keeps the database locked for a while; striking returns as soon as it is. */
record LockedElsewhere(Duration duration) implements Breakage {
    @Override
    public void strike(Path database) throws IOException {
        Path log = database.resolveSibling("../lock.log").normalize();
        try {
            Peer.start(Main.class, List.of(database.toString(), Long.toString(duration.toMillis())), log)
                    .answer();
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }

    @Override
    public String describe(Path database) {
        return "another process: BEGIN IMMEDIATE, and nothing more for " + duration.toMillis() + " ms";
    }

    /** The other process: its arguments are the file, and how long in milliseconds. */
    static final class Main {
        private Main() {}

        public static void main(String[] arguments) throws SQLException, InterruptedException {
            String url = "jdbc:sqlite:" + arguments[0] + "?open_mode=2&busy_timeout=20000";
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement()) {
                statement.executeUpdate("BEGIN IMMEDIATE");
                System.out.println("ok locked");
                Thread.sleep(Long.parseLong(arguments[1]));
                statement.executeUpdate("ROLLBACK");
            }
        }
    }
}
