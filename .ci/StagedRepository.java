import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/**
 * {@code java .ci/StagedRepository.java FOLDER [--signed] [--release]}: whether what ./stage made is what a repository of releases takes and a stranger
 * can use. Looks at files only. Each rule is then tried on a copy that breaks it: a rule that sees nothing there is a fault as well.
 */
final class StagedRepository {
    /** What an application that uses the driver gets with it. */
    private static final Set<String> DRIVER_NEEDS = Set.of(
            "org.xerial:sqlite-jdbc",
            "org.slf4j:slf4j-api",
            "dev.failsafe:failsafe",
            "de.siegmar:fastcsv",
            "com.grack:nanojson",
            "org.jspecify:jspecify");

    /** What makes a jar run, by artifact. */
    private static final Map<String, String> ENTRANCES =
            Map.of("healing-sqlite-agent", "Premain-Class", "healing-sqlite-cli", "Main-Class");

    private static final String BOM = "healing-sqlite-bom";

    private final Path group;
    private final boolean signed;
    private final boolean release;
    private final List<String> faults = new ArrayList<>();

    private StagedRepository(Path folder, boolean signed, boolean release) {
        group = folder.resolve("org/healingsqlite");
        this.signed = signed;
        this.release = release;
    }

    public static void main(String[] arguments) throws Exception {
        List<String> given = List.of(arguments);
        Path folder = Path.of(given.get(0));
        boolean signed = given.contains("--signed");
        boolean release = given.contains("--release");
        List<String> faults = new ArrayList<>(new StagedRepository(folder, signed, release).faults());
        if (faults.isEmpty()) {
            faults.addAll(new Control(folder, signed, release).unseen());
        }
        faults.forEach(System.err::println);
        if (!faults.isEmpty()) {
            System.exit(1);
        }
        System.out.println("staged as it should be: "
                + list(folder.resolve("org/healingsqlite")).stream()
                        .map(path -> path.getFileName().toString())
                        .collect(Collectors.joining(", ")));
    }

    List<String> faults() throws Exception {
        Set<String> artifacts = new TreeSet<>();
        for (Path artifact : list(group)) {
            artifacts.add(artifact.getFileName().toString());
            for (Path version : list(artifact)) {
                if (Files.isDirectory(version)) {
                    artifact(artifact.getFileName().toString(), version);
                }
            }
        }
        for (String needed : List.of(BOM, "healing-sqlite-driver", "healing-sqlite-agent", "healing-sqlite-cli")) {
            check(artifacts.contains(needed), group, needed, "none");
        }
        return faults;
    }

    private void artifact(String name, Path directory) throws Exception {
        List<Path> poms = list(directory).stream()
                .filter(path -> path.toString().endsWith(".pom"))
                .toList();
        check(poms.size() == 1, directory, "one .pom", poms);
        for (Path pom : poms) {
            String file = pom.getFileName().toString();
            String stem = file.substring(0, file.length() - ".pom".length());
            Element project = xml(pom);
            pom(pom, project);
            if (name.equals(BOM)) {
                bom(pom, project);
            }
            if (!"pom".equals(text(project, "packaging"))) {
                if (name.equals("healing-sqlite-driver")) {
                    driver(pom, project);
                }
                jar(directory.resolve(stem + ".jar"), name, directory.getFileName().toString());
                holds(directory.resolve(stem + "-sources.jar"), ".java");
                holds(directory.resolve(stem + "-javadoc.jar"), "index.html");
            }
        }
        check(!release || !directory.toString().endsWith("-SNAPSHOT"), directory, "a release", "a snapshot");
        for (Path path : list(directory)) {
            String file = path.getFileName().toString();
            if (!file.matches(".*\\.(md5|sha1|sha256|sha512|asc)") && !file.startsWith("maven-metadata")) {
                sum(path, "MD5", ".md5");
                sum(path, "SHA-1", ".sha1");
                Path signature = directory.resolve(file + ".asc");
                check(!signed || Files.exists(signature), path, "a signature, " + signature.getFileName(), "none");
            }
        }
    }

    private void pom(Path pom, Element project) {
        check(children(project, "parent").isEmpty(), pom, "no parent, which is not published", "<parent>");
        for (String path : List.of(
                "groupId", "artifactId", "version", "name", "description", "url", "licenses/license/name", "licenses/license/url",
                "developers/developer/name", "scm/connection", "scm/developerConnection", "scm/url")) {
            check(!text(project, path).isBlank(), pom, "<" + path + ">", "none");
        }
        for (Element dependency : dependencies(project)) {
            String version = text(dependency, "version");
            String named = coordinates(dependency);
            check(!version.isBlank() && !version.contains("${"), pom, "a version of " + named, version);
            check(!release || !version.endsWith("-SNAPSHOT"), pom, "a release of " + named, version);
        }
    }

    private void driver(Path pom, Element project) {
        Set<String> needs = dependencies(project).stream()
                .filter(dependency -> !"true".equals(text(dependency, "optional")))
                .map(StagedRepository::coordinates)
                .collect(Collectors.toCollection(TreeSet::new));
        check(DRIVER_NEEDS.containsAll(needs), pom, "no dependency but " + new TreeSet<>(DRIVER_NEEDS), needs);
    }

    private void bom(Path pom, Element project) throws IOException {
        Set<String> managed = children(project, "dependencyManagement").stream()
                .flatMap(management -> children(management, "dependencies").stream())
                .flatMap(all -> children(all, "dependency").stream())
                .map(dependency -> text(dependency, "artifactId"))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> published = list(group).stream()
                .map(path -> path.getFileName().toString())
                .filter(name -> !name.equals(BOM))
                .collect(Collectors.toCollection(TreeSet::new));
        check(managed.equals(published), pom, "each published artifact, " + published, managed);
    }

    private void jar(Path jar, String name, String version) throws IOException {
        if (!Files.exists(jar)) {
            check(false, jar, "a jar", "none");
            return;
        }
        try (JarFile opened = new JarFile(jar.toFile())) {
            Attributes manifest = opened.getManifest().getMainAttributes();
            String implementation = manifest.getValue("Implementation-Version");
            check(version.equals(implementation), jar, "Implementation-Version " + version, implementation);
            for (String entry : List.of("META-INF/LICENSE", "META-INF/NOTICE")) {
                check(opened.getEntry(entry) != null, jar, entry, "none");
            }
            String entrance = ENTRANCES.get(name);
            if (entrance != null) {
                String entered = String.valueOf(manifest.getValue(entrance));
                check(opened.getEntry(entered.replace('.', '/') + ".class") != null, jar, "the class of " + entrance, entered);
            }
        }
    }

    private void holds(Path jar, String suffix) throws IOException {
        if (!Files.exists(jar)) {
            check(false, jar, "a jar with " + suffix, "none");
            return;
        }
        try (JarFile opened = new JarFile(jar.toFile())) {
            check(opened.stream().anyMatch(entry -> entry.getName().endsWith(suffix)), jar, "entries " + suffix, "none");
        }
    }

    private void sum(Path path, String algorithm, String suffix) throws IOException, NoSuchAlgorithmException {
        Path sum = path.resolveSibling(path.getFileName() + suffix);
        if (!Files.exists(sum)) {
            check(false, path, suffix + " beside it", "none");
            return;
        }
        String is = HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(Files.readAllBytes(path)));
        check(is.equals(Files.readString(sum).strip()), sum, is, Files.readString(sum).strip());
    }

    private void check(boolean holds, Path where, String expected, Object found) {
        if (!holds) {
            faults.add(where + ": expected " + expected + "; found " + found);
        }
    }

    private static List<Element> dependencies(Element project) {
        return children(project, "dependencies").stream()
                .flatMap(all -> children(all, "dependency").stream())
                .toList();
    }

    private static String coordinates(Element dependency) {
        return text(dependency, "groupId") + ":" + text(dependency, "artifactId");
    }

    private static Element xml(Path file) throws IOException, ParserConfigurationException, SAXException {
        try (InputStream in = Files.newInputStream(file)) {
            return DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(in).getDocumentElement();
        }
    }

    /** The text at a path of names, of the first element where there are several; empty where there is none. */
    private static String text(Element element, String path) {
        Element at = element;
        for (String name : path.split("/")) {
            List<Element> found = children(at, name);
            if (found.isEmpty()) {
                return "";
            }
            at = found.get(0);
        }
        return at.getTextContent().strip();
    }

    private static List<Element> children(Element element, String name) {
        List<Element> found = new ArrayList<>();
        for (Node child = element.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child instanceof Element is && is.getTagName().equals(name)) {
                found.add(is);
            }
        }
        return found;
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> listed = Files.list(directory)) {
            return listed.sorted().toList();
        }
    }

    /** Breaks one rule after another in the folder, and mends it. */
    private record Control(Path folder, boolean signed, boolean release) {
        List<String> unseen() throws Exception {
            List<String> unseen = new ArrayList<>();
            for (String suffix : List.of("-sources.jar", "-javadoc.jar", ".md5", ".pom.sha1", ".pom")) {
                broken(unseen, one("healing-sqlite-driver", suffix), null);
            }
            Path driver = one("healing-sqlite-driver", ".pom");
            String pom = Files.readString(driver);
            broken(unseen, driver, pom.replace("<developers>", "<others>").replace("</developers>", "</others>"));
            broken(unseen, driver, pom.replaceFirst("<name>[^<]*</name>", ""));
            broken(unseen, driver, pom.replace("<artifactId>failsafe<", "<artifactId>another<"));
            broken(unseen, driver, pom.replaceFirst("<modelVersion>", "<parent/><modelVersion>"));
            Path bom = one(BOM, ".pom");
            broken(unseen, bom, Files.readString(bom).replace("healing-sqlite-agent<", "another<"));
            Path agent = jar("healing-sqlite-agent");
            Path driverJar = jar("healing-sqlite-driver");
            broken(unseen, agent, Files.readAllBytes(driverJar), "Premain-Class");
            broken(unseen, jar("healing-sqlite-cli"), Files.readAllBytes(driverJar), "Main-Class");
            broken(unseen, driverJar, Files.readAllBytes(one("healing-sqlite-driver", "-javadoc.jar")), "Implementation-Version");
            if (signed) {
                broken(unseen, one("healing-sqlite-driver", ".pom.asc"), null);
            }
            return unseen;
        }

        private void broken(List<String> unseen, Path file, String content) throws Exception {
            broken(unseen, file, content == null ? null : content.getBytes(java.nio.charset.StandardCharsets.UTF_8), "");
        }

        /** Without content the file is away. */
        private void broken(List<String> unseen, Path file, byte[] content, String word) throws Exception {
            Path aside = Files.createTempFile("staged", ".aside");
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
            try {
                if (content != null) {
                    Files.write(file, content);
                }
                // The sums of what was changed are wrong as well, which is another rule's.
                boolean seen = new StagedRepository(folder, signed, release)
                        .faults().stream().anyMatch(fault -> fault.contains(word)
                                && (content == null || !fault.contains(file.getFileName() + ".md5") && !fault.contains(file.getFileName() + ".sha1")));
                if (!seen) {
                    unseen.add("nothing was said when " + file + (content == null ? " was away" : " was another " + word));
                }
            } finally {
                Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING);
            }
        }

        private Path jar(String artifact) throws IOException {
            String pom = one(artifact, ".pom").toString();
            return Path.of(pom.substring(0, pom.length() - ".pom".length()) + ".jar");
        }

        private Path one(String artifact, String suffix) throws IOException {
            try (Stream<Path> files = Files.walk(folder.resolve("org/healingsqlite").resolve(artifact))) {
                return files.filter(path -> path.toString().endsWith(suffix) && !path.getFileName().toString().startsWith("maven-metadata"))
                        .sorted()
                        .findFirst()
                        .orElseThrow();
            }
        }
    }
}
