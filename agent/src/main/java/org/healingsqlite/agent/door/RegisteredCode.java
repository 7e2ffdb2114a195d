package org.healingsqlite.agent.door;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sqlite.Collation;
import org.sqlite.Function;
import org.sqlite.core.DB;

/** The functions and collations that an application has registered on one connection: SQLite lists their names only. Guarded by itself. */
final class RegisteredCode {
    private final Map<String, Registration> registrations = new LinkedHashMap<>();

    private record Registration(String name, Object code, int arguments, int flags) {}

    /**
     * Remembers a registration.
     *
     * @param code null where it is taken away
     */
    synchronized void put(String name, @Nullable Object code, int arguments, int flags) {
        if (code == null) {
            registrations.values().removeIf(registration -> registration.name().equals(name));
        } else {
            String key = name + '/' + (code instanceof Collation ? "collation" : String.valueOf(arguments));
            registrations.put(key, new Registration(name, code, arguments, flags));
        }
    }

    synchronized boolean hasFunctions() {
        return registrations.values().stream().anyMatch(registration -> registration.code() instanceof Function);
    }

    /** Registers all of it on another connection. */
    synchronized void applyTo(DB database) throws SQLException {
        for (Registration registration : registrations.values()) {
            int result = registration.code() instanceof Function function
                    ? database.create_function(
                            registration.name(), function, registration.arguments(), registration.flags())
                    : database.create_collation(registration.name(), (Collation) registration.code());
            if (result != 0) {
                throw new SQLException("Cannot register " + registration.name() + " again: result code " + result);
            }
        }
    }
}
