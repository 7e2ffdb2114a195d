package org.healingsqlite.agent.door;

import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;
import org.sqlite.core.Codes;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;
import org.sqlite.core.NativeDB;

/**
 * sqlite-jdbc's object of one open database, and what it keeps to itself: the native handle, the statements made on it, the listeners. Used off the
 * healthy path only. Callers hold the object's monitor, as sqlite-jdbc does in all its calls of SQLite.
 */
final class NativeHandle {
    /** Whether this release of sqlite-jdbc lets a connection go over to another native handle; 3.39 and later do. */
    static final boolean IS_EXCHANGEABLE = isExchangeable();

    private final SQLiteConnection connection;
    private final DB database;

    /** Statements that were finalized here and not by the application. By identity: equal ones are those whose native address is reused. */
    private final List<Finalized> finalizedHere = new ArrayList<>();

    /** A statement that was finalized, or what sqlite-jdbc keeps it in. */
    private static final class Finalized extends WeakReference<Object> {
        /** Whether it gives rows and was at none of them: it had changed nothing, so that another run does no harm. */
        private final boolean mayRunAgain;

        Finalized(Object statement, boolean mayRunAgain) {
            super(statement);
            this.mayRunAgain = mayRunAgain;
        }
    }

    NativeHandle(Connection connection) {
        this.connection = (SQLiteConnection) connection;
        this.database = this.connection.getDatabase();
    }

    DB database() {
        return database;
    }

    /** Why the connection cannot go over to another native handle; null where it can. */
    @Nullable
    String obstacle() {
        if (!IS_EXCHANGEABLE) {
            return "this release of sqlite-jdbc cannot exchange its native handle";
        }
        try {
            for (String handler : List.of("busyHandler", "progressHandler", "commitListener", "updateListener")) {
                if (fieldOf(NativeDB.class, handler) != null
                        && !Long.valueOf(0).equals(value(NativeDB.class, handler))) {
                    return "a " + (handler.endsWith("Handler") ? handler.replace("Handler", " handler") : "listener")
                            + " is registered, which cannot be taken along";
                }
            }
            if (!listeners("updateListeners").isEmpty()
                    || !listeners("commitListeners").isEmpty()) {
                return "a listener is registered, which cannot be taken along";
            }
        } catch (IllegalAccessException e) {
            return Disclosure.text(e);
        }
        return null;
    }

    private static boolean isExchangeable() {
        Field statements = fieldOf(DB.class, "stmts");
        return fieldOf(NativeDB.class, "pointer") != null && statements != null && statements.getType() == Set.class;
    }

    private Collection<?> listeners(String name) throws IllegalAccessException {
        return fieldOf(DB.class, name) != null && value(DB.class, name) instanceof Collection<?> all ? all : List.of();
    }

    /** Finalizes every statement; a prepared one is made again when it is used next. */
    void finalizeStatements() throws SQLException {
        finalizeThose(false);
    }

    /** Finalizes what gives rows, and so may hold a lock while they are read. */
    void finalizeQueries() throws SQLException {
        finalizeThose(true);
    }

    private void finalizeThose(boolean withRows) throws SQLException {
        try {
            Object statements = value(DB.class, "stmts");
            if (statements instanceof Map<?, ?> ofOldReleases) {
                for (Map.Entry<?, ?> each : new ArrayList<>(ofOldReleases.entrySet())) {
                    if (!withRows || givesRows((Long) each.getKey())) {
                        remember(each.getValue(), false);
                        DB.class.getMethod("finalize", CoreStatement.class).invoke(database, each.getValue());
                    }
                }
            } else {
                for (Object pointer : new ArrayList<>((Set<?>) statements)) {
                    long address = addressOf(pointer);
                    if (!withRows || givesRows(address)) {
                        remember(pointer, givesRows(address) && !isAtARow(address));
                        close(pointer);
                    }
                }
            }
        } catch (ReflectiveOperationException e) {
            throw new SQLException("Cannot reach the statements of sqlite-jdbc", e);
        }
    }

    private boolean givesRows(long statement) throws ReflectiveOperationException {
        return statement != 0
                && (Integer) DB.class.getMethod("column_count", long.class).invoke(database, statement) > 0;
    }

    private static long addressOf(Object pointer) throws ReflectiveOperationException {
        return declared(pointer.getClass(), "ptr").getLong(pointer);
    }

    /** Whether a statement is at a row that has any value: where it is at none, all its columns are NULL. */
    private boolean isAtARow(long statement) throws ReflectiveOperationException {
        int columns = statement == 0
                ? 0
                : (Integer) DB.class.getMethod("column_count", long.class).invoke(database, statement);
        for (int column = 0; column < columns; column++) {
            Object type =
                    DB.class.getMethod("column_type", long.class, int.class).invoke(database, statement, column);
            if (!Integer.valueOf(Codes.SQLITE_NULL).equals(type)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether the application has a statement open that has something for it: a row, a key, or the number of rows that it has changed. Releases before
     * 3.39 are not asked.
     */
    boolean isAnythingAwaited() throws SQLException {
        try {
            for (Object pointer : new ArrayList<>((Set<?>) value(DB.class, "stmts"))) {
                long address = addressOf(pointer);
                if (!givesRows(address) || isAtARow(address)) {
                    return true;
                }
            }
            return false;
        } catch (ReflectiveOperationException e) {
            throw new SQLException("Cannot reach the statements of sqlite-jdbc", e);
        }
    }

    /** Finalizes what 3.39 and later keep in an object; by reflection, because its class is not there before. */
    private static void close(Object pointer) throws ReflectiveOperationException {
        pointer.getClass().getMethod("close").invoke(pointer);
    }

    /** Exchanges the native handles of two objects; both have no statement left. */
    void exchange(NativeHandle other) throws SQLException {
        try {
            for (NativeHandle each : new NativeHandle[] {this, other}) {
                for (String ofTransactions : List.of("begin", "commit")) {
                    Field field = fieldOf(DB.class, ofTransactions);
                    if (field != null && field.get(each.database) != null) {
                        close(field.get(each.database));
                        field.set(each.database, null);
                    }
                }
            }
            Field pointer = NativeDB.class.getDeclaredField("pointer");
            pointer.setAccessible(true);
            long mine = pointer.getLong(database);
            pointer.setLong(database, pointer.getLong(other.database));
            pointer.setLong(other.database, mine);
        } catch (ReflectiveOperationException e) {
            throw new SQLException("Cannot reach the native handle of sqlite-jdbc", e);
        }
    }

    /** Whether a statement is unusable because of {@link #finalizeStatements}. */
    boolean isFinalizedHere(CoreStatement statement) {
        try {
            Object pointer = CoreStatement.class.getField("pointer").get(statement);
            return remembers(pointer instanceof Long ? statement : pointer);
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    /** Whether a statement has no native one: an error has finalized it. */
    static boolean isFinalized(CoreStatement statement) {
        try {
            Object pointer = CoreStatement.class.getField("pointer").get(statement);
            return pointer instanceof Long address
                    ? address == 0
                    : (Boolean) pointer.getClass().getMethod("isClosed").invoke(pointer);
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    /** Prepares a statement again; its parameters are bound when it runs. */
    void prepareAgain(CoreStatement statement) throws SQLException {
        synchronized (finalizedHere) {
            finalizedHere.removeIf(reference -> reference.refersTo(statement));
        }
        database.prepare(statement);
    }

    /** Whether a statement that was finalized here had changed nothing when it was. */
    boolean mayRunAgain(CoreStatement statement) {
        try {
            Object pointer = CoreStatement.class.getField("pointer").get(statement);
            synchronized (finalizedHere) {
                return finalizedHere.stream()
                        .anyMatch(reference -> reference.refersTo(pointer) && reference.mayRunAgain);
            }
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    private void remember(Object statement, boolean mayRunAgain) {
        synchronized (finalizedHere) {
            finalizedHere.removeIf(reference -> reference.refersTo(null));
            finalizedHere.add(new Finalized(statement, mayRunAgain));
        }
    }

    private boolean remembers(Object statement) {
        synchronized (finalizedHere) {
            return finalizedHere.stream().anyMatch(reference -> reference.refersTo(statement));
        }
    }

    /** A private or protected field of a statement, by name. */
    static @Nullable Object field(CoreStatement statement, String name) throws ReflectiveOperationException {
        return declared(statement.getClass(), name).get(statement);
    }

    static void setField(CoreStatement statement, String name, @Nullable Object value)
            throws ReflectiveOperationException {
        declared(statement.getClass(), name).set(statement, value);
    }

    private static Field declared(Class<?> type, String name) throws NoSuchFieldException {
        for (Class<?> each = type; each != null; each = each.getSuperclass()) {
            Field field = fieldOf(each, name);
            if (field != null) {
                return field;
            }
        }
        throw new NoSuchFieldException(name);
    }

    private @Nullable Object value(Class<?> type, String name) throws IllegalAccessException {
        Field field = fieldOf(type, name);
        return field == null ? null : field.get(database);
    }

    private static @Nullable Field fieldOf(Class<?> type, String name) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException | RuntimeException e) {
            return null;
        }
    }
}
