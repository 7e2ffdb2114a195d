package org.healingsqlite.flyway;

import java.sql.Connection;
import org.flywaydb.core.internal.database.sqlite.SQLiteDatabaseType;
import org.healingsqlite.HealingDriver;

/**
 * Flyway's SQLite at {@code jdbc:healing:sqlite:} URLs. Flyway finds it as a service. Which statements Flyway runs, and how it reads scripts, stays that of its own SQLite:
 * this type only says which driver such a URL has. Stateless, and safe for use by several threads.
 */
public final class HealingSQLiteDatabaseType extends SQLiteDatabaseType {
    private static final String PREFIX = "jdbc:healing:sqlite:";

    /** For Flyway, which makes it. */
    public HealingSQLiteDatabaseType() {}

    /**
     * Whether a URL is one of the healing driver.
     *
     * @param url what the application has set
     */
    @Override
    public boolean handlesJDBCUrl(String url) {
        return url.startsWith(PREFIX);
    }

    /**
     * The healing driver's class.
     *
     * @param url one that {@link #handlesJDBCUrl} has accepted
     * @param classLoader where Flyway looks for drivers; not used
     */
    @Override
    public String getDriverClass(String url, ClassLoader classLoader) {
        return HealingDriver.class.getName();
    }

    /** Always false: an open connection is one to SQLite, which is the business of Flyway's own type. */
    @Override
    public boolean handlesDatabaseProductNameAndVersion(String product, String version, Connection connection) {
        return false;
    }
}
