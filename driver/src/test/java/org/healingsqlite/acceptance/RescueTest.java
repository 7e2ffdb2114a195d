package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.healingsqlite.testkit.Waiting.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.healingsqlite.testkit.Victim;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.Function;
import org.sqlite.SQLiteConnection;

/** A deleted, renamed or replaced file: its content comes back, and nobody is told a lie on the way. */
class RescueTest {
    @TempDir
    Path directory;

    private Path database;
    private String url;

    @BeforeEach
    void nameTheDatabase() {
        database = directory.resolve("app.db");
        url = "jdbc:healing:sqlite:" + database;
    }

    private Connection open(String options) throws SQLException {
        return DriverManager.getConnection(url + options);
    }

    private void create(Connection connection) throws SQLException {
        Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO t VALUES (1, 'before')");
    }

    private void delete() throws IOException {
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(database + suffix));
        }
    }

    private List<Object> ids(Connection connection) throws SQLException {
        return Sql.rows(connection, "SELECT id FROM t ORDER BY id").stream()
                .map(row -> row.get(0))
                .toList();
    }

    private void awaitFile() {
        await().until(() -> Files.exists(database) && Files.size(database) > 0);
    }

    @ParameterizedTest(name = "S0-24, S0-25: journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL", "TRUNCATE", "PERSIST", "MEMORY"})
    void theRowsOfADeletedFileAreInTheNewOne(String mode) throws Exception {
        List<Incident> incidents = new CopyOnWriteArrayList<>();
        try (Connection connection = open("?journal_mode=" + mode);
                PreparedStatement insert = connection.prepareStatement("VALUES (1)")) {
            create(connection);
            Files.setPosixFilePermissions(database, PosixFilePermissions.fromString("rw-r-----"));
            Healing.of(connection).addListener(incidents::add);
            Sql.run(connection, "INSERT INTO t VALUES (2, 'again')");
            try (Connection second = open("?journal_mode=" + mode)) {
                delete();
                Sql.run(connection, "INSERT INTO t VALUES (3, 'after')");
                Sql.run(second, "INSERT INTO t VALUES (4, 'after')");
                assertThat(ids(connection)).containsExactly(1, 2, 3, 4);
                assertThat(insert.executeQuery().next()).isTrue();
            }
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t")).containsExactly(List.of(4));
        await().until(() -> !incidents.isEmpty());
        assertThat(incidents).hasSize(1);
        assertThat(incidents.get(0).outcome().loss().isNone()).isTrue();
        assertThat(incidents.get(0).outcome().explanation()).containsPattern("content of the lost file .* [234] rows");
        assertThat(Files.getPosixFilePermissions(database)).isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
    }

    @Test
    void nobodyHasToAskForIt() throws Exception {
        try (Connection connection = open("?journal_mode=WAL")) {
            create(connection);
            delete();
            awaitFile();
            assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t")).containsExactly(List.of(1));
        }
    }

    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void theLastConnectionThatClosesSavesIt(String mode) throws Exception {
        Connection connection = open("?journal_mode=" + mode);
        create(connection);
        delete();
        connection.close();
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t")).containsExactly(List.of(1));
    }

    @Test
    void aProcessThatEndsSavesIt() throws Exception {
        try (OtherJvm other = OtherJvm.start()) {
            assertThat(other.ask("open a " + url + "?journal_mode=WAL")).startsWith("ok");
            assertThat(other.ask("run a CREATE TABLE t (id INTEGER PRIMARY KEY)"))
                    .startsWith("ok");
            assertThat(other.ask("run a INSERT INTO t VALUES (7)")).startsWith("ok");
            delete();
            other.end();
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t")).containsExactly(List.of(7));
    }

    @Test
    void aTransactionThatIsWritingIsLetFinish() throws Exception {
        try (Connection writer = open("?journal_mode=WAL");
                Connection other = open("?journal_mode=WAL")) {
            create(writer);
            writer.setAutoCommit(false);
            Sql.run(writer, "INSERT INTO t VALUES (2, 'in flight')");
            delete();
            Sql.run(writer, "INSERT INTO t VALUES (3, 'in flight')");
            writer.commit();
            assertThat(ids(other)).containsExactly(1, 2, 3);
            assertThat(ids(writer)).containsExactly(1, 2, 3);
        }
    }

    /** What it would write, nobody would see. */
    @ParameterizedTest(name = "S4-05: journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void aTransactionThatHasOnlyReadRunsAgainOnTheNewFile(String mode) throws Exception {
        try (Connection reader = open("?journal_mode=" + mode + "&busy_timeout=100");
                Connection other = open("?journal_mode=" + mode + "&busy_timeout=120000")) {
            create(reader);
            Sql.run(other, "CREATE TABLE elsewhere (x)");
            reader.setAutoCommit(false);
            assertThat(ids(reader)).containsExactly(1);
            delete();
            Sql.run(other, "INSERT INTO elsewhere VALUES (2)");

            Sql.run(reader, "INSERT INTO t VALUES (3, 'late')");
            reader.commit();

            assertThat(ids(other)).containsExactly(1, 3);
            assertThat(Sql.rows(other, "SELECT x FROM elsewhere")).containsExactly(List.of(2));
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t ORDER BY id")).containsExactly(List.of(1), List.of(3));
    }

    /** What it would write, nobody would see. */
    @ParameterizedTest(name = "S4-05: journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void aTransactionWhoseReadsAreNoLongerTrueCannotWriteAnyMore(String mode) throws Exception {
        try (Connection reader = open("?journal_mode=" + mode + "&busy_timeout=100");
                Connection other = open("?journal_mode=" + mode + "&busy_timeout=120000")) {
            create(reader);
            reader.setAutoCommit(false);
            assertThat(ids(reader)).containsExactly(1);
            delete();
            Sql.run(other, "INSERT INTO t VALUES (2, 'after')");
            assertThat(ids(reader)).as("its snapshot").containsExactly(1);

            assertThatThrownBy(() -> Sql.run(reader, "INSERT INTO t VALUES (3, 'late')"))
                    .isInstanceOf(SQLTransactionRollbackException.class)
                    .hasFieldOrPropertyWithValue("SQLState", "40001");

            reader.rollback();
            Sql.run(reader, "INSERT INTO t VALUES (3, 'again')");
            reader.commit();
            assertThat(ids(other)).containsExactly(1, 2, 3);
        }
    }

    @Test
    void anOpenResultSetReadsOnWhileTheConnectionMoves() throws Exception {
        try (Connection connection = open("?journal_mode=WAL");
                java.sql.Statement statement = connection.createStatement()) {
            create(connection);
            Sql.run(connection, "INSERT INTO t VALUES (2, 'b'), (3, 'c')");
            ResultSet open = statement.executeQuery("SELECT id FROM t ORDER BY id");
            open.next();
            delete();
            Sql.run(connection, "INSERT INTO t VALUES (4, 'after')");
            // What the connection itself wrote meanwhile may be among them, as with SQLite alone.
            assertThat(Sql.rows(open)).startsWith(List.of(2), List.of(3));
            assertThat(ids(connection)).containsExactly(1, 2, 3, 4);
        }
    }

    /** The log of the lost file stays where it is, and is no log of the other one. */
    @ParameterizedTest(name = "onReplaced={0}, journal_mode={1}, other database in {2}")
    @CsvSource({
        "adopt,   DELETE, DELETE",
        "restore, DELETE, DELETE",
        "adopt,   WAL,    DELETE",
        "restore, WAL,    DELETE",
        "adopt,   WAL,    WAL",
        "restore, WAL,    WAL"
    })
    void anotherDatabaseInItsPlaceIsAdoptedOrMakesRoom(String policy, String mode, String otherMode) throws Exception {
        Path other = directory.resolve("other.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + other)) {
            Sql.run(
                    connection,
                    "PRAGMA journal_mode = " + otherMode,
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                    "CREATE TABLE u (x)",
                    "INSERT INTO u VALUES (zeroblob(9000))",
                    "INSERT INTO t VALUES (77, 'other')");
        }
        try (Connection connection = open("?journal_mode=" + mode + "&healing.onReplaced=" + policy);
                Connection second = open("?journal_mode=" + mode + "&healing.onReplaced=" + policy)) {
            create(connection);
            Files.move(other, database, StandardCopyOption.REPLACE_EXISTING);
            boolean adopts = policy.equals("adopt");
            // In WAL mode what is written before the watch tells goes to the quarantine with the lost file.
            await().until(() -> ids(connection).contains(adopts ? 77 : 1));
            Sql.run(connection, "INSERT INTO t VALUES (5, 'after')");
            assertThat(ids(connection)).containsExactly(adopts ? new Object[] {5, 77} : new Object[] {1, 5});
            assertThat(ids(second)).containsExactly(adopts ? new Object[] {5, 77} : new Object[] {1, 5});
            assertThat(Sql.rowsElsewhere(kept(adopts ? "rescued" : "replaced"), "SELECT id FROM t"))
                    .containsExactly(List.of(adopts ? 1 : 77));
        }
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    /** As {@code rm app.db; cp backup.db app.db} does, in the middle of a rescue. */
    @ParameterizedTest(name = "before the step: {0}")
    @ValueSource(strings = {"read", "rescue"})
    void aDatabaseThatIsPutWhereOneWasDeletedIsNotReadWithItsLog(String moment) throws Exception {
        Path other = directory.resolve("other.db");
        Sql.runElsewhere(
                other,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "CREATE TABLE u (x)",
                "INSERT INTO u VALUES (zeroblob(9000))",
                "INSERT INTO t VALUES (77, 'other')");
        try (Connection connection = open("?journal_mode=WAL")) {
            create(connection);
            Healing.of(connection).addListener(new IncidentListener() {
                @Override
                public void ended(Incident incident) {
                    // Only the steps are of interest.
                }

                @Override
                public void progressed(Path file, String step) {
                    if (step.equals(moment) && Files.exists(other)) {
                        try {
                            Files.move(other, database);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }
                }
            });
            Files.delete(database);

            await().until(() -> ids(connection).contains(77));

            assertThat(Sql.rowsElsewhere(kept("rescued"), "SELECT id FROM t")).containsExactly(List.of(1));
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t")).containsExactly(List.of(77));
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    /** This process has nothing to bring back, and would create an empty database. */
    @Test
    void whatIsDeletedOnceMoreWhileAConnectionArrivesIsBroughtBackByWhoHasIt() throws Exception {
        try (OtherJvm other = OtherJvm.start();
                Connection behind = open("?journal_mode=WAL")) {
            create(behind);
            assertThat(other.ask("open a " + url + "?journal_mode=WAL")).startsWith("ok");
            behind.setAutoCommit(false);
            assertThat(ids(behind)).containsExactly(1);
            delete();
            awaitFile();
            assertThat(other.ask("run a INSERT INTO t VALUES (2, 'in the new one')"))
                    .startsWith("ok");
            AtomicInteger deletions = new AtomicInteger();
            Healing.of(behind).addListener(new IncidentListener() {
                @Override
                public void ended(Incident incident) {
                    // Only the steps are of interest.
                }

                @Override
                public void progressed(Path file, String step) {
                    if (step.equals("arrive") && deletions.compareAndSet(0, 1)) {
                        try {
                            delete();
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }
                }
            });
            behind.commit();

            assertThat(ids(behind)).containsExactly(1, 2);

            assertThat(deletions).hasValue(1);
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t")).containsExactly(List.of(1), List.of(2));
    }

    /** It was begun after its connection was opened, so that nobody knows it by name; and SQLite would read the lost file with it. */
    @ParameterizedTest(name = "deleted before: {0}")
    @ValueSource(booleans = {false, true})
    void theLogOfTheDatabaseThatTookItsPlaceIsLeftToIt(boolean deleted) throws Exception {
        Path other = directory.resolve("other.db");
        Sql.runElsewhere(other, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
        try (Connection behind = open("")) {
            create(behind);
            behind.setAutoCommit(false);
            assertThat(ids(behind)).containsExactly(1);
            if (deleted) {
                delete();
            }
            Files.move(other, database, StandardCopyOption.REPLACE_EXISTING);
            try (Connection newcomer = open("")) {
                Sql.run(newcomer, "PRAGMA journal_mode = WAL", "INSERT INTO t VALUES (77, 'other')");
                Path log = Path.of(database + "-wal");
                Object before =
                        Files.readAttributes(log, BasicFileAttributes.class).fileKey();
                behind.commit();

                assertThat(ids(behind)).containsExactly(77);

                assertThat(Files.readAttributes(log, BasicFileAttributes.class).fileKey())
                        .isEqualTo(before);
                assertThat(Sql.rows(newcomer, "SELECT id FROM t")).containsExactly(List.of(77));
                assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t")).containsExactly(List.of(77));
                assertThat(Sql.rowsElsewhere(kept("rescued"), "SELECT id FROM t"))
                        .containsExactly(List.of(1));
            }
        }
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    /** SQLite would read the lost file with the log of the other. */
    @Test
    void aLostFileIsNotReadWhileTheLogOfAnotherIsInUse() throws Exception {
        Path other = directory.resolve("other.db");
        Sql.runElsewhere(
                other, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO t VALUES (76, 'other')");
        try (Connection behind = open("?healing.wait=200ms")) {
            create(behind);
            behind.setAutoCommit(false);
            assertThat(ids(behind)).containsExactly(1);
            Files.move(other, database, StandardCopyOption.REPLACE_EXISTING);
            try (Connection newcomer = open("")) {
                Sql.run(newcomer, "PRAGMA journal_mode = WAL", "INSERT INTO t VALUES (77, 'other')");
                try (Statement statement = newcomer.createStatement();
                        ResultSet rows = statement.executeQuery("SELECT id FROM t")) {
                    assertThat(rows.next()).isTrue();
                    behind.commit();
                    assertThatThrownBy(() -> ids(behind)).isInstanceOf(SQLException.class);
                }
                assertThat(ids(newcomer)).containsExactly(76, 77);

                assertThat(ids(behind)).containsExactly(76, 77);

                assertThat(Sql.rowsElsewhere(kept("rescued"), "SELECT id FROM t"))
                        .containsExactly(List.of(1));
            }
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t")).containsExactly(List.of(76), List.of(77));
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    @ParameterizedTest(name = "S1-20: journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void garbageInItsPlaceMakesRoom(String mode) throws Exception {
        Path garbage = Files.writeString(directory.resolve("garbage"), "no database at all\n".repeat(100));
        try (Connection connection = open("?journal_mode=" + mode)) {
            create(connection);
            Files.move(garbage, database, StandardCopyOption.REPLACE_EXISTING);
            Sql.run(connection, "INSERT INTO t VALUES (2, 'after')");
            assertThat(ids(connection)).containsExactly(1, 2);
        }
        assertThat(Files.readString(kept("replaced"))).startsWith("no database");
    }

    @Test
    void observedOnlyTheFileStaysDeleted() throws Exception {
        try (Connection connection = open("?healing.mode=observe")) {
            create(connection);
            delete();
            assertThat(ids(connection)).containsExactly(1);
        }
        assertThat(database).doesNotExist();
    }

    @Test
    void aRenamedFileIsLeftAsItIs() throws Exception {
        Path renamed = directory.resolve("renamed.db");
        try (Connection connection = open("?journal_mode=DELETE")) {
            create(connection);
            Files.move(database, renamed);
            Sql.run(connection, "INSERT INTO t VALUES (2, 'after')");
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t")).containsExactly(List.of(1), List.of(2));
        assertThat(Sql.rowsElsewhere(renamed, "SELECT id FROM t")).containsExactly(List.of(1));
    }

    /** SQLite calls it an error when the journal of a commit is gone already; the commit stands. */
    @Test
    void aStatementWhoseJournalVanishedIsNotRunTwice() throws Exception {
        try (Connection connection = open("?journal_mode=DELETE")) {
            create(connection);
            Function.create(connection.unwrap(SQLiteConnection.class), "vanish", new Function() {
                @Override
                protected void xFunc() throws SQLException {
                    try {
                        Files.deleteIfExists(Path.of(database + "-journal"));
                    } catch (IOException e) {
                        throw new SQLException(e);
                    }
                    result("v");
                }
            });
            // The journal is there from the first row on.
            assertThat(connection
                            .createStatement()
                            .executeUpdate(
                                    "INSERT INTO t SELECT id + 10, vanish() FROM (SELECT 1 AS id UNION ALL SELECT 2)"))
                    .isEqualTo(java.sql.Statement.SUCCESS_NO_INFO);
            assertThat(ids(connection)).containsExactly(1, 11, 12);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aRescuerKilledAtAnyStepLosesNothingWhileAnotherProcessHoldsTheFile() throws Exception {
        killAtAnyStep(Rotation.part(MODES, 2));
    }

    @Test
    @Tag("campaign")
    void aRescuerKilledAtAnyStepInEitherJournalModeLosesNothingWhileAnotherProcessHoldsTheFile() throws Exception {
        killAtAnyStep(MODES);
    }

    private static final List<String> MODES = List.of("WAL", "DELETE");

    private void killAtAnyStep(List<String> modes) throws Exception {
        for (String mode : modes) {
            int step = 1;
            while (killAtStep(mode, step)) {
                step++;
                assertThat(step).isLessThan(20);
            }
            assertThat(step).as("steps of a rescue, %s", mode).isGreaterThan(3);
        }
    }

    /** Whether the rescue came to that step. */
    private boolean killAtStep(String mode, int step) throws Exception {
        database = directory.resolve("killed-" + mode + step + ".db");
        url = "jdbc:healing:sqlite:" + database;
        Set<Long> acknowledged = new HashSet<>();
        boolean stopped = false;
        try (OtherJvm holder = OtherJvm.start()) {
            assertThat(holder.ask("open a " + url + "?journal_mode=" + mode)).startsWith("ok");
            assertThat(holder.ask("run a CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"))
                    .startsWith("ok");
            try (Victim victim = Victim.start(url + "?journal_mode=" + mode + "&busy_timeout=120000", step, 1, 1)) {
                int later = 0;
                boolean struck = false;
                while (!stopped && later < 100) {
                    String line = victim.next();
                    assertThat(line).as("%s, step %d", mode, step).isNotNull().doesNotStartWith("error");
                    if (line.startsWith("row")) {
                        if (struck) {
                            later++;
                        }
                        acknowledged.add(Long.parseLong(line.substring(4)));
                        if (!struck && acknowledged.size() == 30) {
                            signal("STOP", holder.pid());
                            delete();
                            struck = true;
                        }
                    }
                    stopped = line.equals("stopped");
                }
                for (String line : victim.kill()) {
                    if (line.matches("row \\d+")) {
                        acknowledged.add(Long.parseLong(line.substring(4)));
                    }
                }
                signal("CONT", holder.pid());
            }
            assertThat(holder.ask("run a INSERT INTO t VALUES (-1, 'by the holder')"))
                    .as("%s, step %d", mode, step)
                    .startsWith("ok");
            // Until then it may be the deleted file that has it.
            assertThat(holder.ask("close a")).startsWith("ok");
        }
        Set<Long> found = Sql.rowsElsewhere(database, "SELECT id FROM t WHERE id > 0").stream()
                .map(row -> ((Number) row.get(0)).longValue())
                .collect(Collectors.toSet());
        assertThat(found).as("%s, step %d", mode, step).containsAll(acknowledged);
        return stopped;
    }

    private static void signal(String name, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private Path kept(String what) throws IOException {
        try (Stream<Path> kept = Files.list(Path.of(database + ".healing").resolve("quarantine"))) {
            return kept.filter(path -> path.toString().contains("_" + what + "_"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
