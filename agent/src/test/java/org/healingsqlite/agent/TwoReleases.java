package org.healingsqlite.agent;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/** An application server in small: two applications, each with a sqlite-jdbc of its own. */
public final class TwoReleases {
    private TwoReleases() {}

    /** Arguments: a directory for databases, the jars. */
    public static void main(String[] arguments) throws Exception {
        for (String jar : Arrays.copyOfRange(arguments, 1, arguments.length)) {
            List<URL> urls = new ArrayList<>(List.of(Path.of(jar).toUri().toURL()));
            for (String entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator, -1)) {
                if (entry.contains("slf4j")) {
                    urls.add(Path.of(entry).toUri().toURL());
                }
            }
            try (URLClassLoader application =
                    new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
                Driver driver = (Driver) application
                        .loadClass("org.sqlite.JDBC")
                        .getConstructor()
                        .newInstance();
                String name = Path.of(jar).getFileName().toString();
                Path database = Path.of(arguments[0], name + ".db");
                use(driver, database);
                System.out.println(name.replace("sqlite-jdbc-", "").replace(".jar", "") + " healed");
            }
        }
    }

    private static void use(Driver driver, Path database) throws Exception {
        try (Connection connection = driver.connect("jdbc:sqlite:" + database, new Properties());
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE item (id INTEGER PRIMARY KEY)");
            try {
                statement.execute("nonsense");
            } catch (java.sql.SQLException expected) {
                // The core is there now, and has learned the table.
            }
            Files.delete(database);
            statement.executeUpdate("INSERT INTO item VALUES (7)");
            try (ResultSet row = statement.executeQuery("SELECT id FROM item")) {
                if (!row.next() || row.getInt(1) != 7 || !Files.exists(database)) {
                    throw new IllegalStateException("not healed");
                }
            }
        }
    }
}
