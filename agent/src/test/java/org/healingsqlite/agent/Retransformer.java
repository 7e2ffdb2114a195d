package org.healingsqlite.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;

/** Another agent, which has sqlite-jdbc's classes transformed again after they were loaded, and then runs {@link Program}. */
public final class Retransformer {
    private static @Nullable Instrumentation instrumentation;

    private Retransformer() {}

    /** Called by the JVM. */
    public static void premain(String arguments, Instrumentation ofJvm) {
        instrumentation = ofJvm;
        ofJvm.addTransformer(new ClassFileTransformer() {}, true);
    }

    public static void main(String[] arguments) throws Exception {
        DriverManager.getConnection(arguments[1]).close();
        Instrumentation ofJvm = instrumentation;
        int transformed = 0;
        if (ofJvm != null) {
            for (Class<?> type : ofJvm.getAllLoadedClasses()) {
                if (type.getName().startsWith("org.sqlite.") && ofJvm.isModifiableClass(type)) {
                    ofJvm.retransformClasses(type);
                    transformed++;
                }
            }
        }
        System.out.println("transformed again " + (transformed > 10));
        Program.main(arguments);
    }

    /** Writes a jar that names this agent; the class itself is on the class path. */
    static void pack(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", Retransformer.class.getName());
        manifest.getMainAttributes().putValue("Can-Retransform-Classes", "true");
        try (OutputStream file = Files.newOutputStream(jar)) {
            new JarOutputStream(file, manifest).close();
        }
    }
}
