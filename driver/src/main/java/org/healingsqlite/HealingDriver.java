package org.healingsqlite;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Logger;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.ManagedDatabases;
import org.healingsqlite.heal.Mode;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.heal.SchemaKnowledge;
import org.healingsqlite.jdbc.HealingConnection;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.sqlite.DatabaseUrl;
import org.healingsqlite.sqlite.Encryption;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * The JDBC driver of {@code jdbc:healing:sqlite:} URLs: sqlite-jdbc's connections, that heal. Everything behind the prefix is sqlite-jdbc's own
 * syntax, beside {@code healing.*} parameters (see {@link HealingOption}).
 *
 * <p>{@code DatabaseMetaData.getURL} gives the plain {@code jdbc:sqlite:} URL, because frameworks choose their dialect by it. Thread-safe.
 */
public final class HealingDriver implements Driver {

    static {
        try {
            DriverManager.registerDriver(new HealingDriver());
        } catch (SQLException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** A driver; {@code DriverManager} finds one by itself. */
    public HealingDriver() {}

    @Override
    public boolean acceptsURL(@Nullable String url) {
        return url != null && HealingUrl.isHealing(url);
    }

    /**
     * Opens a connection.
     *
     * @param url null or another driver's URL gives null, as JDBC demands
     * @param properties sqlite-jdbc's properties and {@code healing.*} ones
     * @throws SQLException sqlite-jdbc's own; one that names option, value and what was expected; or one that tells why a registered schema
     *     cannot be read or applied
     */
    @Override
    public @Nullable Connection connect(@Nullable String url, @Nullable Properties properties) throws SQLException {
        if (!acceptsURL(url) || url == null) {
            return null;
        }
        Properties all = new Properties();
        if (properties != null) {
            properties.stringPropertyNames().forEach(name -> all.setProperty(name, properties.getProperty(name)));
        }
        return open(url, Map.of(), all);
    }

    /**
     * Opens a connection.
     *
     * @param setters what code has set by name, keys with their prefix; trusted, as the others are not
     */
    static Connection open(String url, Map<String, String> setters, Properties properties) throws SQLException {
        HealingUrl healing = HealingUrl.parse(url);
        HealingSettings settings =
                HealingOptions.resolve(healing.options(), setters, properties).settings();
        try (Disclosure.Scope ignored = settings.disclosing()) {
            return open(healing, settings, properties);
        }
    }

    private static Connection open(HealingUrl healing, HealingSettings settings, Properties properties)
            throws SQLException {
        Properties plain = new Properties();
        properties.stringPropertyNames().stream()
                .filter(name -> !HealingOptions.isHealingKey(name))
                .forEach(name -> plain.setProperty(name, properties.getProperty(name)));
        Opener physical = new PlainConnections(healing.plain(), plain);
        DatabaseUrl location = DatabaseUrl.parse(healing.plain());
        if (settings.mode() == Mode.OFF || Encryption.isAsked(healing.plain(), plain)) {
            // Whatever is copied through a connection with a key is in plain text.
            return physical.open();
        }
        if (location.file().isEmpty()) {
            // Nothing on disk that could be lost: plain sqlite-jdbc, with the registered schema.
            return SchemaKnowledge.applySchema(settings, physical.open());
        }
        try (ManagedDatabases.Found found =
                ManagedDatabases.instance().at(location.file().get(), settings)) {
            return new HealingConnection(found, settings, physical);
        }
    }

    /**
     * The options that a URL or properties may give, and sqlite-jdbc's: those of the class {@link HealingOption.Trust#POWER} are not offered, nor is
     * told what a trusted place gives for them.
     */
    @Override
    public DriverPropertyInfo[] getPropertyInfo(@Nullable String url, @Nullable Properties properties)
            throws SQLException {
        Properties given = properties == null ? new Properties() : properties;
        // sqlite-jdbc does not look at the URL: tools ask before they have one.
        HealingUrl healing = HealingUrl.parse(acceptsURL(url) && url != null ? url : HealingUrl.SCHEME);
        HealingOptions options = HealingOptions.resolve(healing.options(), Map.of(), given);
        List<DriverPropertyInfo> all = new ArrayList<>();
        for (HealingOption option : HealingOption.values()) {
            if (!options.isForUrls(option)) {
                continue;
            }
            DriverPropertyInfo info = new DriverPropertyInfo(option.key(), options.text(option));
            info.description = option.description();
            info.choices = option.choices().isEmpty() ? null : option.choices().toArray(String[]::new);
            all.add(info);
        }
        all.addAll(Arrays.asList(Sqlite.propertyInfo(healing.plain(), given)));
        return all.toArray(DriverPropertyInfo[]::new);
    }

    @Override
    public int getMajorVersion() {
        return Sqlite.majorVersion();
    }

    @Override
    public int getMinorVersion() {
        return Sqlite.minorVersion();
    }

    @Override
    public boolean jdbcCompliant() {
        return false;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("logs go to SLF4J");
    }
}
