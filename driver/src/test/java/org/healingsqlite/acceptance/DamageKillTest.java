package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.healingsqlite.testkit.Victim;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that heals is killed with SIGKILL: at each step, and at random moments. The next open, by another process, ends healthy; every row
 * acknowledged before the damage is there, or its loss is in an incident; nothing is invented.
 */
class DamageKillTest {
    private static final long SEED = Long.getLong("test.seed", 20261121);
    private static final int ROUNDS = Integer.getInteger("test.rounds", 200);
    private static final int WRITERS = 2;
    private static final int ROWS = 300;
    private static final int MOST_STEPS = 40;
    private static final int MOST_LINES_UNTIL_NOTICED = 2000;
    private static final int LONGEST_PAUSE_MICROS = 250_000;

    /**
     * Two writers that never rest starve each other: SQLite's own wait for a lock is not fair, and where the machine is busy one of them is told SQLITE_BUSY
     * after sqlite-jdbc's 3 s, on a healthy database without healing too. So they wait for longer, and whatever they are told is of the heal.
     */
    private static final String BUSY_TIMEOUT = "?busy_timeout=120000";

    @TempDir
    Path directory;

    private int run;

    @Test
    void killedAtEachStepOfAHealTheNextOpenEndsHealthy() throws Exception {
        Map<Damage, String> heals = Map.of(Damage.NOISE, "DELETE", Damage.LEAVES, "WAL", Damage.HEADER, "DELETE");
        for (Damage damage : Rotation.part(List.of(Damage.NOISE, Damage.LEAVES, Damage.HEADER), 3)) {
            killAtEachStep(List.of(damage), List.of(heals.get(damage)));
        }
    }

    @Test
    @Tag("campaign")
    void killedAtEachStepOfEveryHealTheNextOpenEndsHealthy() throws Exception {
        killAtEachStep(
                List.of(
                        Damage.HEADER,
                        Damage.SCHEMA_TREE,
                        Damage.LEAVES,
                        Damage.ROOTS,
                        Damage.NOISE,
                        Damage.HALF,
                        Damage.EMPTIED,
                        Damage.LAST_PAGES),
                List.of("WAL", "DELETE"));
    }

    @Test
    @Tag("campaign")
    void killedAtEachStepOfAHealOfTheLogTheNextOpenEndsHealthy() throws Exception {
        killAtEachStep(
                List.of(Damage.LOG_NOISE, Damage.LOG_HEADER, Damage.LOG_FRAMES, Damage.LOG_CUT, Damage.LOG_DELETED),
                List.of("WAL"));
    }

    @Test
    void killedAtARandomMomentUnderLoadTheNextOpenEndsHealthy() throws Exception {
        killAtRandomMoments(4);
    }

    @Test
    @Tag("campaign")
    void killedAt200RandomMomentsUnderLoadTheNextOpenEndsHealthy() throws Exception {
        killAtRandomMoments(ROUNDS);
    }

    private void killAtEachStep(List<Damage> damages, List<String> modes) throws Exception {
        for (Damage damage : damages) {
            for (String mode : modes) {
                int step = 1;
                while (killAtStep(damage, mode, step)) {
                    step++;
                    assertThat(step).as("steps of %s, %s", damage, mode).isLessThan(MOST_STEPS);
                }
                // A heal may have been unnecessary for SQLite's own sake; but then no step was killed at.
                System.getLogger(getClass().getName())
                        .log(System.Logger.Level.DEBUG, damage + " " + mode + ": " + (step - 1) + " steps");
            }
        }
    }

    /** Whether the heal came to that step. */
    private boolean killAtStep(Damage damage, String mode, int step) throws Exception {
        Path database = create(mode);
        Set<Long> acknowledged = rows();
        boolean stopped = false;
        try (Victim victim = Victim.start("jdbc:healing:sqlite:" + database + BUSY_TIMEOUT, step, 1, ROWS + 1)) {
            int later = 0;
            boolean struck = false;
            while (!stopped && later < 200) {
                String line = victim.next();
                assertThat(line)
                        .as("%s, %s, step %d", damage, mode, step)
                        .isNotNull()
                        .doesNotStartWith("error");
                if (line.startsWith("row")) {
                    acknowledged.add(Long.parseLong(line.substring(4)));
                    if (struck) {
                        later++;
                    } else if (acknowledged.size() == ROWS + 30) {
                        damage.on(database, new Random(SEED + run));
                        struck = true;
                    }
                }
                stopped = line.equals("stopped");
            }
            acknowledge(victim.kill(), acknowledged);
        }
        // What the dead process knew of the schema is in the journal it has left.
        check(database, "", acknowledged, damage + ", " + mode + ", step " + step);
        return stopped;
    }

    private void killAtRandomMoments(int rounds) throws Exception {
        Path schema = Files.writeString(
                directory.resolve("schema.sql"),
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX tv ON t (v);");
        Random random = new Random(SEED);
        Damage[] damages = {
            Damage.HEADER, Damage.PAGE_1, Damage.LEAVES, Damage.ROOTS, Damage.NOISE, Damage.HALF, Damage.LAST_PAGES
        };
        for (int round = 0; round < rounds; round++) {
            Damage damage = damages[random.nextInt(damages.length)];
            String mode = random.nextBoolean() ? "WAL" : "DELETE";
            Path database = create(mode);
            Set<Long> acknowledged = rows();
            long pauseNanos = TimeUnit.MICROSECONDS.toNanos(random.nextInt(LONGEST_PAUSE_MICROS));
            // Else most kills would come before the healer has begun.
            boolean fromFirstStep = random.nextInt(3) > 0;
            List<String> told = new ArrayList<>();
            try (Victim victim = Victim.start("jdbc:healing:sqlite:" + database + BUSY_TIMEOUT, 0, WRITERS, ROWS + 1)) {
                while (acknowledged.size() < ROWS + 30) {
                    String line = victim.next();
                    assertThat(line)
                            .as("seed %d, round %d", SEED, round)
                            .isNotNull()
                            .doesNotStartWith("error");
                    acknowledge(List.of(line), acknowledged);
                }
                damage.on(database, random);
                if (fromFirstStep) {
                    told.addAll(untilFirstStep(victim, "seed " + SEED + ", round " + round));
                }
                long until = System.nanoTime() + pauseNanos;
                while (System.nanoTime() - until < 0) {
                    LockSupport.parkNanos(until - System.nanoTime());
                }
                told.addAll(victim.kill());
                assertThat(told).as("seed %d, round %d", SEED, round).noneMatch(line -> line.startsWith("error"));
                acknowledge(told, acknowledged);
            }
            String what = "seed " + SEED + ", round " + round + ", " + damage + ", " + mode + ", killed after "
                    + told.stream().filter(line -> !line.startsWith("row")).reduce("nothing", (one, next) -> next);
            System.getLogger(getClass().getName()).log(System.Logger.Level.DEBUG, what);
            // A process that dies before it begins to heal takes what it knew with it: the schema is a registered one.
            Set<Long> found = check(database, "?healing.schema=" + schema, acknowledged, what);
            assertThat(found).as(what).containsAll(committedAfterHeal(told));
        }
    }

    /** What the victim tells until its heal has begun; not for ever, because some damage is gone before anybody meets it. */
    private static List<String> untilFirstStep(Victim victim, String what) throws Exception {
        List<String> told = new ArrayList<>();
        String line = "";
        while (!line.startsWith("step") && told.size() < MOST_LINES_UNTIL_NOTICED) {
            line = victim.next();
            assertThat(line).as(what).isNotNull().doesNotStartWith("error");
            told.add(line);
        }
        return told;
    }

    /** Rows that nothing may have happened to: each writer told at most one after the heal that it had committed before. */
    private static Set<Long> committedAfterHeal(List<String> told) {
        Set<Long> rows = new HashSet<>();
        int healed = told.lastIndexOf("healed healed");
        if (healed >= 0) {
            acknowledge(
                    told.subList(healed, told.size()).stream()
                            .filter(line -> line.startsWith("row"))
                            .skip(WRITERS)
                            .toList(),
                    rows);
        }
        return rows;
    }

    private Path create(String mode) throws SQLException {
        Path database = directory.resolve("killed" + run++ + ".db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(
                    connection,
                    "PRAGMA page_size = " + Damage.PAGE,
                    "PRAGMA journal_mode = " + mode,
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                    "CREATE INDEX tv ON t (v)",
                    "BEGIN");
            for (long id = 1; id <= ROWS; id++) {
                Sql.rows(connection, "INSERT INTO t VALUES (?, ?) RETURNING 1", id, Victim.value(id));
            }
            Sql.run(connection, "COMMIT");
        }
        return database;
    }

    private static Set<Long> rows() {
        Set<Long> rows = new HashSet<>();
        for (long id = 1; id <= ROWS; id++) {
            rows.add(id);
        }
        return rows;
    }

    private static void acknowledge(List<String> lines, Set<Long> acknowledged) {
        lines.stream()
                .filter(line -> line.matches("row \\d+"))
                .map(line -> Long.parseLong(line.substring(4)))
                .forEach(acknowledged::add);
    }

    /** What is there. */
    private static Set<Long> check(Path database, String options, Set<Long> acknowledged, String what)
            throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database + options)) {
            List<List<Object>> found = new ArrayList<>();
            try {
                found.addAll(Sql.rows(connection, "SELECT id, v FROM t"));
            } catch (SQLException e) {
                assertThat(e.getSQLState())
                        .as(what + ": " + e + Arrays.toString(e.getSuppressed()))
                        .isEqualTo("40001");
                found.addAll(Sql.rows(connection, "SELECT id, v FROM t"));
            }
            Healing.of(connection).heal();
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).as(what).isEqualTo("ok");
            found = Sql.rows(connection, "SELECT id, v FROM t");
            Set<Long> ids = new HashSet<>();
            for (List<Object> row : found) {
                long id = ((Number) row.get(0)).longValue();
                assertThat(row.get(1)).as(what).isEqualTo(Victim.value(id));
                ids.add(id);
            }
            Set<Long> missing = new HashSet<>(acknowledged);
            missing.removeAll(ids);
            if (!missing.isEmpty()) {
                List<Incident> incidents = Healing.of(connection).history(20);
                assertThat(incidents)
                        .as("%s: %d rows are missing: %s", what, missing.size(), incidents)
                        .anyMatch(incident -> !incident.outcome().loss().isNone());
            }
            assertThat(Path.of(database + ".healing").resolve("heal.journal"))
                    .as(what)
                    .doesNotExist();
            try (Stream<Path> left = Files.list(Path.of(database + ".healing"))) {
                assertThat(left.map(file -> String.valueOf(file.getFileName())))
                        .as(what)
                        .noneMatch(name -> name.startsWith("healing.tmp"));
            }
            return ids;
        }
    }
}
