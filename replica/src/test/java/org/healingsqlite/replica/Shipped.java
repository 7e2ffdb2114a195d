package org.healingsqlite.replica;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.replication.ReplicaSettings;

/** What the tests of this package share: a database, and the shipping of it. */
final class Shipped {
    private Shipped() {}

    static ReplicaSettings settings(Path store) {
        return settings(store.toUri());
    }

    static ReplicaSettings settings(URI store) {
        return new ReplicaSettings(
                store,
                false,
                Duration.ofMillis(20),
                Duration.ofDays(1),
                Duration.ofDays(1),
                Optional.empty(),
                1L << 30);
    }

    static Shipment ship(Path database, Path store) {
        return ship(database, new FileStore(store), settings(store));
    }

    static Shipment ship(Path database, ReplicaStore store, ReplicaSettings settings) {
        Shipment shipment =
                new Shipment(DatabaseFile.at(database), settings, store, Clock.systemUTC(), Duration.ofSeconds(60));
        shipment.begin();
        return shipment;
    }

    /** A database in WAL mode, with a table. */
    static Connection wal(Path database) throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database + "?busy_timeout=60000");
        execute(connection, "PRAGMA journal_mode=WAL", "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v)");
        return connection;
    }

    static void execute(Connection connection, String... all) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : all) {
                statement.execute(sql);
            }
        }
    }

    static void insert(Connection connection, int rows) throws SQLException {
        for (int i = 0; i < rows; i++) {
            execute(connection, "INSERT INTO t (v) VALUES (hex(randomblob(100)))");
        }
    }

    /** All rows, in one text. */
    static String content(Path database) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            return content(connection);
        }
    }

    static String content(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            StringBuilder all = new StringBuilder();
            try (ResultSet check = statement.executeQuery("PRAGMA integrity_check")) {
                all.append(check.getString(1)).append('\n');
            }
            try (ResultSet rows = statement.executeQuery("SELECT id, v FROM t ORDER BY id")) {
                while (rows.next()) {
                    all.append(rows.getLong(1))
                            .append(' ')
                            .append(rows.getString(2))
                            .append('\n');
                }
            }
            return all.toString();
        }
    }

    static int rows(Path database) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM t")) {
            return count.getInt(1);
        }
    }

    /** The newest state of what a store has. */
    static Path restored(Path store, Path target) throws Exception {
        Files.deleteIfExists(target);
        FileStore files = new FileStore(store);
        Restorer.newest(files, ReplicaContents.of(files).newest().orElseThrow(), target);
        return target;
    }
}
