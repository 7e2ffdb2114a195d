package org.healingsqlite.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.ProtectionDomain;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * An agent that sees what the agents before it have made of sqlite-jdbc's classes, and a program that has the JVM verify all of them. Prints the digest of each class file, and how many
 * classes of Byte Buddy are loaded.
 */
public final class ClassFiles {
    private static final Map<String, String> SEEN = new TreeMap<>();
    private static @Nullable Instrumentation instrumentation;

    private ClassFiles() {}

    /** Called by the JVM. */
    public static void premain(String arguments, Instrumentation ofJvm) {
        instrumentation = ofJvm;
        ofJvm.addTransformer(new ClassFileTransformer() {
            @Override
            public byte @Nullable [] transform(
                    @Nullable ClassLoader loader,
                    String name,
                    @Nullable Class<?> redefined,
                    @Nullable ProtectionDomain domain,
                    byte[] classFile) {
                if (name.startsWith("org/sqlite/")) {
                    SEEN.put(name, digest(classFile));
                }
                return null;
            }
        });
    }

    /** Argument: the jar of sqlite-jdbc. */
    public static void main(String[] arguments) throws Exception {
        try (JarFile jar = new JarFile(arguments[0])) {
            for (String name : jar.stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.startsWith("org/sqlite/") && name.endsWith(".class"))
                    .toList()) {
                try {
                    // Initialised, and so verified.
                    Class.forName(
                            name.substring(0, name.length() - ".class".length()).replace('/', '.'));
                } catch (NoClassDefFoundError | ExceptionInInitializerError e) {
                    // For a native image, or without a logger.
                    System.out.println("not there: " + name);
                }
            }
        }
        SEEN.forEach((name, digest) -> System.out.println(name + ' ' + digest));
        Instrumentation ofJvm = instrumentation;
        int weaving = 0;
        for (Class<?> type : ofJvm == null ? new Class<?>[0] : ofJvm.getAllLoadedClasses()) {
            if (type.getName().startsWith("org.healingsqlite.agent.bytebuddy.")) {
                weaving++;
            }
        }
        System.out.println("Byte Buddy " + (weaving > 0));
    }

    static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes a jar that names this agent; the class itself is on the class path. */
    static void pack(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", ClassFiles.class.getName());
        try (OutputStream file = Files.newOutputStream(jar)) {
            new JarOutputStream(file, manifest).close();
        }
    }
}
