package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the program prints: no values of rows unless asked for, and nothing that moves a terminal's cursor. */
class ValuesInOutputTest {
    private static final String MARK = "kanarie";

    @TempDir
    Path directory;

    private Path database;
    private final StringWriter printed = new StringWriter();

    @BeforeEach
    void damage() throws Exception {
        database = directory.resolve("app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE users(email TEXT PRIMARY KEY, number TEXT UNIQUE, note TEXT)");
            statement.execute("CREATE TABLE \"odd\u001b[31m\nname\u202e\" (id)");
            statement.execute(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 800) INSERT INTO users"
                            + " SELECT 'kanarie' || i || '@example.org', 'kanarie-' || (1000 + i), hex(randomblob(20)) FROM n");
        }
        try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "rw")) {
            file.seek(4096 * 5);
            file.write("damage! ".repeat(512).getBytes(StandardCharsets.UTF_8));
        }
    }

    private String run(String... arguments) {
        printed.getBuffer().setLength(0);
        CommandLine command = HealingCommand.commandLine();
        command.setOut(new LineWriter(new PrintWriter(printed, true)));
        command.setErr(new LineWriter(new PrintWriter(printed, true)));
        command.execute(arguments);
        return printed.toString();
    }

    private List<String> everyCommand(String... more) throws Exception {
        Path archive = Files.createDirectories(directory.resolve("archive"));
        Files.writeString(
                archive.resolve("users.sql"),
                "INSERT INTO users VALUES (12kanarie, 'kanarie', kanarie);\nkanarie 'kanarie';\n");
        Path report = directory.resolve("report.json");
        List<List<String>> commands = List.of(
                List.of("status", database.toString()),
                List.of("check", database.toString()),
                List.of(
                        "salvage",
                        database.toString(),
                        "-o",
                        directory.resolve("out.db").toString(),
                        "--report",
                        report.toString()),
                List.of("archive", "verify", archive.toString()),
                List.of("archive", "import", archive.toString(), database.toString()),
                List.of("heal", database.toString()),
                List.of("incidents", database.toString()));
        List<String> outputs = new ArrayList<>();
        for (List<String> each : commands) {
            List<String> arguments = new ArrayList<>(each);
            arguments.addAll(Arrays.asList(more));
            outputs.add(each.get(0) + ": " + run(arguments.toArray(String[]::new)));
        }
        outputs.add(Files.readString(report));
        return outputs;
    }

    @Test
    void noValueIsPrintedAndNoNameLeavesItsLine() throws Exception {
        List<String> outputs = everyCommand();
        assertThat(outputs)
                .allSatisfy(output -> assertThat(output).doesNotContain(MARK).doesNotContain("\u001b[31m", "\u202e"));
        assertThat(String.join("", outputs))
                .as("the name is there, escaped; what is lost is told by count and rowid")
                .contains("odd\\u001b[31m\\nname\\u202e")
                .contains("lost: rowid ");
    }

    @Test
    void valuesArePrintedWhereTheyAreAskedFor() throws Exception {
        assertThat(String.join("", everyCommand("--log-values")))
                .as("negative control")
                .contains(MARK);
    }
}
