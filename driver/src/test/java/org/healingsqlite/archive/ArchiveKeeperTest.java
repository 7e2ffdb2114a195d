package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.healingsqlite.archive.ArchiveKeeper.Watch;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveKeeperTest {
    @TempDir
    Path directory;

    private Path file;
    private Connection database;

    @BeforeEach
    void create() throws Exception {
        file = directory.resolve("app.db");
        database = connect();
        Sql.run(
                database,
                "PRAGMA journal_mode = WAL",
                "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, u TEXT UNIQUE, v)",
                "CREATE TABLE b (k TEXT PRIMARY KEY, a_id INTEGER REFERENCES a(id) ON DELETE CASCADE ON UPDATE CASCADE, v) WITHOUT ROWID",
                "CREATE TABLE c (x, y, z AS (x || y))",
                "CREATE UNIQUE INDEX c_y ON c (y) WHERE y > 50",
                "CREATE TABLE log (what)",
                "CREATE TRIGGER a_after AFTER INSERT ON a WHEN NEW.id % 3 = 0 BEGIN"
                        + " UPDATE a SET v = 'by trigger' WHERE id = NEW.id; INSERT INTO log VALUES (NEW.u); END",
                "CREATE TRIGGER a_before BEFORE DELETE ON a BEGIN INSERT INTO log VALUES ('-' || OLD.id); END",
                "CREATE TRIGGER log_bounded AFTER INSERT ON log WHEN (SELECT count(*) FROM log) > 20 BEGIN"
                        + " DELETE FROM log WHERE rowid = (SELECT min(rowid) FROM log); END");
    }

    @AfterEach
    void close() throws Exception {
        database.close();
    }

    private Connection connect() throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Sql.run(connection, "PRAGMA foreign_keys = ON", "PRAGMA busy_timeout = 10000", "PRAGMA synchronous = NORMAL");
        return connection;
    }

    private Path archive() {
        return directory.resolve("archive");
    }

    private void commit(ArchiveKeeper keeper, Watch watch, String... statements) throws SQLException {
        for (String sql : statements) {
            keeper.commit(watch, () -> Sql.run(database, sql));
        }
        assertThat(keeper.trouble()).isEmpty();
    }

    /** What the archive gives is what the database has. */
    private void same() throws Exception {
        Path restored = directory.resolve("restored.db");
        Files.deleteIfExists(restored);
        ImportReport report = ArchiveRestore.of(Archive.open(archive())).into(restored, ProgressListener.NONE);
        assertThat(report.problems()).isEmpty();
        assertThat(String.join("\n", SeededDatabase.content(restored)))
                .isEqualTo(String.join("\n", SeededDatabase.content(file)));
    }

    @Test
    void everyKindOfChangeIsThereWhenTheCallReturns() throws Exception {
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            Watch watch = keeper.watch(database);
            commit(
                    keeper,
                    watch,
                    "INSERT INTO a (u, v) VALUES ('one', 1), ('two', -0.0), ('three', x'00ff')",
                    "INSERT INTO b VALUES ('k1', 1, 'x'), ('k2', 2, NULL), ('k3', 3, CAST(x'ff' AS TEXT))",
                    "REPLACE INTO a (id, u, v) VALUES (7, 'two', 'replaces by the unique column')",
                    "UPDATE a SET id = id + 100 WHERE id = 1",
                    "INSERT INTO c VALUES (1, 2), (NULL, 60)",
                    "UPDATE OR REPLACE c SET y = 60 WHERE x = 1",
                    "INSERT INTO a (u, v) VALUES ('one', 2) ON CONFLICT (u) DO UPDATE SET v = excluded.v",
                    "INSERT OR IGNORE INTO a (u) VALUES ('one')",
                    "DELETE FROM a WHERE id > 50",
                    "UPDATE b SET k = 'moved' WHERE k = 'k3'");
            same();
            commit(keeper, watch, "DELETE FROM c", "DELETE FROM a");
            same();
        }
    }

    @Test
    void anArchiveIsKeptOfOneDatabase() throws Exception {
        Sql.run(database, "INSERT INTO a (u, v) VALUES ('mine', 1)");
        ArchiveKeeper.open(file, archive()).close();
        Path other = directory.resolve("other.db");
        Sql.runElsewhere(other, "CREATE TABLE a (id INTEGER PRIMARY KEY, u, v)", "INSERT INTO a VALUES (1, 'evil', 2)");

        assertThatThrownBy(() -> ArchiveKeeper.open(other, archive()).close())
                .isInstanceOf(ArchiveException.class)
                .hasMessageContaining("other.db");

        same();
        ArchiveKeeper.open(file, archive()).close();
    }

    @Test
    void aManifestThatPeopleHaveWrittenIsNotReplaced() throws Exception {
        Files.createDirectories(archive());
        String manifest = "# written by hand\nsource.n.files=n.csv\nsource.n.table=n\nsource.n.format=csv\n";
        Path written = Files.writeString(archive().resolve("archive.properties"), manifest);
        Files.writeString(archive().resolve("n.csv"), "a,b\n1,2\n");

        assertThatThrownBy(() -> ArchiveKeeper.open(file, archive()).close())
                .isInstanceOf(NotOurArchiveException.class)
                .hasMessageContaining(written.toString())
                .hasMessageContaining("format=healing-sqlite-archive")
                .hasMessageContaining("directory of its own");
        assertThatThrownBy(() -> ArchiveExport.of(database).evenEmpty().into(archive(), ProgressListener.NONE))
                .isInstanceOf(NotOurArchiveException.class);

        try (Stream<Path> files = Files.list(archive())) {
            assertThat(files.map(path -> path.getFileName().toString()))
                    .as("nothing is written beside it")
                    .containsExactlyInAnyOrder("archive.properties", "n.csv");
        }
        assertThat(written).hasContent(manifest);
    }

    @Test
    void aManifestThatPeopleWriteWhileTheArchiveIsKeptIsNotReplaced() throws Exception {
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            Path written = Files.writeString(archive().resolve("archive.properties"), "source.n.files=n.csv\n");

            assertThatThrownBy(keeper::refresh).isInstanceOf(NotOurArchiveException.class);

            assertThat(written).hasContent("source.n.files=n.csv\n");
        }
    }

    /** Negative control: what a crash of the system leaves of a manifest holds nothing of anybody's. */
    @Test
    void aManifestOfZerosIsReplaced() throws Exception {
        Sql.run(database, "INSERT INTO a (u, v) VALUES ('mine', 1)");
        Files.createDirectories(archive());
        Files.write(archive().resolve("archive.properties"), new byte[4096]);

        ArchiveKeeper.open(file, archive()).close();

        same();
    }

    @Test
    void aDatabaseIsNothingThatTheArchiveWritesOrDeletes() throws Exception {
        Files.createDirectories(archive());
        for (String name : List.of("archive.properties", ".lock", "copy-0badcafe.db", "changes-0badcafe.jsonl")) {
            Path inside = archive().resolve(name);
            Sql.runElsewhere(inside, "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)");
            byte[] before = Files.readAllBytes(inside);

            assertThatThrownBy(() -> ArchiveKeeper.open(inside, archive()).close())
                    .as(name)
                    .hasMessageContaining(inside.toRealPath().toString());

            assertThat(inside).as(name).hasBinaryContent(before);
            Files.delete(inside);
        }
        Path beside = Files.copy(file, archive().resolve("app.db"));
        ArchiveKeeper.open(beside, archive()).close();
        assertThat(Archive.open(archive()).verify()).as("beside it, it may be").isEmpty();
    }

    @Test
    void whatIsRolledBackIsNotKept() throws Exception {
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            Watch watch = keeper.watch(database);
            database.setAutoCommit(false);
            Sql.run(
                    database,
                    "INSERT INTO c VALUES (1, 1)",
                    "SAVEPOINT s",
                    "INSERT INTO c VALUES (2, 2)",
                    "ROLLBACK TO s");
            keeper.commit(watch, database::commit);
            Sql.run(database, "INSERT INTO c VALUES (3, 3)");
            database.rollback();
            Sql.run(database, "INSERT INTO c VALUES (4, 4)");
            keeper.commit(watch, database::commit);
            database.setAutoCommit(true);

            assertThat(keeper.trouble()).isEmpty();
            same();
            assertThat(Sql.rowsElsewhere(directory.resolve("restored.db"), "SELECT x FROM c"))
                    .containsExactly(List.of(1), List.of(4));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anyMixtureOfChangesIsTheSameAfterwards(long seed) throws Exception {
        Random random = new Random(seed);
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            Watch watch = keeper.watch(database);
            for (int i = 0; i < 150; i++) {
                int n = random.nextInt(40);
                String sql = switch (random.nextInt(9)) {
                    case 0, 1 ->
                        "INSERT OR REPLACE INTO a (id, u, v) VALUES (" + n + ", 'u" + random.nextInt(20) + "', " + i
                                + ")";
                    case 2 -> "INSERT OR IGNORE INTO a (u, v) VALUES ('u" + random.nextInt(20) + "', " + i + ")";
                    case 3 -> "REPLACE INTO b SELECT 'k" + n + "', max(id), " + i + " FROM a";
                    case 4 ->
                        "UPDATE OR REPLACE a SET id = id + " + random.nextInt(5) + " WHERE id % 7 = "
                                + random.nextInt(7);
                    case 5 -> "UPDATE OR IGNORE a SET u = 'u" + n + "' WHERE id = " + random.nextInt(40);
                    case 6 -> "DELETE FROM a WHERE id = " + n;
                    case 7 -> "INSERT OR REPLACE INTO c VALUES ('" + i + "', " + random.nextInt(70) + ")";
                    default ->
                        random.nextInt(10) == 0 ? "DELETE FROM c" : "DELETE FROM c WHERE y < " + random.nextInt(20);
                };
                commit(keeper, watch, sql);
                if (random.nextInt(60) == 0) {
                    keeper.refresh();
                }
            }
            same();
        }
    }

    @Test
    void threadsCommitWhileTheRowsAreWrittenAnew() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            List<Future<?>> running = new ArrayList<>();
            for (int t = 0; t < 3; t++) {
                int thread = t;
                running.add(threads.submit(() -> {
                    try (Connection connection = connect()) {
                        Watch watch = keeper.watch(connection);
                        for (int i = 0; i < 100; i++) {
                            String sql = "INSERT INTO c VALUES ('" + thread + "', " + -i + ")";
                            keeper.commit(watch, () -> Sql.run(connection, sql));
                        }
                    }
                    return null;
                }));
            }
            for (int i = 0; i < 5; i++) {
                keeper.refresh();
            }
            for (Future<?> future : running) {
                future.get();
            }
            assertThat(keeper.trouble()).isEmpty();
            same();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void whatOthersCommitComesWithTheNextRefresh() throws Exception {
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            assertThat(keeper.refreshIfChanged()).isFalse();
            Sql.runElsewhere(file, "INSERT INTO c VALUES ('elsewhere', 1)");

            assertThat(keeper.refreshIfChanged()).isTrue();
            assertThat(keeper.refreshIfChanged()).isFalse();
            same();
        }
    }

    @Test
    void aChangeOfTheSchemaIsInTheArchiveToo() throws Exception {
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            Watch watch = keeper.watch(database);
            commit(keeper, watch, "INSERT INTO c VALUES (1, 1)");
            watch.suspend();
            commit(keeper, watch, "ALTER TABLE c ADD COLUMN w DEFAULT 5", "INSERT INTO c (x, w) VALUES (2, 6)");
            watch.suspend();
            commit(keeper, watch, "ALTER TABLE log RENAME COLUMN what TO word", "INSERT INTO log VALUES ('y')");

            same();
        }
    }

    @Test
    void troubleWithTheArchiveIsNotTheApplications() throws Exception {
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            Watch watch = keeper.watch(database);
            keeper.close();
            keeper.commit(watch, () -> Sql.run(database, "INSERT INTO c VALUES (1, 1)"));
        }
        assertThat(Sql.value(database, "SELECT count(*) FROM c")).isEqualTo(1);
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            DurableFiles.deleteTree(archive());
            Sql.runElsewhere(file, "INSERT INTO c VALUES (2, 2)");
            keeper.refreshIfChanged();
            same();
        }
    }

    @Test
    void aCommitThatIsHalfInTheLogIsAsIfItWereNotThere() throws Exception {
        Path log;
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            Watch watch = keeper.watch(database);
            commit(keeper, watch, "INSERT INTO c VALUES (1, 1)", "INSERT INTO c VALUES (2, 2)");
            log = Archive.open(archive()).changes().orElseThrow();
        }
        byte[] whole = Files.readAllBytes(log);
        String text = new String(whole, StandardCharsets.UTF_8);
        int firstCommit = text.indexOf("\n", text.indexOf("{")) + 1;
        for (int size = whole.length - 1; size >= firstCommit; size -= 3) {
            Files.write(log, Arrays.copyOf(whole, size), StandardOpenOption.TRUNCATE_EXISTING);
            Path restored = directory.resolve("cut" + size + ".db");
            ArchiveRestore.of(Archive.open(archive())).into(restored, ProgressListener.NONE);
            assertThat(Sql.rowsElsewhere(restored, "SELECT x FROM c")).containsExactly(List.of(1));
        }
    }

    @Test
    void anArchiveHasOneWriter() throws Exception {
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            assertThatThrownBy(() -> ArchiveKeeper.open(file, archive())).hasMessageContaining("is being written");
            assertThatThrownBy(() -> ArchiveExport.of(database).into(archive(), ProgressListener.NONE))
                    .hasMessageContaining("is being written");
            assertThat(keeper.trouble()).isEmpty();
        }
        ArchiveExport.of(database).into(archive(), ProgressListener.NONE);
    }

    @Test
    void theSchemaChangesWhileOthersCommitAndTheRowsAreWrittenAnew() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            Watch watch = keeper.watch(database);
            Future<?> writer = threads.submit(() -> {
                try (Connection connection = connect()) {
                    Watch other = keeper.watch(connection);
                    for (int i = 0; i < 60; i++) {
                        String sql = "INSERT INTO c (x, y) VALUES ('other', " + -i + ")";
                        keeper.commit(other, () -> Sql.run(connection, sql));
                    }
                }
                return null;
            });
            Future<?> refresher = threads.submit(() -> {
                for (int i = 0; i < 5; i++) {
                    keeper.refresh();
                }
                return null;
            });
            for (int i = 0; i < 3; i++) {
                watch.suspend();
                commit(
                        keeper,
                        watch,
                        "ALTER TABLE c ADD COLUMN w" + i + " DEFAULT " + i,
                        "INSERT INTO c (x, w" + i + ") VALUES (2, 6)");
            }
            writer.get();
            refresher.get();
            assertThat(keeper.trouble()).isEmpty();
            same();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void rowsAndLogAreOneArchiveWhereTheyAreMergedIntoSalvagedRows() throws Exception {
        try (ArchiveKeeper keeper = ArchiveKeeper.open(file, archive())) {
            commit(
                    keeper,
                    keeper.watch(database),
                    "INSERT INTO a (id, u, v) VALUES (1, 'one', 1), (2, 'two', 2)",
                    "UPDATE a SET v = 22 WHERE id = 2",
                    "DELETE FROM a WHERE id = 1");
        }
        Path salvaged = directory.resolve("salvaged.db");
        Sql.runElsewhere(
                salvaged,
                "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, u TEXT UNIQUE, v)",
                "INSERT INTO a VALUES (5, 'five', 5)");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + salvaged)) {
            ArchiveImport.of(Archive.open(archive()))
                    .into(connection, MergePolicy.DATABASE_WINS, ProgressListener.NONE);

            assertThat(Sql.rows(connection, "SELECT id, u, v FROM a"))
                    .containsExactly(List.of(2, "two", 22), List.of(5, "five", 5));
        }
    }
}
