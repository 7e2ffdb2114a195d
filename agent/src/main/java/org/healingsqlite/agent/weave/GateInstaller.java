package org.healingsqlite.agent.weave;

import java.io.IOException;
import java.io.InputStream;
import java.lang.instrument.Instrumentation;
import java.lang.invoke.MethodHandles;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Defines {@link Gate} next to a sqlite-jdbc, under the name that it has in the jar. Takes no lock: two threads may both try, and the JVM lets one. */
final class GateInstaller {
    /** The gate's name in the jar: sqlite-jdbc's own package is the one that is sure to be visible and exported. */
    static final String NAME = "org/sqlite/core/HealingGate";

    /** An interface in the gate's package that refers to no other class, so that it can be loaded in the middle of loading one. */
    private static final String NEIGHBOUR = "org.sqlite.core.Codes";

    private final Instrumentation instrumentation;
    private byte @Nullable [] gate;

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
        try {
            if (!defineBesideNeighbour(loader)) {
                define(loader, domain);
            }
        } catch (LinkageError e) {
            // It is there already.
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
            MethodHandles.privateLookupIn(neighbour, MethodHandles.lookup()).defineClass(bytes());
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
        byte[] bytes = bytes();
        try {
            defineClass.invoke(loader, NAME.replace('/', '.'), bytes, 0, bytes.length, domain);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof LinkageError thereAlready) {
                throw thereAlready;
            }
            throw e;
        }
    }

    private byte[] bytes() throws IOException {
        byte[] known = gate;
        if (known == null) {
            try (InputStream resource = GateInstaller.class.getResourceAsStream('/' + NAME + ".class")) {
                if (resource == null) {
                    throw new IOException("no class file of the gate");
                }
                known = resource.readAllBytes();
            }
            gate = known;
        }
        return known;
    }
}
