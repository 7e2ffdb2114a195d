package org.healingsqlite.incident;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.healingsqlite.api.Internal;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * The listeners that somebody has put on the class path as services: looked for once, when there is something to tell, by the class loader of the thread and by that of this library. One that cannot be
 * loaded is logged and left out.
 */
@Internal
public final class ListenerServices {
    private static final Log LOG = Log.of(ListenerServices.class);

    /** A file of services that cannot be read fails again and again. */
    private static final int MOST_FAILURES = 20;

    private ListenerServices() {}

    private static final class Found {
        static final List<IncidentListener> LISTENERS = find();
    }

    /** Those that there are; the same in every call. */
    public static List<IncidentListener> listeners() {
        return Found.LISTENERS;
    }

    private static List<IncidentListener> find() {
        Map<Class<?>, IncidentListener> found = new LinkedHashMap<>();
        ClassLoader ofThread = Thread.currentThread().getContextClassLoader();
        if (knowsUs(ofThread)) {
            load(IncidentListener.class, ofThread).forEach(each -> found.put(each.getClass(), each));
        }
        load(IncidentListener.class, IncidentListener.class.getClassLoader())
                .forEach(each -> found.putIfAbsent(each.getClass(), each));
        return List.copyOf(found.values());
    }

    /** Another copy of this library is another library. */
    private static boolean knowsUs(@Nullable ClassLoader loader) {
        try {
            return Class.forName(IncidentListener.class.getName(), false, loader) == IncidentListener.class;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /**
     * The services of a type that can be loaded.
     *
     * @param loader null for that of the JVM
     */
    public static <T> List<T> load(Class<T> type, @Nullable ClassLoader loader) {
        List<T> loaded = new ArrayList<>();
        Iterator<T> services = ServiceLoader.load(type, loader).iterator();
        int failures = 0;
        while (failures < MOST_FAILURES) {
            // Either call tells what is wrong with one of them, and goes on behind it.
            try {
                if (!services.hasNext()) {
                    break;
                }
                loaded.add(services.next());
            } catch (ServiceConfigurationError | LinkageError e) {
                failures++;
                LOG.warn("A listener is left out: {}", Disclosure.text(e));
            }
        }
        return loaded;
    }
}
