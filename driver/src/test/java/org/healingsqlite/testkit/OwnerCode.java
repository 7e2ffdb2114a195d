package org.healingsqlite.testkit;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Properties;
import org.sqlite.Collation;
import org.sqlite.Function;

/** What only an application knows of its database: a collation, {@code app_text}, and a function, {@code weight}. */
public final class OwnerCode {
    /** SQLITE_INNOCUOUS. */
    private static final int INNOCUOUS = 0x200000;

    private OwnerCode() {}

    /** A connection of the application's on which nobody heals. */
    public static Connection open(Path database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("healing.inner", "true");
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database, properties);
        register(connection);
        return connection;
    }

    /** Registers both on a connection of sqlite-jdbc's. */
    public static void register(Connection connection) throws SQLException {
        Collation.create(connection, "app_text", new Collation() {
            @Override
            protected int xCompare(String one, String other) {
                return backwards(one).compareTo(backwards(other));
            }
        });
        Function.create(
                connection,
                "weight",
                new Function() {
                    @Override
                    protected void xFunc() throws SQLException {
                        String text = value_text(0);
                        result(text == null ? 0 : 1 + Math.floorMod(text.hashCode(), 97));
                    }
                },
                1,
                Function.FLAG_DETERMINISTIC | INNOCUOUS);
    }

    /** Nothing like the order of bytes, and upper and lower case are one. */
    private static String backwards(String text) {
        return new StringBuilder(text.toLowerCase(Locale.ROOT)).reverse().toString();
    }
}
