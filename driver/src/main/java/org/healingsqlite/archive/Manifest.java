package org.healingsqlite.archive;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.healingsqlite.input.InputFile;
import org.jspecify.annotations.Nullable;

/**
 * What {@code archive.properties} says: the sources in its order, checksums, and settings of the whole. Immutable.
 *
 * @param all every key, in the order of the file
 * @param sources the sources by name, in the order of their first key
 */
record Manifest(Map<String, String> all, Map<String, Settings> sources) {
    static final String FILE = "archive.properties";

    /** The key of the manifest's version: 1 where it is not given, or 2. */
    static final String VERSION = "version";

    private static final String SOURCE = "source.";

    Manifest {
        all = new LinkedHashMap<>(all);
        sources = new LinkedHashMap<>(sources);
    }

    static Manifest read(Path file) throws IOException {
        Map<String, String> all = new LinkedHashMap<>();
        Set<String> twice = new LinkedHashSet<>();
        @SuppressWarnings("serial") // Never serialised.
        Properties ordered = new Properties() {
            @Override
            public synchronized @Nullable Object put(Object key, Object value) {
                if (all.size() == Bounds.entries()) {
                    throw new IllegalArgumentException("more than " + Bounds.entries() + " entries");
                }
                Object before = all.put((String) key, (String) value);
                if (before != null) {
                    twice.add((String) key);
                }
                return before;
            }
        };
        try (Reader reader = InputFile.found(file).reader(Bounds.piece())) {
            ordered.load(reader);
        } catch (IllegalArgumentException e) {
            throw new ArchiveException(file + " is no properties file: " + e.getMessage(), e);
        } catch (FileSystemException e) {
            throw new ArchiveException(String.valueOf(e.getMessage()), e);
        }
        ManifestKeys.check(file, all, twice);
        return of(all);
    }

    /** Whether it is of the second version. */
    boolean second() {
        return get(VERSION).orElse("").equals("2");
    }

    private static Manifest of(Map<String, String> all) {
        Map<String, Map<String, String>> bySource = new LinkedHashMap<>();
        all.forEach((key, value) -> {
            int dot = key.indexOf('.', SOURCE.length());
            if (key.startsWith(SOURCE) && dot > 0) {
                bySource.computeIfAbsent(key.substring(SOURCE.length(), dot), name -> new LinkedHashMap<>())
                        .put(key.substring(dot + 1), key.endsWith(".table") ? value : value.strip());
            }
        });
        boolean second = all.getOrDefault(VERSION, "1").strip().equals("2");
        Settings shared = new Settings(second ? ManifestKeys.shared(all) : Map.of());
        Map<String, Settings> sources = new LinkedHashMap<>();
        bySource.forEach((name, settings) -> sources.put(name, shared.with(settings)));
        return new Manifest(all, sources);
    }

    Optional<String> get(String key) {
        return Optional.ofNullable(all.get(key)).map(String::strip);
    }

    /** The files that have a checksum, by name. */
    Map<String, String> checksums() {
        Map<String, String> checksums = new LinkedHashMap<>();
        all.forEach((key, value) -> {
            if (key.startsWith("sha256.")) {
                checksums.put(key.substring("sha256.".length()), value.strip());
            }
        });
        return checksums;
    }

    /** The file in properties syntax. */
    static String text(Map<String, String> entries) {
        StringBuilder text = new StringBuilder();
        entries.forEach((key, value) -> text.append(escaped(key, true))
                .append('=')
                .append(escaped(value, false))
                .append('\n'));
        return text.toString();
    }

    private static String escaped(String text, boolean key) {
        StringBuilder escaped = new StringBuilder();

        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ("=:#!\\".indexOf(c) >= 0 && (key || c == '\\') || c == ' ' && (key || i == 0)) {
                escaped.append('\\').append(c);
            } else if (c == '\n') {
                escaped.append("\\n");
            } else if (c == '\r') {
                escaped.append("\\r");
            } else if (c == '\t') {
                escaped.append("\\t");
            } else {
                escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
