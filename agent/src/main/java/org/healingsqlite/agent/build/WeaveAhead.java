package org.healingsqlite.agent.build;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.healingsqlite.agent.weave.AdviceWeaver;
import org.healingsqlite.agent.weave.WovenFiles;

/**
 * {@code WeaveAhead AGENT RELEASES MANIFEST tested|all}: weaves releases of sqlite-jdbc, whose jars are in a directory, and adds the woven class files to the agent's jar. Runs on the
 * class path of that jar, so that it weaves as the agent would.
 *
 * <p>Each line of the manifest is a release, the SHA-256 of its jar, and perhaps {@code tested}. The tested releases are woven, or all. A jar that is missing, or is
 * another one, ends the build: the agent gives these class files to whoever has the same originals.
 */
final class WeaveAhead {
    /** Every entry has the same date: the same input gives the same bytes. */
    private static final LocalDateTime DATE = LocalDateTime.of(2026, 1, 1, 0, 0);

    private static final String CLASS = ".class";

    private final Map<String, byte[]> woven = new TreeMap<>();
    private final AdviceWeaver weaver = new AdviceWeaver();

    private WeaveAhead() {}

    public static void main(String[] arguments) throws IOException, NoSuchAlgorithmException {
        Path agent = Path.of(arguments[0]);
        Path releases = Path.of(arguments[1]);
        boolean all = arguments[3].equals("all");
        WeaveAhead ahead = new WeaveAhead();
        for (Release release : manifest(Path.of(arguments[2]))) {
            if (all || release.isTested()) {
                Path jar = releases.resolve("sqlite-jdbc-" + release.version() + ".jar");
                check(jar, release.digest());
                ahead.weave(jar);
            }
        }
        ahead.addTo(agent);
    }

    private record Release(String version, String digest, boolean isTested) {}

    private static List<Release> manifest(Path file) throws IOException {
        List<Release> releases = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] words = line.split(" +", -1);
                if (words.length < 2 || words.length > 3 || words.length == 3 && !words[2].equals("tested")) {
                    throw new IOException(file + ": '" + line
                            + "', expected a release, the SHA-256 of its jar, and perhaps 'tested'");
                }
                releases.add(new Release(words[0], words[1], words.length == 3));
            }
        }
        return releases;
    }

    private static void check(Path jar, String expected) throws IOException, NoSuchAlgorithmException {
        String found =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar)));
        if (!expected.equals(found)) {
            throw new IOException(jar + " has the SHA-256 " + found + ", the manifest of releases says " + expected);
        }
    }

    private void weave(Path jar) throws IOException, NoSuchAlgorithmException {
        try (JarFile release = new JarFile(jar.toFile());
                URLClassLoader others =
                        new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
            for (JarEntry entry : release.stream().toList()) {
                if (entry.getName().endsWith(CLASS)) {
                    weave(release, entry, others);
                }
            }
        }
    }

    private void weave(JarFile release, JarEntry entry, ClassLoader others)
            throws IOException, NoSuchAlgorithmException {
        String type = entry.getName().substring(0, entry.getName().length() - CLASS.length());
        if (!AdviceWeaver.weaves(type)) {
            return;
        }
        byte[] original = content(release, entry);
        String name = WovenFiles.entry(original);
        if (!woven.containsKey(name)) {
            byte[] result = weaver.woven(type, original, others);
            if (result != null) {
                woven.put(name, result);
            }
        }
    }

    private void addTo(Path agent) throws IOException {
        Path completed = agent.resolveSibling(agent.getFileName() + ".woven");
        try (JarFile jar = new JarFile(agent.toFile());
                JarOutputStream copy = new JarOutputStream(Files.newOutputStream(completed))) {
            for (JarEntry entry : jar.stream().toList()) {
                if (!woven.containsKey(entry.getName())) {
                    put(copy, entry.getName(), content(jar, entry));
                }
            }
            for (Map.Entry<String, byte[]> each : woven.entrySet()) {
                put(copy, each.getKey(), each.getValue());
            }
        }
        Files.move(completed, agent, StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] content(JarFile jar, JarEntry entry) throws IOException {
        try (InputStream content = jar.getInputStream(entry)) {
            return content.readAllBytes();
        }
    }

    private static void put(JarOutputStream jar, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(DATE);
        jar.putNextEntry(entry);
        jar.write(content);
        jar.closeEntry();
    }
}
