package org.healingsqlite.agent.bridge;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.security.CodeSource;
import java.util.Collections;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
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
            byte[] bytes = classFile(name.replace('.', '/').concat(".class"));
            return defineClass(name, bytes, 0, bytes.length, CoreLoader.class.getProtectionDomain());
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private static byte[] classFile(String entry) throws IOException {
        ZipFile jar = OpenJar.FILE;
        ZipEntry known = jar == null ? null : jar.getEntry(entry);
        try (InputStream resource =
                jar == null || known == null ? JAR.getResourceAsStream(entry) : jar.getInputStream(known)) {
            if (resource == null) {
                throw new FileNotFoundException(entry);
            }
            return resource.readAllBytes();
        }
    }

    /** The agent's jar, open as long as the JVM runs: by way of a class loader's resources each of hundreds of classes takes twice as long. */
    private static final class OpenJar {
        static final @Nullable ZipFile FILE = open();

        private static @Nullable ZipFile open() {
            try {
                CodeSource source = CoreLoader.class.getProtectionDomain().getCodeSource();
                return source == null
                        ? null
                        : new ZipFile(new File(source.getLocation().toURI()));
            } catch (IOException | URISyntaxException | RuntimeException e) {
                return null;
            }
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
