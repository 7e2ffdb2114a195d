package org.healingsqlite.testkit;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;

/**
 * Reads what a built jar says of itself: LICENSE and NOTICE as the project has them, a licence for each project whose classes are in it, and those
 * projects' own Maven descriptors. What is bundled is told by the classes, not by a list.
 */
public final class JarContents {
    private final Path jar;
    private final Path bom;
    private final Path root;

    /**
     * @param jar the jar that is looked at
     * @param bom the list of components (CycloneDX, JSON) that the module's build wrote
     * @param root the project's root, which has LICENSE, NOTICE and licenses
     */
    public JarContents(Path jar, Path bom, Path root) {
        this.jar = jar;
        this.bom = bom;
        this.root = root;
    }

    /** What is wrong with the jar; empty where nothing is. */
    public List<String> faults() throws IOException {
        List<String> faults = new ArrayList<>();
        try (JarFile opened = new JarFile(jar.toFile())) {
            Set<String> names = opened.stream().map(entry -> entry.getName()).collect(Collectors.toSet());
            for (String text : List.of("LICENSE", "NOTICE")) {
                same(opened, "META-INF/" + text, root.resolve(text), faults);
            }
            Set<String> licensed = names.stream()
                    .filter(name -> name.startsWith("META-INF/licenses/") && name.endsWith(".txt"))
                    .map(name -> name.substring("META-INF/licenses/".length(), name.length() - ".txt".length()))
                    .collect(Collectors.toCollection(TreeSet::new));
            Set<String> bundled = new TreeSet<>();
            for (Path component : components()) {
                try (JarFile other = new JarFile(component.toFile())) {
                    if (isIn(other, names)) {
                        String artifact = artifact(component);
                        bundled.add(artifact);
                        same(
                                opened,
                                "META-INF/licenses/" + artifact + ".txt",
                                root.resolve("licenses/" + artifact + ".txt"),
                                faults);
                        other.stream()
                                .map(entry -> entry.getName())
                                .filter(name -> name.matches("META-INF/maven/.*/pom\\.(xml|properties)"))
                                .filter(name -> !names.contains(name))
                                .forEach(name -> faults.add(name + " of " + artifact + " is missing"));
                    }
                }
            }
            if (!licensed.equals(bundled)) {
                faults.add("licences of " + licensed + ", classes of " + bundled);
            }
        }
        return faults;
    }

    /** The projects that the list of components names, by artifact; this project's own are left out. */
    public Set<String> named() throws IOException {
        Set<String> named = new TreeSet<>();
        try {
            JsonObject list = JsonParser.object().from(Files.readString(bom));
            for (Object each : list.getArray("components")) {
                JsonObject component = (JsonObject) each;
                if (!component.getString("group").equals("org.healingsqlite")) {
                    named.add(component.getString("name") + "-" + component.getString("version"));
                }
            }
        } catch (JsonParserException e) {
            throw new IOException(bom + " is no list of components", e);
        }
        return named;
    }

    /** The components' jars, from the class path of the tests. */
    private List<Path> components() throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<Path> jars = new ArrayList<>();
        for (String name : named()) {
            jars.add(List.of(classPath.split(File.pathSeparator)).stream()
                    .map(Path::of)
                    .filter(path -> path.getFileName().toString().equals(name + ".jar"))
                    .findFirst()
                    .orElseThrow(() -> new IOException(name + " is not on the class path " + classPath)));
        }
        return jars;
    }

    /** {@code failsafe} of {@code failsafe-3.3.2.jar}. */
    private static String artifact(Path component) {
        return component.getFileName().toString().replaceAll("-\\d.*", "");
    }

    /** Whether most classes are there, perhaps in packages that were moved. */
    private static boolean isIn(JarFile component, Set<String> names) {
        Set<String> ends = names.stream().map(JarContents::end).collect(Collectors.toSet());
        List<String> classes = component.stream()
                .map(entry -> entry.getName())
                .filter(name -> name.endsWith(".class") && !name.startsWith("META-INF") && !name.contains("-info"))
                .toList();
        return classes.stream().filter(name -> ends.contains(end(name))).count() > classes.size() / 2;
    }

    /** The last package and the class. */
    private static String end(String name) {
        int before = name.lastIndexOf('/', name.lastIndexOf('/') - 1);
        return name.substring(before + 1);
    }

    private static void same(JarFile jar, String entry, Path expected, List<String> faults) throws IOException {
        if (!Files.exists(expected)) {
            faults.add("the project has no " + expected.getFileName() + " for " + entry);
        } else if (jar.getEntry(entry) == null) {
            faults.add(entry + " is missing");
        } else {
            try (InputStream in = jar.getInputStream(jar.getEntry(entry))) {
                if (!new String(in.readAllBytes(), StandardCharsets.UTF_8).equals(Files.readString(expected))) {
                    faults.add(entry + " is another text than the project's");
                }
            }
        }
    }
}
