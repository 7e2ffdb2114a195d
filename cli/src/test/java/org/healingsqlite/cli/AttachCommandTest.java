package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code attach}: an application that was started without the agent heals from then on, on the connections that it has open. */
class AttachCommandTest {
    private static final String AGENT = System.getProperty("agent.jar");

    @TempDir
    Path directory;

    private final StringWriter said = new StringWriter();

    private int run(String... arguments) {
        CommandLine command = HealingCommand.commandLine();
        command.setOut(new PrintWriter(said, true));
        command.setErr(new PrintWriter(said, true));
        return command.execute(arguments);
    }

    private static OtherJvm start() throws Exception {
        // Java 21 and later warn about agents that come late.
        return OtherJvm.start(System.getProperty("java.home"), List.of(), System.getProperty("java.class.path"));
    }

    @Test
    void anOpenConnectionHealsOnceTheAgentIsThere() throws Exception {
        Path database = directory.resolve("app.db");
        Path script = Files.writeString(
                directory.resolve("schema.sql"), "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);");
        try (OtherJvm program = start()) {
            program.ask("open c jdbc:sqlite:" + database);
            program.ask("run c CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
            Sql.runElsewhere(database, "DROP TABLE item");
            assertThat(program.ask("run c INSERT INTO item (name) VALUES ('lost')"))
                    .startsWith("error");

            assertThat(run("attach", Long.toString(program.pid()), "schema=" + script, "--agent", AGENT))
                    .as(said.toString())
                    .isZero();

            assertThat(program.ask("run c INSERT INTO item (name) VALUES ('kept')"))
                    .isEqualTo("ok ");
            Files.delete(database);
            assertThat(program.ask("run c INSERT INTO item (name) VALUES ('two')"))
                    .isEqualTo("ok ");
            assertThat(Sql.rowsElsewhere(database, "SELECT name FROM item"))
                    .containsExactly(List.of("kept"), List.of("two"));
        }
    }

    @Test
    void aWrongOptionLeavesTheApplicationAsItIs() throws Exception {
        try (OtherJvm program = start()) {
            program.ask("open c jdbc:sqlite:" + directory.resolve("app.db"));
            run("attach", Long.toString(program.pid()), "moed=heal", "--agent", AGENT);
            assertThat(program.ask("run c CREATE TABLE item (id INTEGER PRIMARY KEY)"))
                    .isEqualTo("ok ");
        }
    }

    @Test
    void aProcessThatIsNotThereIsSaidSo() {
        assertThat(run("attach", Integer.toString(Integer.MAX_VALUE), "--agent", AGENT))
                .isEqualTo(1);
        assertThat(said.toString()).contains("Cannot attach to");
    }

    @Test
    void aMissingJarIsWrongUse() {
        assertThat(run("attach", "1", "--agent", "/no/such/agent.jar")).isEqualTo(3);
    }

    @Test
    void theAgentIsFoundBesideTheProgramUnderBothItsNamesAndInARepository() throws Exception {
        Path program = Files.createDirectories(directory.resolve("org/healingsqlite/healing-sqlite-cli/1.2"));
        List<Path> places = List.of(
                program.resolve("healing-sqlite-agent.jar"),
                program.resolve("healing-sqlite-agent-1.2.jar"),
                directory.resolve("org/healingsqlite/healing-sqlite-agent/1.2/healing-sqlite-agent-1.2.jar"));
        for (Path place : places) {
            Files.createDirectories(place.getParent());
            Files.createFile(place);

            assertThat(AttachCommand.agentsNear(program, "1.2").stream().filter(Files::isRegularFile))
                    .as("%s", place)
                    .hasSize(1);

            Files.delete(place);
        }
    }
}
