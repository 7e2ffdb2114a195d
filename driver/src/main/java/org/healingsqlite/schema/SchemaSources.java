package org.healingsqlite.schema;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.healingsqlite.input.InputFile;
import org.healingsqlite.log.Disclosure;

/** Reads registered scripts from files, directories and the class path. */
final class SchemaSources {
    private static final String CLASS_PATH = "classpath:";

    /** Scripts of one option: ten migrations a day for three years. Each costs an open and a place in the history. */
    static final int MOST_SCRIPTS = 10_000;

    /** The option that names the scripts, for messages. */
    private final String option;

    private final Scripts scripts;

    private int leftBytes = InputFile.SCRIPT_BYTES;
    private int leftScripts = MOST_SCRIPTS;

    SchemaSources(String option, Scripts scripts) {
        this.option = option;
        this.scripts = scripts;
    }

    /** A script and the name of its file, which may carry a version. */
    record Source(String fileName, SqlScript script) {}

    /**
     * Reads them.
     *
     * @throws SchemaException naming what cannot be read, or what a script with limits may not hold
     */
    List<Source> read() throws SchemaException {
        leftBytes = InputFile.SCRIPT_BYTES;
        leftScripts = MOST_SCRIPTS;
        List<Source> sources = new ArrayList<>();
        for (String named : scripts.locations()) {
            String location = MigrationLayout.location(named);
            sources.addAll(location.startsWith(CLASS_PATH) ? fromClassPath(location) : fromPath(location));
        }
        return sources;
    }

    private List<Source> fromPath(String location) throws SchemaException {
        Path path;
        try {
            path = Path.of(location).toAbsolutePath();
        } catch (InvalidPathException e) {
            throw new SchemaException(option + ": '" + location + "' is not a path: " + Disclosure.message(e), e);
        }
        if (!Files.exists(path)) {
            throw new SchemaException(
                    option + ": " + path + " does not exist: expected a script, or a directory of *.sql scripts", null);
        }
        return Files.isDirectory(path) ? directory(path, path.toString()) : List.of(file(path, path.toString()));
    }

    private List<Source> fromClassPath(String location) throws SchemaException {
        String name = location.substring(CLASS_PATH.length()).replaceAll("^/+|/+$", "");
        List<Source> sources = new ArrayList<>();
        try {
            List<URL> urls = resources(name);
            if (urls.isEmpty()) {
                throw new SchemaException(
                        option + ": " + location
                                + " does not exist: expected a script, or a directory of *.sql scripts, on the class path",
                        null);
            }
            if (name.endsWith(".sql")) {
                // The first on the class path is the one a class loader gives for this name.
                return List.of(resource(urls.get(0), name.substring(name.lastIndexOf('/') + 1), location));
            }
            for (URL url : urls) {
                sources.addAll(inDirectory(url, location));
            }
        } catch (IOException | URISyntaxException e) {
            throw new SchemaException(option + ": cannot read " + location + ": " + Disclosure.text(e), e);
        }
        return sources;
    }

    /** The application's class loader knows its scripts; where it is not the thread's, this class's own may. */
    private static List<URL> resources(String name) throws IOException {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        List<URL> found = context == null ? List.of() : Collections.list(context.getResources(name));
        ClassLoader own = SchemaSources.class.getClassLoader();
        return found.isEmpty() && own != null ? Collections.list(own.getResources(name)) : found;
    }

    private Source resource(URL url, String fileName, String name) throws SchemaException, IOException {
        URLConnection connection = url.openConnection();
        connection.setUseCaches(false);
        try (InputStream stream = connection.getInputStream()) {
            return new Source(MigrationLayout.fileName(fileName), script(name, stream.readNBytes(leftBytes + 1)));
        }
    }

    private List<Source> inDirectory(URL url, String location) throws SchemaException, IOException, URISyntaxException {
        if (url.getProtocol().equals("file")) {
            return directory(Path.of(url.toURI()), location);
        }
        if (!(url.openConnection() instanceof JarURLConnection connection)) {
            throw new IOException(url + " cannot be listed");
        }
        connection.setUseCaches(false);
        List<Source> sources = new ArrayList<>();
        try (JarFile jar = connection.getJarFile()) {
            // In a jar of several releases class loaders name a directory with its slash.
            String prefix = connection.getEntryName().replaceFirst("/*$", "/");
            for (JarEntry entry : jar.stream()
                    .filter(candidate -> isScriptIn(prefix, candidate))
                    .sorted(Comparator.comparing(JarEntry::getName))
                    .toList()) {
                String place = entry.getName().substring(prefix.length());
                try (InputStream stream = jar.getInputStream(entry)) {
                    byte[] bytes = stream.readNBytes(leftBytes + 1);
                    sources.add(new Source(MigrationLayout.fileNameAt(place), script(name(location, place), bytes)));
                }
            }
        }
        return notEmpty(sources, location);
    }

    private static boolean isScriptIn(String prefix, JarEntry entry) {
        String name = entry.getName();
        return name.startsWith(prefix)
                && name.endsWith(".sql")
                && MigrationLayout.isScript(name.substring(prefix.length()));
    }

    private static String name(String directory, String fileName) {
        return directory.endsWith("/") ? directory + fileName : directory + '/' + fileName;
    }

    private List<Source> directory(Path directory, String name) throws SchemaException {
        List<Source> sources = new ArrayList<>();
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.filter(path -> isScript(path) || MigrationLayout.isVersionDirectory(path))
                    .limit(MOST_SCRIPTS + 1L)
                    .sorted(Comparator.comparing(path -> String.valueOf(path.getFileName())))
                    .toList()) {
                String fileName = String.valueOf(entry.getFileName());
                if (isScript(entry)) {
                    sources.add(file(entry, name(name, fileName)));
                    continue;
                }
                for (Path script : MigrationLayout.scriptsOf(entry)) {
                    String place = name(fileName, String.valueOf(script.getFileName()));
                    sources.add(new Source(
                            MigrationLayout.fileNameAt(place),
                            file(script, name(name, place)).script()));
                }
            }
        } catch (IOException e) {
            throw new SchemaException(option + ": cannot list " + directory + ": " + Disclosure.text(e), e);
        }
        return notEmpty(sources, name);
    }

    private List<Source> notEmpty(List<Source> sources, String name) throws SchemaException {
        if (sources.isEmpty()) {
            throw new SchemaException(
                    option + ": " + name + " holds no script: expected files named *.sql or V1__description.sql", null);
        }
        return sources;
    }

    private static boolean isScript(Path path) {
        // A link that leads nowhere, a pipe: such a script is not passed over in silence, opening it tells.
        return String.valueOf(path.getFileName()).endsWith(".sql") && !Files.isDirectory(path);
    }

    private Source file(Path path, String name) throws SchemaException {
        try (InputStream stream = InputFile.named(path).open()) {
            return new Source(
                    MigrationLayout.fileName(String.valueOf(path.getFileName())),
                    script(name, stream.readNBytes(leftBytes + 1)));
        } catch (FileSystemException e) {
            String reason = e.getReason() == null ? "cannot be read: " + Disclosure.text(e) : e.getReason();
            throw new SchemaException(option + ": " + name + ' ' + reason, e);
        } catch (IOException e) {
            throw new SchemaException(option + ": cannot read " + name + ": " + Disclosure.text(e), e);
        }
    }

    private SqlScript script(String name, byte[] bytes) throws SchemaException {
        if (bytes.length > leftBytes) {
            throw new SchemaException(
                    option + ": " + name + " is too long: all scripts together may have " + InputFile.SCRIPT_BYTES
                            + " bytes; rows in such number belong into an archive",
                    null);
        }
        if (leftScripts == 0) {
            throw new SchemaException(
                    option + ": " + name + " is one script too many: there may be " + MOST_SCRIPTS, null);
        }
        leftBytes -= bytes.length;
        leftScripts--;
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new SchemaException(
                    option + ": " + name + " is not UTF-8 text, first at line " + firstBadLine(bytes), e);
        }
        SqlScript script = new SqlScript(name, MigrationLayout.upPart(text), scripts.limits());
        if (script.statements().isEmpty()) {
            throw new SchemaException(option + ": " + name + " holds no SQL statement", null);
        }
        if (scripts.limits() == Scripts.Limits.OF_FILES) {
            ScriptLimits.check(script);
        }
        return script;
    }

    private static int firstBadLine(byte[] bytes) {
        int line = 1;
        int start = 0;
        for (int i = 0; i <= bytes.length; i++) {
            if (i == bytes.length || bytes[i] == '\n') {
                try {
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, start, i - start));
                } catch (CharacterCodingException e) {
                    return line;
                }
                line++;
                start = i + 1;
            }
        }
        return line;
    }
}
