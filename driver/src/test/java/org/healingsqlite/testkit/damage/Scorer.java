package org.healingsqlite.testkit.damage;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.healingsqlite.testkit.damage.BtreeLocator.Extent;
import org.healingsqlite.testkit.damage.Victim.SchemaEntry;

/** Compares a database that was brought back with the truth. */
public final class Scorer {

    private final Victim victim;
    private final Oracle oracle;
    private final String title;
    private final Score score = new Score();
    private final Map<String, Set<String>> findableKeys = new HashMap<>();
    private final Map<String, Set<String>> byValues = new HashMap<>();
    /** Objects whose statement has a whole copy. */
    private final Set<String> named = new HashSet<>();

    private Scorer(Damaged damaged, String title) {
        this.victim = damaged.victim();
        this.oracle = new Oracle(damaged);
        this.title = title;
    }

    /**
     * Compares one output.
     *
     * @param output need not exist: then nothing was found
     */
    public static Score score(Damaged damaged, Path output, String title) {
        return new Scorer(damaged, title).score(output);
    }

    private Score score(Path output) {
        score.cases = 1;
        Map<String, TableRows> recovered = Map.of();
        Set<String> objects = new HashSet<>();
        if (Files.exists(output)) {
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + output)) {
                String integrity = integrity(connection);
                if (!integrity.equals("ok")) {
                    throw new SQLException(integrity);
                }
                recovered = TableRows.ofAll(connection);
                objects.addAll(objects(connection));
            } catch (SQLException e) {
                score.broken = 1;
                score.note(title + ": broken output: " + e.getMessage());
            }
        }
        for (SchemaEntry entry : victim.schema()) {
            if (oracle.isFindable(entry.extents())) {
                named.add(entry.name());
                if (!entry.sql().isEmpty()) {
                    score.objects++;
                    String object = entry.type() + " " + entry.name() + " " + entry.sql();
                    if (objects.contains(object)) {
                        score.objectsKept++;
                    } else {
                        score.note(title + ": schema object gone: " + entry.type() + " " + entry.name());
                    }
                }
            }
        }
        for (TableRows table : victim.truth().values()) {
            compare(table, named.contains(table.name()), recovered.get(table.name()));
        }
        for (TableRows table : recovered.values()) {
            judgeExtra(table);
        }
        return score;
    }

    private void compare(TableRows truth, boolean isNamed, @org.jspecify.annotations.Nullable TableRows recovered) {
        Map<String, List<Extent>> extents = victim.extents(truth.name());
        Set<String> findable = findableKeys.computeIfAbsent(truth.name(), t -> new HashSet<>());
        int missing = 0;
        String example = "";
        for (Map.Entry<String, String> row : truth.rows().entrySet()) {
            byValues.computeIfAbsent(row.getValue(), v -> new HashSet<>()).add(truth.name());
            if (extents.isEmpty() || truth.name().equals("sqlite_sequence")) {
                continue;
            }
            score.rows++;
            List<Extent> at = extents.get(row.getKey());
            if (at == null || !oracle.isFindable(at)) {
                continue;
            }
            findable.add(row.getKey());
            boolean isBack =
                    recovered != null && row.getValue().equals(recovered.rows().get(row.getKey()));
            if (isNamed) {
                score.findable++;
                score.found += isBack ? 1 : 0;
                if (!isBack) {
                    missing++;
                    example = row.getKey() + "=" + brief(row.getValue()) + " page "
                            + at.get(0).page() + (at.size() > 1 ? " +" + (at.size() - 1) : "");
                }
            } else {
                score.nameless++;
                score.namelessFound += isBack ? 1 : 0;
            }
        }
        if (missing > 0) {
            score.note(
                    title + ": " + truth.name() + " misses " + missing + " of " + findable.size() + ", as " + example);
        }
    }

    private void judgeExtra(TableRows table) {
        if (table.name().equals("sqlite_sequence")) {
            return;
        }
        TableRows truth = victim.truth().get(table.name());
        Map<String, String> rows = truth == null ? Map.of() : truth.rows();
        // What virtual tables show is judged in the tables that keep it.
        boolean isVirtual = truth != null && victim.extents(table.name()).isEmpty();
        Set<String> findable = findableKeys.getOrDefault(table.name(), Set.of());
        for (Map.Entry<String, String> row : table.rows().entrySet()) {
            String key = row.getKey();
            String was = rows.get(key);
            if (row.getValue().equals(was) || isVirtual && victim.wasOnce(table.name(), key, row.getValue())) {
                continue;
            }
            String what;
            boolean wasOnce = victim.wasOnce(table.name(), key, row.getValue())
                    || was == null && victim.wasOnceNearly(table.name(), key, row.getValue());
            if (wasOnce) {
                boolean excused = isNewerStateGone(table.name(), key, was != null);
                score.ghosts += excused ? 0 : 1;
                score.excusedGhosts += excused ? 1 : 0;
                what = excused ? "" : "ghost";
            } else if (was != null && isExchanged(table.name(), key, row.getValue())) {
                score.exchanged++;
                what = "exchanged";
            } else if (was != null && named.contains(table.name()) && findable.contains(key)) {
                score.altered++;
                what = "altered";
            } else if (truth != null && isForeign(table.name(), row.getValue())) {
                score.foreign++;
                what = "foreign";
            } else if (was != null || isVirtual || truth == null || isNearLostRow(rows, findable, row.getValue())) {
                score.tainted++;
                what = "tainted";
            } else {
                score.invented++;
                what = "invented";
            }
            if (!what.isEmpty()) {
                score.note(title + ": " + what + " in " + table.name() + ": " + key + "=" + brief(row.getValue())
                        + (was == null ? "" : " instead of " + brief(was)));
            }
        }
    }

    /** Whether nothing that counts is left of what made a row go, or change. */
    private boolean isNewerStateGone(String table, String key, boolean exists) {
        if (exists) {
            return !oracle.isCommitted(victim.extents(table).getOrDefault(key, List.of()));
        }
        return victim.tellsOfAbsence(table, key).stream().anyMatch(part -> !oracle.isCommitted(List.of(part)));
    }

    /** Whether a row is another table's, on a page that now lies where this row's was and that is like it in all that can be known of it. */
    private boolean isExchanged(String table, String key, String values) {
        List<Extent> place = victim.extents(table).get(key);
        if (place == null) {
            return false;
        }
        int here = place.get(0).page();
        for (String other : byValues.getOrDefault(values, Set.of())) {
            Map<String, List<Extent>> rows = victim.extents(other);
            List<Extent> from = rows.get(key);
            if (!other.equals(table)
                    && from != null
                    && oracle.liesInPlaceOf(from.get(0).page(), here)
                    && keysOn(from.get(0).page(), rows).equals(keysOn(here, victim.extents(table)))) {
                return true;
            }
        }
        return false;
    }

    /** The first and the last key on a page. */
    private static List<String> keysOn(int page, Map<String, List<Extent>> rows) {
        List<String> keys = rows.entrySet().stream()
                .filter(row -> row.getValue().get(0).page() == page)
                .map(Map.Entry::getKey)
                .toList();
        return keys.isEmpty() ? keys : List.of(keys.get(0), keys.get(keys.size() - 1));
    }

    private boolean isForeign(String table, String values) {
        Set<String> tables = byValues.getOrDefault(values, Set.of());
        return !tables.isEmpty() && !tables.contains(table);
    }

    /** Whether a row whose bytes were hit is this one but for some values or its key: bytes within a value carry no check. */
    private static boolean isNearLostRow(Map<String, String> truth, Set<String> findable, String values) {
        return truth.entrySet().stream()
                .filter(row -> !findable.contains(row.getKey()))
                .anyMatch(row -> Victim.shareMost(row.getValue(), values) || beginsAlike(row.getValue(), values));
    }

    /** Whether only the end of a row was hit: its first value, one that is no chance, is still there. */
    private static boolean beginsAlike(String one, String other) {
        String first = one.substring(0, one.indexOf('|') < 0 ? one.length() : one.indexOf('|'));
        return first.length() > "text 000000".length() && other.startsWith(first + "|");
    }

    private static String brief(String text) {
        return text.length() > 120 ? text.substring(0, 120) + "…" : text;
    }

    private static String integrity(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA integrity_check")) {
            return row.getString(1);
        }
    }

    private static Set<String> objects(Connection connection) throws SQLException {
        Set<String> objects = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT type, name, sql FROM sqlite_schema")) {
            while (rows.next()) {
                objects.add(rows.getString(1) + " " + rows.getString(2) + " " + rows.getString(3));
            }
        }
        return objects;
    }
}
