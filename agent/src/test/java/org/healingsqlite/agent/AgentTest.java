package org.healingsqlite.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.tools.attach.VirtualMachine;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that nobody has changed, in JVMs of their own. */
class AgentTest {
    private static final String THIS_JAVA = System.getProperty("java.home");
    private static final String CORE = "/org/healingsqlite/agent/core/";

    @TempDir
    Path directory;

    private Path database() {
        return directory.resolve("app.db");
    }

    private static Stream<Arguments> everyRelease() {
        return Agents.javaHomes().flatMap(home -> Agents.RELEASES.stream().map(release -> Arguments.of(release, home)));
    }

    private static Stream<Arguments> everyReleaseThatCanMove() {
        return everyRelease().filter(each -> !String.valueOf(each.get()[0]).startsWith("3.36."));
    }

    private static Stream<Arguments> everyReleaseThatRestores() {
        return everyReleaseThatCanMove()
                .filter(each -> !String.valueOf(each.get()[0]).matches("3\\.(39|40)\\..*"));
    }

    private OtherJvm program(String release, String home) throws Exception {
        OtherJvm program = Agents.start(directory, "", release, home);
        assertThat(program.ask("open c jdbc:sqlite:" + database())).startsWith("ok");
        program.ask("run c CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
        program.ask("run c INSERT INTO item (name) VALUES ('one')");
        return program;
    }

    @ParameterizedTest(name = "sqlite-jdbc {0}, {1}")
    @MethodSource("everyRelease")
    void makesAMissingTableAgain(String release, String home) throws Exception {
        try (OtherJvm program = program(release, home)) {
            Sql.runElsewhere(database(), "DROP TABLE item");
            assertThat(program.ask("run c INSERT INTO item (name) VALUES ('two')"))
                    .isEqualTo("ok ");
            assertThat(program.ask("rows c SELECT name FROM item")).isEqualTo("ok [[two]]");
        }
    }

    @ParameterizedTest(name = "sqlite-jdbc {0}, {1}")
    @MethodSource("everyReleaseThatCanMove")
    void aConnectionGoesOverToANewFileWhereItsOwnWasDeleted(String release, String home) throws Exception {
        try (OtherJvm program = program(release, home)) {
            program.ask("run c PRAGMA busy_timeout = 1234");
            Files.delete(database());
            assertThat(program.ask("run c INSERT INTO item (name) VALUES ('two')"))
                    .isEqualTo("ok ");
            assertThat(Sql.rowsElsewhere(database(), "SELECT name FROM item").toString())
                    .contains("two");
            assertThat(program.ask("rows c PRAGMA busy_timeout")).isEqualTo("ok [[1234]]");
        }
    }

    @ParameterizedTest(name = "sqlite-jdbc {0}, {1}")
    @MethodSource("everyReleaseThatRestores")
    void aDamagedFileIsRestored(String release, String home) throws Exception {
        try (OtherJvm program = program(release, home)) {
            program.ask("run c WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                    + " INSERT INTO item (name) SELECT 'item ' || i FROM n");
            program.ask("close c");
            byte[] bytes = Files.readAllBytes(database());
            java.util.Arrays.fill(bytes, 4096 * 3, 4096 * 4, (byte) 0x55);
            Files.write(database(), bytes);
            program.ask("open c jdbc:sqlite:" + database());
            assertThat(program.ask("rows c SELECT count(*) > 4000 FROM item")).isEqualTo("ok [[1]]");
        }
    }

    /** The core is loaded a second after the first connection: who closes the last one waits for it where the file is gone. */
    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"WAL", "DELETE"})
    void whatIsDeletedAndClosedInTheFirstSecondComesBack(String mode) throws Exception {
        try (OtherJvm program = Agents.start(directory, "", Agents.NEWEST, THIS_JAVA)) {
            assertThat(program.ask("open c jdbc:sqlite:" + database())).startsWith("ok");
            program.ask("run c PRAGMA journal_mode = " + mode);
            program.ask("run c CREATE TABLE item (name TEXT)");
            program.ask("run c INSERT INTO item VALUES ('one')");
            Files.delete(database());
            if (mode.equals("WAL")) {
                assertThat(program.ask("run c INSERT INTO item VALUES ('two')")).isEqualTo("ok ");
            }
            assertThat(program.ask("close c")).startsWith("ok");
            assertThat(Sql.rowsElsewhere(database(), "SELECT name FROM item"))
                    .hasToString(mode.equals("WAL") ? "[[one], [two]]" : "[[one]]");
        }
    }

    /** As above, where the program ends without closing anything. */
    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"WAL", "DELETE"})
    void whatIsDeletedInTheFirstSecondComesBackWhereTheProgramEnds(String mode) throws Exception {
        Agents.Ended ended = Agents.run(
                THIS_JAVA,
                List.of(Agents.option("")),
                Agents.classPath(Agents.NEWEST, false),
                Program.class.getName(),
                "exits",
                "jdbc:sqlite:" + database(),
                mode);
        assertThat(ended.code()).as(ended.output()).isEqualTo(3);
        assertThat(Sql.rowsElsewhere(database(), "SELECT name FROM item")).hasToString("[[one]]");
        assertThat(Sql.rowsElsewhere(
                        Path.of(database() + ".healing", "incidents.db"), "SELECT count(*) > 0 FROM incidents"))
                .hasToString("[[1]]");
    }

    @Test
    void aTypoIsTheApplicationsOwn() throws Exception {
        try (OtherJvm program = program(Agents.NEWEST, THIS_JAVA)) {
            assertThat(program.ask("run c SELECT * FROM itme"))
                    .isEqualTo("error org.sqlite.SQLiteException: [SQLITE_ERROR] SQL error or missing database"
                            + " (no such table: itme)");
            assertThat(Files.exists(directory.resolve("app.db.healing"))).isFalse();
        }
    }

    @Test
    void aRegisteredSchemaIsBroughtInBeforeTheFirstStatement() throws Exception {
        Path script = Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE item (id INTEGER PRIMARY KEY);");
        assertThat(count("schema=" + script).output()).isEqualToIgnoringNewLines("rows 0");
    }

    @Test
    void aConfigurationFileHasOptionsForSomeDatabases() throws Exception {
        Path script = Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE item (id INTEGER PRIMARY KEY);");
        Path config = Files.writeString(
                directory.resolve("agent.properties"),
                "shop.path=" + directory + "/*.db\nshop.schema=" + script
                        + "\nother.path=/nowhere/*\nother.mode=off\n");
        assertThat(count("config=" + config).output()).isEqualToIgnoringNewLines("rows 0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mode=hael",
                "moed=heal",
                "schema=/no/such/file.sql,mode=perhaps",
                "nonsense",
                "config=/no/such/file"
            })
    void aWrongOptionIsOneLineAndTheProgramRunsOn(String arguments) throws Exception {
        Sql.runElsewhere(database(), "CREATE TABLE item (id INTEGER PRIMARY KEY)");
        Agents.Ended ended = count(arguments);
        assertThat(ended.code()).isZero();
        assertThat(ended.output().lines().toList())
                .hasSize(2)
                .first(Assertions.as(Assertions.STRING))
                .asString()
                .startsWith("healing-sqlite-agent: ")
                .contains("without healing");
        assertThat(ended.output()).endsWith("rows 0" + System.lineSeparator());
    }

    private Agents.Ended count(String arguments) throws Exception {
        return Agents.run(
                THIS_JAVA,
                List.of(Agents.option(arguments)),
                Agents.classPath(Agents.NEWEST, false),
                Program.class.getName(),
                "count",
                "jdbc:sqlite:" + database());
    }

    @ParameterizedTest(name = "without {0}")
    @ValueSource(
            strings = {
                CORE + "door/AgentDoor.class",
                CORE + "door/AgentConnection.class",
                CORE + "heal/Healer.class",
                CORE + "heal/ManagedDatabase.class",
                CORE + "fault/Fault.class",
                "/org/healingsqlite/agent/bridge/EarlyDoor.class",
                "/org/healingsqlite/agent/bridge/Bridge.class",
                "/org/sqlite/core/HealingGate.class",
                "/org/sqlite/core/HealingGateRecord.class",
                "/org/sqlite/core/HealingGateVersions.class",
                "/org/healingsqlite/agent/jar/AgentJar.class",
                "/org/healingsqlite/agent/weave/WovenFiles.class"
            })
    void whateverBreaksInTheAgentLeavesSqliteJdbcsOwnBehaviour(String missing) throws Exception {
        Path broken = directory.resolve("broken.jar");
        Files.copy(Agents.JAR, broken);
        try (FileSystem jar = FileSystems.newFileSystem(broken)) {
            Files.delete(jar.getPath(missing));
        }
        Sql.runElsewhere(database(), "CREATE TABLE other (id INTEGER PRIMARY KEY)");
        Agents.Ended ended = Agents.run(
                THIS_JAVA,
                List.of("-javaagent:" + broken),
                Agents.classPath(Agents.NEWEST, false),
                Program.class.getName(),
                "count",
                "jdbc:sqlite:" + database());
        assertThat(ended.code()).isZero();
        assertThat(ended.output())
                .contains("failed [SQLITE_ERROR] SQL error or missing database (no such table: item)");
    }

    @ParameterizedTest(name = "the other one first: {0}")
    @ValueSource(booleans = {true, false})
    void whatAnotherAgentTransformsAgainStaysWoven(boolean isOtherFirst) throws Exception {
        Path other = directory.resolve("other.jar");
        Retransformer.pack(other);
        Sql.runElsewhere(database(), "CREATE TABLE item (id INTEGER PRIMARY KEY)");
        String ofOther = "-javaagent:" + other;
        Agents.Ended ended = Agents.run(
                THIS_JAVA,
                isOtherFirst ? List.of(ofOther, Agents.option("")) : List.of(Agents.option(""), ofOther),
                Agents.classPath(Agents.NEWEST, false),
                Retransformer.class.getName(),
                "moves",
                "jdbc:sqlite:" + database());
        assertThat(ended.output()).contains("transformed again true", "rows 0", "moved, rows 1");
    }

    /** Nothing of the agent but its door is loaded when that happens. */
    @Test
    void whatComesBackInTheFirstMomentsBelongsToWhomItBelonged() throws Exception {
        Agents.Ended ended = Agents.run(
                THIS_JAVA,
                List.of(Agents.option("")),
                Agents.classPath(Agents.NEWEST, false),
                Program.class.getName(),
                "owns",
                "jdbc:sqlite:" + database());
        assertThat(ended.output()).contains("permissions rw-rw-r--, rows 1");
    }

    @ParameterizedTest(name = "sqlite-jdbc {0}, {1}")
    @MethodSource("everyRelease")
    void sqliteJdbcsOwnClassesStayWhatTheyAre(String release, String home) throws Exception {
        Agents.Ended ended = Agents.run(
                home,
                List.of(Agents.option("")),
                Agents.classPath(release, false),
                Program.class.getName(),
                "classes",
                "jdbc:sqlite:" + database());
        assertThat(ended.output())
                .contains("unwrapped true", "same class true", "function 42", "leads back true", "url true");
    }

    @Test
    void leavesAloneWhatTheDriverHeals() throws Exception {
        try (OtherJvm program =
                OtherJvm.start(THIS_JAVA, List.of(Agents.option("")), Agents.classPath(Agents.NEWEST, true))) {
            program.ask("open c jdbc:healing:sqlite:" + database());
            program.ask("run c CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
            Sql.runElsewhere(database(), "DROP TABLE item");
            assertThat(program.ask("run c INSERT INTO item (name) VALUES ('two')"))
                    .isEqualTo("ok ");
            program.ask("close c");
            // Written in the background, while the program lives.
            org.healingsqlite.testkit.Waiting.await()
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(incidents()).isEqualTo("[[1]]"));
        }
    }

    private String incidents() throws Exception {
        try (Connection log =
                DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("app.db.healing/incidents.db"))) {
            return Sql.rows(log, "SELECT count(*) FROM incidents").toString();
        }
    }

    @ParameterizedTest(name = "sqlite-jdbc {0}, {1}")
    @MethodSource("everyReleaseThatCanMove")
    void aConnectionThatWasOpenBeforeTheAgentCameHeals(String release, String home) throws Exception {
        try (OtherJvm program = OtherJvm.start(home, List.of(), Agents.classPath(release, false))) {
            program.ask("open c jdbc:sqlite:" + database());
            program.ask("run c CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
            Path script = Files.writeString(
                    directory.resolve("schema.sql"), "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);");
            VirtualMachine jvm = VirtualMachine.attach(Long.toString(program.pid()));
            jvm.loadAgent(Agents.JAR.toString(), "schema=" + script);
            jvm.detach();
            assertThat(program.ask("rows c SELECT count(*) FROM item")).isEqualTo("ok [[0]]");
            Sql.runElsewhere(database(), "DROP TABLE item");
            assertThat(program.ask("run c INSERT INTO item (name) VALUES ('two')"))
                    .isEqualTo("ok ");
            Files.delete(database());
            assertThat(program.ask("run c INSERT INTO item (name) VALUES ('three')"))
                    .isEqualTo("ok ");
            assertThat(program.ask("rows c SELECT name FROM item")).isEqualTo("ok [[two], [three]]");
            assertThat(Files.exists(database())).isTrue();
        }
    }

    @Test
    void twoReleasesInTwoClassLoadersHealEachWithItsOwnCore() throws Exception {
        Agents.Ended ended = Agents.run(
                THIS_JAVA,
                List.of(Agents.option("")),
                Agents.testClasses(),
                TwoReleases.class.getName(),
                directory.toString(),
                Agents.release("3.41.2.2").toString(),
                Agents.release(Agents.NEWEST).toString());
        assertThat(ended.output()).contains("3.41.2.2 healed", Agents.NEWEST + " healed");
    }

    @Test
    void aModuleOfSqliteJdbcHealsAsWell() throws Exception {
        Path script = Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE item (id INTEGER PRIMARY KEY);");
        Agents.Ended ended = Agents.run(
                THIS_JAVA,
                List.of(
                        Agents.option("schema=" + script),
                        "--module-path",
                        Agents.release("3.41.2.2").toString(),
                        "--add-modules",
                        "org.xerial.sqlitejdbc"),
                Agents.testClasses(),
                Program.class.getName(),
                "moves",
                "jdbc:sqlite:" + database());
        assertThat(ended.output()).contains("rows 0", "moved, rows 1");
    }

    @Test
    void theJarIsSmall() throws Exception {
        assertThat(Files.size(Agents.JAR)).isLessThan(9_000_000);
    }
}
