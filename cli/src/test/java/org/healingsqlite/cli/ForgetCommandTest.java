package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** An operator says that a database is to be forgotten. */
class ForgetCommandTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();

    private int run(String... arguments) {
        CommandLine command = HealingCommand.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(out, true));
        return command.execute(arguments);
    }

    @Test
    void whatIsForgottenIsNotSavedAtTheClose() throws Exception {
        Path database = directory.resolve("my app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (v)");
            byte[] before = Files.readAllBytes(database);

            assertThat(run("forget", database.toString())).as(out.toString()).isZero();

            assertThat(out.toString()).contains("nothing of it comes back that goes within ten minutes");
            assertThat(Files.readAllBytes(database)).isEqualTo(before);
            Files.delete(database);
        }
        assertThat(database).doesNotExist();
    }

    @Test
    void aDatabaseNeedNotExistButADirectoryIsNone() {
        assertThat(run("forget", directory.resolve("none.db").toString())).isZero();
        assertThat(directory.resolve("none.db")).doesNotExist();
        assertThat(run("forget", directory.toString())).isEqualTo(3);
        assertThat(out.toString()).contains("expected a database");
        assertThat(run("forget")).isEqualTo(3);
    }
}
