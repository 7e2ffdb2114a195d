package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.files.RescueLog;
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
    void aSchemaThatWasOnlySeenComesWhenAStatementMissesItAndNotWithTheFile() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        open(FakeDoor.options());
        delete();
        assertThat(open(FakeDoor.options())).isEmpty();
        Files.write(file.main(), new byte[0]);
        assertThat(open(FakeDoor.options())).isEmpty();
        assertThat(database.schema().hasLearned()).isTrue();
        assertThat(incidents).isEmpty();
    }

    @Test
    void aRegisteredSchemaComesBackWithTheSettingsOfTheFileThatWasHereBeforeAndItsRowsAreTold() throws Exception {
        Sql.runElsewhere(file.main(), "PRAGMA page_size = 8192", "PRAGMA journal_mode = WAL", "CREATE TABLE t(x)");
        open(FakeDoor.options());
        delete();
        try (Connection connection = database.open(registering("CREATE TABLE t(x);"), opener)) {
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
        assertThat(open(registering("CREATE TABLE t(x);"))).isEqualTo(names("t"));
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

    @Test
    void aFileIsMadeByOneConnectionAndToldAsThat() throws Exception {
        open(registering("CREATE TABLE t(x);"));
        assertThat(opener.opened).hasSize(1);
        assertThat(opener.toExisting).isZero();
    }

    @Test
    void whoeverWaitsMeanwhileHearsWhatIsBeingDone() throws Exception {
        List<String> heard = new ArrayList<>();
        HealingSettings hasty = FakeDoor.options("wait", "1ms");
        opener.before = () -> {
            CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> {
                try {
                    database.healer().awaitHealer(hasty);
                } catch (SQLException e) {
                    heard.add(e.getMessage());
                }
            });
            assertThat(waiting).succeedsWithin(Duration.ofMinutes(1));
        };
        open(registering("CREATE TABLE t(x);"));
        assertThat(heard).singleElement().asString().contains("creating the database since");
    }

    @Test
    void aDirectoryThatIsGoneWithTheFileComesBackAsWell() throws Exception {
        at(directory.resolve("sub/app.db"));
        Files.createDirectory(directory.resolve("sub"));
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        open(FakeDoor.options());
        delete();
        Files.delete(directory.resolve("sub"));
        assertThat(open(FakeDoor.options())).isEmpty();
        assertThat(incidents).isEmpty();
        delete();
        try (Stream<Path> sub = Files.walk(directory.resolve("sub"))) {
            for (Path each : sub.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
        assertThat(open(registering("CREATE TABLE t(x);"))).isEqualTo(names("t"));
        assertThat(incidents)
                .singleElement()
                .satisfies(incident -> assertThat(incident.steps()).contains("created directory " + file.directory()));
    }

    @Test
    void whatLiesBesideAFileThatIsGoneIsSetAsideBeforeANewOneIsMade() throws Exception {
        Files.writeString(Path.of(file.main() + "-journal"), "of a file that is gone");
        assertThat(open(registering("CREATE TABLE t(x);"))).isEqualTo(names("t"));
        assertThat(file.side().quarantine()).isDirectoryContaining("glob:**journal*");
    }

    @Test
    void theNewFileBelongsToWhomTheOldOneDid() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        Set<PosixFilePermission> mode = PosixFilePermissions.fromString("rw-r-----");
        Files.setPosixFilePermissions(file.main(), mode);
        LastOwnership.note(file);
        open(FakeDoor.options());
        delete();
        open(FakeDoor.options());
        assertThat(Files.getPosixFilePermissions(file.main())).isEqualTo(mode);
    }

    @Test
    void aNewFileGetsTheRowsOfAnArchiveWhichIsTold() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        Files.writeString(archive.resolve("t.csv"), "id,x\n1,one\n2,two\n");
        HealingSettings settings =
                registering("CREATE TABLE t(id INTEGER PRIMARY KEY, x);", "archive", archive.toString());
        try (Connection connection = database.open(settings, opener)) {
            assertThat(Sql.rows(connection, "SELECT * FROM t"))
                    .isEqualTo(List.of(List.of(1, "one"), List.of(2, "two")));
        }
        assertThat(incidents).singleElement().satisfies(incident -> {
            assertThat(incident.outcome().explanation()).startsWith("created " + file.main() + " with ");
            assertThat(incident.outcome().loss().isNone()).isFalse();
        });
    }

    @Test
    void theFileThatAnArchiveFillsBelongsToWhomTheOldOneDid() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        Set<PosixFilePermission> mode = PosixFilePermissions.fromString("rw-r-----");
        Files.setPosixFilePermissions(file.main(), mode);
        LastOwnership.note(file);
        open(FakeDoor.options());
        delete();
        Path archive = Files.createDirectory(directory.resolve("archive"));
        Files.writeString(archive.resolve("t.csv"), "x\n1\n");
        open(FakeDoor.options("archive", archive.toString()));
        assertThat(Files.getPosixFilePermissions(file.main())).isEqualTo(mode);
        assertThat(Sql.rowsElsewhere(file.main(), "SELECT count(*) FROM t")).isEqualTo(List.of(List.of(1)));
    }

    @Test
    void whereDeletedContentIsNotToComeBackNobodyIsWaitedForWhoHoldsIt() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        open(FakeDoor.options());
        HealingSettings settings = FakeDoor.options("onDeleted", "recreate", "wait", "10m");
        Process holding = new ProcessBuilder("sleep", "600")
                .redirectInput(file.main().toFile())
                .start();
        try (FakeDoor holder = new FakeDoor(file, settings)) {
            database.connected(holder);
            Files.delete(file.main());
            CompletableFuture<List<List<Object>>> opened = CompletableFuture.supplyAsync(() -> {
                try {
                    return open(settings);
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(opened).succeedsWithin(Duration.ofMinutes(1)).isEqualTo(names("t"));
            database.disconnected(holder);
        } finally {
            holding.destroy();
        }
    }

    @Test
    void contentThatAProcessHadSavedWhenItDiedIsPutBackFirst() throws Exception {
        file.side().create();
        Path copy = file.side().reserve("app.db", "rescued_0000ab", Instant.now());
        Path saved = directory.resolve("saved.db");
        Sql.runElsewhere(saved, "CREATE TABLE t(x)", "INSERT INTO t VALUES (7)");
        Files.move(saved, copy, StandardCopyOption.REPLACE_EXISTING);
        file.side().restrictMoved(copy);
        RescueLog log = new RescueLog(file);
        try (ProcessLock lock = ProcessLock.acquire(file.side(), Duration.ofMinutes(1))) {
            assertThat(lock).isNotNull();
            log.add(new RescueLog.Entry(
                    "(dev=1,ino=1)", Instant.now(), copy.getFileName().toString(), true));
        }
        try (Connection connection = database.open(FakeDoor.options(), opener)) {
            assertThat(Sql.rows(connection, "SELECT x FROM t")).isEqualTo(List.of(List.of(7)));
        }
        assertThat(incidents)
                .singleElement()
                .satisfies(incident -> assertThat(incident.fault()).isEqualTo("no file at open"));
    }

    @Test
    void contentThatSomebodyHoldsAndDoesNotBringBackIsWaitedForAsLongAsSettingsAllow() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)");
        open(FakeDoor.options());
        HealingSettings settings = FakeDoor.options("wait", "300ms");
        try (FakeDoor holder = new FakeDoor(file, settings)) {
            database.connected(holder);
            Files.delete(file.main());
            long begin = System.nanoTime();
            assertThat(open(settings)).isEqualTo(names("t"));
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
            database.disconnected(holder);
        }
    }

    // ---- Where there is one

    @Test
    void theLogOfALostFileIsSetAsideBeforeAnotherInItsPlaceIsLookedAt() throws Exception {
        Sql.runElsewhere(file.main(), "PRAGMA journal_mode = WAL", "CREATE TABLE t(x)");
        open(FakeDoor.options());
        try (FakeDoor holder = new FakeDoor(file, FakeDoor.options())) {
            Sql.run(holder.physical, "INSERT INTO t VALUES (1)");
            holder.log = LogIdentity.of(file);
            database.connected(holder);
            Path other = directory.resolve("other.db");
            Sql.runElsewhere(other, "PRAGMA journal_mode = WAL", "CREATE TABLE u(x)", "INSERT INTO u VALUES (2)");
            Files.move(other, file.main(), StandardCopyOption.REPLACE_EXISTING);
            try (Connection connection = database.open(FakeDoor.options(), opener)) {
                assertThat(Sql.rows(connection, "SELECT x FROM u")).isEqualTo(List.of(List.of(2)));
            }
            assertThat(file.side().quarantine()).isDirectoryContaining("glob:**wal*");
            database.disconnected(holder);
        }
    }

    @Test
    void whatAddingDoesNotMendIsToldInTheLog() throws Exception {
        Sql.runElsewhere(file.main(), "CREATE VIEW a AS SELECT 1 AS x");
        try (LogCapture log = new LogCapture()) {
            open(registering("CREATE TABLE a(x INTEGER);"));
            assertThat(log.at(Level.WARN)).anyMatch(line -> line.contains("left as it is"));
        }
    }

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
        FakeOpener hasty = new FakeOpener(file, Access.EXISTING.waiting(Duration.ZERO));
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
