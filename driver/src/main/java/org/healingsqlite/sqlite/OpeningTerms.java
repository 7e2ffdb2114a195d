package org.healingsqlite.sqlite;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/**
 * What a URL and properties say of the connections that are opened with them, read once for each set of both. Immutable.
 *
 * @param isReadOnly see {@link Sqlite#opensReadOnly}
 * @param isOfExisting see {@link Sqlite#opensExistingOnly}
 * @param sharesCache see {@link Sqlite#sharesCache}
 * @param asksForForeignKeys see {@link Sqlite#asksForForeignKeys}
 * @param journalMode see {@link Sqlite#journalMode}
 * @param existingUrl the URL without its journal mode
 */
public record OpeningTerms(
        boolean isReadOnly,
        boolean isOfExisting,
        boolean sharesCache,
        boolean asksForForeignKeys,
        String journalMode,
        String existingUrl,
        Map<String, String> existing) {
    /** An application has a handful of URLs; where it makes one for each call, the longest unused are read again. */
    private static final int MOST_KEPT = 256;

    /** By URL and properties, the longest unused first. Guarded by itself. */
    private static final Map<Given, OpeningTerms> READ = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Given, OpeningTerms> eldest) {
            return size() > MOST_KEPT;
        }
    };

    private record Given(String url, Map<String, String> properties) {}

    public OpeningTerms {
        existing = Map.copyOf(existing);
    }

    /** What these say. */
    public static OpeningTerms of(String url, Properties properties) {
        Given given = new Given(url, map(properties));
        synchronized (READ) {
            return READ.computeIfAbsent(given, each -> read(url, properties));
        }
    }

    private static OpeningTerms read(String url, Properties properties) {
        return new OpeningTerms(
                Sqlite.opensReadOnly(url, properties),
                Sqlite.opensExistingOnly(url, properties),
                Sqlite.sharesCache(url, properties),
                Sqlite.asksForForeignKeys(url, properties),
                Sqlite.journalMode(url, properties),
                Sqlite.withoutJournalMode(url),
                map(Sqlite.withoutJournalMode(Sqlite.withoutCreating(url, properties))));
    }

    private static Map<String, String> map(Properties properties) {
        Map<String, String> map = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> map.put(name, properties.getProperty(name)));
        return map;
    }

    /** The properties with which no file is created and no journal mode set; the caller's. */
    public Properties existingProperties() {
        Properties properties = new Properties();
        properties.putAll(existing);
        return properties;
    }
}
