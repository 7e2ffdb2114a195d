package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** SQL that another process runs on the database with plain sqlite-jdbc. */
record SqlElsewhere(String sql) implements Breakage {

    /** {@code DROP TABLE} for some tables, in one transaction. */
    static SqlElsewhere dropTables(String... tables) {
        return new SqlElsewhere("BEGIN IMMEDIATE; DROP TABLE " + String.join("; DROP TABLE ", tables) + "; COMMIT");
    }

    /** {@code ALTER TABLE ... DROP COLUMN}. */
    static SqlElsewhere dropColumn(String table, String column) {
        return new SqlElsewhere("ALTER TABLE " + table + " DROP COLUMN " + column);
    }

    @Override
    public void strike(Path database) throws IOException, InterruptedException {
        ChildProcess.runJava(Main.class, List.of(database.toString(), sql));
    }

    @Override
    public String describe(Path database) {
        return "another process: " + sql;
    }

    /** The other process: its arguments are the file and the SQL. */
    static final class Main {
        private Main() {}

        public static void main(String[] arguments) throws SQLException {
            String url = "jdbc:sqlite:" + arguments[0] + "?open_mode=2&busy_timeout=20000";
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement()) {
                statement.executeUpdate(arguments[1]);
            }
        }
    }
}
