package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.plan.Sources;
import org.healingsqlite.schema.RegisteredSchema;
import org.healingsqlite.schema.SchemaChange;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Sql;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is known of a schema: registered, learned, removed on purpose; and what of it comes back. */
class SchemaKnowledgeTest {
    @TempDir
    Path directory;

    private DatabaseFile file;
    private IncidentDesk desk;
    private SchemaKnowledge knowledge;
    private Connection connection;
    private HealingSettings plain;

    @BeforeEach
    void open() throws Exception {
        file = DatabaseFile.at(directory.resolve("app.db"));
        desk = new IncidentDesk(file);
        knowledge = new SchemaKnowledge(file, desk);
        connection = Sqlite.open(file.main(), Access.CREATE);
        plain = FakeDoor.options();
    }

    @AfterEach
    void close() throws Exception {
        connection.close();
    }

    private HealingSettings registering(String script) throws Exception {
        return FakeDoor.options("schema", script(script).toString());
    }

    private Path script(String text) throws IOException {
        return Files.writeString(directory.resolve("schema.sql"), text);
    }

    private List<String> expected(HealingSettings settings) throws SQLException {
        return knowledge.expected(settings).snapshot().objects().stream()
                .map(SchemaObject::name)
                .sorted()
                .toList();
    }

    private static List<Object> tables(Connection of) throws SQLException {
        return Sql.rows(of, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").stream()
                .map(row -> row.get(0))
                .toList();
    }

    /** Everything that a test does not expect to be opened. */
    private static class NeverOpened implements Opener {
        @Override
        public Connection open() throws SQLException {
            throw new SQLException("nobody asks");
        }

        @Override
        public Opener toExisting(DatabaseFile there, FileIdentity identity) {
            throw new IllegalStateException("nobody asks");
        }

        @Override
        public boolean isReadOnly() {
            return false;
        }
    }

    // ---- Registered

    @Test
    void whereNothingIsRegisteredNothingIs() throws Exception {
        assertThat(knowledge.registered(plain)).isNull();
        assertThat(knowledge.source(plain)).isEqualTo(Sources.Schema.UNKNOWN);
        assertThat(knowledge.expected(plain).isEmpty()).isTrue();
    }

    @Test
    void whatIsRegisteredIsLoadedOnce() throws Exception {
        HealingSettings settings = registering("CREATE TABLE t(x);");
        RegisteredSchema first = knowledge.registered(settings);
        assertThat(first).isNotNull();
        script("CREATE TABLE other(x);");
        assertThat(knowledge.registered(settings)).isSameAs(first);
        assertThat(knowledge.source(settings)).isEqualTo(Sources.Schema.REGISTERED);
        assertThat(expected(settings)).containsExactly("t");
    }

    @Test
    void aScriptThatCannotBeUsedIsCountedAndToldAndTriedAgain() throws Exception {
        HealingSettings settings = registering("CREATE TABLE t(x;");
        try (LogCapture log = new LogCapture()) {
            assertThatThrownBy(() -> knowledge.registered(settings)).isInstanceOf(SQLException.class);
            assertThat(log.at(Level.ERROR)).singleElement().asString().contains("the registered schema cannot be used");
        }
        assertThat(desk.statistics().failedInitialisations()).isEqualTo(1);
        script("CREATE TABLE t(x);");
        assertThat(knowledge.registered(settings)).isNotNull();
    }

    @Test
    void scriptsForAfterAHealAreLoadedOnce() throws Exception {
        HealingSettings settings = FakeDoor.options(
                "afterHeal",
                script("CREATE TABLE t(x); INSERT INTO t VALUES (1);").toString());
        script("CREATE TABLE t(x);");
        assertThat(knowledge.afterHeal(settings)).isSameAs(knowledge.afterHeal(settings));
        assertThat(knowledge.afterHeal(plain)).isNotSameAs(knowledge.afterHeal(settings));
        assertThat(knowledge.afterHeal(plain).run(connection)).isZero();
        assertThat(knowledge.afterHeal(settings).run(connection)).isPositive();
    }

    @Test
    void aDatabaseThatIsNoFileGetsWhatIsRegistered() throws Exception {
        try (Connection memory = Sqlite.openInMemory()) {
            assertThat(SchemaKnowledge.applySchema(plain, memory)).isSameAs(memory);
            assertThat(tables(memory)).isEmpty();
            assertThat(SchemaKnowledge.applySchema(registering("CREATE TABLE t(x);"), memory))
                    .isSameAs(memory);
            assertThat(tables(memory)).containsExactly("t");
        }
    }

    @Test
    void aConnectionThatCouldNotBeGivenItsSchemaIsClosed() throws Exception {
        Connection memory = Sqlite.openInMemory();
        HealingSettings settings = registering("CREATE TABLE t(x;");
        assertThatThrownBy(() -> SchemaKnowledge.applySchema(settings, memory)).isInstanceOf(SQLException.class);
        assertThat(memory.isClosed()).isTrue();
    }

    // ---- Learned and removed

    @Test
    void whatWasSeenIsExpectedBesideWhatIsRegistered() throws Exception {
        HealingSettings settings = registering("CREATE TABLE registered(x);");
        Sql.run(connection, "CREATE TABLE seen(x)");
        assertThat(knowledge.hasLearned()).isFalse();
        knowledge.learning().remember(connection, settings, false);
        assertThat(knowledge.hasLearned()).isTrue();
        assertThat(knowledge.source(plain)).isEqualTo(Sources.Schema.LEARNED);
        assertThat(expected(settings)).containsExactly("registered", "seen");
        assertThat(expected(plain)).containsExactly("seen");
    }

    @Test
    void whatTheApplicationDropsIsNotExpectedAnyMoreRegisteredOrNot() throws Exception {
        HealingSettings settings = registering("CREATE TABLE registered(x);");
        Sql.run(connection, "CREATE TABLE seen(x)");
        knowledge.learning().remember(connection, settings, false);
        knowledge.learning().schemaChanges("SELECT 1");
        assertThat(expected(settings)).containsExactly("registered", "seen");
        knowledge.learning().schemaChanges("DROP TABLE registered");
        knowledge.learning().schemaChanges("DROP TABLE seen");
        assertThat(expected(settings)).isEmpty();
        RegisteredSchema registered = Objects.requireNonNull(knowledge.registered(settings));
        assertThat(knowledge.expected(registered).isEmpty()).isTrue();
    }

    @Test
    void aRemovalThatDidNotLastIsForgotten() throws Exception {
        Sql.run(connection, "CREATE TABLE t(x)");
        knowledge.learning().remember(connection, plain, false);
        knowledge.learning().schemaChanges("DROP TABLE t");
        assertThat(expected(plain)).isEmpty();
        // Rolled back.
        knowledge.learning().remember(connection, plain, false);
        assertThat(expected(plain)).containsExactly("t");
    }

    @Test
    void aColumnThatWasDroppedIsNotExpectedOfATableThatIsThere() throws Exception {
        Sql.run(connection, "CREATE TABLE t(a, b)");
        knowledge.learning().remember(connection, plain, false);
        knowledge.learning().schemaChanges("ALTER TABLE t DROP COLUMN b");
        Sql.run(connection, "ALTER TABLE t DROP COLUMN b");
        knowledge.learning().remember(connection, plain, false);
        assertThat(knowledge.expected(plain).snapshot().columns("t"))
                .singleElement()
                .satisfies(column -> assertThat(column.name()).isEqualTo("a"));
    }

    @Test
    void aTableThatIsGoneWithoutADropIsStillExpected() throws Exception {
        Sql.run(connection, "CREATE TABLE t(x)", "CREATE TABLE u(x)");
        knowledge.learning().remember(connection, plain, false);
        Sql.run(connection, "DROP TABLE u");
        knowledge.learning().remember(connection, plain, false);
        assertThat(expected(plain)).containsExactly("t", "u");
    }

    @Test
    void whatWasKnownOfAnotherDatabaseIsForgottenUnlessThisOneIsEmpty() throws Exception {
        Sql.run(connection, "CREATE TABLE t(x)");
        knowledge.learning().remember(connection, plain, false);
        try (Connection empty = Sqlite.openInMemory()) {
            knowledge.learning().remember(empty, plain, true);
            assertThat(expected(plain)).containsExactly("t");
            Sql.run(empty, "CREATE TABLE u(x)");
            knowledge.learning().remember(empty, plain, true);
            assertThat(expected(plain)).containsExactly("u");
        }
    }

    @Test
    void aSchemaOfAHundredObjectsIsLearnedAtOnceALargerOneIsNot() throws Exception {
        assertThat(knowledge.learning().isSmall()).isTrue();
        for (int i = 0; i < 100; i++) {
            Sql.run(connection, "CREATE TABLE t" + i + "(x)");
        }
        knowledge.learning().remember(connection, plain, false);
        assertThat(knowledge.learning().isSmall()).isTrue();
        Sql.run(connection, "CREATE TABLE one_more(x)");
        knowledge.learning().remember(connection, plain, false);
        assertThat(knowledge.learning().isSmall()).isFalse();
    }

    // ---- Adding what is missing

    @Test
    void whatIsMissingOfTheRegisteredSchemaIsAddedAndCounted() throws Exception {
        HealingSettings settings = registering("CREATE TABLE a(x); CREATE TABLE b(x);");
        Sql.run(connection, "CREATE TABLE a(x)");
        SchemaChange change = knowledge.change(settings, connection, false);
        assertThat(change.isEmpty()).isFalse();
        assertThat(tables(connection)).containsExactly("a", "b");
        assertThat(desk.statistics().initialisations()).isEqualTo(1);
        assertThat(knowledge.change(settings, connection, false).isEmpty()).isTrue();
        assertThat(desk.statistics().initialisations()).isEqualTo(1);
    }

    @Test
    void whereNothingIsRegisteredWhatWasLearnedIsAdded() throws Exception {
        Sql.run(connection, "CREATE TABLE t(x)", "CREATE INDEX i ON t(x)");
        knowledge.learning().remember(connection, plain, false);
        Sql.run(connection, "DROP TABLE t");
        assertThat(knowledge.change(plain, connection, false).isEmpty()).isFalse();
        assertThat(Sql.rows(connection, "SELECT name FROM sqlite_schema ORDER BY name"))
                .isEqualTo(List.of(List.of("i"), List.of("t")));
    }

    @Test
    void whatCannotBeAddedIsCountedAsAFailure() throws Exception {
        HealingSettings settings = registering("CREATE TABLE a(x);");
        connection.close();
        assertThatThrownBy(() -> knowledge.change(settings, connection, false)).isInstanceOf(SQLException.class);
        assertThat(desk.statistics().failedInitialisations()).isEqualTo(1);
        assertThat(desk.statistics().initialisations()).isZero();
    }

    @Test
    void aNewDatabaseGetsTheSettingsOfTheOneThatWasHereBefore() throws Exception {
        Sql.run(
                connection,
                "PRAGMA page_size = 8192",
                "PRAGMA encoding = 'UTF-16le'",
                "PRAGMA auto_vacuum = 2",
                "PRAGMA journal_mode = WAL",
                "CREATE TABLE t(x)");
        try (Connection other = Sqlite.open(directory.resolve("other.db"), Access.CREATE)) {
            knowledge.applyLearnedFileSettings(other);
            assertThat(Sql.value(other, "PRAGMA journal_mode")).isEqualTo("delete");
            knowledge.learning().remember(connection, plain, false);
            knowledge.applyLearnedFileSettings(other);
            Sql.run(other, "CREATE TABLE t(x)");
            assertThat(Sql.value(other, "PRAGMA journal_mode")).isEqualTo("wal");
            assertThat(Sql.value(other, "PRAGMA page_size")).isEqualTo(8192);
            assertThat(Sql.value(other, "PRAGMA encoding")).isEqualTo("UTF-16le");
            assertThat(Sql.value(other, "PRAGMA auto_vacuum")).isEqualTo(2);
        }
    }

    // ---- What needs no second look

    @Test
    void aDatabaseIsSeenUntilItsSchemaItsFileOrTheScriptsChange() throws Exception {
        Sql.run(connection, "CREATE TABLE t(x)");
        assertThat(knowledge.learning().isSeen(connection, plain)).isFalse();
        knowledge.learning().remember(connection, plain, false);
        assertThat(knowledge.learning().isSeen(connection, plain)).isTrue();
        assertThat(knowledge.learning().isSeen(connection, registering("CREATE TABLE t(x);")))
                .isFalse();
        Sql.run(connection, "CREATE TABLE u(x)");
        assertThat(knowledge.learning().isSeen(connection, plain)).isFalse();
        knowledge.learning().remember(connection, plain, false);
        assertThat(knowledge.learning().isSeen(connection, plain)).isTrue();
        replaceFile();
        assertThat(knowledge.learning().isSeen(connection, plain)).isFalse();
    }

    private void replaceFile() throws Exception {
        Files.move(file.main(), directory.resolve("away.db"));
        Sql.runElsewhere(file.main(), "CREATE TABLE replaced(x)");
    }

    @Test
    void aFileThatWasAbsentWhenItWasLookedAtIsNeverSeen() throws Exception {
        Sql.run(connection, "CREATE TABLE t(x)");
        Files.move(file.main(), directory.resolve("away.db"));
        knowledge.learning().remember(connection, plain, false);
        assertThat(knowledge.learning().isSeen(connection, plain)).isFalse();
    }

    @Test
    void aDatabaseThatIsLockedCountsAsSeenAndADamagedOneDoesNot() throws Exception {
        Sql.run(connection, "CREATE TABLE t(x)");
        knowledge.learning().remember(connection, plain, false);
        try (Connection reader = Sqlite.open(file.main(), Access.EXISTING)) {
            Sql.run(reader, "PRAGMA busy_timeout = 0");
            Sql.run(connection, "BEGIN EXCLUSIVE");
            assertThat(knowledge.learning().isSeen(reader, plain)).isTrue();
            Sql.run(connection, "ROLLBACK");
        }
        Connection closed = Sqlite.open(file.main(), Access.EXISTING);
        closed.close();
        assertThatThrownBy(() -> knowledge.learning().isSeen(closed, plain)).isInstanceOf(SQLException.class);
    }

    @Test
    void aFileIsPerhapsAnothersWhereItIsEmptyOrNotTheOneThatWasSeen() throws Exception {
        Sql.run(connection, "CREATE TABLE t(x)");
        FileIdentity there = Objects.requireNonNull(file.identity());
        assertThat(knowledge.learning().isPerhapsOfAnother(null)).isFalse();
        assertThat(knowledge.learning().isPerhapsOfAnother(there)).isFalse();
        knowledge.learning().remember(connection, plain, false);
        assertThat(knowledge.learning().isPerhapsOfAnother(there)).isFalse();
        replaceFile();
        assertThat(knowledge.learning().isPerhapsOfAnother(file.identity())).isTrue();
        Files.write(file.main(), new byte[0]);
        assertThat(new SchemaKnowledge(file, desk).learning().isPerhapsOfAnother(file.identity()))
                .isTrue();
        assertThat(knowledge.learning().isPerhapsOfAnother(null)).isFalse();
    }

    @Test
    void whatIsNewIsLearnedWithWhatWasKnownWhereItIsTheSameFile() throws Exception {
        Sql.run(connection, "CREATE TABLE t(x)", "CREATE TABLE u(x)");
        knowledge.learning().learnWhatIsNew(connection, plain, false);
        Sql.run(connection, "DROP TABLE t");
        knowledge.learning().learnWhatIsNew(connection, plain, false);
        assertThat(expected(plain)).containsExactly("t", "u");
        knowledge.learning().schemaChanges("CREATE TABLE v(a, b)");
        Sql.run(connection, "CREATE TABLE v(a, b)");
        knowledge.learning().learnWhatIsNew(connection, plain, false);
        assertThat(expected(plain)).as("what the application makes is its own").containsExactly("t", "u", "v");
        Sql.run(connection, "CREATE TABLE w(a)");
        knowledge.learning().learnWhatIsNew(connection, plain, false);
        assertThat(expected(plain)).as("another release has been here").containsExactly("u", "v", "w");
        replaceFile();
        try (Connection other = Sqlite.open(file.main(), Access.EXISTING)) {
            knowledge.learning().learnWhatIsNew(other, plain, false);
        }
        assertThat(expected(plain)).containsExactly("replaced");
    }

    @Test
    void whatWasSeenIsLookedAtAgainOnlyWhereAToolKeepsItsBooksInIt() throws Exception {
        Sql.run(connection, "CREATE TABLE t(x)");
        knowledge.learning().remember(connection, plain, false);
        Sql.run(connection, "CREATE TABLE schema_migrations(version TEXT)");
        knowledge.learning().learnWhatIsNew(connection, plain, true);
        assertThat(expected(plain)).containsExactly("t");
        knowledge.learning().remember(connection, plain, false);
        assertThat(rowsOf("schema_migrations")).isZero();
        Sql.run(connection, "INSERT INTO schema_migrations VALUES ('1'), ('2')");
        knowledge.learning().learnWhatIsNew(connection, plain, true);
        assertThat(rowsOf("schema_migrations")).isEqualTo(2);
    }

    private int rowsOf(String table) throws SQLException {
        return Objects.requireNonNull(knowledge.expected(plain).rows().get(table))
                .rows()
                .size();
    }

    @Test
    void whatIsLearnedIsReadThroughAConnectionOfItsOwnWhereTheFileIsTheOneThatIsHeld() throws Exception {
        Sql.run(connection, "CREATE TABLE t(x)");
        boolean[] opened = {false};
        Opener opener = new NeverOpened() {
            @Override
            public Opener toExisting(DatabaseFile there, FileIdentity identity) {
                assertThat(identity).isEqualTo(file.identity());
                return new NeverOpened() {
                    @Override
                    public Connection open() throws SQLException {
                        opened[0] = true;
                        return Sqlite.open(file.main(), Access.EXISTING);
                    }
                };
            }
        };
        // What nobody else sees is not learned.
        Sql.run(connection, "BEGIN", "CREATE TABLE uncommitted(x)");
        Sql.run(connection, "PRAGMA journal_mode");
        knowledge.learning().learn(opener, file.identity(), connection);
        assertThat(opened[0]).isTrue();
        assertThat(expected(plain)).containsExactly("t");
        Sql.run(connection, "ROLLBACK");
    }

    @Test
    void whereTheFileIsNotTheOneThatIsHeldTheApplicationsConnectionIsAsked() throws Exception {
        Sql.run(connection, "CREATE TABLE t(x)");
        @Nullable FileIdentity held = file.identity();
        replaceFile();
        knowledge.learning().learn(new NeverOpened(), held, connection);
        assertThat(expected(plain)).containsExactly("t");
        Files.delete(file.main());
        knowledge = new SchemaKnowledge(file, desk);
        knowledge.learning().learn(new NeverOpened(), held, connection);
        assertThat(expected(plain)).containsExactly("t");
    }

    // ---- For another process

    @Test
    void whatOneProcessKnowsAnotherLearnsWhereItKnowsNothing() throws Exception {
        assertThat(knowledge.asScript(plain)).isEmpty();
        Sql.run(
                connection,
                "CREATE TABLE t(x)",
                "CREATE INDEX i ON t(x)",
                "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END",
                "PRAGMA user_version = 7",
                "PRAGMA application_id = 9");
        knowledge.learning().remember(connection, plain, false);
        String script = knowledge.asScript(plain);

        SchemaKnowledge other = new SchemaKnowledge(file, desk);
        file.side().create();
        other.recall("");
        assertThat(other.hasLearned()).isFalse();
        other.recall(script);

        assertThat(statements(other)).containsExactlyElementsOf(statements(knowledge));
        assertThat(other.expected(plain).snapshot().settings().userVersion()).isEqualTo(7);
        assertThat(other.expected(plain).snapshot().settings().applicationId()).isEqualTo(9);
        assertThat(file.side().path()).isDirectoryNotContaining("glob:**healing.tmp*");
        other.recall("CREATE TABLE later(x);");
        assertThat(other.expected(plain).snapshot().objects()).hasSize(3);
    }

    private List<String> statements(SchemaKnowledge of) throws SQLException {
        return of.expected(plain).snapshot().objects().stream()
                .map(object ->
                        object.type() + " " + object.name() + " " + object.sql().strip())
                .toList();
    }

    @Test
    void whatIsNoSchemaIsNotBelievedAndLeavesNothingBehind() throws Exception {
        Path scratch = file.side().workshop().resolveSibling("healing.tmp.schema");
        file.side().create();
        Files.writeString(scratch, "left by a process that died");
        try (LogCapture log = new LogCapture()) {
            knowledge.recall("ATTACH '" + directory.resolve("other.db") + "' AS o;");
            assertThat(log.at(Level.WARN)).singleElement().asString().contains("is not believed");
        }
        assertThat(knowledge.hasLearned()).isFalse();
        assertThat(scratch).doesNotExist();
        assertThat(directory.resolve("other.db")).doesNotExist();
    }
}
