package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.schema.SchemaException;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What opening a database makes of it: a file where there is none, a schema where one is known, and nothing where nothing is asked for. */
class DatabaseOpeningTest {
    @TempDir
    Path directory;

    private DatabaseFile file;
    private FakeOpener opener;
    private ManagedDatabase database;
    private final List<Incident> incidents = new ArrayList<>();

    @BeforeEach
    void nameTheDatabase() throws Exception {
        at(directory.resolve("app.db"));
    }

    private void at(Path path) throws SQLException {
        file = DatabaseFile.at(path);
        opener = new FakeOpener(file, Access.CREATE);
        database = new ManagedDatabase(file, FakeDoor.options());
        database.desk().addListener(new IncidentListener() {
            @Override
            public void ended(Incident incident) {
                incidents.add(incident);
            }
        });
    }

    private HealingSettings registering(String script, String... more) throws Exception {
        Path text = Files.writeString(directory.resolve("schema.sql"), script);
        List<String> options = new ArrayList<>(List.of("schema", text.toString()));
        options.addAll(List.of(more));
        return FakeDoor.options(options.toArray(new String[0]));
    }

    private List<List<Object>> open(HealingSettings settings) throws SQLException {
        try (Connection connection = database.open(settings, opener)) {
            return Sql.rows(connection, "SELECT name FROM sqlite_schema ORDER BY name");
        }
    }

    private static List<List<Object>> names(String... names) {
        return List.of(names).stream().map(name -> List.<Object>of(name)).toList();
    }

    // ---- Where there is no file

    @Test
    void whereNothingIsKnownTheFileIsMadeAsSqliteMakesIt() throws Exception {
        assertThat(open(FakeDoor.options())).isEmpty();
        assertThat(file.main()).exists();
        assertThat(file.side().path()).doesNotExist();
        assertThat(incidents).isEmpty();
        assertThat(database.desk().statistics().initialisations()).isZero();
    }

    @Test
    void aNewFileGetsTheRegisteredSchemaWhichIsNoIncident() throws Exception {
        assertThat(open(registering("CREATE TABLE t(x);"))).isEqualTo(names("t"));
        assertThat(incidents).isEmpty();
        assertThat(database.desk().statistics().initialisations()).isEqualTo(1);
        assertThat(database.schema().hasLearned()).isTrue();
    }

    @Test
    void aNewFileIsMadeWithItsDirectory() throws Exception {
        at(directory.resolve("sub/deeper/app.db"));
        assertThat(open(registering("CREATE TABLE t(x);"))).isEqualTo(names("t"));
    }

    @Test
    void anEmptyFileCountsAsNone() throws Exception {
        Files.createFile(file.main());
        assertThat(open(registering("CREATE TABLE t(x);"))).isEqualTo(names("t"));
        assertThat(incidents).isEmpty();
    }

    @Test
    void theSchemaOfTheFileThatWasHereBeforeComesBackWithItsSettingsAndItsRowsAreTold() throws Exception {
        Sql.runElsewhere(file.main(), "PRAGMA page_size = 8192", "PRAGMA journal_mode = WAL", "CREATE TABLE t(x)");
        open(FakeDoor.options());
        delete();
        try (Connection connection = database.open(FakeDoor.options(), opener)) {
            assertThat(Sql.rows(connection, "SELECT name FROM sqlite_schema")).isEqualTo(names("t"));
            assertThat(Sql.value(connection, "PRAGMA page_size")).isEqualTo(8192);
            assertThat(Sql.value(connection, "PRAGMA journal_mode")).isEqualTo("wal");
        }
        assertThat(incidents).singleElement().satisfies(incident -> {
            assertThat(incident.fault()).isEqualTo("database file absent or empty at open");
            assertThat(incident.diagnosis()).isEqualTo("there is no file at the path");
            assertThat(incident.outcome()).isInstanceOf(Outcome.Healed.class);
            assertThat(incident.outcome().loss().isNone()).isFalse();
            assertThat(incident.outcome().loss().toString()).contains("the rows of the file that was there before");
            assertThat(incident.steps()).isNotEmpty();
        });
    }

    private void delete() throws IOException {
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(file.main() + suffix));
        }
    }

    @Test
    void anEmptyFileInThePlaceOfOneThatWasHereIsToldAsThat() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        open(FakeDoor.options());
        Files.write(file.main(), new byte[0]);
        assertThat(open(FakeDoor.options())).isEqualTo(names("t"));
        assertThat(incidents)
                .singleElement()
                .satisfies(incident -> assertThat(incident.diagnosis()).isEqualTo("the file at the path is empty"));
    }

    @Test
    void whoMayOnlyObserveOrReadCreatesNothingOfWhatIsKnown() throws Exception {
        assertThat(open(registering("CREATE TABLE t(x);", "mode", "observe"))).isEmpty();
        delete();
        opener = new FakeOpener(file, Access.READ_ONLY);
        HealingSettings settings = registering("CREATE TABLE t(x);");
        assertThatThrownBy(() -> database.open(settings, opener)).isInstanceOf(SQLException.class);
        assertThat(file.main()).doesNotExist();
        assertThat(incidents).isEmpty();
    }

    @Test
    void whereTheSideDirectoryIsSomebodyElsesOnlyTheRegisteredSchemaIsBroughtIn() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE learned(x)");
        open(FakeDoor.options());
        delete();
        Files.writeString(directory.resolve("app.db.healing"), "somebody's file");
        assertThat(open(FakeDoor.options())).isEmpty();
        assertThat(incidents).isEmpty();
        delete();
        assertThat(open(registering("CREATE TABLE t(x);"))).contains(List.of("t"));
    }

    @Test
    void aSchemaThatFailsClosesTheConnectionAndIsTheApplicationsToHear() throws Exception {
        HealingSettings settings = registering("CREATE TABLE t(x); CREATE INDEX i ON t(nothing);");
        assertThatThrownBy(() -> database.open(settings, opener)).isInstanceOf(SchemaException.class);
        for (Connection connection : opener.opened) {
            assertThat(connection.isClosed()).isTrue();
        }
        assertThat(database.desk().statistics().failedInitialisations()).isPositive();
    }

    @Test
    void scriptsForAfterAHealThatCannotBeReadAreToldAtOpen() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        HealingSettings settings =
                FakeDoor.options("afterHeal", directory.resolve("absent.sql").toString());
        assertThatThrownBy(() -> database.open(settings, opener)).isInstanceOf(SQLException.class);
    }

    // ---- Where there is one

    @Test
    void aFileThatIsThereIsOpenedSoThatItIsNotCreated() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        assertThat(open(FakeDoor.options())).isEqualTo(names("t"));
        assertThat(opener.toExisting).isEqualTo(1);
        assertThat(database.schema().hasLearned()).isTrue();
        opener.toExisting = 0;
        open(FakeDoor.options("mode", "observe"));
        assertThat(opener.toExisting).isZero();
    }

    @Test
    void aSchemaThatIsIncompleteIsCompletedAndTold() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE a(x)");
        assertThat(open(registering("CREATE TABLE a(x); CREATE TABLE b(x);"))).isEqualTo(names("a", "b"));
        assertThat(incidents).singleElement().satisfies(incident -> {
            assertThat(incident.fault()).isEqualTo("schema incomplete at open");
            assertThat(incident.outcome()).isInstanceOf(Outcome.Healed.class);
            assertThat(incident.outcome().explanation()).contains("completed the schema", "b");
            assertThat(incident.outcome().loss().isNone()).isTrue();
        });
        assertThat(open(registering("CREATE TABLE a(x); CREATE TABLE b(x);"))).isEqualTo(names("a", "b"));
        assertThat(incidents).hasSize(1);
    }

    @Test
    void aDatabaseWithNothingInItIsGivenItsSchemaWhichIsNoIncident() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE x(x)", "DROP TABLE x");
        assertThat(open(registering("CREATE TABLE a(x);"))).isEqualTo(names("a"));
        assertThat(incidents).isEmpty();
    }

    @Test
    void onAConnectionThatMustNotWriteAnIncompleteSchemaIsLeftAndToldOfInTheLog() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE a(x)");
        HealingSettings settings = registering("CREATE TABLE a(x); CREATE TABLE b(x);");
        try (LogCapture log = new LogCapture()) {
            opener = new FakeOpener(file, Access.READ_ONLY);
            assertThat(open(settings)).isEqualTo(names("a"));
            assertThat(log.at(Level.WARN)).singleElement().asString().contains("the schema is incomplete");
        }
        try (LogCapture log = new LogCapture()) {
            // Another one: who has looked need not look again.
            at(file.main());
            assertThat(open(registering("CREATE TABLE a(x); CREATE TABLE b(x);", "mode", "observe")))
                    .isEqualTo(names("a"));
            assertThat(log.at(Level.WARN)).singleElement().asString().contains("the schema is incomplete");
        }
        assertThat(incidents).isEmpty();
    }

    @Test
    void whatCannotBeLookedAtIsOpenedAsPlainSqliteOpensIt() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        byte[] bytes = Files.readAllBytes(file.main());
        bytes[100] = 77;
        Files.write(file.main(), bytes);
        try (Connection connection = database.open(FakeDoor.options("mode", "observe"), opener)) {
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM t")).isInstanceOf(SQLException.class);
        }
        HealingSettings settings = registering("CREATE TABLE t(x);", "mode", "observe");
        assertThatThrownBy(() -> database.open(settings, opener)).isInstanceOf(SQLException.class);
        assertThat(opener.opened.get(opener.opened.size() - 1).isClosed()).isTrue();
    }

    @Test
    void damageThatIsMetWhileItIsOpenedIsHealed() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)", "INSERT INTO t VALUES (1)");
        byte[] bytes = Files.readAllBytes(file.main());
        bytes[100] = 77;
        Files.write(file.main(), bytes);
        HealingSettings settings = registering("CREATE TABLE t(x);");
        try (Connection connection = database.open(settings, opener)) {
            assertThat(Sql.rows(connection, "SELECT name FROM sqlite_schema")).isEqualTo(names("t"));
        }
        assertThat(incidents)
                .singleElement()
                .satisfies(incident -> assertThat(incident.outcome()).isInstanceOf(Outcome.Healed.class));
    }

    @Test
    void aDatabaseThatIsLockedIsOpenedAndLearnedLater() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        FakeOpener hasty = new FakeOpener(file, Access.EXISTING.waiting(java.time.Duration.ZERO));
        try (Connection writer = new FakeOpener(file, Access.EXISTING).open()) {
            Sql.run(writer, "BEGIN EXCLUSIVE");
            try (LogCapture log = new LogCapture();
                    Connection connection = database.open(FakeDoor.options(), hasty)) {
                assertThat(connection.isClosed()).isFalse();
                assertThat(log.at(Level.DEBUG)).anyMatch(line -> line.contains("learned by a later connection"));
            }
            assertThat(database.schema().hasLearned()).isFalse();
        }
        open(FakeDoor.options());
        assertThat(database.schema().hasLearned()).isTrue();
    }
}
