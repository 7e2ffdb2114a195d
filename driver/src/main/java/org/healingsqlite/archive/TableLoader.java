package org.healingsqlite.archive;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    private final Map<String, Statements> statements = new HashMap<>();
    private @Nullable Statements last;
    private List<String> lastColumns = List.of();
    private List<String> explicitKey = List.of();
    private boolean keyIndex;
    private boolean seenTable;
    private boolean mentions;
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

    /** A row that is there. */
    private record Existing(List<Object> identity, boolean same) {}

    TableLoader(Connection connection, TableForm form, MergePolicy policy, boolean lastWins, int number)
            throws SQLException {
        this.connection = connection;
        this.form = form;
        this.policy = policy;
        this.lastWins = lastWins;
        this.suffix = "healing_archive_" + number;
        this.merging = Sql.number(connection, "SELECT EXISTS (SELECT 1 FROM main." + Sql.name(form.name()) + ")") == 1;
    }

    TableForm form() {
        return form;
    }

    /** Why the last row was refused, or with what it conflicted. */
    String refusal() {
        return refusal;
    }

    /** By these columns rows are one, beside the keys that the schema knows. */
    void key(List<String> columns) throws SQLException {
        if (columns.isEmpty() || columns.equals(explicitKey)) {
            return;
        }
        explicitKey = List.copyOf(columns);
        closeStatements();
        if (form.uniqueKeys().contains(columns)) {
            return;
        }
        dropKeyIndex();
        StringJoiner names = new StringJoiner(",");
        columns.forEach(column -> names.add(form.quoted(column)));
        Sql.execute(
                connection, "CREATE INDEX main." + suffix + "_key ON " + Sql.name(form.name()) + " (" + names + ")");
        keyIndex = true;
    }

    private void dropKeyIndex() throws SQLException {
        if (keyIndex) {
            Sql.execute(connection, "DROP INDEX main." + suffix + "_key");
            keyIndex = false;
        }
    }

    /** Brings a row in, or finds out why not. */
    Fate add(List<String> columns, List<@Nullable Object> values) throws SQLException {
        if (merging && explicitKey.isEmpty() && form.uniqueKeys().stream().noneMatch(columns::containsAll)) {
            // Without a key, rows that are there would come a second time.
            key(columns);
        }
        Statements prepared = prepared(columns, values);
        try {
            if (!explicitKey.isEmpty() && columns.containsAll(explicitKey)) {
                List<Existing> there = find(prepared, columns, values);
                if (!there.isEmpty()) {
                    return meet(prepared, there, columns, values);
                }
            }
            Sql.bindAll(prepared.insert, values);
            if (prepared.insert.executeUpdate() > 0) {
                remember(columns, values);
                return Fate.INSERTED;
            }
            List<Existing> there = find(prepared, columns, values);
            return there.isEmpty() ? insisted(columns, values) : meet(prepared, there, columns, values);
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
    private Fate insisted(List<String> columns, List<@Nullable Object> values) throws SQLException {
        StringJoiner names = new StringJoiner(",", "(", ")");
        StringJoiner places = new StringJoiner(",", "(", ")");
        for (int i = 0; i < columns.size(); i++) {
            names.add(form.quoted(columns.get(i)));
            places.add(Sql.place(i + 1, values.get(i)));
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT OR ABORT INTO main." + Sql.name(form.name()) + names + " VALUES" + places)) {
            Sql.bindAll(insert, values);
            if (insert.executeUpdate() > 0) {
                remember(columns, values);
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

    private Statements prepared(List<String> columns, List<@Nullable Object> values) throws SQLException {
        boolean raw = false;
        for (Object value : values) {
            raw |= value instanceof RawText;
        }
        Statements ready = last;
        if (!raw && ready != null && columns == lastColumns) {
            return ready;
        }
        StringJoiner names = new StringJoiner(",", "(", ")");
        StringJoiner places = new StringJoiner(",", "(", ")");
        for (int i = 0; i < columns.size(); i++) {
            names.add(form.quoted(columns.get(i)));
            places.add(Sql.place(i + 1, values.get(i)));
        }
        String sql = "INSERT INTO main." + Sql.name(form.name()) + names + " VALUES" + places
                + (form.virtual() ? "" : " ON CONFLICT DO NOTHING");
        Statements found = statements.get(sql);
        if (found == null) {
            if (statements.size() >= MAX_STATEMENTS) {
                closeStatements();
            }
            found = new Statements(connection.prepareStatement(sql));
            statements.put(sql, found);
        }
        if (!raw) {
            last = found;
            lastColumns = columns;
        }
        return found;
    }

    private List<Existing> find(Statements prepared, List<String> columns, List<@Nullable Object> values)
            throws SQLException {
        PreparedStatement find = prepared.find;
        if (find == null) {
            find = connection.prepareStatement(findSql(columns, values));
            prepared.find = find;
        }
        Sql.bindAll(find, values);
        List<Existing> there = new ArrayList<>();
        try (ResultSet row = find.executeQuery()) {
            int identityColumns = form.identity().size();
            while (row.next()) {
                List<Object> identity = new ArrayList<>();
                for (int i = 0; i < identityColumns; i++) {
                    identity.add(row.getObject(i + 1));
                }
                there.add(new Existing(identity, row.getBoolean(identityColumns + 1)));
            }
        }
        return there;
    }

    private String findSql(List<String> columns, List<@Nullable Object> values) {
        StringJoiner selected = new StringJoiner(", ", "SELECT ", "");
        form.identity().forEach(column -> selected.add(form.quoted(column)));
        StringJoiner same = new StringJoiner(" AND ");
        for (int i = 0; i < columns.size(); i++) {
            same.add("(" + form.quoted(columns.get(i)) + " COLLATE BINARY IS " + Sql.place(i + 1, values.get(i)) + ")");
        }
        selected.add(same.toString());
        StringJoiner where = new StringJoiner(" OR ");
        List<List<String>> keys = new ArrayList<>(form.uniqueKeys());
        for (List<String> key : keys) {
            if (columns.containsAll(key)) {
                where.add(condition(key, columns, values, " = "));
            }
        }
        if (!explicitKey.isEmpty() && columns.containsAll(explicitKey)) {
            where.add(condition(explicitKey, columns, values, " IS "));
        }
        return selected + " FROM main." + Sql.name(form.name()) + " WHERE "
                + (where.length() == 0 ? "0" : where.toString()) + " LIMIT 3";
    }

    private String condition(List<String> key, List<String> columns, List<@Nullable Object> values, String comparison) {
        StringJoiner condition = new StringJoiner(" AND ", "(", ")");
        for (String column : key) {
            int i = columns.indexOf(column);
            condition.add(form.quoted(column) + comparison + Sql.place(i + 1, values.get(i)));
        }
        return condition.toString();
    }

    private Fate meet(Statements prepared, List<Existing> there, List<String> columns, List<@Nullable Object> values)
            throws SQLException {
        if (there.stream().anyMatch(Existing::same)) {
            return Fate.DUPLICATE;
        }
        if (there.size() != 1 || form.identity().isEmpty()) {
            refusal = Problem.CONFLICT + there.size() + " rows of table " + form.name() + ", which stayed";
            return Fate.KEPT;
        }
        Existing existing = there.get(0);
        String which = form.name() + " " + form.identity() + " = " + existing.identity();
        if (mentions && origin("mentioned", existing)) {
            forget(existing);
            update(prepared, existing, columns, values);
            remember(existing.identity());
            return Fate.COMPLETED;
        }
        boolean fromArchive = !merging || seenTable && origin("seen", existing);
        boolean replace = fromArchive ? lastWins : policy == MergePolicy.ARCHIVE_WINS;
        refusal = Problem.CONFLICT + which + " from "
                + (fromArchive ? "an earlier place in the archive" : "the database")
                + (replace ? "; replaced" : ", which stayed");
        if (!replace) {
            return Fate.KEPT;
        }
        update(prepared, existing, columns, values);
        remember(existing.identity());
        return Fate.REPLACED;
    }

    private void update(Statements prepared, Existing existing, List<String> columns, List<@Nullable Object> values)
            throws SQLException {
        PreparedStatement update = prepared.update;
        if (update == null) {
            StringJoiner set = new StringJoiner(", ", "UPDATE OR ABORT main." + Sql.name(form.name()) + " SET ", "");
            for (int i = 0; i < columns.size(); i++) {
                set.add(form.quoted(columns.get(i)) + " = " + Sql.place(i + 1, values.get(i)));
            }
            StringJoiner where = new StringJoiner(" AND ", " WHERE ", "");
            for (int i = 0; i < form.identity().size(); i++) {
                where.add(form.quoted(form.identity().get(i)) + " IS ?" + (columns.size() + i + 1));
            }
            update = connection.prepareStatement(set.toString() + where);
            prepared.update = update;
        }
        Sql.bindAll(update, values);
        for (int i = 0; i < existing.identity().size(); i++) {
            update.setObject(columns.size() + i + 1, existing.identity().get(i));
        }
        update.executeUpdate();
    }

    /** Remembers that a row is the archive's, where the table had others. */
    private void remember(List<String> columns, List<@Nullable Object> values) throws SQLException {
        if (!merging || form.identity().isEmpty()) {
            return;
        }
        List<Object> identity = new ArrayList<>();
        for (String column : form.identity()) {
            int i = columns.indexOf(column);
            Object value = i < 0 ? null : values.get(i);
            identity.add(value == null ? Sql.number(connection, "SELECT last_insert_rowid()") : value);
        }
        remember(identity);
    }

    private void remember(List<Object> identity) throws SQLException {
        if (merging) {
            if (!seenTable) {
                createKeys("seen");
                seenTable = true;
            }
            keys("INSERT OR IGNORE INTO temp." + suffix + "_seen VALUES ", identity);
        }
    }

    private void createKeys(String what) throws SQLException {
        StringJoiner columns = new StringJoiner(",");
        for (int i = 0; i < form.identity().size(); i++) {
            columns.add("k" + i);
        }
        Sql.execute(
                connection,
                "CREATE TABLE IF NOT EXISTS temp." + suffix + "_" + what + " (" + columns + ", PRIMARY KEY (" + columns
                        + ")) WITHOUT ROWID");
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
    Fate mention(List<String> columns, List<@Nullable Object> values) throws SQLException {
        Fate fate = add(columns, values);
        if (fate != Fate.INSERTED) {
            return fate;
        }
        List<Object> identity = new ArrayList<>();
        for (String column : form.identity()) {
            int i = columns.indexOf(column);
            Object value = i < 0 ? null : values.get(i);
            identity.add(value == null ? Sql.number(connection, "SELECT last_insert_rowid()") : value);
        }
        if (!identity.isEmpty()) {
            if (!mentions) {
                createKeys("mentioned");
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
        lastColumns = List.of();
    }

    @Override
    public void close() throws SQLException {
        closeStatements();
        dropKeyIndex();
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("DROP TABLE IF EXISTS temp." + suffix + "_seen");
            statement.executeUpdate("DROP TABLE IF EXISTS temp." + suffix + "_mentioned");
        }
    }
}
