package org.healingsqlite.heal;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.schema.AfterHealScripts;
import org.healingsqlite.schema.RegisteredSchema;
import org.healingsqlite.schema.Scripts;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/** The scripts that settings name, each set loaded once, and which of them cannot be applied to this database. Thread-safe. */
final class RegisteredScripts {
    private static final Log LOG = Log.of(RegisteredScripts.class);

    private final DatabaseFile file;
    private final IncidentDesk desk;

    private final Map<Scripts, RegisteredSchema> registered = new HashMap<>();
    private final Map<Scripts, AfterHealScripts> afterHeal = new HashMap<>();

    /** What is registered and could not be applied to a database that has tables: why. */
    private final Map<Scripts, String> unusable = new ConcurrentHashMap<>();

    RegisteredScripts(DatabaseFile file, IncidentDesk desk) {
        this.file = file;
        this.desk = desk;
    }

    /** The schema registered with some settings; null where none is, or where it cannot be applied. */
    @Nullable
    RegisteredSchema schema(HealingSettings settings) throws SQLException {
        if (settings.schema().isEmpty() || unusable.containsKey(settings.schema())) {
            return null;
        }
        synchronized (registered) {
            RegisteredSchema known = registered.get(settings.schema());
            if (known == null) {
                try {
                    known = load(settings);
                } catch (SQLException e) {
                    desk.failedToInitialise();
                    LOG.error("{}: the registered schema cannot be used: {}", file.main(), Disclosure.message(e));
                    throw e;
                }
                registered.put(settings.schema(), known);
            }
            return known;
        }
    }

    static RegisteredSchema load(HealingSettings settings) throws SQLException {
        return RegisteredSchema.load(settings.schema(), Sqlite::openInMemory);
    }

    /**
     * What is registered is tried again, where it could not be applied before.
     *
     * @return why it could not; empty where it could
     */
    String tryAgain(HealingSettings settings) {
        return Objects.requireNonNullElse(unusable.remove(settings.schema()), "");
    }

    /** About how much memory they take. */
    long sizeBytes() {
        synchronized (registered) {
            return registered.values().stream()
                    .mapToLong(each -> each.expected().sizeBytes())
                    .sum();
        }
    }

    /** They are read again when somebody needs them. */
    void drop() {
        synchronized (registered) {
            registered.clear();
        }
        synchronized (afterHeal) {
            afterHeal.clear();
        }
    }

    /** What is registered cannot be applied to this database: until it is read and tried again, its connections do without. */
    void doWithout(HealingSettings settings, String why) {
        unusable.put(settings.schema(), why);
        synchronized (registered) {
            registered.remove(settings.schema());
        }
    }

    /** Why what is registered cannot be applied; empty where it can, or there is none. */
    Optional<String> whyUnusable(HealingSettings settings) {
        return Optional.ofNullable(unusable.get(settings.schema()));
    }

    /** The scripts to run on recovered content. */
    AfterHealScripts afterHeal(HealingSettings settings) throws SQLException {
        synchronized (afterHeal) {
            AfterHealScripts known = afterHeal.get(settings.afterHeal());
            if (known == null) {
                known = AfterHealScripts.load(settings.afterHeal());
                afterHeal.put(settings.afterHeal(), known);
            }
            return known;
        }
    }
}
