package org.healingsqlite.agent.jar;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.security.CodeSource;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/** Reads what is in the agent's jar, which is open as long as the JVM runs: by way of a class loader's resources each of hundreds of classes takes twice as long. Thread-safe. */
public final class AgentJar {
    private static final @Nullable ZipFile FILE = open();

    private AgentJar() {}

    private static @Nullable ZipFile open() {
        try {
            CodeSource source = AgentJar.class.getProtectionDomain().getCodeSource();
            return source == null
                    ? null
                    : new ZipFile(new File(source.getLocation().toURI()));
        } catch (IOException | URISyntaxException | RuntimeException e) {
            return null;
        }
    }

    /**
     * The content of an entry.
     *
     * @throws FileNotFoundException where there is no such entry
     */
    public static byte[] read(String entry) throws IOException {
        byte[] content = find(entry);
        if (content == null) {
            throw new FileNotFoundException(entry);
        }
        return content;
    }

    /** The content of an entry; null where there is no such entry. */
    public static byte @Nullable [] find(String entry) throws IOException {
        ZipFile jar = FILE;
        ZipEntry known = jar == null ? null : jar.getEntry(entry);
        if (jar != null && known == null) {
            return null;
        }
        try (InputStream resource =
                jar == null ? AgentJar.class.getResourceAsStream('/' + entry) : jar.getInputStream(known)) {
            return resource == null ? null : resource.readAllBytes();
        }
    }
}
