package org.healingsqlite.agent.door;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.ListenerServices;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * The listeners that an application, or who runs it, has as services for the driver. The driver's classes and the core's have different names, so what is told is copied into theirs. Found by the class loaders of the
 * thread that has the first incident, of sqlite-jdbc and of the system, as far as they know the driver.
 */
public final class ApplicationListeners implements IncidentListener {
    private static final Log LOG = Log.of(ApplicationListeners.class);

    private final List<Theirs> listeners;

    /** A listener of the driver's type. */
    private record Theirs(Object listener, Method ended, Method progressed, ApplicationTypes types) {}

    /** Looks for them now. */
    public ApplicationListeners() {
        List<Theirs> found = new ArrayList<>();
        Set<Class<?>> known = new HashSet<>();
        Stream.of(
                        Thread.currentThread().getContextClassLoader(),
                        ApplicationListeners.class.getClassLoader().getParent(),
                        ClassLoader.getSystemClassLoader())
                .distinct()
                .forEach(loader -> find(loader, known, found));
        listeners = List.copyOf(found);
    }

    private static void find(@Nullable ClassLoader loader, Set<Class<?>> known, List<Theirs> found) {
        ApplicationTypes types = ApplicationTypes.of(loader);
        if (types == null) {
            return;
        }
        try {
            Class<?> listenerType = types.theirs(IncidentListener.class);
            Method ended = listenerType.getMethod("ended", types.theirs(Incident.class));
            Method progressed = listenerType.getMethod("progressed", Path.class, String.class);
            for (Object listener : ListenerServices.load(listenerType, loader)) {
                if (known.add(listener.getClass())) {
                    found.add(new Theirs(listener, ended, progressed, types));
                }
            }
        } catch (ReflectiveOperationException | LinkageError e) {
            LOG.warn("The application's listeners are left out: {}", Disclosure.text(e));
        }
    }

    @Override
    public void ended(Incident incident) {
        for (Theirs each : listeners) {
            tell(each, each.ended(), incident);
        }
    }

    @Override
    public void progressed(Path database, String step) {
        for (Theirs each : listeners) {
            tell(each, each.progressed(), database, step);
        }
    }

    private static void tell(Theirs to, Method what, Object... about) {
        try {
            Object[] copies = new Object[about.length];
            for (int i = 0; i < about.length; i++) {
                copies[i] = to.types().copied(about[i]);
            }
            what.invoke(to.listener(), copies);
        } catch (InvocationTargetException e) {
            LOG.warn("A listener of the application failed: {}", Disclosure.text(e.getTargetException()));
        } catch (ReflectiveOperationException e) {
            LOG.warn(
                    "A listener of the application is not told, its driver is of another release: {}",
                    Disclosure.text(e));
        }
    }
}
