package org.healingsqlite.testkit;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Accounts, and a ledger of transfers between them: an oracle of transactions. Every transfer is one transaction of several statements that reads what it
 * writes, so that each of these can be told afterwards: money made or lost, half a transfer, a transfer done twice, an acknowledged one that is gone, one that
 * was rolled back and is there.
 */
public final class Bank {
    public static final int ACCOUNTS = 20;
    public static final long START = 1000;

    private Bank() {}

    /** What the teller of a transfer knows of it. */
    public enum Fate {
        COMMITTED,
        ROLLED_BACK,
        UNKNOWN
    }

    /** The fates of transfers by their number. */
    public static final class Book {
        private final Map<Long, Fate> fates = new ConcurrentSkipListMap<>();

        public void note(long transfer, Fate fate) {
            fates.put(transfer, fate);
        }

        /** How many had a fate. */
        public long count(Fate fate) {
            return fates.values().stream().filter(fate::equals).count();
        }
    }

    /** Makes the tables. */
    public static void create(Path database, String journalMode) throws SQLException {
        List<String> sql = new ArrayList<>(List.of(
                "PRAGMA page_size = " + Damage.PAGE,
                "PRAGMA journal_mode = " + journalMode,
                "BEGIN",
                "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, owner TEXT NOT NULL)",
                "CREATE INDEX by_owner ON account (owner)",
                "CREATE TABLE ledger (transfer INTEGER NOT NULL, account INTEGER NOT NULL, amount INTEGER NOT NULL, balance INTEGER NOT NULL)",
                "CREATE INDEX by_transfer ON ledger (transfer)"));
        for (int i = 1; i <= ACCOUNTS; i++) {
            sql.add("INSERT INTO account VALUES (" + i + ", " + START + ", 'owner " + i + "')");
        }
        sql.add("COMMIT");
        Sql.runElsewhere(database, sql.toArray(String[]::new));
    }

    /** One transfer in the open transaction: balances read, compared and written, and two entries. Strikes at one of its six statements. */
    public static void transfer(Connection connection, long number, Random random, int strikeAt, Runnable strike)
            throws SQLException {
        int from = 1 + random.nextInt(ACCOUNTS);
        int to = 1 + (from + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
        long amount = 1L + random.nextInt(50);
        Runnable[] strikes = new Runnable[6];
        java.util.Arrays.fill(strikes, (Runnable) () -> {});
        if (strikeAt >= 0) {
            strikes[strikeAt] = strike;
        }
        strikes[0].run();
        long ofFrom = balance(connection, from) - amount;
        strikes[1].run();
        long ofTo = balance(connection, to) + amount;
        strikes[2].run();
        set(connection, from, ofFrom);
        strikes[3].run();
        set(connection, to, ofTo);
        strikes[4].run();
        enter(connection, number, from, -amount, ofFrom);
        strikes[5].run();
        enter(connection, number, to, amount, ofTo);
    }

    private static long balance(Connection connection, int account) throws SQLException {
        try (PreparedStatement query =
                connection.prepareStatement("SELECT balance FROM account INDEXED BY by_owner WHERE owner = ?")) {
            query.setString(1, "owner " + account);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw new AssertionError("account " + account + " is gone");
                }
                return row.getLong(1);
            }
        }
    }

    private static void set(Connection connection, int account, long balance) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("UPDATE account SET balance = ? WHERE id = ?")) {
            update.setLong(1, balance);
            update.setInt(2, account);
            if (update.executeUpdate() != 1) {
                throw new AssertionError("account " + account + " is gone");
            }
        }
    }

    private static void enter(Connection connection, long transfer, int account, long amount, long balance)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO ledger VALUES (?, ?, ?, ?)")) {
            insert.setLong(1, transfer);
            insert.setInt(2, account);
            insert.setLong(3, amount);
            insert.setLong(4, balance);
            insert.executeUpdate();
        }
    }

    /**
     * Looks for lies.
     *
     * @return what is wrong, for a reader; empty where nothing is
     */
    public static List<String> audit(Path database, Book book) throws SQLException {
        List<String> wrong = new ArrayList<>();
        Object check = Sql.rowsElsewhere(database, "PRAGMA integrity_check").toString();
        if (!check.equals("[[ok]]")) {
            wrong.add("integrity: " + check);
        }
        long sum = number(database, "SELECT sum(balance) FROM account NOT INDEXED");
        if (sum != ACCOUNTS * START) {
            wrong.add("the sum of all balances is " + sum);
        }
        Map<Long, Integer> entries = new TreeMap<>();
        for (List<Object> row :
                Sql.rowsElsewhere(database, "SELECT transfer, count(*) FROM ledger NOT INDEXED GROUP BY transfer")) {
            entries.put(((Number) row.get(0)).longValue(), ((Number) row.get(1)).intValue());
        }
        entries.forEach((transfer, count) -> {
            if (count != 2) {
                wrong.add("transfer " + transfer + " has " + count + " entries");
            }
            if (book.fates.get(transfer) == Fate.ROLLED_BACK || !book.fates.containsKey(transfer)) {
                wrong.add("transfer " + transfer + " is there, but was " + book.fates.get(transfer));
            }
        });
        book.fates.forEach((transfer, fate) -> {
            if (fate == Fate.COMMITTED && !entries.containsKey(transfer)) {
                wrong.add("transfer " + transfer + " was acknowledged and is gone");
            }
        });
        for (List<Object> row : Sql.rowsElsewhere(
                database,
                "SELECT a.id, a.balance, " + START
                        + " + coalesce(sum(l.amount), 0) AS booked FROM account a NOT INDEXED LEFT JOIN ledger l NOT INDEXED ON l.account = a.id"
                        + " GROUP BY a.id HAVING a.balance <> booked")) {
            wrong.add("account " + row.get(0) + " has " + row.get(1) + ", its entries say " + row.get(2));
        }
        // Each entry tells the balance after it: a transfer that overwrote another one's would show here.
        for (List<Object> row : Sql.rowsElsewhere(
                database,
                "SELECT rowid, account FROM (SELECT rowid, account, balance, " + START
                        + " + sum(amount) OVER (PARTITION BY account ORDER BY rowid) AS running FROM ledger NOT INDEXED) WHERE balance <> running")) {
            wrong.add("entry " + row.get(0) + " of account " + row.get(1)
                    + " was written from a balance that was not so");
        }
        return wrong;
    }

    private static long number(Path database, String sql) throws SQLException {
        return ((Number) Sql.rowsElsewhere(database, sql).get(0).get(0)).longValue();
    }
}
