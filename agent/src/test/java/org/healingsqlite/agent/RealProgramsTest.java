package org.healingsqlite.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Programs as their makers publish them keep working under the agent while their database is deleted and damaged. Those tagged as a campaign are
 * fetched and built by {@code mvn -f programs package}.
 */
class RealProgramsTest {
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final Path PROGRAMS = Path.of(System.getProperty("healing.test.programs"));
    private static final Path BUILT = Path.of(System.getProperty("healing.test.built"));
    private static final long SEED = 8;

    @TempDir
    Path directory;

    private Path database;
    private String url;

    @BeforeEach
    void nameTheDatabase() {
        database = directory.resolve("app.db");
        url = "jdbc:sqlite:" + database;
    }

    private static List<String> java(List<String> options, String... program) {
        List<String> command = new ArrayList<>(List.of(JAVA));
        command.addAll(options);
        command.addAll(List.of(program));
        return command;
    }

    private static String classPath(Path... jars) {
        return Stream.of(jars).map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    private static Path built(String name) {
        Path path = BUILT.resolve(name);
        assertThat(path).as("run mvn -f programs package first").exists();
        return path;
    }

    /** Noise over the later half of the file, as by another program: whoever has the file open notices. */
    private void damage() throws IOException {
        damage(Files.size(database) / 2);
        try (FileChannel file = FileChannel.open(database, StandardOpenOption.WRITE)) {
            // The header's change counter: caches are read again.
            file.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), 24);
        }
    }

    private void damage(long from) throws IOException {
        byte[] noise = new byte[(int) (Files.size(database) - from)];
        new Random(SEED).nextBytes(noise);
        try (FileChannel file = FileChannel.open(database, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(noise), from);
        }
    }

    private void assertHealthy() throws Exception {
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    // ---- sqlline

    private Conversation sqlline(List<String> options) throws Exception {
        Conversation sqlline = new Conversation(java(
                options,
                "-Djline.terminal=dumb",
                "-cp",
                classPath(
                        PROGRAMS.resolve("sqlline-jar-with-dependencies.jar"),
                        PROGRAMS.resolve("slf4j-api.jar"),
                        Agents.release("3.45.3.0")),
                "sqlline.SqlLine",
                "-d",
                "org.sqlite.JDBC",
                "-u",
                url,
                "-n",
                "",
                "-p",
                "",
                "--outputFormat=csv"));
        sqlline.ask("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);", "No rows affected");
        sqlline.ask("INSERT INTO item (name) VALUES ('one');", "1 row affected");
        return sqlline;
    }

    @Test
    void sqlline() throws Exception {
        try (Conversation sqlline = sqlline(List.of(Agents.option("")))) {
            goesOn(sqlline);
        }
    }

    private void goesOn(Conversation sqlline) throws Exception {
        sqlline.ask("nonsense;", "syntax error");
        Files.delete(database);
        sqlline.ask("INSERT INTO item (name) VALUES ('two');", "1 row affected");
        assertThat(sqlline.ask("SELECT 'rows', count(*) FROM item;", "rows','(\\d+)'"))
                .as("the row of the deleted file has come back")
                .isEqualTo("2");
        damage();
        sqlline.ask("INSERT INTO item (name) VALUES ('three');", "1 row affected");
        sqlline.ask("SELECT 'last', max(name) FROM item;", "last','t");
        assertHealthy();
    }

    /** The negative control: what is done to the database is more than a program can bear. */
    @Test
    void sqllineByItselfDoesNot() throws Exception {
        try (Conversation sqlline = sqlline(List.of())) {
            Files.delete(database);
            sqlline.ask("INSERT INTO item (name) VALUES ('two');", "moved since it was opened");
        }
    }

    // ---- Beside other agents

    @ParameterizedTest(name = "healing first: {0}")
    @ValueSource(booleans = {true, false})
    void besideTheAgentOfJacoco(boolean first) throws Exception {
        String other = "-javaagent:" + PROGRAMS.resolve("org.jacoco.agent-runtime.jar") + "=destfile="
                + directory.resolve("jacoco.exec");
        try (Conversation sqlline =
                sqlline(first ? List.of(Agents.option(""), other) : List.of(other, Agents.option("")))) {
            goesOn(sqlline);
        }
    }

    @ParameterizedTest(name = "healing first: {0}")
    @ValueSource(booleans = {true, false})
    @Tag("campaign")
    void besideTheAgentOfOpenTelemetryWhichWeavesJdbcWithByteBuddy(boolean first) throws Exception {
        String other = "-javaagent:" + built("opentelemetry/target/opentelemetry-javaagent.jar");
        List<String> quiet =
                List.of("-Dotel.traces.exporter=none", "-Dotel.metrics.exporter=none", "-Dotel.logs.exporter=none");
        List<String> options = new ArrayList<>(quiet);
        options.addAll(first ? List.of(Agents.option(""), other) : List.of(other, Agents.option("")));
        try (Conversation sqlline = sqlline(options)) {
            goesOn(sqlline);
        }
    }

    // ---- MyBatis Migrations

    @Test
    void myBatisMigrations() throws Exception {
        Path base = directory.resolve("migrations");
        migrations(base, "init");
        try (Stream<Path> scripts = Files.list(base.resolve("scripts"))) {
            Path changelog = scripts.filter(path -> path.toString().endsWith("create_changelog.sql"))
                    .findFirst()
                    .orElseThrow();
            // Its own adds the primary key by ALTER TABLE, which SQLite does not have.
            Files.writeString(
                    changelog,
                    "CREATE TABLE CHANGELOG (ID NUMERIC(20,0) NOT NULL PRIMARY KEY, APPLIED_AT VARCHAR(25) NOT NULL,"
                            + " DESCRIPTION VARCHAR(255) NOT NULL);\n");
        }
        Files.writeString(
                base.resolve("environments/development.properties"),
                "time_zone=GMT+0:00\nscript_char_set=UTF-8\ndriver=org.sqlite.JDBC\nurl=" + url
                        + "\nusername=\npassword=\nsend_full_script=false\ndelimiter=;\nchangelog=CHANGELOG\n");
        assertThat(migrations(base, "up").code()).isZero();
        damage();
        Agents.Ended status = migrations(base, "status");
        assertThat(status.output()).doesNotContain("SQLITE_CORRUPT");
        assertThat(status.code()).as(status.output()).isZero();
        Files.delete(database);
        Agents.Ended up = migrations(base, "up");
        assertThat(up.code()).as(up.output()).isZero();
        assertHealthy();
    }

    private static Agents.Ended migrations(Path base, String command) throws Exception {
        return Agents.run(
                System.getProperty("java.home"),
                List.of(Agents.option("")),
                classPath(
                        PROGRAMS.resolve("mybatis-migrations.jar"),
                        PROGRAMS.resolve("mybatis.jar"),
                        PROGRAMS.resolve("slf4j-api.jar"),
                        Agents.release(Agents.NEWEST)),
                "org.apache.ibatis.migration.Migrator",
                "--path=" + base,
                command);
    }

    // ---- SchemaCrawler

    @Test
    @Tag("campaign")
    void schemaCrawler() throws Exception {
        Path script = Files.writeString(
                directory.resolve("schema.sql"),
                "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT);\n"
                        + "CREATE TABLE book (id INTEGER PRIMARY KEY, author INTEGER REFERENCES author (id), title TEXT);");
        assertThat(schemaCrawler("schema=" + script).output()).contains("author", "book", "title");
        // Behind the header: it reads nothing but the schema.
        damage(100);
        assertThat(schemaCrawler("schema=" + script).output()).contains("author", "book", "title");
        assertHealthy();
        Files.delete(database);
        assertThat(schemaCrawler("schema=" + script).output()).contains("author", "book", "title");
    }

    private Agents.Ended schemaCrawler(String arguments) throws Exception {
        Agents.Ended ended = Agents.run(
                System.getProperty("java.home"),
                List.of(Agents.option(arguments)),
                built("schemacrawler/target/lib") + "/*" + File.pathSeparator + Agents.release(Agents.NEWEST),
                "schemacrawler.Main",
                "--url=" + url,
                "--info-level=standard",
                "--command=schema");
        assertThat(ended.code()).as(ended.output()).isZero();
        return ended;
    }

    // ---- Spring Boot

    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    @Tag("campaign")
    void aFatJarOfSpringBootWithJdbcTemplateJpaAndHikariCp(String journalMode) throws Exception {
        List<String> command = java(
                List.of(Agents.option("")),
                "-jar",
                built("spring-boot/target/spring-boot-program.jar").toString(),
                "--spring.datasource.url=" + url + "?journal_mode=" + journalMode);
        try (Conversation program = new Conversation(command)) {
            program.await("answer ready");
            assertThat(program.ask("one", "answer (.*)")).isEqualTo("stored 2");
            for (String suffix : List.of("", "-wal", "-shm")) {
                Files.deleteIfExists(Path.of(database + suffix));
            }
            org.healingsqlite.testkit.Waiting.await()
                    .untilAsserted(() ->
                            assertThat(program.ask("count", "answer (.*)")).isEqualTo("count 2 2"));
            assertThat(program.ask("two", "answer (.*)")).isEqualTo("stored 2");
            assertThat(Sql.rowsElsewhere(database, "SELECT DISTINCT name FROM item ORDER BY name"))
                    .containsExactly(List.of("one"), List.of("two"));
            damage();
            // One answer may say that the transaction is to be run again: it was in the middle of it.
            String answer = program.ask("three", "answer (.*)");
            if (!answer.startsWith("stored")) {
                assertThat(answer).contains("run the transaction again");
                assertThat(program.ask("three", "answer (.*)")).isEqualTo("stored 2");
            }
            assertHealthy();
        }
    }

    // ---- Tomcat

    private static final String PAGE = """
            <%@ page contentType="text/plain" import="java.sql.*" %><%
            Connection held = (Connection) application.getAttribute("held");
            if (held == null) {
                Class.forName("org.sqlite.JDBC");
                held = DriverManager.getConnection(System.getProperty("app.url"));
                application.setAttribute("held", held);
                try (Statement statement = held.createStatement()) {
                    statement.execute("CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name TEXT)");
                }
            }
            try (PreparedStatement insert = held.prepareStatement("INSERT INTO item (name) VALUES (?)");
                    Connection own = DriverManager.getConnection(System.getProperty("app.url"));
                    Statement statement = own.createStatement()) {
                insert.setString(1, request.getQueryString());
                insert.executeUpdate();
                try (ResultSet row = statement.executeQuery("SELECT count(*) FROM item")) {
                    out.print(row.next() ? "rows " + row.getInt(1) : "nothing");
                }
            }
            %>""";

    @Test
    @Tag("campaign")
    void aWarInTomcat() throws Exception {
        Path home;
        try (Stream<Path> unpacked = Files.list(built("tomcat/target"))) {
            home = unpacked.filter(path -> path.getFileName().toString().startsWith("apache-tomcat"))
                    .findFirst()
                    .orElseThrow();
        }
        Path base = directory.resolve("tomcat");
        for (String each : List.of("conf", "webapps", "temp", "logs", "work")) {
            Files.createDirectories(base.resolve(each));
        }
        Files.copy(home.resolve("conf/web.xml"), base.resolve("conf/web.xml"));
        Files.writeString(base.resolve("conf/server.xml"), """
                <Server port="-1"><Service name="Catalina"><Connector port="0" address="127.0.0.1"/>
                <Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps"/></Engine>
                </Service></Server>
                """);
        war(base.resolve("webapps/app.war"));
        List<String> command = java(
                List.of(Agents.option("")),
                "-Dapp.url=" + url,
                "-Dcatalina.home=" + home,
                "-Dcatalina.base=" + base,
                "-Djava.io.tmpdir=" + base.resolve("temp"),
                "-cp",
                classPath(home.resolve("bin/bootstrap.jar"), home.resolve("bin/tomcat-juli.jar")),
                "org.apache.catalina.startup.Bootstrap",
                "start");
        try (Conversation tomcat = new Conversation(command)) {
            String port = tomcat.await("Starting ProtocolHandler \\[\"http-nio-[^\"]*?(\\d+)\"\\]");
            String page = "http://127.0.0.1:" + port + "/app/index.jsp?";
            assertThat(get(page + "one")).isEqualTo("rows 1");
            assertThat(get(page + "two")).isEqualTo("rows 2");
            Files.delete(database);
            assertThat(get(page + "three")).isEqualTo("rows 3");
            damage();
            assertThat(get(page + "four")).startsWith("rows ");
            assertHealthy();
        }
    }

    private static void war(Path war) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(war))) {
            zip.putNextEntry(new ZipEntry("index.jsp"));
            zip.write(PAGE.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            for (Path jar : List.of(Agents.release("3.50.3.0"), PROGRAMS.resolve("slf4j-api.jar"))) {
                zip.putNextEntry(new ZipEntry("WEB-INF/lib/" + jar.getFileName()));
                Files.copy(jar, zip);
            }
        }
    }

    private static String get(String page) throws Exception {
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(page)).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body().trim();
    }
}
