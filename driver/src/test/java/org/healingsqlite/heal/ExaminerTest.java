package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Objects;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.plan.Intent;
import org.healingsqlite.plan.Sources;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Whether a fault is the database's, what is wrong with that, and what there is to heal from. */
class ExaminerTest {
    @TempDir
    Path directory;

    private DatabaseFile file;
    private SchemaKnowledge schema;
    private SafeContent safe;
    private FilePresence presence;
    private SideTrust side;
    private Examiner examiner;
    private FakeDoor door;

    @BeforeEach
    void open() throws Exception {
        file = DatabaseFile.at(directory.resolve("app.db"));
        Sql.runElsewhere(file.main(), "CREATE TABLE t(a, b)", "INSERT INTO t VALUES (1, 2)");
        ConnectionRegistry connections = new ConnectionRegistry();
        schema = new SchemaKnowledge(file, new IncidentDesk(file));
        safe = new SafeContent(file);
        presence = new FilePresence(file, connections);
        side = new SideTrust(file);
        PlaceAtPath place =
                new PlaceAtPath(file, new SideFiles(file, connections, safe::isSafe), new HealingTurns(file), side);
        Consent consent = new Consent(file, schema);
        examiner = new Examiner(file, schema, place, safe, presence, side, consent);
        door = new FakeDoor(file, FakeDoor.options());
        connections.add(door);
    }

    @AfterEach
    void close() throws Exception {
        door.close();
    }

    private void learn() throws SQLException {
        schema.learning().remember(door.physical, door.settings, false);
    }

    private void deleteFile() throws Exception {
        Files.delete(file.main());
    }

    private void replaceFile() throws Exception {
        deleteFile();
        Sql.runElsewhere(file.main(), "CREATE TABLE other(x)");
    }

    private static Fault missing(String what) {
        return Fault.of(new SQLiteException(
                "[SQLITE_ERROR] SQL error or missing database (" + what + ")", SQLiteErrorCode.SQLITE_ERROR));
    }

    private static Fault coded(SQLiteErrorCode code) {
        return Fault.of(new SQLiteException(code.toString(), code));
    }

    private boolean isApplications(Fault fault) throws SQLException {
        return examiner.intentOf(fault, door).isApplications();
    }

    // ---- Intent

    @Test
    void aNameThatNobodyExpectsIsTheApplicationsTypo() throws Exception {
        Fault fault = missing("no such table: t");
        assertThat(fault).isInstanceOf(Fault.MissingObject.class);
        assertThat(isApplications(fault)).isTrue();
        assertThat(examiner.intentOf(fault, door).evidence()).contains("no such table: t");
        learn();
        assertThat(isApplications(fault)).isFalse();
        assertThat(isApplications(missing("no such table: u"))).isTrue();
    }

    @Test
    void aNameInMainIsExpectedThere() throws Exception {
        learn();
        assertThat(isApplications(missing("no such table: main.t"))).isFalse();
        assertThat(isApplications(missing("no such table: MAIN.t"))).isFalse();
        assertThat(isApplications(missing("no such table: main.u"))).isTrue();
        assertThat(isApplications(missing("no such table: temp.t"))).isTrue();
    }

    @Test
    void aColumnIsExpectedByItsNameAlone() throws Exception {
        assertThat(isApplications(missing("no such column: b"))).isTrue();
        learn();
        for (String name : new String[] {"b", "t.b", "\"b\"", "t.\"b\""}) {
            assertThat(isApplications(missing("no such column: " + name)))
                    .as(name)
                    .isFalse();
        }
        assertThat(isApplications(missing("no such column: c"))).isTrue();
        assertThat(isApplications(missing("no such column: b.c"))).isTrue();
    }

    @Test
    void whateverIsMissingOnALostFileIsNoTypo() throws Exception {
        deleteFile();
        assertThat(isApplications(missing("no such table: u"))).isFalse();
        assertThat(isApplications(missing("no such column: c"))).isFalse();
    }

    @Test
    void damageAndAFileThatWasMovedAreTheDatabases() throws Exception {
        assertThat(isApplications(coded(SQLiteErrorCode.SQLITE_CORRUPT))).isFalse();
        assertThat(isApplications(coded(SQLiteErrorCode.SQLITE_NOTADB))).isFalse();
        assertThat(isApplications(coded(SQLiteErrorCode.SQLITE_READONLY_DBMOVED)))
                .isFalse();
        assertThat(isApplications(coded(SQLiteErrorCode.SQLITE_CONSTRAINT_UNIQUE)))
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = SQLiteErrorCode.class,
            names = {"SQLITE_IOERR", "SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_CANTOPEN", "SQLITE_READONLY"})
    void whatIsUnavailableMayComeOfALostFile(SQLiteErrorCode code) throws Exception {
        assertThat(isApplications(coded(code))).isTrue();
        deleteFile();
        assertThat(isApplications(coded(code))).isFalse();
    }

    @ParameterizedTest
    @EnumSource(
            value = SQLiteErrorCode.class,
            names = {"SQLITE_LOCKED", "SQLITE_PROTOCOL", "SQLITE_FULL"})
    void whatDoesNotComeOfALostFileIsNotTheDatabasesThoughItIsLost(SQLiteErrorCode code) throws Exception {
        deleteFile();
        assertThat(isApplications(coded(code))).isTrue();
    }

    @Test
    void aLockWhileContentIsRestoredIsTheHealersOutsideOfATransaction() throws Exception {
        presence.restoring(true);
        assertThat(isApplications(coded(SQLiteErrorCode.SQLITE_BUSY))).isFalse();
        assertThat(isApplications(coded(SQLiteErrorCode.SQLITE_LOCKED))).isFalse();
        assertThat(isApplications(coded(SQLiteErrorCode.SQLITE_BUSY_SNAPSHOT))).isTrue();
        assertThat(isApplications(coded(SQLiteErrorCode.SQLITE_IOERR))).isTrue();
        door.state = TransactionState.UNUSED;
        assertThat(isApplications(coded(SQLiteErrorCode.SQLITE_BUSY))).isFalse();
        door.state = TransactionState.USED;
        assertThat(isApplications(coded(SQLiteErrorCode.SQLITE_BUSY))).isTrue();
        assertThat(isApplications(coded(SQLiteErrorCode.SQLITE_LOCKED))).isTrue();
        door.state = TransactionState.NONE;
        deleteFile();
        assertThat(isApplications(coded(SQLiteErrorCode.SQLITE_LOCKED))).isTrue();
    }

    @Test
    void theModeComesBeforeTheConnectionAndThatBeforeItsTransaction() throws Exception {
        assertThat(examiner.intentOf(door)).isEqualTo(Intent.NONE);
        door.state = TransactionState.USED;
        assertThat(examiner.intentOf(door)).isEqualTo(Intent.IN_TRANSACTION);
        door.state = TransactionState.UNUSED;
        assertThat(examiner.intentOf(door)).isEqualTo(Intent.NONE);
        door.state = TransactionState.USED;
        door.settings = FakeDoor.options("mode", "observe");
        assertThat(examiner.intentOf(door)).isEqualTo(Intent.OBSERVE);
        assertThat(new Consent(file, schema).ofSettings(FakeDoor.options(), true))
                .isEqualTo(Intent.READ_ONLY);
        assertThat(new Consent(file, schema).ofSettings(FakeDoor.options("mode", "observe"), true))
                .isEqualTo(Intent.OBSERVE);
        assertThat(new Consent(file, schema).ofSettings(FakeDoor.options(), false))
                .isEqualTo(Intent.NONE);
    }

    // ---- Diagnosis

    @Test
    void aConnectionIsLostWhereAnotherFileOrNoneIsAtThePath() throws Exception {
        assertThat(examiner.holdsFileAtPath(door)).isTrue();
        assertThat(examiner.isLost(door)).isFalse();
        replaceFile();
        assertThat(examiner.holdsFileAtPath(door)).isFalse();
        assertThat(examiner.isLost(door)).isTrue();
        deleteFile();
        assertThat(examiner.isLost(door)).isTrue();
    }

    @Test
    void nobodyIsLostWhoIsClosedOrMayNotBeHealed() throws Exception {
        deleteFile();
        HealingSettings healing = door.settings;
        door.settings = FakeDoor.options("mode", "observe");
        assertThat(examiner.isLost(door)).isFalse();
        door.settings = healing;
        assertThat(examiner.isLost(door)).isTrue();
        door.physical.close();
        assertThat(examiner.isLost(door)).isFalse();
    }

    @Test
    void whoHoldsAFileThatNobodyKnowsIsLost() throws Exception {
        assertThat(examiner.isLost(door)).isFalse();
        door.identity = null;
        assertThat(examiner.isLost(door)).isTrue();
    }

    @Test
    void contentIsElsewhereWhereItWasSafeAndThePlaceIsVacantAgain() throws Exception {
        FileIdentity held = Objects.requireNonNull(door.identity);
        safe.add(held);
        assertThat(examiner.isSafe(door)).isTrue();
        assertThat(examiner.isContentElsewhere(door)).isFalse();
        replaceFile();
        assertThat(examiner.isContentElsewhere(door)).isFalse();
        deleteFile();
        assertThat(examiner.isContentElsewhere(door)).isTrue();
        safe.opened(held);
        assertThat(examiner.isSafe(door)).isFalse();
        assertThat(examiner.isContentElsewhere(door)).isFalse();
    }

    @Test
    void whatIsMissingIsDiagnosedByWhatIsExpected() throws Exception {
        assertThat(examiner.diagnose(door).finding()).isEqualTo(Finding.HEALTHY);
        learn();
        assertThat(examiner.diagnose(door).finding()).isEqualTo(Finding.HEALTHY);
        Sql.runElsewhere(file.main(), "CREATE TABLE u(x)", "DROP TABLE t");
        assertThat(examiner.diagnose(door).finding()).isEqualTo(Finding.SCHEMA_INCOMPLETE);
        assertThat(examiner.diagnose(door).missing().isEmpty()).isFalse();
        Sql.runElsewhere(file.main(), "DROP TABLE u");
        assertThat(examiner.diagnose(door).finding()).isEqualTo(Finding.DATABASE_EMPTY);
    }

    @Test
    void ofALostFileNothingElseIsDiagnosed() throws Exception {
        learn();
        deleteFile();
        assertThat(examiner.diagnose(door).finding()).isEqualTo(Finding.FILE_DELETED);
        assertThat(examiner.diagnose(door).missing().isEmpty()).isTrue();
        Sql.runElsewhere(file.main(), "CREATE TABLE other(x)");
        assertThat(examiner.ofFile(door).finding()).isEqualTo(Finding.FILE_REPLACED);
        assertThat(examiner.ofFile(door).missing().isEmpty()).isTrue();
    }

    @Test
    void aDatabaseWithNothingInItHasTakenNobodysPlaceUnlessTheContentIsSafe() throws Exception {
        deleteFile();
        Sql.runElsewhere(file.main(), "CREATE TABLE x(x)", "DROP TABLE x");
        assertThat(file.sizeBytes()).isPositive();
        assertThat(examiner.ofFile(door).finding()).isEqualTo(Finding.FILE_DELETED);
        safe.add(Objects.requireNonNull(door.identity));
        assertThat(examiner.ofFile(door).finding()).isEqualTo(Finding.FILE_REPLACED);
    }

    @Test
    void whoMayNotHealDoesNotLookIntoWhatIsThere() throws Exception {
        deleteFile();
        Sql.runElsewhere(file.main(), "CREATE TABLE x(x)", "DROP TABLE x");
        door.settings = FakeDoor.options("mode", "observe");
        assertThat(examiner.ofFile(door).finding()).isEqualTo(Finding.FILE_REPLACED);
    }

    // ---- Sources

    @Test
    void sourcesAreWhatIsKnownOfTheSchemaAndWhereRowsComeFrom() throws Exception {
        assertThat(examiner.sourcesFor(door).schema()).isEqualTo(Sources.Schema.UNKNOWN);
        assertThat(examiner.sourcesFor(door).rows()).isEqualTo(Sources.Rows.NONE);
        learn();
        assertThat(examiner.sourcesFor(door).schema()).isEqualTo(Sources.Schema.LEARNED);
        door.settings = FakeDoor.options("archive", directory.resolve("archive").toString());
        assertThat(examiner.sourcesFor(door).rows()).isEqualTo(Sources.Rows.ELSEWHERE);
        door.state = TransactionState.USED;
        assertThat(examiner.sourcesFor(door).rows()).isEqualTo(Sources.Rows.OUT_OF_REACH);
        assertThat(examiner.sourcesFor(door).lostContent()).isEqualTo(door.settings.lostContent());
    }
}
