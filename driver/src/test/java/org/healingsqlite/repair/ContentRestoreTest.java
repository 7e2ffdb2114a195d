package org.healingsqlite.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The new content is checked while the restore is under way: what must be over before the commit, and before a page of the file is overwritten. */
class ContentRestoreTest {
    /** Pages enough for many steps of the restore, in a file of some megabytes. */
    private static final int ROWS = 20_000;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"WAL", "DELETE"})
    void contentThatIsNotSoundIsNeverCommitted(String mode) throws Exception {
        DatabaseFile file = damaged(mode);
        try (Connection reader = DriverManager.getConnection("jdbc:sqlite:" + file.main())) {
            List<List<Object>> before = Sql.rows(reader, "SELECT name, sql FROM sqlite_schema");
            byte[] bytes = Files.readAllBytes(copyOf(file));
            NotingSurroundings surroundings = new NotingSurroundings() {
                @Override
                public void complete(Connection newContent, boolean lossy) throws SQLException {
                    Sqlite.execute(newContent, "PRAGMA writable_schema = on");
                    Sqlite.execute(
                            newContent,
                            "UPDATE sqlite_schema SET sql = 'CREATE INDEX tw ON t (length(v))' WHERE name = 'tw'");
                }
            };

            assertThatThrownBy(() -> new ContentRestore(file, surroundings).run())
                    .hasMessageContaining("the recovered content is not sound");

            assertThat(surroundings.seen).contains("verifying").doesNotContain("decided", "restored");
            assertThat(Sql.rows(reader, "SELECT name, sql FROM sqlite_schema")).isEqualTo(before);
            assertThat(Files.readAllBytes(copyOf(file))).isEqualTo(bytes);
        }
        assertThat(file.side().path()).isDirectoryNotContaining("glob:**healing.tmp*");
        // And the next attempt, with sound content, is not in its way.
        new ContentRestore(file, new NotingSurroundings()).run();
        assertThat(Sql.rowsElsewhere(file.main(), "PRAGMA integrity_check")).isEqualTo(List.of(List.of("ok")));
    }

    @ParameterizedTest
    @CsvSource({
        "WAL, java.lang.OutOfMemoryError",
        "WAL, java.lang.StackOverflowError",
        "WAL, java.lang.AssertionError",
        "WAL, java.lang.IllegalStateException",
        "WAL, java.sql.SQLException",
        "DELETE, java.lang.OutOfMemoryError",
        "DELETE, java.lang.StackOverflowError",
        "DELETE, java.lang.NoClassDefFoundError",
        "DELETE, java.util.ConcurrentModificationException",
        "DELETE, java.sql.SQLException"
    })
    void whateverIsThrownWhileItIsMadeTheFileAndItsLogAreAsTheyWere(String mode, Class<? extends Throwable> thrown)
            throws Exception {
        for (String step : List.of("quarantine", "salvage", "completing the schema", "verifying", "decided")) {
            DatabaseFile file = damaged(mode);
            try (Connection reader = DriverManager.getConnection("jdbc:sqlite:" + file.main())) {
                Sql.run(reader, "PRAGMA user_version = 9");
                byte[] bytes = Files.readAllBytes(copyOf(file));
                byte[] log = mode.equals("WAL") ? Files.readAllBytes(file.wal()) : new byte[0];
                boolean[] struck = {false};
                NotingSurroundings surroundings = new NotingSurroundings() {
                    @Override
                    public void step(String what) {
                        super.step(what);
                        if (what.equals(step)) {
                            struck[0] = true;
                            throwUnchecked(thrown);
                        }
                    }

                    @Override
                    public void decided(Restored result) {
                        step("decided");
                    }
                };

                assertThatThrownBy(() -> new ContentRestore(file, surroundings).run())
                        .as("%s at %s", thrown, step)
                        .isInstanceOf(SQLException.class);

                assertThat(struck[0]).isTrue();
                assertThat(Files.readAllBytes(copyOf(file))).isEqualTo(bytes);
                if (mode.equals("WAL")) {
                    assertThat(Files.readAllBytes(file.wal())).isEqualTo(log);
                }
            }
            Files.delete(file.main());
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void throwUnchecked(Class<? extends Throwable> thrown) throws T {
        try {
            throw (T) thrown.getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"WAL", "DELETE"})
    void nothingOfTheFileIsOverwrittenAndNothingIsSeenBeforeTheCheckIsOver(String mode) throws Exception {
        DatabaseFile file = damaged(mode);
        try (Connection reader = DriverManager.getConnection("jdbc:sqlite:" + file.main())) {
            Sql.run(reader, "PRAGMA cache_size = 1");
            byte[] bytes = Files.readAllBytes(copyOf(file));
            List<String> differences = new ArrayList<>();
            NotingSurroundings surroundings = new NotingSurroundings() {
                @Override
                public void decided(Restored result) throws IOException {
                    super.decided(result);
                    if (!Arrays.equals(bytes, Files.readAllBytes(copyOf(file)))) {
                        differences.add("the file");
                    }
                    if (!Arrays.equals(bytes, Files.readAllBytes(result.evidence()))) {
                        differences.add("the evidence");
                    }
                    if (mode.equals("WAL")) {
                        try {
                            assertThat(Sql.value(reader, "PRAGMA user_version")).isEqualTo(7);
                        } catch (SQLException e) {
                            differences.add(e.toString());
                        }
                    }
                }

                @Override
                public void complete(Connection newContent, boolean lossy) throws SQLException {
                    Sqlite.execute(newContent, "PRAGMA user_version = 8");
                }
            };

            Restored restored = new ContentRestore(file, surroundings).run();

            assertThat(differences).isEmpty();
            assertThat(surroundings.seen).containsSubsequence("quarantine", "verifying", "decided", "restored");
            assertThat(Sql.value(reader, "PRAGMA user_version")).isEqualTo(8);
            // Where the damage struck nothing but the index no row is lost.
            long rows = ((Number) Sql.value(reader, "SELECT count(*) FROM t NOT INDEXED")).longValue();
            assertThat(rows).isPositive().isLessThanOrEqualTo(ROWS);
            assertThat(!restored.completeness().isWhole() || rows == ROWS).isTrue();
        }
    }

    /** Whoever is killed before the log is in the file, or while it is being written there, leaves what every commit leaves: a log. */
    @Test
    void contentThatIsOnlyInTheLogIsThereForWhoeverOpensTheDatabaseNext() throws Exception {
        DatabaseFile file = damaged("WAL");
        Path killed = directory.resolve("killed.db");
        List<String> seenThen = new ArrayList<>();
        NotingSurroundings surroundings = new NotingSurroundings() {
            @Override
            public void settling(Settling rest) {
                seenThen.addAll(seen);
                try {
                    Files.copy(copyOf(file), killed);
                    Files.copy(file.wal(), log(killed));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                super.settling(rest);
            }
        };

        new ContentRestore(file, surroundings).run();

        assertThat(seenThen).contains("decided", "restored").doesNotContain("settled");
        assertThat(Sql.rowsElsewhere(killed, "PRAGMA integrity_check")).isEqualTo(List.of(List.of("ok")));
        assertThat(Sql.rowsElsewhere(killed, "SELECT count(*), sum(length(v)) FROM t"))
                .isEqualTo(Sql.rowsElsewhere(file.main(), "SELECT count(*), sum(length(v)) FROM t"));
        assertThat(surroundings.seen).endsWith("settled");
    }

    @Test
    void aReaderOfTheOldContentKeepsItAndNobodyWaitsForHim() throws Exception {
        DatabaseFile file = damaged("WAL");
        try (Connection reader = DriverManager.getConnection("jdbc:sqlite:" + file.main())) {
            Sql.run(reader, "BEGIN");
            assertThat(Sql.value(reader, "PRAGMA user_version")).isEqualTo(7);
            NotingSurroundings surroundings = new NotingSurroundings() {
                @Override
                public void complete(Connection newContent, boolean lossy) throws SQLException {
                    Sqlite.execute(newContent, "PRAGMA user_version = 8");
                }
            };

            new ContentRestore(file, surroundings).run();

            assertThat(surroundings.seen).endsWith("settled");
            assertThat(Sql.value(reader, "SELECT user_version FROM pragma_user_version"))
                    .isEqualTo(7);
            assertThat(Sql.rowsElsewhere(file.main(), "PRAGMA user_version")).isEqualTo(List.of(List.of(8)));
            Sql.run(reader, "COMMIT");
            assertThat(Sql.value(reader, "PRAGMA user_version")).isEqualTo(8);
            assertThat(Sql.value(reader, "PRAGMA integrity_check")).isEqualTo("ok");
        }
    }

    /** The disk has told whoever asked first; SQLite might not hear of it. */
    @Test
    void aLogThatCannotBeMadeDurableIsNotCommitted() throws Exception {
        DatabaseFile file = damaged("WAL");
        try (EarlyFlush flush = new EarlyFlush(directory.resolve("none"))) {
            assertThatThrownBy(() -> flush.written(1L << 30)).isInstanceOf(IOException.class);
        }
        try (EarlyFlush flush = new EarlyFlush(file.main())) {
            flush.written(1);
            flush.written(1L << 30);
            flush.flush();
        }
    }

    @Test
    void aFileThatDoesNotHoldWhatWasWrittenRaisesTheAlarm() throws Exception {
        DatabaseFile file = damaged("WAL");
        Path other = directory.resolve("other.db");
        Sql.runElsewhere(other, "CREATE TABLE other (x)");
        CompletableFuture<String> heard = new CompletableFuture<>();
        Connection connection = Sqlite.open(file.main(), Access.EXISTING);
        Settling rest = new Settling(
                HeldFile.of(file), connection, FileChannel.open(other, StandardOpenOption.READ), heard::complete);

        rest.await();

        assertThat(connection.isClosed()).isTrue();
        assertThat(heard.get(60, TimeUnit.SECONDS)).isNotEmpty();
    }

    private static Path log(Path database) {
        return database.resolveSibling(database.getFileName() + "-wal");
    }

    /** Of a file with locks: read by another process, because closing it in this one would drop them. */
    private Path copyOf(DatabaseFile file) throws IOException {
        Path copy = directory.resolve("copy");
        Files.deleteIfExists(copy);
        try {
            int code = new ProcessBuilder("cp", file.main().toString(), copy.toString())
                    .start()
                    .waitFor();
            assertThat(code).isZero();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return copy;
    }

    private DatabaseFile damaged(String mode) throws Exception {
        Path path = directory.resolve("app.db");
        Sql.runElsewhere(
                path,
                "PRAGMA page_size = " + Damage.PAGE,
                "PRAGMA journal_mode = " + mode,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "CREATE INDEX tw ON t (v)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                        + ") INSERT INTO t SELECT i, i || hex(randomblob(60)) FROM n",
                "PRAGMA user_version = 7");
        Damage.LEAVES.on(path, new Random(3));
        return DatabaseFile.at(path);
    }
}
