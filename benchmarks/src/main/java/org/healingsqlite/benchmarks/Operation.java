package org.healingsqlite.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Locale;
import java.util.Random;

/** What an application does most, on a table of 100,000 rows. Each returns a number, so that nothing is optimised away. */
enum Operation {
    SELECT_KEPT("point select, kept statement", 20_000) {
        @Override
        Work prepare(Connection connection) throws SQLException {
            PreparedStatement select = connection.prepareStatement("SELECT name FROM item WHERE id = ?");
            return i -> {
                select.setInt(1, key(i));
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? row.getString(1).length() : -1;
                }
            };
        }
    },
    SELECT_NEW("point select, new statement", 10_000) {
        @Override
        Work prepare(Connection connection) {
            return i -> {
                try (PreparedStatement select = connection.prepareStatement("SELECT name FROM item WHERE id = ?")) {
                    select.setInt(1, key(i));
                    try (ResultSet row = select.executeQuery()) {
                        return row.next() ? row.getString(1).length() : -1;
                    }
                }
            };
        }
    },
    SCAN("scan of 100,000 rows, three columns", 2) {
        @Override
        Work prepare(Connection connection) throws SQLException {
            PreparedStatement select = connection.prepareStatement("SELECT id, name, price FROM item");
            return i -> {
                long sum = 0;
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        sum += row.getInt(1) + row.getString(2).length() + (long) row.getDouble(3);
                    }
                }
                return sum;
            };
        }
    },
    INSERT("autocommit insert", 3_000) {
        @Override
        Work prepare(Connection connection) throws SQLException {
            PreparedStatement insert = connection.prepareStatement("INSERT INTO event (at, what) VALUES (?, ?)");
            return i -> {
                insert.setLong(1, i);
                insert.setString(2, "something happened");
                return insert.executeUpdate();
            };
        }
    },
    TRANSACTION("transaction of 100 selects and inserts", 40) {
        @Override
        Work prepare(Connection connection) throws SQLException {
            PreparedStatement select = connection.prepareStatement("SELECT name FROM item WHERE id = ?");
            PreparedStatement insert = connection.prepareStatement("INSERT INTO event (at, what) VALUES (?, ?)");
            return i -> {
                connection.setAutoCommit(false);
                long sum = 0;
                for (int row = 0; row < 50; row++) {
                    select.setInt(1, key(i * 50 + row));
                    try (ResultSet item = select.executeQuery()) {
                        sum += item.next() ? item.getString(1).length() : -1;
                    }
                    insert.setLong(1, row);
                    insert.setString(2, "something happened");
                    sum += insert.executeUpdate();
                }
                connection.commit();
                connection.setAutoCommit(true);
                return sum;
            };
        }
    },
    BATCH("batch of 10,000", 2) {
        @Override
        Work prepare(Connection connection) throws SQLException {
            PreparedStatement insert = connection.prepareStatement("INSERT INTO event (at, what) VALUES (?, ?)");
            return i -> {
                connection.setAutoCommit(false);
                for (int row = 0; row < 10_000; row++) {
                    insert.setInt(1, row);
                    insert.setString(2, "something happened");
                    insert.addBatch();
                }
                int count = insert.executeBatch().length;
                connection.commit();
                connection.setAutoCommit(true);
                return count;
            };
        }
    },
    SELECTS("transaction of 100 selects", 40) {
        @Override
        Work prepare(Connection connection) throws SQLException {
            PreparedStatement select = connection.prepareStatement("SELECT name FROM item WHERE id = ?");
            return i -> {
                connection.setAutoCommit(false);
                long sum = 0;
                for (int row = 0; row < 100; row++) {
                    select.setInt(1, key(i * 100 + row));
                    try (ResultSet item = select.executeQuery()) {
                        sum += item.next() ? item.getString(1).length() : -1;
                    }
                }
                connection.commit();
                connection.setAutoCommit(true);
                return sum;
            };
        }
    },
    LITERALS("INSERT of 500 rows as literals, in a transaction", 10) {
        @Override
        Work prepare(Connection connection) throws SQLException {
            Statement statement = connection.createStatement();
            return i -> {
                StringBuilder sql = new StringBuilder("INSERT INTO event (at, what) VALUES ");
                for (int row = 0; row < 500; row++) {
                    sql.append(row == 0 ? "(" : ", (").append(i * 500 + row).append(", 'something happened')");
                }
                connection.setAutoCommit(false);
                int count = statement.executeUpdate(sql.toString());
                connection.commit();
                connection.setAutoCommit(true);
                return count;
            };
        }
    },
    BLOB_READS("transaction of 20 reads of 100 KB", 20) {
        @Override
        Work prepare(Connection connection) throws SQLException {
            createPicture(connection);
            PreparedStatement select = connection.prepareStatement("SELECT bytes FROM picture WHERE id = ?");
            return i -> {
                connection.setAutoCommit(false);
                long sum = 0;
                for (int row = 0; row < 20; row++) {
                    select.setInt(1, 1);
                    try (ResultSet picture = select.executeQuery()) {
                        sum += picture.next() ? picture.getBytes(1).length : -1;
                    }
                }
                connection.commit();
                connection.setAutoCommit(true);
                return sum;
            };
        }
    },
    BLOB_WRITES("transaction of 20 inserts of 100 KB", 3) {
        @Override
        Work prepare(Connection connection) throws SQLException {
            PreparedStatement insert = connection.prepareStatement("INSERT INTO event (at, what) VALUES (?, ?)");
            byte[] bytes = picture();
            return i -> {
                connection.setAutoCommit(false);
                long count = 0;
                for (int row = 0; row < 20; row++) {
                    insert.setInt(1, row);
                    insert.setBytes(2, bytes);
                    count += insert.executeUpdate();
                }
                connection.commit();
                connection.setAutoCommit(true);
                return count;
            };
        }
    },
    SAVEPOINTS("transaction of 50 savepoints with an insert each", 40) {
        @Override
        Work prepare(Connection connection) throws SQLException {
            PreparedStatement insert = connection.prepareStatement("INSERT INTO event (at, what) VALUES (?, ?)");
            return i -> {
                connection.setAutoCommit(false);
                long count = 0;
                for (int row = 0; row < 50; row++) {
                    Savepoint savepoint = connection.setSavepoint();
                    insert.setLong(1, row);
                    insert.setString(2, "something happened");
                    count += insert.executeUpdate();
                    connection.releaseSavepoint(savepoint);
                }
                connection.commit();
                connection.setAutoCommit(true);
                return count;
            };
        }
    };

    private static final int PICTURE_BYTES = 100 * 1024;

    static byte[] picture() {
        byte[] bytes = new byte[PICTURE_BYTES];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    private static void createPicture(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE picture (id INTEGER PRIMARY KEY, bytes BLOB)");
        }
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO picture VALUES (1, ?)")) {
            insert.setBytes(1, picture());
            insert.executeUpdate();
        }
    }

    /** Rows of {@code item}. */
    static final int ROWS = 100_000;

    private final String title;
    private final int times;

    Operation(String title, int times) {
        this.title = title;
        this.times = times;
    }

    /** One call of an operation. */
    @FunctionalInterface
    interface Work {
        long run(int i) throws SQLException;
    }

    abstract Work prepare(Connection connection) throws SQLException;

    String title() {
        return title;
    }

    /** How often one sample runs it. */
    int times() {
        return times;
    }

    static int key(int i) {
        return (int) (i * 2_654_435_761L % ROWS & Integer.MAX_VALUE) % ROWS + 1;
    }

    /** The tables both sides work on. */
    static void createTables(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.executeUpdate(
                    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL)");
            statement.executeUpdate("CREATE TABLE event (id INTEGER PRIMARY KEY, at INTEGER, what TEXT)");
            statement.executeUpdate(String.format(
                    Locale.ROOT,
                    "INSERT INTO item WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                            + " SELECT i, 'item number ' || i, i * 0.25 FROM n",
                    ROWS));
        }
    }
}
