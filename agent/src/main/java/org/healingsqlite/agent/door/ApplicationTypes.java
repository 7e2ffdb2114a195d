package org.healingsqlite.agent.door;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.incident.IncidentListener;
import org.jspecify.annotations.Nullable;

/**
 * The driver's types as an application's class loader has them, and what the core has, copied into them: records, enums, lists of them. What is neither, and not the JDK's, becomes null.
 */
final class ApplicationTypes {
    /** Taken apart, because the agent's shading renames packages in texts too. */
    private static final String DRIVER = String.join(".", "org", "healingsqlite", "");

    private static final String CORE = IncidentListener.class.getName().replace("incident.IncidentListener", "");

    private final @Nullable ClassLoader loader;

    private ApplicationTypes(@Nullable ClassLoader loader) {
        this.loader = loader;
    }

    /** Those of a loader; null where it has no driver. */
    static @Nullable ApplicationTypes of(@Nullable ClassLoader loader) {
        ApplicationTypes types = new ApplicationTypes(loader);
        try {
            // Where the core is the driver itself, there is nobody else to tell.
            return types.theirs(IncidentListener.class) == IncidentListener.class ? null : types;
        } catch (ClassNotFoundException | LinkageError none) {
            return null;
        }
    }

    /** The driver's type for one of the core's. */
    Class<?> theirs(Class<?> ours) throws ClassNotFoundException {
        return Class.forName(DRIVER + ours.getName().substring(CORE.length()), true, loader);
    }

    /** A copy in the driver's types. */
    @Nullable
    Object copied(@Nullable Object value) throws ReflectiveOperationException {
        if (value instanceof Collection<?> values) {
            Object[] copies = new Object[values.size()];
            int i = 0;
            for (Object each : values) {
                copies[i++] = copied(each);
            }
            return List.of(copies);
        }
        if (value instanceof Optional<?> optional) {
            return Optional.ofNullable(copied(optional.orElse(null)));
        }
        if (value == null || !value.getClass().getName().startsWith(CORE)) {
            return value;
        }
        if (value instanceof Enum<?> constant) {
            for (Object each : theirs(constant.getDeclaringClass()).getEnumConstants()) {
                if (((Enum<?>) each).name().equals(constant.name())) {
                    return each;
                }
            }
            return null;
        }
        return value instanceof Record record ? record(record) : null;
    }

    private Object record(Record value) throws ReflectiveOperationException {
        RecordComponent[] ours = value.getClass().getRecordComponents();
        Class<?> theirs = theirs(value.getClass());
        RecordComponent[] components = theirs.getRecordComponents();
        Object[] parts = new Object[components.length];
        Class<?>[] types = new Class<?>[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            for (RecordComponent each : ours) {
                if (each.getName().equals(components[i].getName())) {
                    parts[i] = copied(each.getAccessor().invoke(value));
                }
            }
        }
        return theirs.getDeclaredConstructor(types).newInstance(parts);
    }
}
