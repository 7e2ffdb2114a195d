package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonWriter;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What an operator and his programs see: incidents, and the JSON of every command. */
class IncidentsCommandTest {
    private static final int PAGE = 1024;
    private static final JsonSchema SCHEMA = schema();

    @TempDir
    Path directory;

    private Path database;
    private StringWriter out = new StringWriter();
    private StringWriter err = new StringWriter();

    private static JsonSchema schema() {
        try {
            return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                    .getSchema(Files.readString(Path.of("../docs/cli.schema.json")), InputFormat.JSON);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @BeforeEach
    void create() throws Exception {
        database = directory.resolve("app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size = " + PAGE);
            statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
            statement.execute("CREATE INDEX by_v ON t (v)");
            statement.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                    + " INSERT INTO t SELECT i, printf('%60d', i) FROM n");
            statement.execute("DROP INDEX by_v");
        }
    }

    /** One leaf of the table is zeros. */
    private void damage() throws Exception {
        int page;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT pageno FROM dbstat WHERE name = 't' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1 OFFSET 2")) {
            page = row.getInt(1);
        }
        byte[] bytes = Files.readAllBytes(database);
        Arrays.fill(bytes, (page - 1) * PAGE, page * PAGE, (byte) 0);
        Files.write(database, bytes);
    }

    private int run(Object... arguments) {
        out = new StringWriter();
        err = new StringWriter();
        CommandLine command = HealingCommand.commandLine();
        command.setOut(new LineWriter(new PrintWriter(out, true)));
        command.setErr(new LineWriter(new PrintWriter(err, true)));
        return command.execute(Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new));
    }

    private JsonObject json(int status, Object... arguments) throws Exception {
        Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = "--json";
        assertThat(run(all)).as("%s%s", out, err).isEqualTo(status);
        assertThat(SCHEMA.validate(out.toString(), InputFormat.JSON))
                .as(out.toString())
                .isEmpty();
        JsonObject json = JsonParser.object().from(out.toString());
        assertThat(json.getInt("exit_code")).isEqualTo(status);
        return json;
    }

    private String healAndLose() throws Exception {
        damage();
        assertThat(run("heal", database)).isEqualTo(1);
        return json(0, "incidents", database).getArray("incidents").getObject(0).getString("id");
    }

    @Test
    void s3_23_incidentsAreListedFilteredShownResolvedAndCounted() throws Exception {
        String id = healAndLose();

        assertThat(run("incidents", "list", database, "--severity", "high", "--open", "--since", "1h"))
                .isZero();
        assertThat(out.toString()).contains(id).contains("HIGH, content").contains("resolved   no");
        for (List<String> none : List.of(
                List.of("--severity", "critical"),
                List.of("--component", "file"),
                List.of("--text", "no such text"),
                List.of("--until", "2020-01-01"),
                List.of("--job", "7"))) {
            assertThat(run("incidents", database, none.get(0), none.get(1))).isZero();
            assertThat(out.toString()).as(none.toString()).contains("no incident");
        }
        assertThat(run("incidents", "show", database, id)).isZero();
        assertThat(out.toString()).contains(id).contains("lost       t: ");
        assertThat(run("incidents", "resolve", database, id, "--note", "from the backup"))
                .isZero();
        assertThat(run("incidents", "resolve", database, id)).isEqualTo(1);
        assertThat(err.toString()).contains("resolved before: " + id);
        assertThat(run("incidents", database, "--open")).isZero();
        assertThat(out.toString()).contains("no incident");
        JsonObject resolved = json(0, "incidents", "show", database, id).getObject("incident");
        assertThat(resolved.getString("note")).isEqualTo("from the backup");
        assertThat(resolved.getBoolean("resolved_by_itself")).isFalse();
        JsonObject statistics = json(0, "incidents", "stats", database);
        assertThat(statistics.getInt("total")).isEqualTo(1);
        assertThat(statistics.getObject("by_severity").getInt("HIGH")).isEqualTo(1);
        assertThat(statistics.getString("most_frequent_component")).isEqualTo("content");
        assertThat(statistics.getDouble("resolution_rate")).isEqualTo(1);
        assertThat(statistics.getDouble("resolved_without_a_person")).isZero();
        assertThat(run("incidents", "stats", database)).isZero();
        assertThat(out.toString()).contains("resolved    100 %, without a person 0 %");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"show", "resolve"})
    void anIdThatIsEmptyIsWrongUse(String command) throws Exception {
        String id = healAndLose();
        for (String none : List.of("", " ")) {
            assertThat(run("incidents", command, database, none)).isEqualTo(3);
            assertThat(err.toString()).contains("ID: expected the id of an incident, found an empty text");
        }
        assertThat(run("incidents", "list", database, "--open")).isZero();
        assertThat(out.toString()).contains(id);
    }

    @Test
    void s3_23_incidentsAreExportedAsCsvAndJson() throws Exception {
        String id = healAndLose();
        Path csv = directory.resolve("incidents.csv");

        assertThat(run("incidents", "export", database, "-o", csv)).isZero();
        assertThat(Files.readAllLines(csv).get(0)).startsWith("id,started_at,last_at,occurrences,severity,component");
        assertThat(csv).content().contains(id);
        assertThat(run("incidents", "export", database, "-o", csv))
                .as("what is there stays")
                .isEqualTo(3);
        assertThat(run("incidents", "export", database, "--format", "json")).isZero();
        JsonArray array = JsonParser.array().from(out.toString());
        assertThat(array.getObject(0).getString("id")).isEqualTo(id);
        assertThat(json(0, "incidents", "export", database).getString("text")).contains(id);
    }

    @Test
    void anIncidentIsWrittenAsOneFileOfHtmlThatLoadsNothingAndNeverOverWhatIsThere() throws Exception {
        String id = healAndLose();
        Path page = directory.resolve("incident.html");

        assertThat(run("incidents", "show", database, id, "--html", page)).isZero();
        assertThat(out.toString()).contains(page.toString());
        String html = Files.readString(page);
        assertThat(html)
                .startsWith("<!DOCTYPE html>")
                .contains("<h1>Incident " + id + "</h1>", "<dt>Severity</dt><dd>HIGH</dd>", "<dt>Lost</dt><dd>t: ")
                .contains("<dt>Resolved</dt><dd>no</dd>", "default-src 'none'", "<dt>Pages</dt><dd>not on record")
                .doesNotContain("<script", "<link", "<img", "http://", "https://", "url(");
        assertThat(run("incidents", "show", database, id, "--html", page))
                .as("what is there stays")
                .isEqualTo(3);
        assertThat(page).content().isEqualTo(html);
        assertThat(run("incidents", "show", database, id, "--html", directory.resolve("app.db-wal")))
                .as("SQLite would take it for the log")
                .isEqualTo(3);
        assertThat(directory.resolve("app.db-wal")).doesNotExist();
        Path other = directory.resolve("other.html");
        assertThat(run("incidents", "show", database, "none", "--html", other)).isEqualTo(1);
        assertThat(other).doesNotExist();
        assertThat(json(0, "incidents", "show", database, id, "--html", other).getString("output"))
                .isEqualTo(other.toString());
    }

    @Test
    void incidentsOfADatabaseThatIsGoneAreReadAndOfOneThatNeverWasAreAnError() throws Exception {
        String id = healAndLose();
        Files.delete(database);
        assertThat(run("incidents", database)).isZero();
        assertThat(out.toString()).contains(id);

        Path none = directory.resolve("none.db");
        assertThat(run("incidents", none)).isEqualTo(3);
        assertThat(err.toString()).contains("expected a database, found no file");
        assertThat(run("incidents", directory)).isEqualTo(3);
        assertThat(err.toString()).contains("expected a database, found a directory");
        assertThat(run("status", none)).isEqualTo(1);
        assertThat(err.toString()).contains("expected a database, found no file");
        assertThat(run("status", directory)).isEqualTo(1);
        assertThat(err.toString()).contains("expected a database, found a directory");
        assertThat(run("incidents", "show", database, "no-such-id")).isEqualTo(1);
        assertThat(err.toString()).contains("no incident no-such-id");
        assertThat(none).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "incidents",
                "incidents app.db --severity urgent",
                "incidents app.db --since yesterday",
                "incidents app.db --limit 0",
                "incidents export app.db --format xml"
            })
    void wrongUseIsToldAndNothingIsDone(String line) {
        assertThat(run((Object[]) line.split(" "))).isEqualTo(3);
        assertThat(err.toString()).isNotBlank();
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void theJsonOfEveryCommandHasTheFormThatTheDocsGive() throws Exception {
        JsonObject sound = json(0, "status", database);
        assertThat(sound.getArray("objects").getObject(0)).isEqualTo(Map.of("type", "table", "name", "t", "rows", 500));
        assertThat(sound.getObject("health").getString("status")).isEqualTo("healthy");
        assertThat(sound.getObject("health").getObject("components").keySet())
                .as("of the breakers of another process nothing is known")
                .containsExactly("storage", "error_tracking");
        assertThat(json(0, "check", database).getString("finding")).isEqualTo("healthy");
        assertThat(json(0, "plan", database).getString("verdict")).isEqualTo("nothing");
        json(0, "incidents", database);
        json(0, "incidents", "list", database);
        json(0, "incidents", "stats", database);
        Path archive = directory.resolve("archive");
        json(0, "archive", "export", database, archive);
        json(0, "archive", "verify", archive);
        assertThat(json(0, "archive", "check", archive).getInt("problem_count")).isZero();
        json(0, "archive", "import", archive, directory.resolve("copy.db"));
        Path people = Files.createDirectory(directory.resolve("people"));
        Files.writeString(people.resolve("t.csv"), "id,v\n1,one\n2,two\n");
        Path tables = Files.writeString(directory.resolve("t.sql"), "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);");
        JsonObject suggested = json(0, "archive", "suggest", people, "--schema", tables);
        assertThat(suggested.getString("manifest")).contains("source.t.table=t");
        assertThat(suggested.getObject("check").getBoolean("clean")).isTrue();
        json(0, "generate-completion");
        Path schema = Files.writeString(directory.resolve("V1__u.sql"), "CREATE TABLE u (x);");
        Files.writeString(directory.resolve("U1__u.sql"), "DROP TABLE u;");
        Path other = directory.resolve("other.db");
        assertThat(json(3, "verify", other, "--schema", schema).getArray("errors"))
                .hasSize(1);
        assertThat(json(0, "verify", other, "--schema", schema, "--create").getBoolean("valid"))
                .isTrue();
        json(1, "attach", "999999999", "--agent", schema);
        json(1, "mode", "999999999", "observe");
        assertThat(json(0, "purge", other).getArray("deleted")).isEmpty();
        json(2, "undrop", database);
        damage();
        assertThat(json(1, "check", database).getArray("evidence")).isNotEmpty();
        assertThat(json(1, "plan", database).getString("verdict")).isEqualTo("heal");
        JsonObject salvaged = json(1, "salvage", database, "-o", directory.resolve("out.db"));
        assertThat(salvaged.getObject("report").getString("outcome")).isEqualTo("losses");
        JsonObject healed = json(1, "heal", database);
        assertThat(healed.getBoolean("whole")).isFalse();
        assertThat(healed.getArray("steps")).isNotEmpty();
        String id = json(0, "incidents", database)
                .getArray("incidents")
                .getObject(0)
                .getString("id");
        json(0, "incidents", "show", database, id);
        json(1, "incidents", "show", database, "none");
        json(0, "incidents", "resolve", database, id);
        json(3, "incidents", directory.resolve("none.db"));
    }

    @Test
    void theSchemaRejectsWhatIsNotInItsForm() throws Exception {
        JsonObject json = json(0, "status", database);
        json.put("surprise", 1);
        assertThat(SCHEMA.validate(JsonWriter.string(json), InputFormat.JSON)).isNotEmpty();
        json.remove("surprise");
        json.put("bytes", "many");
        assertThat(SCHEMA.validate(JsonWriter.string(json), InputFormat.JSON)).isNotEmpty();
        assertThat(SCHEMA.validate("{\"command\": \"nonsense\", \"exit_code\": 0}", InputFormat.JSON))
                .isNotEmpty();
    }

    @Test
    void whatIsUsedWronglyIsAnObjectToo() throws Exception {
        assertThat(json(3, "archive", "export", database).getArray("errors").getString(0))
                .contains("Missing required parameter", "ARCHIVE");
        assertThat(json(3, "incidents", "list", database, "--severity", "enormous")
                        .getString("command"))
                .isEqualTo("incidents list");
        assertThat(json(3, "nonsense").getString("command")).isEmpty();
        assertThat(json(3, "archive").getArray("errors")).isNotEmpty();
        assertThat(json(3, "archive", "export", "--at", "monday", database, "out")
                        .getArray("errors")
                        .getString(0))
                .startsWith("--at is monday");
    }

    @Test
    void theVersionIsTheOneThatWasBuilt() throws Exception {
        assertThat(run("--version")).isZero();
        assertThat(out.toString().strip()).matches("healing-sqlite \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?");
        assertThat(Files.readString(Path.of("pom.xml"), StandardCharsets.UTF_8))
                .contains("<version>" + out.toString().strip().substring("healing-sqlite ".length()) + "</version>");
    }

    @Test
    void theCompletionScriptKnowsTheCommands() {
        assertThat(run("generate-completion")).isZero();
        assertThat(out.toString()).contains("incidents").contains("resolve").contains("--severity");
    }
}
