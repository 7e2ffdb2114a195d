package org.healingsqlite.repair;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.healingsqlite.archive.RowSupply.Supplied;
import org.healingsqlite.salvage.SalvageReport;

/**
 * What is missing from recovered content, table by table, and what made up for it. Claims no more than is known: a number where rows were counted,
 * else that nobody can say. For one heal; not shared by threads.
 */
final class LossAccount {
    private static final int MOST_SHOWN = 5;
    private static final long UNKNOWN = -1;

    /** By table, in lower case. */
    private final Map<String, Table> tables = new LinkedHashMap<>();

    private final List<String> others = new ArrayList<>();
    private boolean everyTable;

    /**
     * A table that has lost rows.
     *
     * @param rows known to be lost
     * @param countable whether those are all
     */
    private record Table(long rows, boolean countable, String text) {
        Table supplied(long more) {
            return new Table(Math.max(0, rows - more), countable, text + "; " + more + " came from the archive");
        }

        boolean madeGood() {
            return rows == 0 && countable;
        }
    }

    private LossAccount() {}

    static LossAccount none() {
        return new LossAccount();
    }

    /** Any table may have lost any rows. */
    static LossAccount ofEverything(String why) {
        LossAccount account = new LossAccount();
        account.addUnknown(why);
        return account;
    }

    static LossAccount of(SalvageReport report) {
        LossAccount account = new LossAccount();
        if (report.outcome() == SalvageReport.Outcome.WHOLE) {
            return account;
        }
        for (SalvageReport.TableReport table : report.tables()) {
            if (table.lost() > 0 || table.doubtful() > 0 || table.missingPages() > 0) {
                account.tables.put(
                        table.name().toLowerCase(Locale.ROOT),
                        new Table(
                                table.lost() + table.doubtful(),
                                table.missingPages() == 0,
                                table.name() + ": at least " + table.lost() + " rows lost"
                                        + (table.lostKeys().isEmpty() ? "" : " " + table.lostKeys())
                                        + (table.doubtful() > 0 ? ", " + table.doubtful() + " in doubt" : "")
                                        + (table.missingPages() > 0
                                                ? ", " + table.missingPages() + " pages missing"
                                                : "")));
            }
        }
        long lostPages = report.pages().getOrDefault(SalvageReport.PageFate.LOST, 0L);
        long told = report.tables().stream()
                .mapToLong(SalvageReport.TableReport::missingPages)
                .sum();
        if (lostPages > told) {
            account.addUnknown((lostPages - told) + " lost pages that may have been of any table");
        }
        report.objects().stream()
                .filter(object -> object.problem().isPresent())
                .forEach(object -> account.add(object.type() + " " + object.name() + ": "
                        + object.problem().get()));
        if (report.lostAndFoundRows() > 0) {
            account.add(report.lostAndFoundRows() + " rows of no table are in lost and found");
        }
        if (account.isNone()) {
            account.addUnknown("what cannot be told: " + String.join(", ", report.facts()));
        }
        return account;
    }

    /** Whether a table may have lost rows. */
    boolean concerns(String table) {
        return everyTable || tables.containsKey(table.toLowerCase(Locale.ROOT));
    }

    /** Something that is lost and that no number can be given for; any table may have had it. */
    void addUnknown(String what) {
        everyTable = true;
        add(what);
    }

    /** Something that is amiss and that no number can be given for. */
    void add(String what) {
        others.add(what);
    }

    /**
     * Rows came from the archive.
     *
     * @param current whether the archive has every commit that was acknowledged
     */
    void supplied(Supplied supplied, boolean current) {
        if (current && supplied.complete()) {
            tables.clear();
            others.clear();
            everyTable = false;
            return;
        }
        supplied.rows()
                .forEach((table, rows) ->
                        tables.computeIfPresent(table.toLowerCase(Locale.ROOT), (name, lost) -> lost.supplied(rows)));
        tables.values().removeIf(Table::madeGood);
    }

    boolean isNone() {
        return tables.isEmpty() && others.isEmpty();
    }

    /** Rows known to be lost; -1 where rows may be lost and nobody can say how many; 0 where none are. */
    long rows() {
        long known = tables.values().stream().mapToLong(Table::rows).sum();
        return isNone() ? 0 : known > 0 ? known : UNKNOWN;
    }

    /** For a reader; empty where nothing is lost. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        tables.values().forEach(table -> parts.add(table.text()));
        parts.addAll(others);
        return String.join("; ", parts.subList(0, Math.min(parts.size(), MOST_SHOWN)))
                + (parts.size() > MOST_SHOWN ? "; ..." : "");
    }
}
