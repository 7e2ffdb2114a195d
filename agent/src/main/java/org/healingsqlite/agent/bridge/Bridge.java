package org.healingsqlite.agent.bridge;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The one class that woven code looks up by name, in the system class loader. */
public final class Bridge {
    private static final String DOOR = CoreLoader.PACKAGES + "door.AgentDoor";
    private static final String OPTIONS = CoreLoader.PACKAGES + "door.AgentOptions";

    private static volatile Map<String, String> arguments = Map.of();
    private static volatile @Nullable Instrumentation instrumentation;

    /** The loader that has checked the options; the core of a sqlite-jdbc on the class path goes on with it. */
    private static volatile @Nullable CoreLoader checked;

    private Bridge() {}

    /**
     * Takes the agent's options. They are checked only where there are some: the check loads a part of the core.
     *
     * @return what is wrong with them, in one line; null where nothing is
     */
    public static @Nullable String configure(String text, Instrumentation ofJvm) throws ReflectiveOperationException {
        instrumentation = ofJvm;
        if (text.isEmpty()) {
            return null;
        }
        Map<String, String> parsed;
        try {
            parsed = Arguments.parse(text);
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
        arguments = parsed;
        if (parsed.isEmpty()) {
            return null;
        }
        CoreLoader loader = new CoreLoader(ClassLoader.getSystemClassLoader());
        checked = loader;
        Class<?> options = loader.loadClass(OPTIONS);
        return (String) options.getMethod("complaint", Map.class).invoke(null, parsed);
    }

    /**
     * A core for the sqlite-jdbc that a gate stands next to.
     *
     * @param gate as a {@link Consumer}, told whether it is to ask before every call, and what makes what is told of rows; as a {@link Predicate}, asked
     *     whether nothing has run in the transaction of a connection; as a {@link BiFunction}, asked what has
     */
    public static BiFunction<String, Object[], Object> door(Object gate) {
        return new EarlyDoor(
                new Callable<>() {
                    @Override
                    public BiFunction<String, Object[], Object> call() throws ReflectiveOperationException {
                        return core(gate);
                    }
                },
                EarlyDoor.isConfigured(arguments));
    }

    @SuppressWarnings("unchecked")
    private static BiFunction<String, Object[], Object> core(Object gate) throws ReflectiveOperationException {
        ClassLoader ofSqliteJdbc = gate.getClass().getClassLoader();
        CoreLoader known = checked;
        CoreLoader loader = known != null && known.getParent() == ofSqliteJdbc ? known : new CoreLoader(ofSqliteJdbc);
        Module sqliteJdbc = gate.getClass().getModule();
        Instrumentation ofJvm = instrumentation;
        if (sqliteJdbc.isNamed() && ofJvm != null) {
            Set<Module> core = Set.of(loader.getUnnamedModule());
            Map<String, Set<Module>> packages = Map.of(
                    "org.sqlite", core, "org.sqlite.core", core, "org.sqlite.jdbc3", core, "org.sqlite.jdbc4", core);
            ofJvm.redefineModule(sqliteJdbc, Set.of(), packages, packages, Set.of(), Map.of());
        }
        try {
            return (BiFunction<String, Object[], Object>) loader.loadClass(DOOR)
                    .getConstructor(Consumer.class, Predicate.class, BiFunction.class, Map.class)
                    .newInstance(gate, gate, gate, arguments);
        } catch (InvocationTargetException e) {
            throw new ReflectiveOperationException(e.getCause());
        }
    }
}
