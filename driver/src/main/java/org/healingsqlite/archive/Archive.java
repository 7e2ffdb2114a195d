package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.healingsqlite.api.Experimental;
import org.healingsqlite.files.OutputPath;
import org.healingsqlite.input.InputFile;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/**
 * A directory of text files that hold rows: which files there are, in which format, and which of them are sound. With
 * {@code archive.properties} as that says, otherwise by the files' names and first lines. Checksums are verified here, before anything is parsed; a
 * file that fails is left out and reported. Immutable; keeps no file open.
 */
@Experimental
public final class Archive {
    private static final Pattern DIGITS = Pattern.compile("\\d+");
    private static final Pattern SUM = Pattern.compile("[0-9a-fA-F]{64} [ *].+");
    private static final String SUMS = "SHA256SUMS";
    private static final int SNIFFED_LINES = 40;

    /** The format of files that are known, and have no rows. */
    private static final String NO_FORMAT = "none";

    private final Path directory;
    private final Manifest manifest;
    private final List<ArchiveFile> files;
    private final List<Problem> problems;
    private final @Nullable List<SchemaStatement> schema;

    private Archive(
            Path directory,
            Manifest manifest,
            List<ArchiveFile> files,
            List<Problem> problems,
            @Nullable List<SchemaStatement> schema) {
        this.directory = directory;
        this.manifest = manifest;
        this.files = List.copyOf(files);
        this.problems = List.copyOf(problems);
        this.schema = schema == null ? null : List.copyOf(schema);
    }

    /**
     * Looks at an archive and verifies its checksums.
     *
     * @throws ArchiveException where there is no archive, or its manifest cannot be used
     */
    public static Archive open(Path directory) throws IOException {
        return open(directory, Manifest.FILE);
    }

    static Archive open(Path directory, String manifest) throws IOException {
        return inventory(directory, directory.resolve(manifest));
    }

    private static Archive inventory(Path directory, Path manifest) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new ArchiveException("There is no archive at " + directory + ": no such directory");
        }
        return new Inventory(directory, manifest).take();
    }

    /**
     * Looks at an archive with another manifest than its own.
     *
     * @throws ArchiveException where there is no archive, or the manifest cannot be used
     */
    public static Archive open(Path directory, Path manifest) throws IOException {
        if (!Files.exists(manifest, LinkOption.NOFOLLOW_LINKS)) {
            throw new ArchiveException("There is no manifest at " + manifest + ": no such file");
        }
        return inventory(directory, manifest);
    }

    public Path directory() {
        return directory;
    }

    /** What its manifest says; of nothing where it has none. */
    Manifest manifest() {
        return manifest;
    }

    /** What is wrong with it, as far as that shows without parsing. */
    public List<Problem> problems() {
        return problems;
    }

    /** The files to parse, in order. */
    public List<ArchiveFile> files() {
        return files;
    }

    /**
     * Parses one file, or one kind of file where the caller goes through {@link #files}: nothing but that, no database is asked. The rows are as the
     * file has them: names are not looked up, times not converted, and a file that no manifest describes may name no table. Streams; what is no row is
     * a problem with its line, and the rest goes on.
     *
     * @param file one of {@link #files}
     * @throws ArchiveException where no parser is known for its format
     * @throws IOException where reading fails, or the consumer refuses to go on
     */
    public void parse(ArchiveFile file, RowConsumer rows) throws IOException {
        ArchiveImport.parse(file, rows);
    }

    /** The statements that create the schema, where the archive holds them. */
    public Optional<String> schema() {
        return schemaStatements().map(statements -> {
            StringBuilder script = new StringBuilder();
            // The semicolon on a line of its own: a statement may end in a comment.
            statements.forEach(statement -> script.append(statement.sql()).append("\n;\n"));
            return script.toString();
        });
    }

    Optional<List<SchemaStatement>> schemaStatements() {
        return Optional.ofNullable(schema);
    }

    /** Where two files of the archive disagree about a row: whether the later one is right. */
    boolean lastWins() {
        return manifest.get("conflict").map("last"::equalsIgnoreCase).orElse(false);
    }

    /** What the archive remembers of the database, for example {@code user_version}. */
    Optional<String> database(String setting) {
        return manifest.get("database." + setting);
    }

    /** What was committed after the rows were written; empty where the archive has no such log, or nothing is in it. */
    Optional<Path> changes() throws IOException {
        Optional<Path> log = log();
        return log.isPresent() && Files.size(log.get()) > 0 ? log : Optional.empty();
    }

    /** The file that the manifest names as the log: in the directory itself, and no link. */
    private Optional<Path> log() {
        return manifest.get("changes")
                .filter(name -> !name.contains("/") && !name.contains("\\"))
                .map(directory::resolve)
                .filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS));
    }

    /** Whether it goes on in a log of what was committed after the rows were written: then it is as new as its last commit. */
    boolean isKept() {
        return manifest.get("changes").isPresent();
    }

    /** The moment up to which it tells of the database, as far as its files know. */
    public Instant asOf() throws IOException {
        Optional<Path> log = log();
        if (log.isPresent()) {
            return Files.getLastModifiedTime(log.get()).toInstant();
        }
        Instant newest = Instant.EPOCH;
        for (ArchiveFile file : files) {
            Instant modified = Files.getLastModifiedTime(file.path()).toInstant();
            newest = modified.isAfter(newest) ? modified : newest;
        }
        return newest;
    }

    /** Rows promised by the manifest, by table; empty where it promises nothing. */
    Map<String, Long> promisedRows() {
        Map<String, Long> promised = new LinkedHashMap<>();
        manifest.sources()
                .values()
                .forEach(settings -> PromisedRows.of(settings)
                        .ifPresent(rows -> promised.merge(PromisedRows.table(settings), rows, Long::sum)));
        return promised;
    }

    /**
     * Makes sure that an output is nothing that the archive is read from.
     *
     * @throws IOException naming both
     */
    public void requireApart(Path output) throws IOException {
        OutputPath.requireApart(output, directory);
        OutputPath.requireApart(output, directory.resolve(Manifest.FILE));
        Optional<Path> log = log();
        if (log.isPresent()) {
            OutputPath.requireApart(output, log.get());
        }
        for (ArchiveFile each : files) {
            OutputPath.requireApart(output, each.path());
        }
    }

    /**
     * Writes the whole directory, as it is, into one file.
     *
     * @param file none that the archive is read from
     */
    public void zipTo(Path file) throws IOException {
        requireApart(file);
        List<Path> all;
        try (Stream<Path> walk = Files.walk(directory)) {
            all = walk.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        }
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Path path : all) {
                zip.putNextEntry(
                        new ZipEntry(directory.relativize(path).toString().replace('\\', '/')));
                Files.copy(path, zip);
                zip.closeEntry();
            }
        }
        DurableFiles.force(file);
    }

    /** Reads every file to its end, and compares the rows with what the manifest promises; what is wrong. */
    public List<Problem> verify() throws IOException {
        List<Problem> found = new ArrayList<>(problems);
        LongAdder more = new LongAdder();
        Consumer<Problem> note = problem -> {
            if (found.size() < problems.size() + ImportReport.KEPT_PROBLEMS) {
                found.add(problem);
            } else {
                more.increment();
            }
        };
        PromisedRows promised = new PromisedRows();
        for (ArchiveFile file : files) {
            promised.begin(file);
            parse(file, new RowConsumer() {
                @Override
                public void row(String table, List<String> columns, List<@Nullable Object> values, long line) {
                    promised.row(file.settings().tableOf(table));
                }

                @Override
                public void problem(long line, String reason) {
                    note.accept(new Problem(file.name(), line, reason));
                }
            });
        }
        found.addAll(promised.broken());
        Optional<Path> log = changes();
        if (log.isPresent()) {
            ChangeLog.read(log.get(), new ChangeLog.Reader() {
                @Override
                public void change(String op, String table, List<@Nullable Object> values, long line) {
                    // It can be read: that is all that was asked.
                }

                @Override
                public void problem(long line, String reason) {
                    note.accept(new Problem(String.valueOf(log.get().getFileName()), line, reason));
                }
            });
        }
        if (more.sum() > 0) {
            found.add(new Problem(String.valueOf(directory.getFileName()), 0, "has " + more.sum() + " more problems"));
        }
        return found;
    }

    /** Reads the directory. */
    private static final class Inventory {
        private final Path directory;
        private final Path manifestFile;
        private final List<Problem> problems = new ArrayList<>();
        private final List<ArchiveFile> files = new ArrayList<>();
        private final Map<String, Path> present = new LinkedHashMap<>();
        private final Set<String> named = new HashSet<>();

        Inventory(Path directory, Path manifestFile) {
            this.directory = directory;
            this.manifestFile = manifestFile;
        }

        Archive take() throws IOException {
            boolean described = Files.exists(manifestFile, LinkOption.NOFOLLOW_LINKS);
            Manifest manifest = described ? Manifest.read(manifestFile) : new Manifest(Map.of(), Map.of());
            boolean exported = manifest.get("format").isPresent();
            if (exported && !manifest.get("complete").orElse("").equals("true")) {
                throw new ArchiveException(manifestFile + " was cut: its last line is missing");
            }
            if (described && !exported && manifest.sources().isEmpty()) {
                throw new ArchiveException(manifestFile + " names no source: expected source.NAME.files");
            }
            list();
            String log = manifest.get("changes").orElse("");
            if (!log.isEmpty() && !present.containsKey(log)) {
                problems.add(new Problem(log, 0, "is missing: what was committed after the rows were written is lost"));
            }
            Set<String> unsound = verifyChecksums(manifest);
            if (manifest.sources().isEmpty() && !exported) {
                discover(unsound);
            } else {
                for (Map.Entry<String, Settings> source : manifest.sources().entrySet()) {
                    source(source.getKey(), source.getValue(), unsound);
                }
                unnamed(manifest);
            }
            return new Archive(directory, manifest, files, problems, schema(manifest, unsound));
        }

        private void list() throws IOException {
            List<Path> found = new ArrayList<>();
            // What the keeper of the archive is working with may vanish while it is listed.
            // The directory itself may be a link: its name was given.
            Path start = directory.toRealPath();
            Files.walkFileTree(start, Set.of(), Bounds.DIRECTORY_DEPTH, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
                    Path name = start.relativize(path);
                    if (attributes.isRegularFile()) {
                        found.add(name);
                    } else {
                        problems.add(new Problem(
                                name.toString().replace('\\', '/'),
                                0,
                                attributes.isDirectory()
                                        ? "left out: more than " + Bounds.DIRECTORY_DEPTH + " directories deep"
                                        : "left out: is " + InputFile.kind(attributes) + ", expected a file"));
                    }
                    if (found.size() + problems.size() > Bounds.entries()) {
                        throw new ArchiveException(directory + " has more than the " + Bounds.entries()
                                + " files that an archive may have");
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
                    if (e instanceof NoSuchFileException && !path.equals(start)) {
                        return FileVisitResult.CONTINUE;
                    }
                    throw e;
                }
            });
            found.sort(Comparator.comparing((Path path) -> natural(path.toString()))
                    .thenComparing(Path::toString));
            found.forEach(path -> present.put(path.toString().replace('\\', '/'), directory.resolve(path.toString())));
        }

        /** {@code prayer_2.txt} goes before {@code prayer_10.txt}. */
        private static String natural(String name) {
            return DIGITS.matcher(name).replaceAll(digits -> String.format(Locale.ROOT, "%20s", digits.group()));
        }

        private Set<String> verifyChecksums(Manifest manifest) throws IOException {
            Map<String, String> expected = new LinkedHashMap<>(manifest.checksums());
            Path sums = present.get(SUMS);
            if (sums != null) {
                try (Lines lines = Lines.of(new ArchiveFile(SUMS, sums, "", Settings.NONE))) {
                    for (String line = lines.next(); line != null; line = lines.next()) {
                        if (lines.fault() != null) {
                            throw new ArchiveException(sums + ":" + lines.number() + " " + lines.fault());
                        }
                        if (expected.size() >= Bounds.entries()) {
                            throw new ArchiveException(sums + " has more than " + Bounds.entries() + " checksums");
                        }
                        if (SUM.matcher(line).matches()) {
                            expected.putIfAbsent(line.substring(66), line.substring(0, 64));
                        }
                    }
                }
            }
            Set<String> unsound = new HashSet<>();
            for (Map.Entry<String, String> entry : expected.entrySet()) {
                Path path = present.get(entry.getKey());
                if (path == null) {
                    problems.add(new Problem(entry.getKey(), 0, "is missing"));
                    unsound.add(entry.getKey());
                } else {
                    String found = Checksum.of(path);
                    if (!found.equalsIgnoreCase(entry.getValue())) {
                        problems.add(new Problem(
                                entry.getKey(),
                                0,
                                "skipped: its checksum is " + found + ", expected " + entry.getValue()));
                        unsound.add(entry.getKey());
                    }
                }
            }
            return unsound;
        }

        /** Files that the second version of a manifest does not name: what stands in them would be lost in silence. */
        private void unnamed(Manifest manifest) {
            if (!manifest.second()) {
                return;
            }
            for (String file : present.keySet()) {
                boolean own = file.equals(SUMS) || file.equals(Manifest.FILE) || manifestFile.equals(present.get(file));
                if (!own && !named.contains(file) && !file.startsWith(".") && !file.contains("/.")) {
                    problems.add(new Problem(
                            file, 0, "no source of " + Manifest.FILE + " names it; format=none leaves files out"));
                }
            }
        }

        private void source(String name, Settings settings, Set<String> unsound) throws ArchiveException {
            String format = settings.get("format").orElse("");
            List<String> globs = settings.list("files");
            for (String glob : globs) {
                PathMatcher matcher = matcher(name, glob);
                List<String> matching = present.keySet().stream()
                        .filter(file -> matcher.matches(Path.of(file)))
                        .toList();
                boolean reported =
                        problems.stream().anyMatch(problem -> problem.file().equals(glob));
                if (matching.isEmpty() && !reported) {
                    problems.add(new Problem(glob, 0, "no such file, named by source " + name));
                }
                for (String file : matching) {
                    String actual = format.isEmpty() ? formatOf(file) : format;
                    boolean first = named.add(file);
                    if (unsound.contains(file) || format.equals(NO_FORMAT) || settings.second() && !first) {
                        continue;
                    }
                    add(file, settings, actual);
                }
            }
        }

        private PathMatcher matcher(String source, String glob) throws ArchiveException {
            String problem = glob.chars().filter(c -> c == '*').count() > Bounds.GLOB_STARS
                    ? "more than " + Bounds.GLOB_STARS + " asterisks"
                    : "";
            try {
                if (problem.isEmpty()) {
                    return FileSystems.getDefault().getPathMatcher("glob:" + glob);
                }
            } catch (PatternSyntaxException e) {
                problem = e.getDescription();
            }
            throw new ArchiveException(manifestFile + ": source." + source + ".files is " + glob + ": " + problem);
        }

        private void add(String file, Settings settings, String format) {
            Path path = present.get(file);
            if (path != null) {
                Map<String, String> all = new LinkedHashMap<>();
                all.put("format", format);
                files.add(new ArchiveFile(
                        file,
                        path,
                        settings.get("table").orElse(""),
                        settings.get("format").isPresent() ? settings : settings.with(all)));
            }
        }

        private void discover(Set<String> unsound) {
            for (String file : present.keySet()) {
                if (file.equals(SUMS) || unsound.contains(file)) {
                    continue;
                }
                if (file.startsWith(".") || file.contains("/.")) {
                    if (file.matches("(?i).*\\.(?:csv|tsv|jsonl|ndjson|sql)")) {
                        problems.add(new Problem(file, 0, "is hidden, and left out; name it in " + Manifest.FILE));
                    }
                    continue;
                }
                String format = formatOf(file);
                if (format.isEmpty()) {
                    problems.add(new Problem(file, 0, "not understood; name its format in " + Manifest.FILE));
                } else {
                    add(file, Settings.NONE, format);
                }
            }
        }

        private String formatOf(String file) {
            String extension = file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
            return switch (extension) {
                case "csv", "tsv" -> "csv";
                case "jsonl", "ndjson" -> "jsonl";
                case "sql" -> "sql";
                default -> sniffed(file);
            };
        }

        private String sniffed(String file) {
            Path path = present.get(file);
            if (path == null) {
                return "";
            }
            boolean keys = false;
            boolean first = true;
            try (Lines lines = new Lines(new ArchiveFile(file, path, "", Settings.NONE).open())) {
                for (int i = 0; i < SNIFFED_LINES; i++) {
                    String line = lines.next();
                    if (line == null || lines.fault() != null) {
                        break;
                    }
                    if (line.startsWith(DelimitedParser.FORMAT_LINE)) {
                        return "delimited";
                    }
                    if (first && !line.isBlank()) {
                        keys = line.matches("[\\p{L}_][\\p{L}\\p{N}_ -]*: .*");
                        first = false;
                    }
                }
            } catch (IOException e) {
                problems.add(new Problem(file, 0, "cannot be read: " + Disclosure.text(e)));
            }
            return keys ? "blocks" : "";
        }

        private @Nullable List<SchemaStatement> schema(Manifest manifest, Set<String> unsound) throws IOException {
            Optional<String> file = manifest.get("schema");
            if (file.isEmpty() || unsound.contains(file.get())) {
                return null;
            }
            Path path = present.get(file.get());
            if (path == null) {
                problems.add(new Problem(file.get(), 0, "is missing"));
                return null;
            }
            return SchemaStatement.read(new ArchiveFile(file.get(), path, "", Settings.NONE));
        }
    }
}
