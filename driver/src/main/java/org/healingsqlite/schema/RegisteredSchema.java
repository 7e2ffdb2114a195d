package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.api.Internal;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.schema.SchemaTransaction.ForeignKeys;
import org.healingsqlite.schema.SqlStatement.Pragma;
import org.jspecify.annotations.Nullable;

/**
 * The schema an application registers: plain scripts, run in the order given, then versioned migrations. Loaded and tried once in a database in
 * memory, in the way it will run later, so that an error in a script is found before any file is touched. Immutable.
 */
@Internal
public final class RegisteredSchema {
    private static final int MOST_SEEDED_ROWS = 1_000_000;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private final List<SqlScript> scripts;
    private final List<Migration> migrations;
    private final Map<String, Migration> undo;
    private final List<ExpectedSchema> expected;

    private RegisteredSchema(
            List<SqlScript> scripts,
            List<Migration> migrations,
            Map<String, Migration> undo,
            List<ExpectedSchema> expected) {
        this.scripts = List.copyOf(scripts);
        this.migrations = List.copyOf(migrations);
        this.undo = Map.copyOf(undo);
        this.expected = List.copyOf(expected);
    }

    /**
     * Loads the schema.
     *
     * @param named where the scripts are
     * @param scratch opens an empty database in memory
     * @throws SchemaException naming the file, and the line where there is one
     */
    public static RegisteredSchema load(Scripts named, Scratch scratch) throws SQLException {
        List<SqlScript> scripts = new ArrayList<>();
        Map<String, Migration> up = new HashMap<>();
        Map<String, Migration> down = new HashMap<>();
        for (SchemaSources.Source source : new SchemaSources("healing.schema", named).read()) {
            switch (Migration.direction(source.fileName(), source.script())) {
                case UP -> putOnce(up, Migration.of(source.fileName(), source.script()));
                case DOWN -> putOnce(down, Migration.of(source.fileName(), source.script()));
                case PLAIN -> scripts.add(source.script());
            }
        }
        List<Migration> migrations =
                up.values().stream().sorted(Migration.BY_VERSION).toList();
        try (Connection reference = scratch.open()) {
            return new RegisteredSchema(scripts, migrations, down, tried(scripts, migrations, reference));
        }
    }

    private static void putOnce(Map<String, Migration> migrations, Migration migration) throws SchemaException {
        Migration other = migrations.putIfAbsent(migration.key(), migration);
        if (other != null) {
            throw new SchemaException(
                    "healing.schema: " + other.script().name() + " and "
                            + migration.script().name() + " have the same version: expected one file for each",
                    null);
        }
    }

    /** Opens an empty database in memory. */
    @FunctionalInterface
    public interface Scratch {
        Connection open() throws SQLException;
    }

    /** What is there after the plain scripts, and after each migration. */
    private static List<ExpectedSchema> tried(List<SqlScript> scripts, List<Migration> migrations, Connection reference)
            throws SQLException {
        List<SqlScript> all = new ArrayList<>(scripts);
        migrations.forEach(migration -> all.add(migration.script()));
        prepareFile(all, reference, true);
        List<ExpectedSchema> stages = new ArrayList<>();
        try (SchemaTransaction transaction =
                        SchemaTransaction.begin(reference, false, foreignKeys(all, ForeignKeys.OFF));
                Statement statement = reference.createStatement()) {
            for (SqlScript script : scripts) {
                run(script, statement);
            }
            stages.add(stage(reference, migrations.isEmpty(), false));
            for (int i = 0; i < migrations.size(); i++) {
                run(migrations.get(i).script(), statement);
                MigrationHistory.create(reference);
                stages.add(stage(reference, i == migrations.size() - 1, true));
            }
            commit(transaction, all);
        }
        return stages;
    }

    /** A deferred foreign key is found broken only here. */
    static void commit(SchemaTransaction transaction, List<SqlScript> scripts) throws SQLException {
        try {
            transaction.commit();
        } catch (SQLException e) {
            throw SchemaException.ofEnd(
                    "at the end of " + scripts.stream().map(SqlScript::name).toList() + ": " + Disclosure.message(e),
                    e);
        }
    }

    /**
     * What is there now.
     *
     * @param last whether rows are wanted
     * @param versioned whether the history is kept by whoever runs the migrations, so that rows in it are none of the schema's
     */
    private static ExpectedSchema stage(Connection reference, boolean last, boolean versioned) throws SQLException {
        SchemaSnapshot snapshot = SchemaSnapshot.read(reference);
        Map<String, TableRows> rows = new HashMap<>();
        for (SchemaObject object : last ? snapshot.objects() : List.<SchemaObject>of()) {
            if (versioned && SchemaObject.same(object.name(), MigrationHistory.TABLE)) {
                continue;
            }
            if (object.type() == SchemaObject.Type.TABLE) {
                TableRows ofTable = object.isVirtual()
                        ? TableRows.readVirtual(reference, object, MOST_SEEDED_ROWS)
                        : TableRows.read(reference, object, snapshot.table(object.name()), MOST_SEEDED_ROWS);
                if (!ofTable.rows().isEmpty()) {
                    rows.put(SchemaObject.key(object.name()), ofTable);
                }
            }
        }
        return new ExpectedSchema(snapshot, rows);
    }

    /**
     * Runs a script whole, in the caller's transaction. BEGIN, COMMIT and END of its own are passed over, and so are the PRAGMAs that
     * {@link #prepareFile} and {@link #foreignKeys} have seen to, or that concern nothing but the connection that happens to run it.
     *
     * @throws SchemaException naming file, line and statement
     */
    static void run(SqlScript script, Statement statement) throws SchemaException {
        for (SqlStatement sql : script.statements()) {
            if (sql.rollsBack()) {
                throw new SchemaException(
                        SchemaException.place(script, sql)
                                + ": a script runs whole or not at all and cannot roll back itself",
                        null);
            }
            Pragma pragma = sql.pragma();
            if (sql.framesTransaction() || pragma != null && !belongsInTransaction(pragma)) {
                continue;
            }
            try {
                statement.execute(sql.text());
            } catch (SQLException e) {
                throw SchemaException.of(script, sql, e);
            }
        }
    }

    private static boolean belongsInTransaction(Pragma pragma) {
        return switch (pragma.name()) {
            case "foreign_keys", "journal_mode", "page_size", "encoding", "auto_vacuum" -> false;
            case "busy_timeout",
                    "cache_size",
                    "cache_spill",
                    "checkpoint_fullfsync",
                    "fullfsync",
                    "journal_size_limit",
                    "locking_mode",
                    "mmap_size",
                    "query_only",
                    "synchronous",
                    "temp_store",
                    "threads",
                    "wal_autocheckpoint",
                    "wal_checkpoint" -> false;
            default -> true;
        };
    }

    /**
     * Runs the PRAGMAs that shape the file, which SQLite takes only outside a transaction.
     *
     * @param fresh whether nothing is in the file yet, so that its page size and encoding can still be chosen
     */
    static void prepareFile(List<SqlScript> scripts, Connection connection, boolean fresh) throws SQLException {
        for (SqlScript script : scripts) {
            for (SqlStatement sql : script.statements()) {
                Pragma pragma = sql.pragma();
                if (pragma != null && !pragma.value().isEmpty() && shapesFile(pragma.name(), fresh)) {
                    try {
                        FileShape.change(connection, sql.text(), LONGEST_WAIT);
                    } catch (SQLException e) {
                        throw SchemaException.of(script, sql, e);
                    }
                }
            }
        }
    }

    private static boolean shapesFile(String pragma, boolean fresh) {
        return switch (pragma) {
            case "journal_mode" -> true;
            case "page_size", "encoding", "auto_vacuum" -> fresh;
            default -> false;
        };
    }

    /** What scripts want of foreign keys while they run, by the PRAGMA each has first. Off, where one of them says so. */
    static ForeignKeys foreignKeys(List<SqlScript> scripts, ForeignKeys otherwise) {
        ForeignKeys wanted = otherwise;
        for (SqlScript script : scripts) {
            Pragma pragma = firstForeignKeys(script);
            if (pragma != null && !pragma.isOn()) {
                return ForeignKeys.OFF;
            }
            if (pragma != null) {
                wanted = ForeignKeys.ON;
            }
        }
        return wanted;
    }

    private static @Nullable Pragma firstForeignKeys(SqlScript script) {
        for (SqlStatement statement : script.statements()) {
            Pragma pragma = statement.pragma();
            if (pragma != null
                    && pragma.name().equals("foreign_keys")
                    && !pragma.value().isEmpty()) {
                return pragma;
            }
        }
        return null;
    }

    /** What a database has after everything ran. */
    public ExpectedSchema expected() {
        return expected.get(migrations.size());
    }

    /** What a database has after the first {@code count} migrations. Without rows, unless it is the last. */
    ExpectedSchema expectedAfter(int count) {
        return expected.get(count);
    }

    List<SqlScript> scripts() {
        return scripts;
    }

    List<Migration> migrations() {
        return migrations;
    }

    /** The script that undoes a migration; null where there is none. */
    @Nullable
    Migration undo(String key) {
        return undo.get(key);
    }

    /** Whether a database has tables, and migrations that it has not had. */
    public boolean leadsOn(LearnedSchema.Look look) {
        return !look.snapshot().isEmpty() && applied(look) < migrations.size();
    }

    /** What a database should have that has had the migrations in its history; all of it where no migrations are registered. */
    ExpectedSchema expectedOf(LearnedSchema.Look look) {
        return expected.get(applied(look));
    }

    /** How many migrations a database has had, without a gap. */
    private int applied(LearnedSchema.Look look) {
        Set<String> history = history(look);
        int applied = 0;
        while (applied < migrations.size()
                && history.contains(migrations.get(applied).key())) {
            applied++;
        }
        return applied;
    }

    /** The migrations that a database has not had, each with its version and name, for a reader; in order. */
    public List<String> pendingNames(LearnedSchema.Look look) {
        Set<String> history = history(look);
        return migrations.stream()
                .filter(migration -> !history.contains(migration.key()))
                .map(migration -> migration.version() + " (" + migration.description() + ')')
                .toList();
    }

    /** A version that a database has had and that is later than all that are registered; empty where there is none. */
    Optional<String> laterVersion(LearnedSchema.Look look) {
        if (migrations.isEmpty()) {
            return Optional.empty();
        }
        String last = migrations.get(migrations.size() - 1).key();
        return history(look).stream()
                .filter(version -> Migration.isVersion(version) && Migration.compare(version, last) > 0)
                .findFirst();
    }

    private static Set<String> history(LearnedSchema.Look look) {
        TableRows rows = look.rows().get(MigrationHistory.TABLE);
        // Other tools keep other things in a table of this name.
        return rows == null || !rows.columns().contains("status") ? Set.of() : Ledgers.versions(rows);
    }

    /** The migrations that are not in a history, in order. */
    List<Migration> pending(Map<String, MigrationHistory.Applied> applied) {
        return migrations().stream()
                .filter(migration -> !applied.containsKey(migration.key()))
                .toList();
    }
}
