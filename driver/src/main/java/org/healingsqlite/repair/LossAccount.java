package org.healingsqlite.repair;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.healingsqlite.archive.RowSupply.Supplied;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.salvage.SalvageReport;

/**
 * What is missing from recovered content, table by table, and what made up for it. Claims no more than is known: whole where that is proven, bounds where
 * rows were counted, else that nobody can say. For one heal; not shared by threads.
 */
final class LossAccount {
    private static final int MOST_SHOWN = 5;

    /** By table, in lower case. */
    private final Map<String, Table> tables = new LinkedHashMap<>();

    private final List<String> others = new ArrayList<>();
    private Completeness elsewhere = Completeness.whole();
    private Content values = Content.UNVERIFIED;
    private boolean everyTable;

    /** A table that may have lost rows. */
    private record Table(String name, Completeness completeness, String text) {
        /** Rows of an archive are there again, but as they were when it was written: whether they were changed since, nobody knows. */
        Table supplied(long more) {
            Completeness rest = Completeness.of(
                    Math.max(0, completeness.atLeast() - more),
                    completeness.atMost(),
                    List.of(),
                    "rows of table " + name + " came from an archive that may be older");
            return new Table(name, rest, text + "; " + more + " came from the archive");
        }
    }

    private LossAccount() {}

    /** Every row is there: the content is what SQLite had, and passes its own check. */
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
        account.values = report.content();
        if (report.outcome() == SalvageReport.Outcome.WHOLE) {
            return account;
        }
        for (SalvageReport.TableReport table : report.tables()) {
            if (!table.completeness().isWhole()) {
                account.tables.put(
                        table.name().toLowerCase(Locale.ROOT),
                        new Table(
                                table.name(),
                                table.completeness(),
                                table.name() + ": " + table.completeness() + keys(table)
                                        + (table.doubtful() > 0
                                                ? ", " + table.doubtful() + " of them in lost and found"
                                                : "")));
            }
        }
        if (!report.verdict().elsewhere().isWhole()) {
            account.everyTable = true;
            account.elsewhere = report.verdict().elsewhere();
            account.others.add(report.verdict().elsewhere().toString());
        }
        report.objects().stream()
                .filter(object -> object.problem().isPresent() && !object.isLeftToApplication())
                .forEach(object -> account.add(object.type() + " " + object.name() + ": "
                        + object.problem().get()));
        if (report.lostAndFoundRows() > 0) {
            account.add(report.lostAndFoundRows() + " rows of no table are in lost and found");
        }
        return account;
    }

    /** The first keys that are known of the lost rows, where the proof itself has named none. */
    private static String keys(SalvageReport.TableReport table) {
        boolean named = table.completeness() instanceof Completeness.AtLeast lost
                && !lost.keys().isEmpty();
        return named
                ? ""
                : Completeness.listed(table.lostKeys(), table.completeness().atLeast());
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
        elsewhere = elsewhere.and(Completeness.unknown(what));
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
            elsewhere = Completeness.whole();
            everyTable = false;
            return;
        }
        supplied.rows()
                .forEach((table, rows) ->
                        tables.computeIfPresent(table.toLowerCase(Locale.ROOT), (name, lost) -> lost.supplied(rows)));
    }

    boolean isNone() {
        return completeness().isWhole();
    }

    /** What is known of all of it. */
    Completeness completeness() {
        Completeness all = elsewhere;
        for (Table table : tables.values()) {
            all = all.and(table.completeness());
        }
        return all;
    }

    /** Whether the values of the rows that are there are proven. */
    Content values() {
        return values;
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
