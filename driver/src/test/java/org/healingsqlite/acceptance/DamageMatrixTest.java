package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * C-01, S2-01, S2-09, S2-31: every damage to the content of a live database, in every journal mode, met in every state a connection can be in.
 * Healed, every row that is still there back and none that never was, or, inside a transaction, rolled back with SQLState 40001.
 */
class DamageMatrixTest {
    private static final long SEED = Long.getLong("test.seed", 20261121);
    private static final List<String> MODES = List.of("DELETE", "WAL", "TRUNCATE", "PERSIST");
    private static final int ROWS = 600;
    private static final int MORE = 40;

    /** A run of the tests takes one case in so many. */
    private static final int PART = 12;

    @TempDir
    Path directory;

    enum State {
        WARM,
        SHRUNK,
        COLD,
        READ_TRANSACTION,
        DIRTY_TRANSACTION,
        OPEN_RESULTS
    }

    enum Company {
        ALONE,
        SECOND_CONNECTION,
        SECOND_PROCESS
    }

    record Case(Damage damage, String mode, State state, Company company) {}

    @Test
    void everyDamageHealsInAPartOfTheStates() throws Exception {
        play(each -> Rotation.takes(each.toString().hashCode(), PART));
    }

    @Test
    @Tag("campaign")
    void everyDamageInEveryStateHeals() throws Exception {
        play(each -> true);
    }

    private void play(Predicate<Case> choice) throws Exception {
        List<String> failures = new ArrayList<>();
        int run = 0;
        try (OtherJvm other = OtherJvm.start()) {
            for (Damage damage : Damage.values()) {
                for (String mode : MODES) {
                    if (!damage.canHappenIn(mode)) {
                        continue;
                    }
                    for (State state : State.values()) {
                        for (Company company : Company.values()) {
                            Case each = new Case(damage, mode, state, company);
                            if (!choice.test(each)) {
                                continue;
                            }
                            if (damage == Damage.LOG_INDEX_NOISE && state.name().endsWith("TRANSACTION")) {
                                // SQLite trusts the index inside a transaction, and says nothing.
                                continue;
                            }
                            if (damage.isOfLog() && state == State.COLD && company == Company.ALONE) {
                                // The last connection that closed has taken the log with it.
                                continue;
                            }
                            try {
                                new Round(directory.resolve("case" + run + ".db"), each, other, run).play();
                            } catch (SQLException | RuntimeException | AssertionError e) {
                                failures.add(each + ": " + e);
                            }
                            run++;
                        }
                    }
                }
            }
        }
        assertThat(failures)
                .as("seed %d, %d cases, %s", SEED, run, Rotation.option())
                .isEmpty();
    }

    /** One case. */
    private static final class Round {
        final Path database;
        final Case each;
        final OtherJvm other;
        final Random random;
        final String url;
        final Map<Long, String> truth = new HashMap<>();
        boolean rolledBack;

        Round(Path database, Case each, OtherJvm other, int run) {
            this.database = database;
            this.each = each;
            this.other = other;
            this.random = new Random(SEED + run);
            this.url = "jdbc:healing:sqlite:" + database;
        }

        void play() throws Exception {
            create();
            Connection connection = DriverManager.getConnection(url);
            Connection second = null;
            String name = database.getFileName().toString();
            try {
                use(connection);
                if (each.company() == Company.SECOND_CONNECTION) {
                    second = DriverManager.getConnection(url);
                    use(second);
                } else if (each.company() == Company.SECOND_PROCESS) {
                    assertThat(other.ask("open " + name + " " + url)).startsWith("ok");
                    assertThat(other.ask("rows " + name + " SELECT count(v) FROM t"))
                            .isEqualTo("ok [[" + ROWS + "]]");
                }
                work(connection);
                prepare(connection);
                if (each.state() == State.COLD) {
                    connection.close();
                }
                each.damage().on(database, random);
                if (each.state() == State.COLD) {
                    connection = DriverManager.getConnection(url);
                }
                meet(connection);
                long missing = check(connection);
                if (second != null) {
                    assertThat(check(second)).isEqualTo(missing);
                } else if (each.company() == Company.SECOND_PROCESS) {
                    assertThat(other.ask("rows " + name + " SELECT count(v) FROM t"))
                            .isEqualTo("ok [[" + (truth.size() - missing) + "]]");
                }
                write(connection);
                if (second != null) {
                    assertThat(Sql.rows(second, "SELECT * FROM mark WHERE v = 'after'"))
                            .hasSize(1);
                    assertThat(Sql.value(second, "PRAGMA integrity_check")).isEqualTo("ok");
                } else if (each.company() == Company.SECOND_PROCESS) {
                    assertThat(other.ask("rows " + name + " SELECT * FROM mark WHERE v = 'after'"))
                            .isEqualTo("ok [[after]]");
                }
            } finally {
                connection.close();
                if (second != null) {
                    second.close();
                }
                if (each.company() == Company.SECOND_PROCESS) {
                    other.ask("close " + name);
                }
            }
        }

        private void create() throws SQLException {
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
                Sql.run(
                        connection,
                        "PRAGMA page_size = " + Damage.PAGE,
                        "PRAGMA journal_mode = " + each.mode(),
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                        "CREATE TABLE mark (v TEXT)",
                        "CREATE INDEX tv ON t (v)",
                        "INSERT INTO mark VALUES ('here')",
                        "BEGIN");
                for (long id = 1; id <= ROWS; id++) {
                    String value =
                            id + "-" + Long.toHexString(random.nextLong()).repeat(10);
                    Sql.rows(connection, "INSERT INTO t VALUES (?, ?) RETURNING 1", id, value);
                    truth.put(id, value);
                }
                Sql.run(connection, "COMMIT");
            }
        }

        private void use(Connection connection) throws SQLException {
            if (!each.mode().equals("WAL")) {
                Sql.run(connection, "PRAGMA journal_mode = " + each.mode());
            }
            assertThat(Sql.value(connection, "SELECT count(v) FROM t")).isEqualTo(ROWS);
            Sql.rows(connection, "SELECT * FROM mark");
        }

        /** Commits that are acknowledged, and in WAL mode are in the log only. */
        private void work(Connection connection) throws SQLException {
            for (long id = ROWS + 1; id <= ROWS + MORE; id++) {
                String value = id + "-" + Long.toHexString(random.nextLong()).repeat(10);
                Sql.rows(connection, "INSERT INTO t VALUES (?, ?) RETURNING 1", id, value);
                truth.put(id, value);
            }
        }

        private void prepare(Connection connection) throws SQLException {
            switch (each.state()) {
                case WARM, COLD, OPEN_RESULTS -> {}
                case SHRUNK -> Sql.run(connection, "PRAGMA shrink_memory");
                case READ_TRANSACTION -> {
                    connection.setAutoCommit(false);
                    Sql.rows(connection, "SELECT * FROM mark");
                    Sql.run(connection, "PRAGMA shrink_memory");
                }
                case DIRTY_TRANSACTION -> {
                    connection.setAutoCommit(false);
                    Sql.run(connection, "INSERT INTO mark VALUES ('uncommitted')");
                    Sql.run(connection, "PRAGMA shrink_memory");
                }
            }
        }

        /** The application goes on with its work, until somebody has noticed. */
        private void meet(Connection connection) throws SQLException {
            boolean inTransaction = !connection.getAutoCommit();
            try {
                if (each.state() == State.OPEN_RESULTS) {
                    try (var statement = connection.createStatement();
                            var rows = statement.executeQuery("SELECT id, v FROM t ORDER BY id")) {
                        // Where the first call has healed, rows that are lost may be missing in the middle.
                        long seen = 0;
                        while (rows.next()) {
                            seen++;
                            assertThat(truth).containsEntry(rows.getLong(1), rows.getString(2));
                        }
                        assertThat(((Number) Sql.value(connection, "SELECT count(*) FROM t NOT INDEXED")).longValue())
                                .as("rows that were passed over are not there")
                                .isEqualTo(seen);
                    } catch (SQLException e) {
                        assertThat(e.getSQLState()).as(e.toString()).isEqualTo("40001");
                    }
                }
                Sql.rows(connection, "SELECT sum(length(v)) FROM t NOT INDEXED");
                try {
                    Sql.rows(connection, "SELECT v FROM t INDEXED BY tv ORDER BY v");
                } catch (SQLTransactionRollbackException halfRead) {
                    if (inTransaction) {
                        throw halfRead;
                    }
                    // Rows already seen cannot be unseen: the application is told to run the query again.
                    Sql.rows(connection, "SELECT v FROM t INDEXED BY tv ORDER BY v");
                }
                Sql.run(connection, "INSERT INTO mark VALUES ('more')");
                if (inTransaction) {
                    connection.commit();
                }
            } catch (SQLException e) {
                if (!inTransaction) {
                    throw e;
                }
                assertThat(e.getSQLState()).as(e.toString()).isEqualTo("40001");
                connection.rollback();
                rolledBack = true;
            }
            if (inTransaction) {
                connection.setAutoCommit(true);
            }
        }

        /** Sound, nothing invented, and what is missing is in an incident. */
        private long check(Connection connection) throws SQLException {
            Healing.of(connection).heal();
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            long found = 0;
            for (List<Object> row : Sql.rows(connection, "SELECT id, v FROM t")) {
                assertThat(truth).containsEntry(((Number) row.get(0)).longValue(), (String) row.get(1));
                found++;
            }
            if (rolledBack) {
                assertThat(Sql.rows(connection, "SELECT * FROM mark").toString())
                        .doesNotContain("uncommitted")
                        .doesNotContain("more");
            }
            long missing = truth.size() - found;
            if (missing > 0) {
                List<Loss> losses = Healing.of(connection).history(10).stream()
                        .map(Incident::outcome)
                        .map(outcome -> outcome.loss())
                        .filter(loss -> !loss.isNone())
                        .toList();
                assertThat(losses)
                        .as(
                                "%d rows are missing; %s",
                                missing, Healing.of(connection).history(10))
                        .isNotEmpty();
            }
            return missing;
        }

        private static void write(Connection connection) throws SQLException {
            Sql.run(connection, "INSERT INTO mark VALUES ('after')");
            assertThat(Sql.rows(connection, "SELECT * FROM mark WHERE v = 'after'"))
                    .hasSize(1);
        }
    }
}
