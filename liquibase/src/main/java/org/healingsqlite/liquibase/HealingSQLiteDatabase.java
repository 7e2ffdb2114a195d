package org.healingsqlite.liquibase;

import liquibase.database.core.SQLiteDatabase;
import org.healingsqlite.HealingDriver;
import org.jspecify.annotations.Nullable;

/**
 * Liquibase's SQLite, at {@code jdbc:healing:sqlite:} URLs as well. Liquibase finds it as a service, and takes it for plain {@code jdbc:sqlite:} URLs too, where it does what
 * Liquibase's own does. Its short name stays {@code sqlite}, so {@code dbms="sqlite"} in a changelog means it. As safe for use by several threads as Liquibase's own.
 */
public final class HealingSQLiteDatabase extends SQLiteDatabase {
    private static final String PREFIX = "jdbc:healing:sqlite:";

    /** For Liquibase, which makes it. */
    public HealingSQLiteDatabase() {}

    /**
     * The driver's class for a URL.
     *
     * @param url what the application has set
     * @return null for one that is not of SQLite
     */
    @Override
    public @Nullable String getDefaultDriver(String url) {
        return url.startsWith(PREFIX) ? HealingDriver.class.getName() : super.getDefaultDriver(url);
    }

    /** One above Liquibase's own SQLite, which has the same short name: of those Liquibase takes one. */
    @Override
    public int getPriority() {
        return super.getPriority() + 1;
    }
}
