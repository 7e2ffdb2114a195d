package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** A pipe in the place of a database, or of what SQLite keeps beside one: whoever opens it waits for ever, so no command does. */
@DisabledOnOs(OS.WINDOWS)
class PipeTest {
    /** Far longer than all the commands take, on a busy machine, too. */
    private static final Duration ENDS = Duration.ofMinutes(1);

    @TempDir
    Path directory;

    @ParameterizedTest(name = "app.db{0}")
    @ValueSource(strings = {"", "-wal", "-shm", "-journal"})
    void noCommandWaitsForIt(String suffix) throws Exception {
        Path database = directory.resolve("app.db");
        Path archive = directory.resolve("archive");
        Path schema = Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE t(a);");
        create(database);
        assertThat(run("archive", "export", database.toString(), archive.toString()))
                .as("nothing is in the way yet")
                .isZero();
        Path pipe = Path.of(database + suffix);
        Files.deleteIfExists(pipe);
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "no mkfifo here");

        for (List<String> command : List.of(
                List.of("plan"),
                List.of("status"),
                List.of("check"),
                List.of("heal"),
                List.of("undrop"),
                List.of("verify", "--schema", schema.toString()),
                List.of("down", "--schema", schema.toString(), "--to", "0", "--lose-data"))) {
            String[] arguments = command.toArray(String[]::new);
            refused(pipe, with(database, arguments));
        }
        refused(pipe, "archive", "export", database.toString(), archive.toString());
        refused(pipe, "archive", "import", archive.toString(), database.toString());
        assertTimeoutPreemptively(ENDS, () -> run("incidents", database.toString()));
    }

    private static String[] with(Path database, String... command) {
        String[] arguments = new String[command.length + 1];
        arguments[0] = command[0];
        arguments[1] = database.toString();
        System.arraycopy(command, 1, arguments, 2, command.length - 1);
        return arguments;
    }

    private static void refused(Path pipe, String... command) {
        StringWriter out = new StringWriter();
        int code = assertTimeoutPreemptively(ENDS, () -> run(out, command), String.join(" ", command));
        assertThat(code).as(String.join(" ", command) + ": " + out).isNotZero();
        assertThat(out.toString()).as(String.join(" ", command)).contains(pipe.toString());
    }

    private static int run(String... command) {
        return run(new StringWriter(), command);
    }

    private static int run(StringWriter out, String... command) {
        CommandLine line = HealingCommand.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(out, true));
        return line.execute(command);
    }

    private static void create(Path database) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t(a)");
            statement.execute("INSERT INTO t VALUES (1)");
        }
    }
}
