package org.healingsqlite.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** An agent that does nothing: what the JVM itself takes for {@code -javaagent}. */
public final class IdleAgent {
    private IdleAgent() {}

    /** Called by the JVM before {@code main}. */
    public static void premain(String arguments) {}

    /** Writes its jar. */
    static void pack(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", IdleAgent.class.getName());
        String entry = IdleAgent.class.getName().replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                InputStream own = Objects.requireNonNull(IdleAgent.class.getResourceAsStream('/' + entry))) {
            out.putNextEntry(new JarEntry(entry));
            own.transferTo(out);
        }
    }
}
