package org.healingsqlite.agent.weave;

import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.lang.invoke.MethodHandles;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.Set;
import org.healingsqlite.agent.jar.AgentJar;
import org.jspecify.annotations.Nullable;

/** Defines {@link Gate} next to a sqlite-jdbc, under the name that it has in the jar. Takes no lock: two threads may both try, and the JVM lets one. */
final class GateInstaller {
    /** The gate's name in the jar: sqlite-jdbc's own package is the one that is sure to be visible and exported. */
    static final String NAME = "org/sqlite/core/HealingGate";

    /** The gate, and before it what it refers to. */
    private static final String[] NAMES = {NAME.concat("Record"), NAME.concat("Versions"), NAME};

    /** An interface in the gate's package that refers to no other class, so that it can be loaded in the middle of loading one. */
    private static final String NEIGHBOUR = "org.sqlite.core.Codes";

    private final Instrumentation instrumentation;
    private final byte[] @Nullable [] classes = new byte[NAMES.length][];

    /** The loader that has had one last: most JVMs have a single sqlite-jdbc. */
    private volatile @Nullable WeakReference<ClassLoader> last;

    GateInstaller(Instrumentation instrumentation) {
        this.instrumentation = instrumentation;
    }

    void install(ClassLoader loader, @Nullable ProtectionDomain domain)
            throws IOException, ReflectiveOperationException {
        WeakReference<ClassLoader> known = last;
        if (known != null && known.get() == loader) {
            return;
        }
        if (!defineBesideNeighbour(loader)) {
            define(loader, domain);
        }
        last = new WeakReference<>(loader);
    }

    /** Where sqlite-jdbc is on a class path, its package is open to everybody, and nothing of the JVM has to be opened. */
    private boolean defineBesideNeighbour(ClassLoader loader) throws IOException {
        try {
            Class<?> neighbour = Class.forName(NEIGHBOUR, false, loader);
            if (neighbour.getClassLoader() != loader || neighbour.getModule().isNamed()) {
                return false;
            }
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(neighbour, MethodHandles.lookup());
            for (int i = 0; i < NAMES.length; i++) {
                try {
                    lookup.defineClass(bytes(i));
                } catch (LinkageError e) {
                    // It is there already.
                }
            }
            return true;
        } catch (ClassNotFoundException | IllegalAccessException e) {
            return false;
        }
    }

    private void define(ClassLoader loader, @Nullable ProtectionDomain domain)
            throws IOException, ReflectiveOperationException {
        instrumentation.redefineModule(
                Object.class.getModule(),
                Set.of(),
                Map.of(),
                Map.of("java.lang", Set.of(GateInstaller.class.getModule())),
                Set.of(),
                Map.of());
        Method defineClass = ClassLoader.class.getDeclaredMethod(
                "defineClass", String.class, byte[].class, int.class, int.class, ProtectionDomain.class);
        defineClass.setAccessible(true);
        for (int i = 0; i < NAMES.length; i++) {
            byte[] bytes = bytes(i);
            try {
                defineClass.invoke(loader, NAMES[i].replace('/', '.'), bytes, 0, bytes.length, domain);
            } catch (InvocationTargetException e) {
                if (!(e.getCause() instanceof LinkageError)) {
                    throw e;
                }
                // It is there already.
            }
        }
    }

    private byte[] bytes(int number) throws IOException {
        byte @Nullable [] known = classes[number];
        if (known == null) {
            known = AgentJar.read(NAMES[number] + ".class");
            classes[number] = known;
        }
        return known;
    }
}
