package org.healingsqlite.seconddoor;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.logging.Logger;
import org.sqlite.JDBC;

/**
 * Takes the tests of the driver to the agent's door. What they open as {@code jdbc:healing:sqlite:} is opened as {@code jdbc:sqlite:}, which the agent
 * heals; the options go where the agent looks for them, into the system properties, for as long as the opening takes. What they open as
 * {@code jdbc:sqlite:}, behind the healer's back, is marked as somebody else's. Comes before the other drivers on the class path.
 */
public final class PlainUrls implements Driver {
    private static final String HEALED = "jdbc:healing:sqlite:";
    private static final String PLAIN = "jdbc:sqlite:";
    private static final String OPTION = "healing.";

    private static Map<String, String> options = Map.of();
    private static int opening;

    static {
        try {
            DriverManager.registerDriver(new PlainUrls());
        } catch (SQLException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @Override
    public Connection connect(String url, Properties given) throws SQLException {
        beTheOnlyOne();
        if (url.startsWith(HEALED)) {
            return opened(url, given);
        }
        return url.startsWith(PLAIN) ? elsewhere(url, given) : null;
    }

    /** What this one cannot open nobody else is asked for. */
    private static synchronized void beTheOnlyOne() throws SQLException {
        for (Driver other : Collections.list(DriverManager.getDrivers())) {
            if (!(other instanceof PlainUrls)) {
                DriverManager.deregisterDriver(other);
            }
        }
    }

    private static Connection elsewhere(String url, Properties given) throws SQLException {
        Properties marked = new Properties();
        marked.putAll(given);
        marked.setProperty("healing.inner", "true");
        return JDBC.createConnection(url, marked);
    }

    /** Opens what is to be healed. */
    static Connection opened(String url, Properties given) throws SQLException {
        AgentCore.await();
        Map<String, String> wanted = new TreeMap<>();
        Properties properties = new Properties();
        for (String name : given.stringPropertyNames()) {
            if (name.startsWith(OPTION)) {
                wanted.put(name, given.getProperty(name));
            } else {
                properties.setProperty(name, given.getProperty(name));
            }
        }
        String plain = plain(url, wanted);
        begin(wanted);
        try {
            return JDBC.createConnection(plain, properties);
        } finally {
            end();
        }
    }

    /** The URL without the options, which go where they are wanted. */
    static String plain(String url, Map<String, String> wanted) {
        String[] parts = url.substring(HEALED.length()).split("\\?", 2);
        List<String> others = new ArrayList<>();
        for (String parameter : parts.length == 1 ? new String[0] : parts[1].split("&", -1)) {
            int equals = parameter.indexOf('=');
            if (parameter.startsWith(OPTION)) {
                wanted.put(parameter.substring(0, equals), parameter.substring(equals + 1));
            } else {
                others.add(parameter);
            }
        }
        return PLAIN + parts[0] + (others.isEmpty() ? "" : '?' + String.join("&", others));
    }

    private static synchronized void begin(Map<String, String> wanted) {
        while (opening > 0 && !options.equals(wanted)) {
            try {
                PlainUrls.class.wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        opening++;
        wanted.forEach(System::setProperty);
        options = wanted;
    }

    private static synchronized void end() {
        if (--opening == 0) {
            options.keySet().forEach(System::clearProperty);
            PlainUrls.class.notifyAll();
        }
    }

    @Override
    public boolean acceptsURL(String url) {
        return url.startsWith(HEALED) || url.startsWith(PLAIN);
    }

    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
        return new DriverPropertyInfo[0];
    }

    @Override
    public int getMajorVersion() {
        return 1;
    }

    @Override
    public int getMinorVersion() {
        return 0;
    }

    @Override
    public boolean jdbcCompliant() {
        return false;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException();
    }
}
