package org.healingsqlite.agent.weave;

import java.io.IOException;
import java.io.InputStream;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.commons.ClassRemapper;
import org.objectweb.asm.commons.SimpleRemapper;

/** Defines a copy of {@link Gate} next to a sqlite-jdbc. Takes no lock: two threads may both try, and the JVM lets one. */
final class GateInstaller {
    /** The copy's name: sqlite-jdbc's own package is the one that is sure to be visible and exported. */
    static final String NAME = "org/sqlite/core/HealingGate";

    private final Method defineClass;
    private byte @Nullable [] copy;

    GateInstaller(Instrumentation instrumentation) throws NoSuchMethodException {
        instrumentation.redefineModule(
                Object.class.getModule(),
                Set.of(),
                Map.of(),
                Map.of("java.lang", Set.of(GateInstaller.class.getModule())),
                Set.of(),
                Map.of());
        defineClass = ClassLoader.class.getDeclaredMethod(
                "defineClass", String.class, byte[].class, int.class, int.class, ProtectionDomain.class);
        defineClass.setAccessible(true);
    }

    void install(ClassLoader loader, @Nullable ProtectionDomain domain)
            throws IOException, IllegalAccessException, InvocationTargetException {
        byte[] bytes = copy();
        try {
            defineClass.invoke(loader, NAME.replace('/', '.'), bytes, 0, bytes.length, domain);
        } catch (InvocationTargetException e) {
            if (!(e.getCause() instanceof LinkageError)) {
                throw e;
            }
            // It is there already.
        }
    }

    private byte[] copy() throws IOException {
        byte[] known = copy;
        if (known == null) {
            String template = Gate.class.getName().replace('.', '/');
            try (InputStream resource = Gate.class.getResourceAsStream("Gate.class")) {
                if (resource == null) {
                    throw new IOException("no class file of the gate");
                }
                ClassWriter writer = new ClassWriter(0);
                new ClassReader(resource)
                        .accept(new ClassRemapper(writer, new SimpleRemapper(Opcodes.ASM9, Map.of(template, NAME))), 0);
                known = writer.toByteArray();
            }
            copy = known;
        }
        return known;
    }
}
