package org.healingsqlite.seconddoor;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.sqlite.JDBC;

/**
 * The healing core that the agent has loaded beside this JVM's sqlite-jdbc, for tests that ask it questions. Its classes are the driver's, under other
 * names and in a class loader of their own, so it is spoken to by reflection, and its answers are copied.
 */
public final class AgentCore {
    private static final String PACKAGES = "org.healingsqlite.agent.core.";
    private static final Object DOOR = door();

    private AgentCore() {}

    /** The core is loaded while the program runs on; a failing statement waits for it. */
    private static Object door() {
        try (Connection connection = JDBC.createConnection("jdbc:sqlite::memory:", new Properties());
                Statement statement = connection.createStatement()) {
            statement.execute("nonsense");
            throw new IllegalStateException("nonsense was executed");
        } catch (SQLException expected) {
            try {
                Object early = valueOf(Class.forName("org.sqlite.core.HealingGate"), "door", null);
                return Objects.requireNonNull(valueOf(early.getClass(), "door", early), "the core was not loaded");
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("this JVM runs without the agent", e);
            }
        }
    }

    /** Returns when the core is there. */
    static void await() {
        Objects.requireNonNull(DOOR);
    }

    /** The agent's own idea of a connection: its session. */
    public static Object connection(Connection connection) throws SQLException {
        try {
            Object connections = Objects.requireNonNull(valueOf(DOOR.getClass(), "connections", DOOR));
            Object managed = Objects.requireNonNull(
                    call(connections, "of", connection.unwrap(Connection.class)),
                    "the agent does not know this connection");
            return call(managed, "session");
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the agent has another door", e);
        }
    }

    private static Object valueOf(Class<?> type, String name, Object of) throws ReflectiveOperationException {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field.get(of);
    }

    /** A class of the core, by its name in the driver. */
    public static Class<?> type(String name) {
        try {
            return Class.forName(
                    PACKAGES + name.substring("org.healingsqlite.".length()),
                    true,
                    DOOR.getClass().getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Calls the method of that name which takes these arguments. */
    public static Object call(Object on, String name, Object... arguments) throws SQLException {
        return call(on.getClass(), on, name, arguments);
    }

    /** Calls a static method. */
    public static Object call(Class<?> type, String name, Object... arguments) throws SQLException {
        return call(type, null, name, arguments);
    }

    private static Object call(Class<?> type, Object on, String name, Object... arguments) throws SQLException {
        // Properties are a Map as well: of several methods the one that names the arguments' own types is meant.
        Class<?>[] types = Arrays.stream(arguments).map(Object::getClass).toArray(Class<?>[]::new);
        List<Method> methods = Arrays.stream(type.getDeclaredMethods())
                .sorted(Comparator.comparing(method -> -same(method.getParameterTypes(), types)))
                .toList();
        for (Method method : methods) {
            if (method.getName().equals(name) && takes(method.getParameterTypes(), arguments)) {
                try {
                    method.setAccessible(true);
                    return method.invoke(on, arguments);
                } catch (InvocationTargetException e) {
                    if (e.getCause() instanceof SQLException failure) {
                        throw failure;
                    }
                    throw new IllegalStateException(e.getCause());
                } catch (IllegalAccessException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
        throw new IllegalStateException(type + " has no " + name + Arrays.toString(arguments));
    }

    private static long same(Class<?>[] parameters, Class<?>[] types) {
        return IntStream.range(0, Math.min(parameters.length, types.length))
                .filter(i -> parameters[i] == types[i])
                .count();
    }

    private static boolean takes(Class<?>[] parameters, Object[] arguments) {
        if (parameters.length != arguments.length) {
            return false;
        }
        for (int i = 0; i < parameters.length; i++) {
            boolean fits = parameters[i].isPrimitive() || parameters[i].isInstance(arguments[i]);
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    /** A value of the core, in the driver's types: records and enums, and lists of them. */
    public static Object copied(Object value) {
        try {
            if (value instanceof Collection<?> values) {
                return values.stream().map(AgentCore::copied).toList();
            }
            if (value instanceof Optional<?> optional) {
                return optional.map(AgentCore::copied);
            }
            if (value instanceof Map<?, ?> map) {
                return map.entrySet().stream()
                        .collect(Collectors.toMap(each -> copied(each.getKey()), each -> copied(each.getValue())));
            }
            if (value == null || !value.getClass().getName().startsWith(PACKAGES)) {
                return value;
            }
            if (value instanceof SQLException failure) {
                return new SQLException(failure.getMessage(), failure.getSQLState(), failure.getErrorCode(), failure);
            }
            Class<?> ours = Class.forName(value.getClass().getName().replace(PACKAGES, "org.healingsqlite."));
            if (value instanceof Enum<?> constant) {
                return Arrays.stream(ours.getEnumConstants())
                        .filter(each -> each.toString().equals(constant.toString()))
                        .findFirst()
                        .orElseThrow();
            }
            RecordComponent[] components = value.getClass().getRecordComponents();
            Object[] parts = new Object[components.length];
            for (int i = 0; i < components.length; i++) {
                parts[i] = copied(components[i].getAccessor().invoke(value));
            }
            for (Constructor<?> constructor : ours.getDeclaredConstructors()) {
                if (takes(constructor.getParameterTypes(), parts) || constructor.getParameterCount() == parts.length) {
                    return constructor.newInstance(parts);
                }
            }
            throw new IllegalStateException("cannot copy " + value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A value of the driver's, in the core's types: the other way round than {@link #copied}, for what is asked of the core. */
    public static Object given(Object value) {
        if (value instanceof Optional<?> optional) {
            return optional.map(AgentCore::given);
        }
        if (value == null || !value.getClass().getName().startsWith("org.healingsqlite.")) {
            return value;
        }
        try {
            Class<?> theirs = type(value.getClass().getName());
            if (value instanceof Enum<?> constant) {
                return Arrays.stream(theirs.getEnumConstants())
                        .filter(each -> each.toString().equals(constant.toString()))
                        .findFirst()
                        .orElseThrow();
            }
            RecordComponent[] components = value.getClass().getRecordComponents();
            Object[] parts = new Object[components.length];
            for (int i = 0; i < components.length; i++) {
                parts[i] = given(components[i].getAccessor().invoke(value));
            }
            for (Constructor<?> constructor : theirs.getDeclaredConstructors()) {
                if (constructor.getParameterCount() == parts.length) {
                    return constructor.newInstance(parts);
                }
            }
            throw new IllegalStateException("cannot give " + value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
