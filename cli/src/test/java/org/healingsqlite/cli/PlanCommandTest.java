package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code plan}: tells what a heal would do, and does nothing. */
class PlanCommandTest {
    private static final int PAGE = 4096;

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private Path database;

    @BeforeEach
    void make() throws Exception {
        database = directory.resolve("app.db");
        run(
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, status TEXT)",
                "INSERT INTO users VALUES (1, 'a', 'on')",
                "PRAGMA user_version = 2");
    }

    private void run(String... statements) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private String script(String name, String sql) throws IOException {
        return Files.writeString(directory.resolve(name), sql).toString();
    }

    private int plan(String... more) throws Exception {
        byte[] before = Files.exists(database) ? Files.readAllBytes(database) : new byte[0];
        List<Path> names = names();
        CommandLine command = HealingCommand.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(out, true));
        String[] arguments = Stream.concat(Stream.of("plan", database.toString()), Arrays.stream(more))
                .toArray(String[]::new);
        int status = command.execute(arguments);
        assertThat(names()).isEqualTo(names);
        assertThat(Files.exists(database) ? Files.readAllBytes(database) : new byte[0])
                .isEqualTo(before);
        return status;
    }

    private List<Path> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    private JsonObject json() throws Exception {
        return JsonParser.object().from(out.toString());
    }

    @Test
    void nothingIsToBeDone() throws Exception {
        assertThat(plan()).isZero();
        assertThat(out.toString()).contains("nothing is to be done", "no schema is registered");
    }

    @Test
    void whatIsMissingAndHowItComes() throws Exception {
        String schema = script(
                "schema.sql",
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, status TEXT, email TEXT); CREATE TABLE jobs (x);");
        assertThat(plan("--schema", schema, "--json")).isEqualTo(1);
        JsonObject json = json();
        assertThat(json.getString("file")).isEqualTo(database.toString());
        assertThat(json.getString("verdict")).isEqualTo("heal");
        assertThat(json.getString("finding")).isEqualTo("schema_incomplete");
        assertThat(json.getArray("missing").toString()).contains("table jobs", "column users.email");
        assertThat(json.getArray("steps").getObject(0).getString("rung")).isEqualTo("apply_registered_schema");
        assertThat(json.getString("why")).contains("jobs");
    }

    @Test
    void migrationsThatWouldRunAreNamed() throws Exception {
        Path migrations = Files.createDirectory(directory.resolve("migrations"));
        Files.writeString(
                migrations.resolve("V1__users.sql"),
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, status TEXT);");
        Files.writeString(migrations.resolve("V2__jobs.sql"), "CREATE TABLE jobs (x);");
        assertThat(plan("--schema", migrations.toString())).isEqualTo(1);
        assertThat(out.toString()).contains("runs migration 2 (jobs)");
    }

    @Test
    void anotherReleaseIsLeftAsItIs() throws Exception {
        String schema = script(
                "schema.sql",
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, status TEXT, email TEXT); PRAGMA user_version = 3;");
        assertThat(plan("--schema", schema)).isEqualTo(4);
        assertThat(out.toString())
                .contains(
                        "it is left as it is",
                        "older release",
                        "user_version is 2, and the registered scripts set 3",
                        "healing.intent=off");
        assertThat(plan("--schema", schema, "--intent", "off")).isEqualTo(1);
    }

    @Test
    void damageAndTheRungsThatWouldBeTried() throws Exception {
        byte[] bytes = Files.readAllBytes(database);
        Arrays.fill(bytes, PAGE, 2 * PAGE, (byte) 0x55);
        Files.write(database, bytes);
        assertThat(plan("--json")).isEqualTo(1);
        assertThat(json().getString("finding")).isEqualTo("pages_damaged");
        assertThat(json().getArray("steps").toString()).contains("restore_content");
    }

    @Test
    void aFileThatIsNoDatabaseIsLeftAsItIs() throws Exception {
        Files.write(
                database, "a letter to somebody, and no database\n".repeat(200).getBytes(StandardCharsets.UTF_8));
        assertThat(plan("--json")).isEqualTo(4);
        assertThat(json().getString("verdict")).isEqualTo("held_back");
        assertThat(json().isNull("finding")).isTrue();
        assertThat(json().getString("why")).contains("healing.onForeign=rebuild");
    }

    @Test
    void noFileAtAll() throws Exception {
        Files.delete(database);
        assertThat(plan()).isZero();
        assertThat(out.toString()).contains("there is no database");
        assertThat(plan("--schema", script("schema.sql", "CREATE TABLE t (x);")))
                .isEqualTo(1);
    }

    @Test
    void anOptionThatIsWrongIsNamed() throws Exception {
        assertThat(plan("--intent", "perhaps")).isEqualTo(2);
        assertThat(out.toString()).contains("healing.intent", "perhaps");
    }
}
