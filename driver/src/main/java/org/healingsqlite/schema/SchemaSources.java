package org.healingsqlite.schema;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reads registered scripts from files, directories and the class path. */
final class SchemaSources {
    private static final String CLASS_PATH = "classpath:";
    private static final long LARGEST_SCRIPT_BYTES = 64L * 1024 * 1024;

    private SchemaSources() {}

    /** A script and the name of its file, which may carry a version. */
    record Source(String fileName, SqlScript script) {}

    static List<Source> read(List<String> locations) throws SchemaException {
        List<Source> sources = new ArrayList<>();
        for (String location : locations) {
            sources.addAll(location.startsWith(CLASS_PATH) ? fromClassPath(location) : fromPath(location));
        }
        return sources;
    }

    private static List<Source> fromPath(String location) throws SchemaException {
        Path path;
        try {
            path = Path.of(location).toAbsolutePath();
        } catch (InvalidPathException e) {
            throw new SchemaException("healing.schema: '" + location + "' is not a path: " + e.getMessage(), e);
        }
        if (!Files.exists(path)) {
            throw new SchemaException(
                    "healing.schema: " + path + " does not exist: expected a script, or a directory of *.sql scripts",
                    null);
        }
        return Files.isDirectory(path) ? directory(path, path.toString()) : List.of(file(path, path.toString()));
    }

    private static List<Source> fromClassPath(String location) throws SchemaException {
        String name = location.substring(CLASS_PATH.length()).replaceAll("^/+|/+$", "");
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        ClassLoader loader = context == null ? SchemaSources.class.getClassLoader() : context;
        List<Source> sources = new ArrayList<>();
        boolean found = false;
        try {
            for (Enumeration<URL> urls = loader.getResources(name); urls.hasMoreElements(); ) {
                URL url = urls.nextElement();
                found = true;
                List<Source> here = atUrl(url, location);
                if (name.endsWith(".sql")) {
                    // The first on the class path is the one a class loader gives for this name.
                    return here;
                }
                sources.addAll(here);
            }
        } catch (IOException | URISyntaxException e) {
            throw new SchemaException("healing.schema: cannot read " + location + ": " + e.getMessage(), e);
        }
        if (!found) {
            throw new SchemaException(
                    "healing.schema: " + location
                            + " does not exist: expected a script, or a directory of *.sql scripts, on the class path",
                    null);
        }
        return sources;
    }

    private static List<Source> atUrl(URL url, String location)
            throws SchemaException, IOException, URISyntaxException {
        if (url.getProtocol().equals("file")) {
            Path path = Path.of(url.toURI());
            return Files.isDirectory(path) ? directory(path, location) : List.of(file(path, location));
        }
        if (!url.getProtocol().equals("jar")) {
            try (var stream = url.openStream()) {
                byte[] bytes = stream.readNBytes((int) LARGEST_SCRIPT_BYTES);
                return List.of(new Source(location.substring(location.lastIndexOf('/') + 1), script(location, bytes)));
            }
        }
        URI jar = url.toURI();
        String[] parts = jar.toString().split("!/?", 2);
        try (FileSystem archive =
                FileSystems.newFileSystem(Path.of(URI.create(parts[0].substring("jar:".length()))), Map.of())) {
            Path path = archive.getPath("/" + parts[1]);
            return Files.isDirectory(path) ? directory(path, location) : List.of(file(path, location));
        }
    }

    private static List<Source> directory(Path directory, String name) throws SchemaException {
        List<Source> sources = new ArrayList<>();
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.filter(SchemaSources::isScript)
                    .sorted(Comparator.comparing(path -> String.valueOf(path.getFileName())))
                    .toList()) {
                sources.add(file(entry, name + '/' + entry.getFileName()));
            }
        } catch (IOException e) {
            throw new SchemaException("healing.schema: cannot list " + directory + ": " + e, e);
        }
        if (sources.isEmpty()) {
            throw new SchemaException(
                    "healing.schema: " + name + " holds no script: expected files named *.sql or V1__description.sql",
                    null);
        }
        return sources;
    }

    private static boolean isScript(Path path) {
        return String.valueOf(path.getFileName()).endsWith(".sql") && Files.isRegularFile(path);
    }

    private static Source file(Path path, String name) throws SchemaException {
        try {
            long size = Files.size(path);
            if (size > LARGEST_SCRIPT_BYTES) {
                throw new SchemaException(
                        "healing.schema: " + name + " is " + size + " bytes long: expected at most "
                                + LARGEST_SCRIPT_BYTES,
                        null);
            }
            return new Source(String.valueOf(path.getFileName()), script(name, Files.readAllBytes(path)));
        } catch (IOException e) {
            throw new SchemaException("healing.schema: cannot read " + name + ": " + e, e);
        }
    }

    private static SqlScript script(String name, byte[] bytes) throws SchemaException {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new SchemaException(
                    "healing.schema: " + name + " is not UTF-8 text, first at line " + firstBadLine(bytes), e);
        }
        SqlScript script = new SqlScript(name, text);
        if (script.statements().isEmpty()) {
            throw new SchemaException("healing.schema: " + name + " holds no SQL statement", null);
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
