package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Bank;
import org.healingsqlite.testkit.Bank.Book;
import org.healingsqlite.testkit.Bank.Fate;
import org.healingsqlite.testkit.IndexDamage;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S4-05, C-01: transfers between accounts under faults: all or nothing, exactly once, and no money made or lost. */
class BankLedgerTest {
    private static final int THREADS = 3;
    private static final int TRANSFERS = 12;
    private static final int SLOW_MILLIS = 3000;

    @TempDir
    Path directory;

    /** What happened in some rounds. */
    private static final class Tally {
        final AtomicLong healed = new AtomicLong();
        final AtomicLong deleted = new AtomicLong();
        long committed;
        long rolledBack;
        long unknown;

        void add(Book round) {
            committed += round.count(Fate.COMMITTED);
            rolledBack += round.count(Fate.ROLLED_BACK);
            unknown += round.count(Fate.UNKNOWN);
        }
    }

    /** What strikes. */
    private enum Strike {
        INDEX,
        LEDGER_INDEX,
        FILE_DELETED,
        JOURNAL_DELETED,
        NOTHING
    }

    @Test
    @DisplayName("S4-05 quick part of the campaign: 6 seeded rounds")
    void everyTransferIsAllOrNothingExactlyOnce() throws Exception {
        rounds(1, 6);
    }

    @Test
    @Tag("campaign")
    @DisplayName("S4-05 500 seeded rounds")
    void everyTransferIsAllOrNothingExactlyOnceOverManySeeds() throws Exception {
        rounds(Long.getLong("ledger.seed", 1000), 500);
    }

    private void rounds(long firstSeed, int count) throws Exception {
        Tally tally = new Tally();
        try (OtherJvm process = OtherJvm.start()) {
            for (long seed = firstSeed; seed < firstSeed + count; seed++) {
                long start = System.nanoTime();
                round(seed, tally, process);
                long millis = (System.nanoTime() - start) / 1_000_000;
                if (millis > SLOW_MILLIS) {
                    System.out.println("seed " + seed + " took " + millis + " ms");
                }
            }
        }
        System.out.printf(
                "ledger: %d rounds from seed %d, %d heals, transfers committed %d, rolled back %d, unknown %d; rounds with a deleted file %d%n",
                count,
                firstSeed,
                tally.healed.get(),
                tally.committed,
                tally.rolledBack,
                tally.unknown,
                tally.deleted.get());
    }

    private void round(long seed, Tally tally, OtherJvm process) throws Exception {
        Random random = new Random(seed);
        Path database = Files.createDirectory(directory.resolve("round" + seed)).resolve("bank.db");
        boolean wal = random.nextInt(3) == 0;
        Bank.create(database, wal ? "WAL" : "DELETE");
        Strike strike = Strike.values()[random.nextInt(Strike.values().length)];
        String url = "jdbc:healing:sqlite:" + database
                + "?transaction_mode=IMMEDIATE&busy_timeout=5000&synchronous=OFF&healing.wait=5s";
        Book book = new Book();
        AtomicLong numbers = new AtomicLong();
        int struckTransfer = random.nextInt(THREADS * TRANSFERS);
        int strikeAt = random.nextInt(6);
        IndexDamage damage = IndexDamage.of(database);
        Runnable blow = () -> strike(strike, database, damage);
        process.ask("open round" + seed + " " + url);
        process.send("run round" + seed + " UPDATE account SET balance = balance WHERE id = 1");
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (Connection keeper = DriverManager.getConnection(url)) {
            List<Callable<Void>> tellers = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                Random own = new Random(random.nextLong());
                tellers.add(() -> {
                    try (Connection connection = DriverManager.getConnection(url)) {
                        for (int i = 0; i < TRANSFERS; i++) {
                            long number = numbers.getAndIncrement();
                            teller(connection, number, own, number == struckTransfer ? strikeAt : -1, blow, book);
                        }
                    }
                    return null;
                });
            }
            for (Future<Void> each : threads.invokeAll(tellers)) {
                try {
                    each.get();
                } catch (java.util.concurrent.ExecutionException e) {
                    throw new AssertionError("seed " + seed + ", " + strike, e);
                }
            }
            tally.healed.addAndGet(Healing.of(keeper).statistics().healed());
        } finally {
            threads.shutdownNow();
            process.answer();
            process.ask("close round" + seed);
        }
        tally.add(book);
        if (strike == Strike.FILE_DELETED) {
            tally.deleted.incrementAndGet();
        }
        try (Connection connection = DriverManager.getConnection(url)) {
            // Damage that nobody has met is healed before it is looked for.
            Healing.of(connection).heal();
        }
        assertThat(Bank.audit(database, book))
                .as("seed %d, %s, wal %s", seed, strike, wal)
                .isEmpty();
    }

    private static void strike(Strike strike, Path database, IndexDamage damage) {
        try {
            switch (strike) {
                case INDEX -> damage.strike("by_owner");
                case LEDGER_INDEX -> damage.strike("by_transfer");
                case FILE_DELETED -> {
                    Files.delete(database);
                    Files.deleteIfExists(database.resolveSibling("bank.db-wal"));
                    Files.deleteIfExists(database.resolveSibling("bank.db-shm"));
                }
                case JOURNAL_DELETED -> Files.deleteIfExists(database.resolveSibling("bank.db-journal"));
                case NOTHING -> {}
            }
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    /** One transfer, run again for as long as it is told to. */
    private static void teller(
            Connection connection, long number, Random random, int strikeAt, Runnable strike, Book book)
            throws SQLException {
        long seed = random.nextLong();
        int at = strikeAt;
        for (int attempt = 1; attempt <= 50; attempt++) {
            try {
                connection.setAutoCommit(false);
                Bank.transfer(connection, number, new Random(seed), at, strike);
                connection.commit();
                book.note(number, Fate.COMMITTED);
                return;
            } catch (SQLException e) {
                at = -1;
                if ("08007".equals(e.getSQLState())) {
                    book.note(number, Fate.UNKNOWN);
                    connection.rollback();
                    return;
                }
                book.note(number, Fate.ROLLED_BACK);
                connection.rollback();
            }
        }
    }

    /** Negative control: a replay that compares nothing is found out. */
    @Test
    void aReplayWithoutComparisonIsFoundOut() throws Exception {
        Path database = directory.resolve("control.db");
        Bank.create(database, "DELETE");
        Book book = new Book();
        book.note(1, Fate.COMMITTED);
        book.note(2, Fate.COMMITTED);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            // What transfer 1 has recorded: writes of balances that it read.
            List<String> recorded = writes(connection, 1, 10);
            // Another one commits in between, and then the writes run again, unseeing.
            Sql.run(connection, writes(connection, 2, 20).toArray(String[]::new));
            assertThat(Bank.audit(database, book)).containsExactly("transfer 1 was acknowledged and is gone");
            Sql.run(connection, recorded.toArray(String[]::new));
        }
        assertThat(Bank.audit(database, book)).isNotEmpty();
    }

    private static List<String> writes(Connection connection, int transfer, int amount) throws SQLException {
        List<String> writes = new ArrayList<>();
        for (List<Object> row :
                Sql.rows(connection, "SELECT id, balance FROM account WHERE id IN (1, 2) ORDER BY id")) {
            long change = row.get(0).equals(1) ? -amount : amount;
            long balance = ((Number) row.get(1)).longValue() + change;
            writes.add("UPDATE account SET balance = " + balance + " WHERE id = " + row.get(0));
            writes.add("INSERT INTO ledger VALUES (" + transfer + ", " + row.get(0) + ", " + change + ", " + balance
                    + ")");
        }
        return writes;
    }
}
