package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Sql;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every example of docs/archives.md is compiled and run: the blocks of Java, the calls in the text, the URLs. */
class ArchivesPageTest {
    private static final Path PAGE = Path.of("../docs/archives.md");
    private static final Pattern JAVA = Pattern.compile("```java\n((?s:.*?))```");
    private static final Pattern URL_LINE = Pattern.compile("(?m)^(jdbc:healing:sqlite:\\S+)");

    /** Code in a line of text that calls something with its arguments. */
    private static final Pattern CALL =
            Pattern.compile("`((?:archive|report|Archive\\w*|Snapshots|RestoreCommand)\\.[^`]*\\))`");

    @TempDir
    Path directory;

    private String page = "";
    private Path database = Path.of("");

    @BeforeEach
    void prepare() throws Exception {
        page = Files.readString(PAGE);
        database = directory.resolve("app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(connection, "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)");
            Sql.run(connection, "INSERT INTO note (text) VALUES ('one'), ('two')");
            ArchiveExport.of(connection).into(directory.resolve("text_archives"), ProgressListener.NONE);
        }
        Files.copy(database, directory.resolve("backup.db"));
    }

    private List<String> found(Pattern pattern) {
        List<String> found = new ArrayList<>();
        Matcher matcher = pattern.matcher(page);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    /** Compiles some statements, and runs them with the names that the page uses. */
    private void run(int number, String statements, Connection connection, boolean keeper) throws Exception {
        String body = statements
                .replace("Path.of(\"text_archives\")", "directory.resolve(\"text_archives\")")
                .replace("Path.of(\"new.db\")", "directory.resolve(\"new" + number + ".db\")")
                .replace("/backups/app.db", directory.resolve("backup.db").toString());
        String name = "Example" + number;
        Path sources = Files.createDirectories(directory.resolve("classes" + number));
        Path source = Files.writeString(sources.resolve(name + ".java"), """
                import java.nio.file.Path;
                import java.sql.Connection;
                import java.time.Duration;
                import java.time.Instant;
                import org.healingsqlite.archive.*;
                import org.healingsqlite.salvage.ProgressListener;

                public class %s {
                    public static void run(Path directory, Path database, %s, Connection connection, ArchiveFile file, RowConsumer rows,
                            String script, MergePolicy policy, ProgressListener progress, %s, int kept, Instant moment,
                            Duration limit) throws Exception {
                        %s
                    }
                }
                """.formatted(
                        name,
                        keeper ? "Path archive" : body.contains("Archive archive") ? "Object given" : "Archive archive",
                        body.contains("ImportReport report") ? "ImportReport earlier" : "ImportReport report",
                        body));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        assertThat(compiler).as("a JDK").isNotNull();
        StringWriter told = new StringWriter();
        boolean compiled = compiler.getTask(
                        told,
                        null,
                        null,
                        List.of("-proc:none", "-cp", System.getProperty("java.class.path"), "-d", sources.toString()),
                        null,
                        compiler.getStandardFileManager(null, null, null).getJavaFileObjects(source))
                .call();
        assertThat(compiled).as("%s\n%s", body, told).isTrue();
        Archive archive = Archive.open(directory.resolve("text_archives"));
        RowConsumer rows = new RowConsumer() {
            @Override
            public void row(String table, List<String> columns, List<@Nullable Object> values, long line) {
                // That it is called without an error is all.
            }

            @Override
            public void problem(long line, String reason) {
                throw new AssertionError(reason);
            }
        };
        Object given = keeper ? directory.resolve("kept" + number) : archive;
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {sources.toUri().toURL()}, getClass().getClassLoader())) {
            for (var method : loader.loadClass(name).getMethods()) {
                if (method.getName().equals("run")) {
                    method.invoke(
                            null,
                            Files.createDirectories(directory.resolve("given" + number))
                                    .getParent(),
                            database,
                            given,
                            connection,
                            archive.files().get(0),
                            rows,
                            "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT);",
                            MergePolicy.DATABASE_WINS,
                            ProgressListener.NONE,
                            new ImportReport(java.util.Map.of(), List.of(), 0, 0, java.util.Map.of()),
                            3,
                            Instant.now(),
                            Duration.ofMinutes(1));
                }
            }
        } catch (InvocationTargetException e) {
            throw new AssertionError(body, e.getCause());
        }
    }

    @Test
    void theBlocksOfJavaRun() throws Exception {
        List<String> blocks = found(JAVA);
        assertThat(blocks).hasSizeGreaterThanOrEqualTo(2);
        for (int i = 0; i < blocks.size(); i++) {
            boolean keeper = blocks.get(i).contains("ArchiveKeeper");
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
                if (keeper) {
                    connection.setAutoCommit(false);
                }
                run(i, blocks.get(i), connection, keeper);
            }
        }
        try (Connection restored = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("new0.db"))) {
            assertThat(Sql.value(restored, "SELECT count(*) FROM note")).isEqualTo(2);
        }
    }

    @Test
    void theCallsInTheTextRunWithAConnectionOfTheDriver() throws Exception {
        List<String> calls = found(CALL);
        assertThat(calls)
                .hasSizeGreaterThanOrEqualTo(8)
                .anyMatch(call -> call.startsWith("Snapshots.in(directory, kept).take("))
                .anyMatch(call -> call.startsWith("RestoreCommand.of("));
        for (int i = 0; i < calls.size(); i++) {
            String call = calls.get(i)
                    .replace(
                            "ArchiveExport.of(connection).into(directory,",
                            "ArchiveExport.of(connection).into(directory.resolve(\"written" + i + "\"),")
                    .replace("ArchiveHistory.of(directory)", "ArchiveHistory.of(directory.resolve(\"text_archives\"))")
                    .replace(", target)", ", directory.resolve(\"then.db\"))")
                    .replace("Snapshots.in(directory,", "Snapshots.in(directory.resolve(\"copies\"),");
            Path empty = directory.resolve("empty" + i + ".db");
            String url = "jdbc:healing:sqlite:" + (call.contains("schemaInto") ? empty : database);
            try (Connection connection = DriverManager.getConnection(url)) {
                run(100 + i, call + ";", connection, false);
            }
        }
        try (var copies = Files.list(directory.resolve("copies"))) {
            assertThat(copies.filter(copy -> copy.toString().endsWith(".db"))).hasSize(1);
        }
    }

    @Test
    void theUrlsConnect() throws Exception {
        List<String> urls = found(URL_LINE);
        assertThat(urls).hasSizeGreaterThanOrEqualTo(3);
        Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT);");
        for (int i = 0; i < urls.size(); i++) {
            Path own = directory.resolve("url" + i);
            Files.createDirectories(own);
            String url = urls.get(i)
                    .replace("sqlite:app.db", "sqlite:" + own.resolve("app.db"))
                    .replace("schema.sql", directory.resolve("schema.sql").toString())
                    .replace("=text_archives", "=" + directory.resolve("text_archives"))
                    .replace("/other/disk", own.resolve("disk").toString());
            try (Connection connection = DriverManager.getConnection(url)) {
                Sql.run(connection, "CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT)");
                Sql.run(connection, "INSERT INTO note (text) VALUES ('three')");
                assertThat(Sql.value(connection, "SELECT count(*) FROM note"))
                        .as(url)
                        .isIn(1, 3);
            }
            if (url.contains("archiveKeep=commit")) {
                assertThat(Archive.open(own.resolve("disk/app")).changes())
                        .as(url)
                        .isPresent();
            }
        }
    }
}
