package org.healingsqlite.agent.weave;

import java.io.IOException;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.security.NoSuchAlgorithmException;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Weaves sqlite-jdbc's classes as they are loaded. A class file of a known release is exchanged for the one that was woven when the agent was built; any other is woven
 * there and then, by Byte Buddy, of which nothing is loaded before. Every other class costs a comparison of its name. Thread-safe.
 */
public final class Weaver implements ClassFileTransformer {
    private static final String PREFIX = "org/sqlite/";

    /** How the name of a class ends where sqlite-jdbc was moved into a package of somebody else's. */
    private static final String COPY = "/org/sqlite/JDBC";

    private final Instrumentation instrumentation;
    private final Consumer<String> notices;
    private final AtomicBoolean hasFailed = new AtomicBoolean();
    private volatile @Nullable GateInstaller gates;
    private volatile @Nullable AdviceWeaver unknown;

    private Weaver(Instrumentation instrumentation, Consumer<String> notices) {
        this.instrumentation = instrumentation;
        this.notices = notices;
    }

    /**
     * Begins to weave. Retransformation, which costs a second call for every class that the JVM loads, is asked for only where classes of sqlite-jdbc are
     * loaded already.
     *
     * @param isRunning whether that may become so while this runs
     * @param notices is told, in one line each, what is left as it is although it may be sqlite-jdbc
     */
    public static void install(Instrumentation instrumentation, boolean isRunning, Consumer<String> notices)
            throws UnmodifiableClassException {
        Weaver weaver = new Weaver(instrumentation, notices);
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
        if (loader == null || name == null) {
            return null;
        }
        if (!name.startsWith(PREFIX)) {
            if (name.endsWith(COPY)) {
                notices.accept(
                        name.replace('/', '.') + " is a copy of sqlite-jdbc in another package, and is not healed");
            }
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
            return woven(name, classFile, loader);
        } catch (Throwable e) {
            // The class stays as it is: the application has plain sqlite-jdbc.
            if (hasFailed.compareAndSet(false, true)) {
                notices.accept(name.replace('/', '.') + " stays as it is, and is not healed: " + e);
            }
            return null;
        }
    }

    private byte @Nullable [] woven(String name, byte[] classFile, ClassLoader loader)
            throws NoSuchAlgorithmException, IOException {
        byte[] ahead = WovenFiles.of(classFile);
        if (ahead != null) {
            return ahead;
        }
        AdviceWeaver weaver = unknown;
        if (weaver == null) {
            weaver = new AdviceWeaver();
            unknown = weaver;
        }
        return weaver.woven(name, classFile, loader);
    }
}
