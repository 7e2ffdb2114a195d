package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code mode}: healing is switched off and on in a program that runs, and knows of neither JMX nor this. */
class ModeCommandTest {
    @TempDir
    Path directory;

    private final StringWriter said = new StringWriter();

    private int run(Object... arguments) {
        CommandLine command = HealingCommand.commandLine();
        command.setOut(new PrintWriter(said, true));
        command.setErr(new PrintWriter(said, true));
        return command.execute(Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDeletedFileStaysAwayWhileHealingIsOffAndComesBackOnceItIsOn(boolean agent) throws Exception {
        Path database = directory.toRealPath().resolve("app.db");
        List<String> options = agent ? List.of("-javaagent:" + System.getProperty("agent.jar")) : List.of();
        try (OtherJvm program =
                OtherJvm.start(System.getProperty("java.home"), options, System.getProperty("java.class.path"))) {
            program.ask("open c jdbc:" + (agent ? "" : "healing:") + "sqlite:" + database);
            program.ask("run c CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
            program.ask("run c INSERT INTO item (name) VALUES ('one')");

            assertThat(run("mode", program.pid(), "observe", "--file", database))
                    .as(said.toString())
                    .isZero();
            assertThat(said.toString()).contains(database + ": observe");
            Files.delete(database);
            program.ask("rows c SELECT count(*) FROM item");
            assertThat(database).doesNotExist();

            assertThat(run("mode", program.pid(), "heal")).as(said.toString()).isZero();
            assertThat(program.ask("rows c SELECT count(*) FROM item")).isEqualTo("ok [[1]]");
            assertThat(Sql.rowsElsewhere(database, "SELECT name FROM item")).containsExactly(List.of("one"));
        }
    }

    @Test
    void aProcessWithoutSuchADatabaseOrThatIsNotThereIsSaidSo() throws Exception {
        try (OtherJvm program = OtherJvm.start()) {
            program.ask("open c jdbc:healing:sqlite:" + directory.resolve("app.db"));
            assertThat(run("mode", program.pid(), "observe", "--file", directory.resolve("other.db")))
                    .isEqualTo(1);
            assertThat(said.toString()).contains("has no such database open");
        }
        assertThat(run("mode", Integer.MAX_VALUE, "observe")).isEqualTo(1);
        assertThat(run("mode", "1", "sleep")).isEqualTo(3);
    }
}
