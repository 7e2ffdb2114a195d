package org.healingsqlite.agent.weave;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Weaves sqlite-jdbc's classes as they are loaded. Every other class costs a comparison of its name. Thread-safe.
 */
public final class Weaver implements ClassFileTransformer {
    private static final String PREFIX = "org/sqlite/";

    private final Instrumentation instrumentation;
    private volatile @Nullable GateInstaller gates;

    private Weaver(Instrumentation instrumentation) {
        this.instrumentation = instrumentation;
    }

    /**
     * Begins to weave. Retransformation, which costs a second call for every class that the JVM loads, is asked for only where classes of sqlite-jdbc are
     * loaded already.
     *
     * @param isRunning whether that may become so while this runs
     */
    public static void install(Instrumentation instrumentation, boolean isRunning) throws UnmodifiableClassException {
        Weaver weaver = new Weaver(instrumentation);
        if (!isRunning && loaded(instrumentation).isEmpty()) {
            instrumentation.addTransformer(weaver, false);
            return;
        }
        instrumentation.addTransformer(weaver, true);
        List<Class<?>> loaded = loaded(instrumentation);
        if (!loaded.isEmpty()) {
            instrumentation.retransformClasses(loaded.toArray(Class<?>[]::new));
        }
    }

    private static List<Class<?>> loaded(Instrumentation instrumentation) {
        List<Class<?>> loaded = new ArrayList<>();
        for (Class<?> type : instrumentation.getAllLoadedClasses()) {
            if (type.getClassLoader() != null
                    && type.getName().startsWith("org.sqlite.")
                    && JoinPoint.isIn(type.getName().replace('.', '/'))) {
                loaded.add(type);
            }
        }
        return loaded;
    }

    @Override
    public byte @Nullable [] transform(
            @Nullable Module module,
            @Nullable ClassLoader loader,
            @Nullable String name,
            @Nullable Class<?> redefined,
            @Nullable ProtectionDomain domain,
            byte[] classFile) {
        if (loader == null || name == null || !name.startsWith(PREFIX)) {
            return null;
        }
        try {
            if (!JoinPoint.isIn(name)) {
                return null;
            }
            GateInstaller known = gates;
            if (known == null) {
                known = new GateInstaller(instrumentation);
                gates = known;
            }
            known.install(loader, domain);
            return ClassWeaver.woven(classFile, JoinPoint.of(name));
        } catch (Throwable e) {
            // The class stays as it is: the application has plain sqlite-jdbc.
            return null;
        }
    }
}
