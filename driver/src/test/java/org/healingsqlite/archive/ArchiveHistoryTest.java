package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was in the database at a moment, from an archive that is kept; and rows that a heal may have lost are not written over. */
class ArchiveHistoryTest {
    private static final Duration WEEK = Duration.ofDays(7);

    @TempDir
    Path directory;

    private Path database;
    private Path archive;
    private int restored;

    @BeforeEach
    void create() throws Exception {
        database = directory.resolve("app.db");
        archive = directory.resolve("archive");
        try (Connection connection = open()) {
            Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT UNIQUE)");
        }
    }

    private Connection open() throws Exception {
        return DriverManager.getConnection("jdbc:sqlite:" + database);
    }

    /** A moment that is behind everything so far, and before everything that follows. */
    private static Instant between() {
        Instant moment = Instant.now();
        while (!Instant.now().isAfter(moment)) {
            Thread.onSpinWait();
        }
        return moment;
    }

    private List<Object> at(Instant moment) throws Exception {
        Path target = directory.resolve("restored" + restored++ + ".db");
        ArchiveHistory.of(archive).restore(moment, target);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + target)) {
            return Sql.rows(connection, "SELECT v FROM t ORDER BY id").stream()
                    .map(row -> row.get(0))
                    .toList();
        }
    }

    private List<String> names() throws Exception {
        try (Stream<Path> list = Files.list(archive)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    @DisplayName("S2-33: what was committed by each moment is there, across refreshes, and nothing that came later")
    void s2_33_whatWasCommittedByEachMomentIsThere() throws Exception {
        List<Instant> moments = new ArrayList<>();
        List<List<Object>> rows = new ArrayList<>();
        try (Connection connection = open();
                ArchiveKeeper keeper =
                        ArchiveKeeper.open(database, archive, new ArchiveHistory.Retention(WEEK, Optional::empty))) {
            ArchiveKeeper.Watch watch = keeper.watch(connection);
            String[] changes = {
                "INSERT INTO t (v) VALUES ('a')",
                "INSERT INTO t (v) VALUES ('b')",
                "UPDATE t SET v = 'c' WHERE v = 'a'",
                "REFRESH",
                "DELETE FROM t WHERE v = 'b'",
                "REFRESH",
                "INSERT OR REPLACE INTO t (id, v) VALUES (7, 'c')",
                "DELETE FROM t",
            };
            for (String change : changes) {
                if (change.equals("REFRESH")) {
                    keeper.refresh();
                } else {
                    keeper.commit(watch, () -> Sql.run(connection, change));
                }
                rows.add(Sql.rows(connection, "SELECT v FROM t ORDER BY id").stream()
                        .map(row -> row.get(0))
                        .toList());
                moments.add(between());
            }
            for (int i = 0; i < moments.size(); i++) {
                assertThat(at(moments.get(i))).as("after %s", changes[i]).isEqualTo(rows.get(i));
            }
        }
        assertThat(at(Instant.now())).isEmpty();
        assertThat(ArchiveHistory.of(archive).moments()).hasSize(3);
        assertThatThrownBy(() -> at(Instant.EPOCH))
                .isInstanceOf(ArchiveException.class)
                .hasMessageContaining("keeps nothing from before 1970-01-01T00:00:00Z; the oldest is of 2");
        assertThat(Archive.open(archive).verify()).isEmpty();
    }

    @Test
    void withoutARetentionNothingStays() throws Exception {
        try (ArchiveKeeper keeper = ArchiveKeeper.open(database, archive)) {
            keeper.refresh();
            keeper.refresh();
            assertThat(names()).filteredOn(name -> name.startsWith("g")).hasSize(1);
            assertThat(ArchiveHistory.of(archive).moments()).hasSize(1);
        }
    }

    @Test
    @DisplayName(
            "S2-33: the archive from before rows may have been lost stays until nobody misses any, however often it is written anew")
    void s2_33_whatWasBeforeALossStaysUntilNobodyMissesAny() throws Exception {
        AtomicReference<Optional<Instant>> lossy = new AtomicReference<>(Optional.empty());
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO t (v) VALUES ('one'), ('two')");
            try (ArchiveKeeper keeper =
                    ArchiveKeeper.open(database, archive, new ArchiveHistory.Retention(Duration.ZERO, lossy::get))) {
                Instant before = between();
                lossy.set(Optional.of(between()));
                Sql.run(connection, "DELETE FROM t WHERE v = 'two'");
                for (int i = 0; i < 5; i++) {
                    keeper.refresh();
                    assertThat(at(before)).containsExactly("one", "two");
                    assertThat(at(Instant.now())).containsExactly("one");
                }
                assertThat(names()).filteredOn(name -> name.matches("g[^.]*")).hasSize(2);

                lossy.set(Optional.empty());
                keeper.refresh();
                assertThat(names()).filteredOn(name -> name.startsWith("g")).hasSize(1);
                assertThatThrownBy(() -> at(before)).isInstanceOf(ArchiveException.class);
            }
        }
    }

    @Test
    void whatIsPutAsideStaysThoughTheLossIsNotOnRecordYet() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO t (v) VALUES ('one')");
            try (ArchiveKeeper keeper = ArchiveKeeper.open(database, archive)) {
                Instant before = between();
                ArchiveHistory.of(archive).hold();
                ArchiveHistory.of(archive).hold();
                Sql.run(connection, "UPDATE t SET v = 'changed'");
                keeper.refresh();
                keeper.refresh();
                assertThat(at(before)).containsExactly("one");
                assertThat(at(Instant.now())).containsExactly("changed");
            }
        }
    }

    @Test
    void anExportIntoTheArchiveLeavesWhatSomebodyElseHasPutAside() throws Exception {
        Instant before;
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO t (v) VALUES ('one')");
            try (ArchiveKeeper keeper =
                    ArchiveKeeper.open(database, archive, new ArchiveHistory.Retention(WEEK, Optional::empty))) {
                before = between();
                Sql.run(connection, "UPDATE t SET v = 'changed'");
                keeper.refresh();
            }
            ArchiveExport.of(connection).into(archive, ProgressListener.NONE);
            ArchiveExport.of(connection).into(archive, ProgressListener.NONE);
        }
        assertThat(at(before)).containsExactly("one");
        try (ArchiveKeeper keeper =
                ArchiveKeeper.open(database, archive, new ArchiveHistory.Retention(Duration.ZERO, Optional::empty))) {
            assertThat(keeper.isCurrent()).isTrue();
        }
        assertThatThrownBy(() -> at(before)).as("no longer wanted").isInstanceOf(ArchiveException.class);
    }

    @Test
    void whatIsOlderIsThinnedToOneForEachHourAndEachDay() throws Exception {
        try (ArchiveKeeper keeper =
                ArchiveKeeper.open(database, archive, new ArchiveHistory.Retention(WEEK, Optional::empty))) {
            for (int i = 0; i < 4; i++) {
                keeper.refresh();
            }
            ArchiveHistory history = ArchiveHistory.of(archive);
            Instant now = Instant.now();
            ArchiveHistory.Retention week = new ArchiveHistory.Retention(WEEK, Optional::empty);
            assertThat(history.retained(week, now))
                    .filteredOn(name -> name.endsWith(".properties"))
                    .hasSize(4);
            assertThat(history.retained(week, now.plus(Duration.ofHours(3))))
                    .filteredOn(name -> name.endsWith(".properties"))
                    .hasSizeBetween(1, 2);
            assertThat(history.retained(week, now.plus(Duration.ofDays(3))))
                    .filteredOn(name -> name.endsWith(".properties"))
                    .hasSizeBetween(1, 2);
            assertThat(history.retained(week, now.plus(Duration.ofDays(8)))).isEmpty();
        }
    }

    @Test
    void anArchiveThatIsKeptIsOneDatabasesAndAnExportOfThatPutsItsHistoryAside() throws Exception {
        try (Connection connection = open();
                ArchiveKeeper keeper =
                        ArchiveKeeper.open(database, archive, new ArchiveHistory.Retention(WEEK, Optional::empty))) {
            ArchiveKeeper.Watch watch = keeper.watch(connection);
            keeper.commit(watch, () -> Sql.run(connection, "INSERT INTO t (v) VALUES ('a')"));
        }
        Instant then = between();
        Path other = directory.resolve("other.db");
        Sql.runElsewhere(other, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO t (v) VALUES ('x')");
        List<String> before = names();

        for (String each : List.of(other.toString(), ":memory:")) {
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + each)) {
                assertThatThrownBy(() -> ArchiveExport.of(connection).into(archive, ProgressListener.NONE))
                        .isInstanceOf(ArchiveException.class)
                        .hasMessageContainingAll(archive.toString(), "is kept for", database.toString());
            }
        }
        assertThat(names()).isEqualTo(before);

        try (Connection connection = open()) {
            Sql.run(connection, "UPDATE t SET v = 'b'");
            ArchiveExport.of(connection).into(archive, ProgressListener.NONE);
        }
        assertThat(at(then)).containsExactly("a");
        assertThat(at(Instant.now())).containsExactly("b");
    }

    @Test
    void whatCannotBeReadOfTheLogIsTold() throws Exception {
        try (Connection connection = open();
                ArchiveKeeper keeper =
                        ArchiveKeeper.open(database, archive, new ArchiveHistory.Retention(WEEK, Optional::empty))) {
            ArchiveKeeper.Watch watch = keeper.watch(connection);
            for (String v : List.of("a", "b", "c")) {
                keeper.commit(watch, () -> Sql.run(connection, "INSERT INTO t (v) VALUES ('" + v + "')"));
            }
        }
        Path log = log();
        List<String> lines = Files.readAllLines(log);
        Instant then = Instant.now();
        assertThat(problemsAt(then)).isEmpty();

        List<String> damaged = new ArrayList<>(lines);
        damaged.replaceAll(line -> line.replace("\"b\"", "\"B\""));
        Files.write(log, damaged);

        assertThat(problemsAt(then)).singleElement().asString().contains("a commit is damaged");
        assertThat(at(then)).containsExactly("a");
    }

    @Test
    void aClockThatWentBackIsTold() throws Exception {
        try (Connection connection = open();
                ArchiveKeeper keeper =
                        ArchiveKeeper.open(database, archive, new ArchiveHistory.Retention(WEEK, Optional::empty))) {
            ArchiveKeeper.Watch watch = keeper.watch(connection);
            for (String v : List.of("a", "b", "c")) {
                keeper.commit(watch, () -> Sql.run(connection, "INSERT INTO t (v) VALUES ('" + v + "')"));
            }
        }
        Path log = log();
        Instant then = Instant.now();
        List<String> lines = new ArrayList<>();
        int commits = 0;
        List<String> commit = new ArrayList<>();
        for (String line : Files.readAllLines(log)) {
            if (line.startsWith("{") && ++commits == 2) {
                // As if the clock had been an hour ahead for this commit.
                String at = then.plusSeconds(3600).toString();
                CRC32 crc = new CRC32();
                crc.update((String.join("\n", commit) + "\n" + at).getBytes(StandardCharsets.UTF_8));
                line = line.replaceAll("\"at\":\"[^\"]*\"", "\"at\":\"" + at + "\"")
                        .replaceAll("\"crc32\":\\d+", "\"crc32\":" + crc.getValue());
            }
            commit.add(line);
            if (line.startsWith("{")) {
                lines.addAll(commit);
                commit.clear();
            }
        }
        Files.write(log, lines);

        assertThat(problemsAt(then)).singleElement().asString().contains("the clock has gone back");
        assertThat(at(then)).containsExactly("a");
    }

    private Path log() throws Exception {
        return archive.resolve(names().stream()
                .filter(name -> name.startsWith("changes-"))
                .findFirst()
                .orElseThrow());
    }

    private List<Problem> problemsAt(Instant moment) throws Exception {
        return ArchiveHistory.of(archive)
                .restore(moment, directory.resolve("restored" + restored++ + ".db"))
                .report()
                .problems();
    }
}
