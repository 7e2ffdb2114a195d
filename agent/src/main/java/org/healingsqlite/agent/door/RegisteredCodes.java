package org.healingsqlite.agent.door;

import java.lang.ref.WeakReference;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sqlite.core.DB;

/**
 * The functions and collations of all connections that have some. A connection is found by going through them, not by its hash: an object that one thread
 * asks for its hash while another has locked it gets a monitor that is slower for good, and sqlite-jdbc locks this one many times in each call. Guarded by itself.
 */
final class RegisteredCodes {
    private final List<Entry> entries = new ArrayList<>();

    private record Entry(WeakReference<DB> database, RegisteredCode code) {
        boolean isOver() {
            DB known = database.get();
            return known == null || known.isClosed();
        }
    }

    /**
     * Remembers a registration.
     *
     * @param code null where it is taken away
     */
    synchronized void put(DB database, String name, @Nullable Object code, int arguments, int flags) {
        RegisteredCode known = find(database);
        if (known == null && code != null) {
            entries.removeIf(Entry::isOver);
            known = new RegisteredCode();
            entries.add(new Entry(new WeakReference<>(database), known));
        }
        if (known != null) {
            known.put(name, code, arguments, flags);
        }
    }

    /** What is registered on one connection, now and later. */
    Of of(DB database) {
        return new Of(database);
    }

    private synchronized @Nullable RegisteredCode find(DB database) {
        for (Entry entry : entries) {
            if (entry.database().refersTo(database)) {
                return entry.code();
            }
        }
        return null;
    }

    /** What is registered on one connection. */
    final class Of {
        private final DB database;

        private Of(DB database) {
            this.database = database;
        }

        /** Whether there is any function. */
        boolean hasFunctions() {
            RegisteredCode code = find(database);
            return code != null && code.hasFunctions();
        }

        /** Registers all of it on another connection. */
        void applyTo(DB other) throws SQLException {
            RegisteredCode code = find(database);
            if (code != null) {
                code.applyTo(other);
            }
        }
    }
}
