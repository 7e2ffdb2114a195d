package org.healingsqlite.agent.bridge;

import java.io.IOException;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import org.healingsqlite.agent.jar.AgentJar;
import org.jspecify.annotations.Nullable;

/**
 * Loads the healing core for one sqlite-jdbc: the core's classes come from the agent's jar, everything else from the class loader of that
 * sqlite-jdbc. So a core links to exactly the {@code org.sqlite} it was woven into, wherever that is, and two of them in one JVM never meet.
 */
final class CoreLoader extends ClassLoader {
    static final String PACKAGES = "org.healingsqlite.agent.core.";
    private static final String SERVICES = "META-INF/services/" + PACKAGES;
    private static final ClassLoader JAR = CoreLoader.class.getClassLoader();

    static {
        registerAsParallelCapable();
    }

    CoreLoader(@Nullable ClassLoader sqliteJdbc) {
        super("healing-sqlite", sqliteJdbc);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(PACKAGES)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? findClass(name) : loaded;
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        try {
            byte[] bytes = AgentJar.read(name.replace('.', '/').concat(".class"));
            return defineClass(name, bytes, 0, bytes.length, CoreLoader.class.getProtectionDomain());
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    @Override
    public @Nullable URL getResource(String name) {
        return isOurs(name) ? JAR.getResource(name) : super.getResource(name);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        if (isOurs(name)) {
            URL ours = JAR.getResource(name);
            return ours == null ? Collections.emptyEnumeration() : Collections.enumeration(Collections.singleton(ours));
        }
        return super.getResources(name);
    }

    private static boolean isOurs(String name) {
        return name.startsWith(SERVICES) || name.replace('/', '.').startsWith(PACKAGES);
    }
}
