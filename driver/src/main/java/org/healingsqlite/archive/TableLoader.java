package org.healingsqlite.archive;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.healingsqlite.archive.ImportReport.Fate;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/**
 * Brings rows into one table. A row whose key is there already is compared with the one that is there; where they differ, it depends on where that one
 * came from: the database, another file of the archive, or from being mentioned only. Keeps nothing in memory per row. Owns its statements, and a
 * TEMP table for the keys whose origin has to be remembered.
 */
final class TableLoader implements AutoCloseable {
    private static final int MAX_STATEMENTS = 64;

    private final Connection connection;
    private final TableForm form;
    private final MergePolicy policy;
    private final boolean lastWins;
    private final boolean merging;
    private final String suffix;
    private final EqualRows equalRows;
    private final Map<String, Statements> statements = new HashMap<>();
    private @Nullable Statements last;
    private @Nullable ArchiveRow lastRow;
    private final Set<List<String>> explicitKeys = new LinkedHashSet<>();
    private final List<String> keyIndexes = new ArrayList<>();
    private final Map<String, Long> numbers = new HashMap<>();
    private boolean seenTable;
    private boolean mentions;
    private @Nullable String claims;
    private String refusal = "";

    /** The statements for rows of one form. */
    private static final class Statements {
        private final PreparedStatement insert;
        private @Nullable PreparedStatement find;
        private @Nullable PreparedStatement update;

        Statements(PreparedStatement insert) {
            this.insert = insert;
        }

        void close() throws SQLException {
            insert.close();
            if (find != null) {
                find.close();
            }
            if (update != null) {
                update.close();
            }
        }
    }

    /**
     * A row that is there.
     *
     * @param differing the columns of the archive's row that have other values in it
     */
    private record Existing(List<Object> identity, BitSet differing) {}

    TableLoader(Connection connection, TableForm form, MergePolicy policy, boolean lastWins, int number)
            throws SQLException {
        this.connection = connection;
        this.form = form;
        this.policy = policy;
        this.lastWins = lastWins;
        this.suffix = "healing_archive_" + number;
        this.equalRows = new EqualRows(connection, form, suffix);
        this.merging = Sql.number(connection, "SELECT EXISTS (SELECT 1 FROM main." + Sql.name(form.name()) + ")") == 1;
    }

    TableForm form() {
        return form;
    }

    /** Why the last row was refused, or with what it conflicted. */
    String refusal() {
        return refusal;
    }

    /** By these columns rows are one, beside the keys that the schema knows: they are looked up by them. */
    void key(List<String> columns) throws SQLException {
        if (columns.isEmpty() || !explicitKeys.add(List.copyOf(columns))) {
            return;
        }
        closeStatements();
        if (form.uniqueKeys().contains(columns)) {
            return;
        }
        StringJoiner names = new StringJoiner(",");
        columns.forEach(column -> names.add(form.quoted(column)));
        String index = suffix + "_key" + keyIndexes.size();
        Sql.execute(connection, "CREATE INDEX main." + index + " ON " + Sql.name(form.name()) + " (" + names + ")");
        keyIndexes.add(index);
    }

    private void dropKeyIndexes() throws SQLException {
        for (String index : keyIndexes) {
            Sql.execute(connection, "DROP INDEX main." + index);
        }
        keyIndexes.clear();
    }

    /** The next number of a column: one more than the largest. */
    long next(String column) throws SQLException {
        Long last = numbers.get(column);
        long next = 1
                + (last == null
                        ? Sql.number(
                                connection,
                                "SELECT ifnull(max(" + form.quoted(column) + "), 0) FROM main." + Sql.name(form.name()))
                        : last);
        numbers.put(column, next);
        return next;
    }

    /** Brings a row in, or finds out why not. */
    Fate add(ArchiveRow row) throws SQLException {
        Statements prepared = prepared(row);
        List<String> key = row.identity().key();
        try {
            if (merging && !equalRows.isIdentified(row) && equalRows.takes(row)) {
                return Fate.DUPLICATE;
            }
            if (!key.isEmpty() && row.columns().containsAll(key)) {
                List<Existing> there = find(prepared, row);
                if (!there.isEmpty()) {
                    return meet(prepared, there, row);
                }
            }
            Sql.bindAll(prepared.insert, row.inserted());
            if (prepared.insert.executeUpdate() > 0) {
                inserted(row);
                return Fate.INSERTED;
            }
            List<Existing> there = find(prepared, row);
            return there.isEmpty() ? insisted(row) : meet(prepared, there, row);
        } catch (SQLException e) {
            closeStatements();
            if (!Sql.refusesRow(e)) {
                throw e;
            }
            refusal = "refused by table " + form.name() + ": " + Disclosure.message(e);
            return Fate.REFUSED;
        }
    }

    /** No row came, and none of the same key was found: SQLite is asked why, whatever the schema says about conflicts. */
    private Fate insisted(ArchiveRow row) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT OR ABORT" + insertSql(row))) {
            Sql.bindAll(insert, row.inserted());
            if (insert.executeUpdate() > 0) {
                inserted(row);
                return Fate.INSERTED;
            }
        } catch (SQLException e) {
            if (!Sql.refusesRow(e) || !String.valueOf(e.getMessage()).contains("UNIQUE constraint failed")) {
                throw e;
            }
            refusal = Problem.CONFLICT + "a row of table " + form.name() + ", which stayed";
            return Fate.KEPT;
        }
        refusal = "table " + form.name() + " took it and has no row of it";
        return Fate.REFUSED;
    }

    private String insertSql(ArchiveRow row) {
        StringJoiner names = new StringJoiner(",", "(", ")");
        StringJoiner places = new StringJoiner(",", "(", ")");
        for (int i = 0; i < row.columns().size(); i++) {
            names.add(form.quoted(row.columns().get(i)));
            places.add(Sql.place(i + 1, row.inserted().get(i)));
        }
        String into = " INTO main." + Sql.name(form.name());
        return row.columns().isEmpty() ? into + " DEFAULT VALUES" : into + names + " VALUES" + places;
    }

    private Statements prepared(ArchiveRow row) throws SQLException {
        boolean raw = false;
        for (Object value : row.inserted()) {
            raw |= value instanceof RawText;
        }
        Statements ready = last;
        ArchiveRow before = lastRow;
        if (!raw
                && ready != null
                && before != null
                && row.columns() == before.columns()
                && row.identity().equals(before.identity())
                && row.open().equals(before.open())) {
            return ready;
        }
        String sql = "INSERT" + insertSql(row)
                + (form.virtual() || row.columns().isEmpty() ? "" : " ON CONFLICT DO NOTHING");
        String form = sql + row.identity().key() + row.open();
        Statements found = statements.get(form);
        if (found == null) {
            if (statements.size() >= MAX_STATEMENTS) {
                closeStatements();
            }
            found = new Statements(connection.prepareStatement(sql));
            statements.put(form, found);
        }
        if (!raw) {
            last = found;
            lastRow = row;
        }
        return found;
    }

    private List<Existing> find(Statements prepared, ArchiveRow row) throws SQLException {
        PreparedStatement find = prepared.find;
        if (find == null) {
            find = connection.prepareStatement(findSql(row));
            prepared.find = find;
        }
        Sql.bindAll(find, row.inserted());
        bindSaid(find, row);
        List<Existing> there = new ArrayList<>();
        try (ResultSet result = find.executeQuery()) {
            int identityColumns = form.identity().size();
            while (result.next()) {
                List<Object> identity = new ArrayList<>();
                for (int i = 0; i < identityColumns; i++) {
                    identity.add(result.getObject(i + 1));
                }
                BitSet differing = new BitSet();
                for (int i = 0; i < row.columns().size(); i++) {
                    differing.set(i, !result.getBoolean(identityColumns + i + 1));
                }
                there.add(new Existing(identity, differing));
            }
        }
        return there;
    }

    /** What is said of a column that may be left open is a parameter of its own. */
    private static int parameter(ArchiveRow row, int column) {
        return row.open().get(column) ? row.columns().size() + column + 1 : column + 1;
    }

    private static void bindSaid(PreparedStatement statement, ArchiveRow row) throws SQLException {
        for (int i = row.open().nextSetBit(0); i >= 0; i = row.open().nextSetBit(i + 1)) {
            Sql.bind(statement, parameter(row, i), row.said().get(i));
        }
    }

    private String findSql(ArchiveRow row) {
        StringJoiner selected = new StringJoiner(", ", "SELECT ", "");
        form.identity().forEach(column -> selected.add(form.quoted(column)));
        for (int i = 0; i < row.columns().size(); i++) {
            String place = Sql.place(parameter(row, i), row.said().get(i));
            String same = form.quoted(row.columns().get(i)) + " COLLATE BINARY IS " + place;
            selected.add(row.open().get(i) ? "(" + place + " IS NULL OR " + same + ")" : "(" + same + ")");
        }
        StringJoiner where = new StringJoiner(" OR ");
        for (List<String> key : form.uniqueKeys()) {
            if (row.columns().containsAll(key)) {
                where.add(condition(key, row, " = "));
            }
        }
        List<String> key = row.identity().key();
        if (!key.isEmpty() && row.columns().containsAll(key)) {
            where.add(condition(key, row, " IS "));
        }
        return selected + " FROM main." + Sql.name(form.name()) + " WHERE "
                + (where.length() == 0 ? "0" : where.toString()) + " LIMIT 3";
    }

    private String condition(List<String> key, ArchiveRow row, String comparison) {
        StringJoiner condition = new StringJoiner(" AND ", "(", ")");
        for (String column : key) {
            int i = row.columns().indexOf(column);
            condition.add(form.quoted(column)
                    + comparison
                    + Sql.place(i + 1, row.inserted().get(i)));
        }
        return condition.toString();
    }

    private Fate meet(Statements prepared, List<Existing> there, ArchiveRow row) throws SQLException {
        boolean completes = row.identity().completes();
        for (Existing existing : there) {
            if (existing.differing().isEmpty()) {
                if (completes && claims != null && !form.identity().isEmpty()) {
                    claim(existing.identity(), row, claimed(existing.identity()));
                }
                return Fate.DUPLICATE;
            }
        }
        if (there.size() != 1 || form.identity().isEmpty()) {
            refusal = Problem.CONFLICT + there.size() + " rows of table " + form.name() + ", which stayed";
            return Fate.KEPT;
        }
        Existing existing = there.get(0);
        if (mentions && origin("mentioned", existing)) {
            forget(existing);
            update(prepared, existing, row);
            remember(existing.identity());
            if (completes) {
                claim(existing.identity(), row, new BitSet());
            }
            return Fate.COMPLETED;
        }
        BitSet claimed = completes ? claimed(existing.identity()) : null;
        if (claimed != null && !claimed.isEmpty()) {
            return complete(existing, row, claimed);
        }
        boolean fromArchive = !merging || seenTable && origin("seen", existing);
        boolean replace = fromArchive ? lastWins(row) : policy == MergePolicy.ARCHIVE_WINS;
        conflict(existing, fromArchive, replace);
        if (!replace) {
            return Fate.KEPT;
        }
        update(prepared, existing, row);
        remember(existing.identity());
        return Fate.REPLACED;
    }

    private boolean lastWins(ArchiveRow row) {
        return row.identity().lastWins().orElse(lastWins);
    }

    private void conflict(Existing existing, boolean fromArchive, boolean replace) {
        refusal = Problem.CONFLICT + form.name() + " " + form.identity() + " = " + existing.identity() + " from "
                + (fromArchive ? "an earlier place in the archive" : "the database")
                + (replace ? "; replaced" : ", which stayed");
    }

    /** Gives a row the columns that no earlier place of the archive had; of those that contradict one another the rule decides. */
    private Fate complete(Existing existing, ArchiveRow row, BitSet claimed) throws SQLException {
        boolean contradicted = false;
        BitSet taken = new BitSet();
        for (int i = existing.differing().nextSetBit(0);
                i >= 0;
                i = existing.differing().nextSetBit(i + 1)) {
            boolean contradicts = claimed.get(place(row.columns().get(i)));
            contradicted |= contradicts;
            taken.set(i, !contradicts || lastWins(row));
        }
        if (!taken.isEmpty()) {
            try (PreparedStatement update = connection.prepareStatement(updateSql(row, taken))) {
                Sql.bindAll(update, row.inserted());
                bindSaid(update, row);
                bindIdentity(update, row, existing);
                update.executeUpdate();
            }
            claim(existing.identity(), row, claimed);
        }
        if (!contradicted) {
            return Fate.COMPLETED;
        }
        conflict(existing, true, lastWins(row));
        return lastWins(row) ? Fate.REPLACED : Fate.KEPT;
    }

    private String updateSql(ArchiveRow row, BitSet taken) {
        StringJoiner set = new StringJoiner(", ", "UPDATE OR ABORT main." + Sql.name(form.name()) + " SET ", "");
        for (int i = taken.nextSetBit(0); i >= 0; i = taken.nextSetBit(i + 1)) {
            String column = form.quoted(row.columns().get(i));
            String place = Sql.place(parameter(row, i), row.said().get(i));
            set.add(column + " = " + (row.open().get(i) ? "ifnull(" + place + ", " + column + ")" : place));
        }
        StringJoiner where = new StringJoiner(" AND ", " WHERE ", "");
        for (int i = 0; i < form.identity().size(); i++) {
            where.add(form.quoted(form.identity().get(i)) + " IS ?"
                    + (2 * row.columns().size() + i + 1));
        }
        return set.toString() + where;
    }

    private void bindIdentity(PreparedStatement update, ArchiveRow row, Existing existing) throws SQLException {
        for (int i = 0; i < existing.identity().size(); i++) {
            update.setObject(
                    2 * row.columns().size() + i + 1, existing.identity().get(i));
        }
    }

    private void update(Statements prepared, Existing existing, ArchiveRow row) throws SQLException {
        PreparedStatement update = prepared.update;
        if (update == null) {
            BitSet all = new BitSet();
            all.set(0, row.columns().size());
            update = connection.prepareStatement(updateSql(row, all));
            prepared.update = update;
        }
        Sql.bindAll(update, row.inserted());
        bindSaid(update, row);
        bindIdentity(update, row, existing);
        update.executeUpdate();
    }

    // ---- What the archive has said of a row: columns, as a bit each

    private int place(String column) {
        int place = form.columns().indexOf(column);
        return place < 0 ? form.columns().size() : place;
    }

    private BitSet claimed(List<Object> identity) throws SQLException {
        if (claims == null) {
            return new BitSet();
        }
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT columns FROM " + claims + keyCondition())) {
            for (int i = 0; i < identity.size(); i++) {
                statement.setObject(i + 1, identity.get(i));
            }
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? BitSet.valueOf(row.getBytes(1)) : new BitSet();
            }
        }
    }

    private void claim(List<Object> identity, ArchiveRow row, BitSet before) throws SQLException {
        String table = claims;
        if (table == null) {
            createKeys("claims", ", columns BLOB");
            table = "temp." + suffix + "_claims";
            claims = table;
        }
        BitSet claimed = (BitSet) before.clone();
        for (int i = 0; i < row.columns().size(); i++) {
            if (row.said().get(i) != null) {
                claimed.set(place(row.columns().get(i)));
            }
        }
        StringJoiner places = new StringJoiner(",", "(", ")");
        identity.forEach(value -> places.add("?"));
        places.add("?");
        try (PreparedStatement statement =
                connection.prepareStatement("INSERT OR REPLACE INTO " + table + " VALUES " + places)) {
            for (int i = 0; i < identity.size(); i++) {
                statement.setObject(i + 1, identity.get(i));
            }
            statement.setBytes(identity.size() + 1, claimed.toByteArray());
            statement.executeUpdate();
        }
    }

    private List<Object> identity(ArchiveRow row) throws SQLException {
        List<Object> identity = new ArrayList<>();
        for (String column : form.identity()) {
            int i = row.columns().indexOf(column);
            Object value = i < 0 ? null : row.inserted().get(i);
            identity.add(value == null ? Sql.number(connection, "SELECT last_insert_rowid()") : value);
        }
        return identity;
    }

    private void inserted(ArchiveRow row) throws SQLException {
        if (form.identity().isEmpty()) {
            return;
        }
        if (merging) {
            remember(identity(row));
        }
        if (row.identity().completes()) {
            claim(identity(row), row, new BitSet());
        }
    }

    /** Remembers that a row is the archive's, where the table had others. */
    private void remember(List<Object> identity) throws SQLException {
        if (merging) {
            if (!seenTable) {
                createKeys("seen", "");
                seenTable = true;
            }
            keys("INSERT OR IGNORE INTO temp." + suffix + "_seen VALUES ", identity);
        }
    }

    private void createKeys(String what, String further) throws SQLException {
        StringJoiner columns = new StringJoiner(",");
        for (int i = 0; i < form.identity().size(); i++) {
            columns.add("k" + i);
        }
        Sql.execute(
                connection,
                "CREATE TABLE IF NOT EXISTS temp." + suffix + "_" + what + " (" + columns + further + ", PRIMARY KEY ("
                        + columns + ")) WITHOUT ROWID");
    }

    private void keys(String insert, List<Object> identity) throws SQLException {
        StringJoiner places = new StringJoiner(",", "(", ")");
        identity.forEach(value -> places.add("?"));
        try (PreparedStatement statement = connection.prepareStatement(insert + places)) {
            for (int i = 0; i < identity.size(); i++) {
                statement.setObject(i + 1, identity.get(i));
            }
            statement.executeUpdate();
        }
    }

    private String keyCondition() {
        StringJoiner where = new StringJoiner(" AND ", " WHERE ", "");
        for (int i = 0; i < form.identity().size(); i++) {
            where.add("k" + i + " = ?");
        }
        return where.toString();
    }

    private boolean origin(String what, Existing existing) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT 1 FROM temp." + suffix + "_" + what + keyCondition())) {
            for (int i = 0; i < existing.identity().size(); i++) {
                statement.setObject(i + 1, existing.identity().get(i));
            }
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    private void forget(Existing existing) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM temp." + suffix + "_mentioned" + keyCondition())) {
            for (int i = 0; i < existing.identity().size(); i++) {
                statement.setObject(i + 1, existing.identity().get(i));
            }
            statement.executeUpdate();
        }
    }

    /** The identity of the row that has a value in a column, where there is exactly one; null else. */
    @Nullable
    Object find(String column, Object value) throws SQLException {
        if (form.identity().size() != 1) {
            return null;
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT " + form.quoted(form.identity().get(0)) + " FROM main." + Sql.name(form.name()) + " WHERE "
                        + form.quoted(column) + " = ? LIMIT 2")) {
            Sql.bind(statement, 1, value);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return null;
                }
                Object identity = row.getObject(1);
                return row.next() ? null : identity instanceof Integer number ? Long.valueOf(number) : identity;
            }
        }
    }

    /** Creates a row that is known only because others refer to it. */
    Fate mention(ArchiveRow row) throws SQLException {
        Fate fate = add(row);
        if (fate != Fate.INSERTED) {
            return fate;
        }
        List<Object> identity = identity(row);
        if (!identity.isEmpty()) {
            if (!mentions) {
                createKeys("mentioned", "");
                mentions = true;
            }
            keys("INSERT OR IGNORE INTO temp." + suffix + "_mentioned VALUES ", identity);
        }
        return Fate.MENTIONED;
    }

    private void closeStatements() throws SQLException {
        for (Statements prepared : statements.values()) {
            prepared.close();
        }
        statements.clear();
        last = null;
        lastRow = null;
    }

    @Override
    public void close() throws SQLException {
        closeStatements();
        equalRows.close();
        dropKeyIndexes();
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("DROP TABLE IF EXISTS temp." + suffix + "_seen");
            statement.executeUpdate("DROP TABLE IF EXISTS temp." + suffix + "_mentioned");
            statement.executeUpdate("DROP TABLE IF EXISTS temp." + suffix + "_claims");
        }
    }
}
