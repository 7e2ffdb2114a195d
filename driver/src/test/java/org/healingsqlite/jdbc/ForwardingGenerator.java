package org.healingsqlite.jdbc;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Wrapper;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Prints the {@code Forwarding*} bases: every method of a JDBC interface of Java 17, passed on to a delegate. Run its {@code main} from the root
 * of the project after a change; {@link ForwardingGeneratorTest} holds the checked-in files to its output.
 *
 * <p>The rules, in order: a method that returns one of the wrapped interfaces is left out, so that the compiler makes the hand-written leaf say
 * which wrapper it gives; metadata calls go through {@code call}, which may make them again; setters of parameters are noted for binding them
 * again; what is read of a row is told to {@code seen}; everything else is passed on, and an SQLException goes through {@code failed}.
 */
final class ForwardingGenerator {
    private static final Path TARGET = Path.of("src", "main", "java", "org", "healingsqlite", "jdbc");
    private static final Set<Class<?>> WRAPPED = Set.of(
            Connection.class,
            Statement.class,
            PreparedStatement.class,
            ResultSet.class,
            DatabaseMetaData.class,
            ParameterMetaData.class,
            ResultSetMetaData.class);

    /** Added to the interfaces after Java 17, or calling convention of another interface. */
    private static final Set<String> LEFT_TO_DEFAULTS =
            Set.of("enquoteLiteral", "enquoteIdentifier", "isSimpleIdentifier", "enquoteNCharLiteral");

    /** Setters whose value {@code setObject} sets alike: the ones called most, kept without an object of their own. */
    private static final Set<String> VALUE_SETTERS = Set.of("setInt", "setLong", "setDouble", "setString");

    /** Values that the application may change after they were set: they are kept as they were. */
    private static final Set<Class<?>> MUTABLE =
            Set.of(Object.class, Date.class, Time.class, Timestamp.class, Calendar.class);

    /** Getters of a result set whose values are compared when a transaction runs again, as {@code replay.Getter} names them. */
    private static final Set<String> COMPARED_GETTERS = Set.of(
            "getBigDecimal",
            "getBoolean",
            "getByte",
            "getBytes",
            "getDate",
            "getDouble",
            "getFloat",
            "getInt",
            "getLong",
            "getObject",
            "getShort",
            "getString",
            "getTime",
            "getTimestamp",
            "wasNull");

    private ForwardingGenerator() {}

    public static void main(String[] arguments) throws IOException {
        Path root = Files.isDirectory(Path.of("driver")) ? Path.of("driver") : Path.of("");
        for (Map.Entry<String, String> file : sources().entrySet()) {
            Files.writeString(root.resolve(TARGET).resolve(file.getKey()), file.getValue());
        }
    }

    /** The files by name. */
    static Map<String, String> sources() {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("ForwardingConnection.java", source(Connection.class, "ForwardingConnection", "", null));
        files.put("ForwardingStatement.java", source(Statement.class, "ForwardingStatement", "", null));
        files.put(
                "ForwardingPreparedStatement.java",
                source(
                        PreparedStatement.class,
                        "ForwardingPreparedStatement",
                        " extends HealingStatement",
                        Statement.class));
        files.put("ForwardingResultSet.java", source(ResultSet.class, "ForwardingResultSet", "", null));
        files.put(
                "ForwardingDatabaseMetaData.java",
                source(DatabaseMetaData.class, "ForwardingDatabaseMetaData", "", null));
        files.put(
                "ForwardingParameterMetaData.java",
                source(ParameterMetaData.class, "ForwardingParameterMetaData", "", null));
        files.put(
                "ForwardingResultSetMetaData.java",
                source(ResultSetMetaData.class, "ForwardingResultSetMetaData", "", null));
        return files;
    }

    private static String source(Class<?> type, String name, String superclass, @Nullable Class<?> inherited) {
        StringBuilder out = new StringBuilder();
        out.append("// Generated by ForwardingGenerator. Do not edit: change the generator and run it.\n");
        out.append("package org.healingsqlite.jdbc;\n\n");
        out.append("/** Passes every call of {@link ").append(type.getName()).append("} on to a delegate. */\n");
        out.append("@SuppressWarnings(\"deprecation\")\n");
        out.append("abstract class ")
                .append(name)
                .append(superclass)
                .append(" implements ")
                .append(type.getName())
                .append(" {\n");
        if (inherited != null) {
            String parent = inherited.getName();
            out.append("    ")
                    .append(name)
                    .append("(DriverDoor door, java.sql.Connection origin, ")
                    .append(parent)
                    .append(" raw) {\n");
            out.append("        super(door, origin, raw);\n    }\n\n");
            out.append("    @Override\n    abstract ").append(type.getName()).append(" delegate();\n\n");
            out.append(
                    "    /** Notes how a parameter was set, to set it again: a Binding, or the value itself where setObject does the same. */\n");
            out.append("    abstract void bound(int index, @org.jspecify.annotations.Nullable Object binding);\n");
        } else {
            out.append("    abstract ").append(type.getName()).append(" delegate();\n\n");
            out.append("    /** What the caller gets to see of an exception of the delegate. */\n");
            out.append("    abstract java.sql.SQLException failed(java.sql.SQLException exception);\n");
        }
        if (type == ResultSet.class) {
            out.append("\n    /** Is told what the application reads; null where nobody wants to know. */\n");
            out.append("    org.healingsqlite.replay.@org.jspecify.annotations.Nullable RowsSeen seen;\n");
        }
        if (type == DatabaseMetaData.class) {
            out.append("\n    /** Makes a call that may be made again. */\n");
            out.append("    abstract <T> T call(Call<T> call) throws java.sql.SQLException;\n\n");
            out.append("    /** The result set as the application gets it. */\n");
            out.append("    abstract java.sql.ResultSet results(java.sql.ResultSet raw);\n\n");
            out.append("    /** A metadata call, to be made on the delegate of the moment. */\n");
            out.append(
                    "    @FunctionalInterface\n    interface Call<T> {\n        T on(java.sql.DatabaseMetaData delegate) throws java.sql.SQLException;\n    }\n");
        }
        for (Method method : methods(type, inherited)) {
            out.append('\n').append(method(type, method));
        }
        if (inherited == null) {
            out.append(wrapperMethods());
        }
        return out.append("}\n").toString();
    }

    private static List<Method> methods(Class<?> type, @Nullable Class<?> inherited) {
        return Arrays.stream(type.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .filter(method ->
                        method.getDeclaringClass() != Wrapper.class && method.getDeclaringClass() != Object.class)
                .filter(method ->
                        inherited == null || !method.getDeclaringClass().isAssignableFrom(inherited))
                .filter(method -> !LEFT_TO_DEFAULTS.contains(method.getName()))
                .filter(method -> type == DatabaseMetaData.class && method.getReturnType() == ResultSet.class
                        || !WRAPPED.contains(method.getReturnType()))
                .sorted(Comparator.comparing(Method::getName)
                        .thenComparing(method -> Arrays.stream(method.getParameterTypes())
                                .map(Class::getName)
                                .collect(Collectors.joining(","))))
                .toList();
    }

    private static String method(Class<?> type, Method method) {
        String result = name(method.getGenericReturnType());
        boolean returns = method.getReturnType() != void.class;
        boolean throwsSql = Arrays.asList(method.getExceptionTypes()).contains(SQLException.class);
        boolean throwsClientInfo = Arrays.asList(method.getExceptionTypes()).contains(SQLClientInfoException.class);
        String parameters = IntStream.range(0, method.getParameterCount())
                .mapToObj(i -> name(method.getGenericParameterTypes()[i]) + " " + argument(i))
                .collect(Collectors.joining(", "));
        String call = method.getName()
                + IntStream.range(0, method.getParameterCount())
                        .mapToObj(ForwardingGenerator::argument)
                        .collect(Collectors.joining(", ", "(", ")"));
        String typeParameters = method.getTypeParameters().length == 0
                ? ""
                : Arrays.stream(method.getTypeParameters())
                        .map(Type::getTypeName)
                        .collect(Collectors.joining(", ", "<", "> "));
        StringBuilder out = new StringBuilder("    @Override\n    public ")
                .append(typeParameters)
                .append(result)
                .append(' ')
                .append(method.getName());
        out.append('(').append(parameters).append(')');
        out.append(
                        throwsSql
                                ? " throws java.sql.SQLException"
                                : throwsClientInfo ? " throws java.sql.SQLClientInfoException" : "")
                .append(" {\n");
        String prefix = returns ? "return " : "";
        if (!throwsSql) {
            out.append("        ")
                    .append(prefix)
                    .append("delegate().")
                    .append(call)
                    .append(";\n");
        } else if (type == DatabaseMetaData.class) {
            String again = "call(delegate -> delegate." + call + ")";
            out.append("        return ")
                    .append(method.getReturnType() == ResultSet.class ? "results(" + again + ")" : again)
                    .append(";\n");
        } else if (type == ResultSet.class && readsARow(method)) {
            out.append("        try {\n            ")
                    .append(result)
                    .append(" value = delegate().")
                    .append(call)
                    .append(";\n            if (seen != null) {\n                seen.")
                    .append(told(method))
                    .append(";\n            }\n            return value;\n")
                    .append("        } catch (java.sql.SQLException e) {\n            throw failed(e);\n        }\n");
        } else {
            out.append("        try {\n            ")
                    .append(prefix)
                    .append("delegate().")
                    .append(call)
                    .append(";\n");
            if (type == PreparedStatement.class && isParameterSetter(method)) {
                out.append(bound(method, call));
            }
            out.append("        } catch (java.sql.SQLException e) {\n            throw failed(e);\n        }\n");
        }
        return out.append("    }\n").toString();
    }

    private static String bound(Method method, String call) {
        if (VALUE_SETTERS.contains(method.getName())) {
            return "            bound(a, b);\n";
        }
        if (method.getName().equals("setObject") && method.getParameterCount() == 2) {
            return "            bound(a, Bindings.kept(b));\n";
        }
        StringBuilder out = new StringBuilder();
        String again = call;
        for (int i = 1; i < method.getParameterCount(); i++) {
            if (MUTABLE.contains(method.getParameterTypes()[i])) {
                String kept = argument(i) + "Then";
                out.append("            ")
                        .append(name(method.getGenericParameterTypes()[i]))
                        .append(' ')
                        .append(kept)
                        .append(" = Bindings.kept(")
                        .append(argument(i))
                        .append(");\n");
                again = again.replace(", " + argument(i), ", " + kept);
            }
        }
        return out.append("            bound(a, (Binding) statement -> statement.")
                .append(again)
                .append(");\n")
                .toString();
    }

    private static boolean readsARow(Method method) {
        return method.getName().equals("wasNull")
                || method.getName().startsWith("get")
                        && method.getParameterCount() > 0
                        && (method.getParameterTypes()[0] == int.class
                                || method.getParameterTypes()[0] == String.class);
    }

    private static String told(Method method) {
        if (method.getParameterCount() > 1 || !COMPARED_GETTERS.contains(method.getName())) {
            return "uncomparable(\"" + method.getName() + "\")";
        }
        String getter = method.getName()
                .replaceFirst("^get", "")
                .replaceAll("([a-z])([A-Z])", "$1_$2")
                .toUpperCase(Locale.ROOT);
        return "saw(org.healingsqlite.replay.Getter." + getter + ", " + (method.getParameterCount() == 0 ? "0" : "a")
                + ", value)";
    }

    private static boolean isParameterSetter(Method method) {
        Parameter[] parameters = method.getParameters();
        return method.getName().startsWith("set") && parameters.length >= 2 && parameters[0].getType() == int.class;
    }

    private static String wrapperMethods() {
        return """

                    @Override
                    public <T> T unwrap(Class<T> type) throws java.sql.SQLException {
                        return type.isInstance(this) ? type.cast(this) : delegate().unwrap(type);
                    }

                    @Override
                    public boolean isWrapperFor(Class<?> type) throws java.sql.SQLException {
                        return type.isInstance(this) || delegate().isWrapperFor(type);
                    }
                """;
    }

    private static String argument(int index) {
        return String.valueOf((char) ('a' + index));
    }

    private static String name(Type type) {
        return type.getTypeName().replace('$', '.');
    }
}
