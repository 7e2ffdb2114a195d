package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Sql;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sentence of a heal, without a door: what each kind of fault comes to, and what is left alone. */
class HealerTest {
    private static final int PAGE = 4096;

    @TempDir
    Path directory;

    private DatabaseFile file;
    private ManagedDatabase database;
    private Healer healer;
    private FakeDoor door;
    private final List<Incident> incidents = new ArrayList<>();
    private boolean toldInTurn;

    @BeforeEach
    void open() throws Exception {
        file = DatabaseFile.at(directory.resolve("app.db"));
        Sql.runElsewhere(
                file.main(),
                "PRAGMA journal_mode = WAL",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x)",
                "CREATE INDEX i ON t(x)",
                "CREATE TABLE u(x)",
                "INSERT INTO t VALUES (1, 'one'), (2, 'two')",
                "INSERT INTO u VALUES (1)");
        database = new ManagedDatabase(file, FakeDoor.options("breakerFailures", "2"));
        healer = database.healer();
        database.desk().addListener(new IncidentListener() {
            @Override
            public void ended(Incident incident) {
                incidents.add(incident);
                toldInTurn = healer.isHealedByThisThread();
            }
        });
        door = new FakeDoor(file, FakeDoor.options());
        database.connected(door);
        database.schema().learning().remember(door.physical, door.settings, false);
    }

    @AfterEach
    void close() throws Exception {
        database.disconnected(door);
        door.close();
    }

    private static SQLException failure(Connection connection, String sql) {
        try {
            Sql.run(connection, sql);
        } catch (SQLException e) {
            return e;
        }
        throw new AssertionError(sql + " did not fail");
    }

    private @Nullable Incident healAfter(String sql) throws SQLException {
        return healer.heal(failure(door.physical, sql), door);
    }

    private Outcome outcomeAfter(String sql) throws SQLException {
        return Objects.requireNonNull(healAfter(sql)).outcome();
    }

    private Object count(String table) throws SQLException {
        return Sql.value(door.physical, "SELECT count(*) FROM " + table);
    }

    // ---- What is not there

    @Test
    void aTypoAndAConstraintAreLeftAlone() throws Exception {
        assertThat(healAfter("SELECT * FROM nowhere")).isNull();
        assertThat(healAfter("SELECT nothing FROM t")).isNull();
        assertThat(healAfter("INSERT INTO t(id) VALUES (1)")).isNull();
        assertThat(incidents).isEmpty();
        assertThat(file.side().path()).doesNotExist();
    }

    @Test
    void aTableThatWasTakenAwayComesBackAndItsRowsAreToldAsLost() throws Exception {
        Sql.runElsewhere(file.main(), "DROP TABLE t");
        Outcome outcome = outcomeAfter("SELECT * FROM t");
        assertThat(outcome).isInstanceOf(Outcome.Healed.class);
        assertThat(outcome.allowsRetry()).isTrue();
        assertThat(outcome.loss().toString()).contains("whatever rows these tables had: t");
        assertThat(Sql.rows(door.physical, "SELECT name FROM sqlite_schema ORDER BY name"))
                .isEqualTo(List.of(List.of("i"), List.of("t"), List.of("u")));
        assertThat(count("t")).isEqualTo(0);
        assertThat(count("u")).isEqualTo(1);
        assertThat(toldInTurn).isTrue();
        assertThat(incidents).singleElement().satisfies(incident -> {
            assertThat(incident.fault()).contains("no such table: t");
            assertThat(incident.diagnosis()).contains("objects are missing");
        });
    }

    @Test
    void anIndexThatWasTakenAwayComesBackAndNothingIsLost() throws Exception {
        Sql.runElsewhere(file.main(), "DROP INDEX i");
        Outcome outcome = outcomeAfter("SELECT * FROM t INDEXED BY i");
        assertThat(outcome).isInstanceOf(Outcome.Healed.class);
        assertThat(outcome.loss().isNone()).isTrue();
        assertThat(count("t")).isEqualTo(2);
    }

    @Test
    void aColumnThatWasTakenAwayComesBackAndItsValuesAreToldAsLostWhereThereAreRows() throws Exception {
        Sql.run(door.physical, "CREATE TABLE w(x, y)");
        database.schema().learning().schemaChanges("CREATE TABLE w(x, y)");
        database.schema().learning().remember(door.physical, door.settings, false);
        Sql.runElsewhere(file.main(), "ALTER TABLE w DROP COLUMN y");
        Outcome empty = outcomeAfter("SELECT y FROM w");
        assertThat(empty).isInstanceOf(Outcome.Healed.class);
        assertThat(empty.loss().isNone()).isTrue();
        Sql.runElsewhere(file.main(), "INSERT INTO w VALUES (1, 2)", "ALTER TABLE w DROP COLUMN y");
        Outcome filled = outcomeAfter("SELECT y FROM w");
        assertThat(filled).isInstanceOf(Outcome.Healed.class);
        assertThat(filled.loss().toString()).contains("the values of w.");
    }

    @Test
    void aTableThatSomebodyHasBuiltAnewInAnotherFormIsAnotherReleases() throws Exception {
        Sql.run(door.physical, "CREATE TABLE w(old)");
        database.schema().learning().remember(door.physical, door.settings, false);
        Sql.runElsewhere(file.main(), "ALTER TABLE w RENAME TO v", "CREATE TABLE w(y)", "DROP TABLE v");
        Outcome outcome = outcomeAfter("SELECT old FROM w");
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        assertThat(outcome.explanation()).contains("newer release", "column w.y", "healing.intent=off");
        assertThat(healAfter("SELECT old FROM w"))
                .as("it is learned anew: a name that it has not is the application's")
                .isNull();
        assertThat(incidents).hasSize(1);
        assertThat(file.side().path()).doesNotExist();
    }

    @Test
    void whatSomebodyHasHealedMeanwhileIsHealthy() throws Exception {
        Sql.runElsewhere(file.main(), "ALTER TABLE t RENAME TO away");
        SQLException failure = failure(door.physical, "SELECT * FROM t");
        Sql.runElsewhere(file.main(), "ALTER TABLE away RENAME TO t");
        Incident incident = Objects.requireNonNull(healer.heal(failure, door));
        assertThat(incident.outcome()).isInstanceOf(Outcome.Healthy.class);
        assertThat(incident.outcome().allowsRetry()).isTrue();
        assertThat(incidents).isEmpty();
    }

    @Test
    void whoOnlyObservesGetsARefusalAndTheTableStaysAway() throws Exception {
        Sql.runElsewhere(file.main(), "DROP TABLE t");
        door.settings = FakeDoor.options("mode", "observe");
        Outcome outcome = outcomeAfter("SELECT * FROM t");
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        assertThat(outcome.allowsRetry()).isFalse();
        assertThat(count("sqlite_schema WHERE name = 't'")).isEqualTo(0);
        assertThat(database.desk().statistics().refused()).isEqualTo(1);
    }

    @Test
    void whereTheSideDirectoryIsSomebodyElsesNothingIsChanged() throws Exception {
        Sql.runElsewhere(file.main(), "DROP TABLE t");
        Files.writeString(directory.resolve("app.db.healing"), "somebody's file");
        Outcome outcome = outcomeAfter("SELECT * FROM t");
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        assertThat(outcome.explanation()).contains("not this database's own");
        assertThat(count("sqlite_schema WHERE name = 't'")).isEqualTo(0);
    }

    @Test
    void whatFailsIsToldAndAfterSomeFailuresHealingIsSuspendedUntilTheBreakerIsReset() throws Exception {
        Sql.runElsewhere(file.main(), "DROP TABLE t");
        Sql.run(door.physical, "PRAGMA busy_timeout = 0");
        try (Connection writer = Sqlite.open(file.main(), Access.EXISTING)) {
            Sql.run(writer, "BEGIN IMMEDIATE");
            assertThat(outcomeAfter("SELECT * FROM t")).isInstanceOf(Outcome.GaveUp.class);
            assertThat(database.health().healing()).isEqualTo(Health.Breaker.CLOSED);
            assertThat(outcomeAfter("SELECT * FROM t")).isInstanceOf(Outcome.GaveUp.class);
            assertThat(database.health().healing()).isEqualTo(Health.Breaker.OPEN);
        }
        Outcome suspended = outcomeAfter("SELECT * FROM t");
        assertThat(suspended).isInstanceOf(Outcome.Refused.class);
        assertThat(suspended.explanation()).contains("suspended after repeated failures");
        database.resetBreakers();
        assertThat(outcomeAfter("SELECT * FROM t")).isInstanceOf(Outcome.Healed.class);
    }

    @Test
    void inATransactionThatStatementsHaveUsedTheSchemaIsHealedWithinIt() throws Exception {
        Sql.runElsewhere(file.main(), "DROP TABLE t");
        Sql.run(door.physical, "BEGIN IMMEDIATE", "INSERT INTO u VALUES (2)");
        door.state = TransactionState.USED;
        assertThat(outcomeAfter("SELECT * FROM t")).isInstanceOf(Outcome.Healed.class);
        Sql.run(door.physical, "ROLLBACK");
        assertThat(count("sqlite_schema WHERE name = 't'")).isEqualTo(0);
        assertThat(count("u")).isEqualTo(1);
    }

    @Test
    void aConnectionThatCannotLeaveALostFileIsToldWhy() throws Exception {
        door.settings = FakeDoor.options("wait", "50ms");
        Files.move(file.main(), directory.resolve("away.db"));
        Outcome outcome = Objects.requireNonNull(
                        healer.heal(new SQLException("[SQLITE_READONLY_DBMOVED]", "", 1032), door))
                .outcome();
        assertThat(outcome).isInstanceOf(Outcome.GaveUp.class);
        assertThat(outcome.explanation()).contains("stays where it is");
        assertThat(file.main()).doesNotExist();
    }

    @Test
    void whoMeetsALostFileLetsGoOfItsLocksFirstUnlessItMayNotBeHealed() throws Exception {
        Files.move(file.main(), directory.resolve("away.db"));
        door.settings = FakeDoor.options("wait", "50ms");
        SQLException moved = new SQLException("[SQLITE_READONLY_DBMOVED]", "", 1032);
        var unused = healer.heal(moved, door);
        assertThat(door.letGo).isPositive();
        door.letGo = 0;
        door.settings = FakeDoor.options("mode", "observe");
        assertThat(Objects.requireNonNull(healer.heal(moved, door)).outcome()).isInstanceOf(Outcome.Refused.class);
        assertThat(door.letGo).isZero();
    }

    @Test
    void whoKeepsItsFileKeepsItsLocks() throws Exception {
        Sql.runElsewhere(file.main(), "DROP TABLE t");
        assertThat(outcomeAfter("SELECT * FROM t")).isInstanceOf(Outcome.Healed.class);
        assertThat(door.letGo).isZero();
        assertThat(door.schemaChanges).isEqualTo(1);
    }

    @Test
    void aHealThatSucceedsMakesUpForFailuresBefore() throws Exception {
        Sql.run(door.physical, "PRAGMA busy_timeout = 0");
        for (int i = 0; i < 3; i++) {
            Sql.runElsewhere(file.main(), "DROP TABLE t");
            try (Connection writer = Sqlite.open(file.main(), Access.EXISTING)) {
                Sql.run(writer, "BEGIN IMMEDIATE");
                assertThat(outcomeAfter("SELECT * FROM t")).isInstanceOf(Outcome.GaveUp.class);
            }
            assertThat(outcomeAfter("SELECT * FROM t")).isInstanceOf(Outcome.Healed.class);
        }
        assertThat(database.health().healing()).isEqualTo(Health.Breaker.CLOSED);
    }

    @Test
    void aConnectionWhoseLogIsLostIsOpenedAnewInTheHealersTurn() throws Exception {
        healer.reopen(door);
        assertThat(door.reopened).isEqualTo(1);
    }

    @Test
    void aConnectionToALostFileIsLostAndAVerificationLooksAtThatFirst() throws Exception {
        int epoch = database.presence().epoch();
        Files.move(file.main(), directory.resolve("away.db"));
        assertThat(healer.isLost(door)).isTrue();
        assertThat(healer.verify(door)).isFalse();
        assertThat(database.presence().epoch()).isGreaterThan(epoch);
    }

    // ---- What is damaged

    private void damage(long page) throws IOException {
        byte[] noise = new byte[PAGE];
        Arrays.fill(noise, (byte) 0x5a);
        try (RandomAccessFile bytes = new RandomAccessFile(file.main().toFile(), "rw")) {
            bytes.seek((page - 1) * PAGE);
            bytes.write(noise);
        }
    }

    /** Nobody's cache has the page. */
    private void damage(String object) throws Exception {
        long page = ((Number) Objects.requireNonNull(
                        Sql.value(door.physical, "SELECT rootpage FROM sqlite_schema WHERE name = '" + object + "'")))
                .longValue();
        Sql.run(door.physical, "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA shrink_memory");
        damage(page);
    }

    @Test
    void anIndexThatIsDamagedIsBuiltAnewAndNothingIsLost() throws Exception {
        damage("i");
        Outcome outcome = outcomeAfter("SELECT x FROM t INDEXED BY i");
        assertThat(outcome).isInstanceOf(Outcome.Healed.class);
        assertThat(outcome.loss().isNone()).isTrue();
        assertThat(Sql.value(door.physical, "PRAGMA integrity_check")).isEqualTo("ok");
        assertThat(count("t")).isEqualTo(2);
        assertThat(database.presence().isRestoring()).isFalse();
    }

    @Test
    void aTableThatIsDamagedIsRestoredAndTheLossTold() throws Exception {
        damage("u");
        Outcome outcome = outcomeAfter("SELECT * FROM u");
        assertThat(outcome).isInstanceOf(Outcome.Healed.class);
        assertThat(outcome.loss().isNone()).isFalse();
        assertThat(Sql.value(door.physical, "PRAGMA integrity_check")).isEqualTo("ok");
        assertThat(count("t")).isEqualTo(2);
        assertThat(incidents)
                .singleElement()
                .satisfies(incident -> assertThat(incident.steps())
                        .anyMatch(step -> step.startsWith("kept the damaged database in "))
                        .anyMatch(step -> step.startsWith("restored the content in place: ")));
        IncidentLog.await(Duration.ofSeconds(30));
        assertThat(HealJournal.exists(file)).isFalse();
        assertThat(file.side().path()).isDirectoryNotContaining("glob:**healing.tmp*");
    }

    @Test
    void damageIsLeftAloneWhereNobodyMayHealOrLoseRows() throws Exception {
        damage("u");
        byte[] bytes = Files.readAllBytes(file.main());
        door.settings = FakeDoor.options("mode", "observe");
        assertThat(outcomeAfter("SELECT * FROM u")).isInstanceOf(Outcome.Refused.class);
        assertThat(Files.readAllBytes(file.main())).isEqualTo(bytes);
        door.settings = FakeDoor.options("onLoss", "refuse");
        Outcome refused = outcomeAfter("SELECT * FROM u");
        assertThat(refused).isInstanceOf(Outcome.Refused.class);
        assertThat(refused.explanation()).contains("onLoss is refuse");
        // Who only observes keeps its locks, who is to be healed lets go of them.
        assertThat(door.letGo).isEqualTo(1);
        assertThat(Files.readAllBytes(file.main())).isEqualTo(bytes);
        assertThat(database.health().healing()).isEqualTo(Health.Breaker.CLOSED);
    }

    @Test
    void aLookTellsDamageAndChangesNothingACheckHealsIt() throws Exception {
        assertThat(healer.look(door.settings).finding()).isEqualTo(Finding.HEALTHY);
        assertThat(healer.check(door)).isInstanceOf(Outcome.Healthy.class);
        damage("i");
        byte[] bytes = Files.readAllBytes(file.main());
        // Before SQLite 3.42 the check does not tell whose page it is.
        assertThat(healer.look(door.settings).finding()).isIn(Finding.INDEXES_DAMAGED, Finding.PAGES_DAMAGED);
        assertThat(Files.readAllBytes(file.main())).isEqualTo(bytes);
        assertThat(incidents).isEmpty();
        assertThat(healer.check(door.settings)).isInstanceOf(Outcome.Healed.class);
        assertThat(incidents).hasSize(1);
        assertThat(healer.look(door.settings).finding()).isEqualTo(Finding.HEALTHY);
    }

    @Test
    void ofAnEmptyFileInThePlaceOfTheOneThatIsHeldALookTellsThat() throws Exception {
        Files.delete(file.main());
        Files.createFile(file.main());
        assertThat(healer.look(door.settings).finding()).isEqualTo(Finding.FILE_DELETED);
    }

    // ---- Verification and turns

    @Test
    void aVerificationHealsWhatIsMissingAndSaysWhetherTheDatabaseIsValid() throws Exception {
        assertThat(healer.verify(door)).isTrue();
        assertThat(incidents).isEmpty();
        Sql.runElsewhere(file.main(), "DROP TABLE t");
        assertThat(healer.verify(door)).isTrue();
        assertThat(count("t")).isEqualTo(0);
        assertThat(incidents)
                .singleElement()
                .satisfies(incident -> assertThat(incident.fault()).isEqualTo("verification"));
        door.physical.close();
        assertThat(healer.verify(door)).isFalse();
        assertThat(incidents).hasSize(2);
        assertThat(incidents.get(1).outcome()).isInstanceOf(Outcome.GaveUp.class);
    }

    @Test
    void aVerificationOfWhatMayNotBeHealedSaysThatItIsNotValid() throws Exception {
        Sql.runElsewhere(file.main(), "DROP TABLE t");
        door.settings = FakeDoor.options("mode", "observe");
        assertThat(healer.verify(door)).isFalse();
        assertThat(count("sqlite_schema WHERE name = 't'")).isEqualTo(0);
    }

    @Test
    void aLockThatIsMetWhileContentIsRestoredIsWaitedOut() throws Exception {
        database.presence().restoring(true);
        SQLException busy = new org.sqlite.SQLiteException("busy", org.sqlite.SQLiteErrorCode.SQLITE_BUSY);
        Incident incident = Objects.requireNonNull(healer.heal(busy, door));
        assertThat(incident.outcome()).isInstanceOf(Outcome.Healthy.class);
        database.presence().restoring(false);
        assertThat(healer.heal(busy, door)).isNull();
    }

    @Test
    void whoWaitsForTheHealerKnowsWhetherItIsItself() throws Exception {
        assertThat(healer.isHealedByThisThread()).isFalse();
        CompletableFuture<Boolean> other = CompletableFuture.supplyAsync(healer::isHealedByThisThread);
        assertThat(other.get(60, TimeUnit.SECONDS)).isFalse();
        healer.awaitHealer(door.settings);
        assertThat(healer.isLost(door)).isFalse();
        healer.relocate(door);
    }
}
