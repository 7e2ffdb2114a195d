package org.healingsqlite.salvage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.NamesUsed;
import org.healingsqlite.schema.SchemaException;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.sqlite.StandIns;
import org.jspecify.annotations.Nullable;

/**
 * The database being written: under a temporary name beside its own, without journal, then made durable and renamed; or where it may be
 * overwritten. Owns its connection.
 */
final class NewDatabase implements Closeable {

    private static final String BATCH_CACHE = "PRAGMA cache_size=-32768";

    private static final String UNSORTED = "only the application knows the collation that it sorts by";

    private static final String SEED = "sequence_wanted_by_salvage";

    private final Place place;
    private final Path temporary;
    private final TextEncoding encoding;
    private final NamesUsed names;
    private Connection connection;

    /** The statements of tables that were made without their constraints, by name. */
    private final Map<String, String> statements = new LinkedHashMap<>();

    /**
     * Where it is written.
     *
     * @param target where it is in the end
     * @param temporary where it is written; the target itself where that may be overwritten, and need not be durable
     */
    record Place(Path target, Path temporary) {
        boolean isTarget() {
            return target.equals(temporary);
        }
    }

    /** Of the damaged files. */
    private final long contentBytes;

    private NewDatabase(Place place, TextEncoding encoding, NamesUsed names, long contentBytes, Connection connection) {
        this.contentBytes = contentBytes;
        this.place = place;
        this.names = names;
        this.temporary = place.temporary();
        this.encoding = encoding;
        this.connection = connection;
    }

    /** How text is bound. */
    TextCast textCast() throws SalvageException {
        try {
            return TextCast.of(connection, encoding);
        } catch (SQLException e) {
            throw new SalvageException("Cannot write to " + temporary + ": " + Disclosure.message(e), e);
        }
    }

    static Path temporaryBeside(Path target) {
        return target.resolveSibling(
                target.getFileName() + ".part-" + UUID.randomUUID().toString().substring(0, 8));
    }

    static void requireAbsent(Path target) throws SalvageException {
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new SalvageException(target + " exists already; salvage writes to a new file only");
        }
        Path directory = target.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new SalvageException("There is no directory " + directory + " to write " + target + " to");
        }
    }

    /** Makes a written file durable and gives it its name, unless that name was taken meanwhile. */
    static void publish(Path written, Path target) throws IOException {
        try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        requireAbsent(target);
        try {
            Files.move(written, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException e) {
            throw new SalvageException(target + " exists already; salvage writes to a new file only", e);
        }
    }

    /** A file that is not there yet. */
    static Place beside(Path target) throws SalvageException {
        requireAbsent(target);
        return new Place(target, temporaryBeside(target));
    }

    /** A file that is there, and is empty afterwards. */
    static Place over(Path target) throws IOException {
        FileChannel.open(target, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)
                .close();
        return new Place(target, target);
    }

    /**
     * Creates it.
     *
     * @param contentBytes of the damaged files: what expressions make of their rows has bounds
     * @param names what the statements name that will be run
     */
    static NewDatabase create(
            Place place,
            Geometry geometry,
            long contentBytes,
            TextEncoding encoding,
            Optional<DatabaseHeader> header,
            NamesUsed names)
            throws SalvageException {
        Path temporary = place.temporary();
        try {
            NewDatabase database =
                    new NewDatabase(place, encoding, names, contentBytes, connect(place, names, contentBytes));
            database.execute("PRAGMA page_size=" + geometry.pageSizeBytes());
            database.execute("PRAGMA encoding='" + encoding.pragma() + "'");
            if (header.isPresent() && header.get().largestRoot() != 0) {
                database.execute("PRAGMA auto_vacuum=" + (header.get().incrementalVacuum() ? 2 : 1));
            }
            database.prepareForBulk();
            if (header.isPresent()) {
                database.execute("PRAGMA user_version=" + header.get().userVersion());
                database.execute("PRAGMA application_id=" + header.get().applicationId());
            }
            database.connection.setAutoCommit(false);
            return database;
        } catch (SQLException e) {
            throw new SalvageException("Cannot create " + temporary + ": " + Disclosure.message(e), e);
        }
    }

    /** Whoever lets a file be overwritten may keep it locked, so that nobody else reads it before it is whole. */
    private static Connection connect(Place place, NamesUsed names, long contentBytes) throws SQLException {
        Access access = place.isTarget() ? Access.UNLOCKED : Access.CREATE;
        return Sqlite.open(
                place.temporary(), access.distrusting().standingInFor(names).ofContent(contentBytes));
    }

    /** What stands in for names that only the application knows. */
    private StandIns standIns() {
        return Sqlite.standIns(connection).orElseThrow();
    }

    /** Whether a statement names a collation or function that only the application knows. */
    boolean namesUnknown(@Nullable String sql) {
        return sql != null && RelaxedStatement.namesUnknown(sql, standIns().names());
    }

    private void prepareForBulk() throws SQLException {
        execute("PRAGMA journal_mode=OFF");
        execute("PRAGMA synchronous=OFF");
        // Not of what is attached: that is written by somebody else.
        execute("PRAGMA main.locking_mode=EXCLUSIVE");
        execute("PRAGMA foreign_keys=OFF");
        // Rows that break a constraint were there before.
        execute("PRAGMA ignore_check_constraints=ON");
        execute(BATCH_CACHE);
        // Sorting for an index may use the cores that reading has left; who stands in for a collation is asked in one
        // thread.
        int helpers =
                standIns().names().isEmpty() ? Math.min(4, Runtime.getRuntime().availableProcessors()) : 0;
        execute("PRAGMA threads=" + helpers);
    }

    Connection connection() {
        return connection;
    }

    /** A file for rows on their way to this database. */
    StagingFile staging() {
        return new StagingFile(temporary.resolveSibling(temporary.getFileName() + "-staged"), connection, encoding);
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Creates a view or trigger; the reason if its text is no statement of it, or SQLite refuses it. */
    Optional<String> create(SchemaObject object) {
        try {
            return tryExecute(object.statement().sql());
        } catch (SchemaException e) {
            return Optional.of(Disclosure.message(e));
        }
    }

    /** Runs a statement of ours; the reason if SQLite refuses it. */
    private Optional<String> tryExecute(String sql) {
        try {
            execute(sql);
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(Disclosure.message(e));
        }
    }

    /**
     * Creates an index; the reason if SQLite refuses its statement, or the rows, or only the application can sort them. Nothing is left of it then, which takes a
     * journal.
     */
    Optional<String> createIndex(SchemaObject index) {
        try {
            String sql = index.statement().sql();
            if (IndexSize.exceeds(connection, sql, index.table(), Access.room(contentBytes))) {
                return Optional.of(IndexSize.TOO_LARGE);
            }
            connection.commit();
            execute("PRAGMA main.journal_mode=MEMORY");
            try {
                standIns().sorted();
                Optional<String> refused = tryExecute(sql);
                if (standIns().sorted() && refused.isEmpty()) {
                    execute("DROP INDEX " + RowInserter.quoted(index.name()));
                    return Optional.of(UNSORTED);
                }
                return refused.map(IndexSize::reason);
            } finally {
                connection.commit();
                execute("PRAGMA main.journal_mode=OFF");
            }
        } catch (SQLException e) {
            return Optional.of(Disclosure.message(e));
        }
    }

    /** Whether an index cannot be created because only the application can sort it, or evaluate what it sorts by. */
    static boolean isForApplication(String reason) {
        return reason.equals(UNSORTED) || reason.contains(StandIns.REFUSAL);
    }

    /** Whether an index cannot be created because of what the rows are. */
    static boolean isBrokenByRows(String reason) {
        return reason.contains("UNIQUE constraint failed");
    }

    /** Creates a table; the reason if SQLite refuses its statement. */
    Optional<String> createTable(SchemaObject table) {
        String name = table.name().toLowerCase(Locale.ROOT);
        if (name.equals("sqlite_sequence")) {
            // SQLite makes this table with the first that needs it, and keeps it.
            Optional<String> refused = tryExecute("CREATE TABLE " + SEED + "(x INTEGER PRIMARY KEY AUTOINCREMENT)");
            return refused.isPresent() ? refused : tryExecute("DROP TABLE " + SEED);
        }
        if (name.startsWith("sqlite_stat")) {
            return tryExecute("ANALYZE sqlite_schema");
        }
        String sql;
        try {
            sql = table.statement().sql();
        } catch (SchemaException e) {
            return Optional.of(Disclosure.message(e));
        }
        if (hasTable(table.name())) {
            return Optional.of("there is a table of that name already");
        }
        Optional<String> refused = create(table).or(() -> unusable(connection, table.name()));
        if (refused.isPresent()) {
            // Without a journal SQLite cannot take back what it began.
            drop(table.name());
            return refused;
        }
        Optional<String> relaxed = RelaxedStatement.of(sql, standIns().names());
        if (relaxed.isPresent()) {
            drop(table.name());
            if (create(table.withSql(relaxed.get(), table.origin())).isEmpty()) {
                statements.put(table.name(), sql);
            } else {
                return create(table);
            }
        }
        return Optional.empty();
    }

    private void drop(String table) {
        tryExecute("DROP TABLE IF EXISTS " + RowInserter.quoted(table));
    }

    /** Whether a table was made without the constraints that its statement has. */
    boolean isRelaxed(String table) {
        return statements.containsKey(table);
    }

    /** Gives tables that were made without their constraints their own statements. */
    void tighten() throws SalvageException {
        if (statements.isEmpty()) {
            return;
        }
        try {
            execute("PRAGMA writable_schema=ON");
            try (PreparedStatement update =
                    connection.prepareStatement("UPDATE sqlite_schema SET sql=? WHERE type='table' AND name=?")) {
                for (Map.Entry<String, String> statement : statements.entrySet()) {
                    update.setString(1, statement.getValue());
                    update.setString(2, statement.getKey());
                    update.executeUpdate();
                }
            }
            execute("PRAGMA writable_schema=OFF");
        } catch (SQLException e) {
            throw failed(e);
        }
        reopen();
    }

    /** Asks the schema: SQLite reads some names as tables that no database has, {@code dbstat} for one. */
    private boolean hasTable(String name) {
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT 1 FROM main.sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE")) {
            query.setString(1, name);
            try (ResultSet row = query.executeQuery()) {
                return row.next();
            }
        } catch (SQLException e) {
            // SQLite will refuse the table itself where it cannot read its schema.
            return false;
        }
    }

    /** Why a table that SQLite has taken cannot be read: whether generated columns depend on themselves is asked only then. */
    static Optional<String> unusable(Connection connection, String table) {
        try (PreparedStatement query = connection.prepareStatement("SELECT * FROM " + RowInserter.quoted(table))) {
            return Optional.empty();
        } catch (SQLException e) {
            String reason = String.valueOf(e.getMessage());
            return reason.contains("no such ") ? Optional.empty() : Optional.of(Disclosure.message(e));
        }
    }

    private SalvageException failed(SQLException e) {
        return new SalvageException("Cannot write " + temporary + ": " + Disclosure.message(e), e);
    }

    /** Why SQLite cannot read a statement that would go into the schema unseen; one that it cannot read makes the whole database unusable. */
    static Optional<String> unreadable(SchemaObject table) {
        try (Connection scratch = Sqlite.openScratch()) {
            CreateStatement statement = table.statement();
            // Compiling asks nothing of a module.
            try (PreparedStatement create = scratch.prepareStatement(statement.sql())) {
                if (statement.isHarmless()) {
                    create.execute();
                }
            }
            return Optional.empty();
        } catch (SQLException e) {
            String reason = String.valueOf(e.getMessage());
            // Modules and tokenizers that are not at hand here do not matter to the schema.
            return reason.contains("no such ") || NamesUsed.isUnknownModule(reason)
                    ? Optional.empty()
                    : Optional.of(Disclosure.message(e));
        }
    }

    /** Adds schema rows of virtual tables as they were: their shadow tables are written already. */
    void insertVirtualTable(SchemaObject table) throws SalvageException {
        try {
            execute("PRAGMA writable_schema=ON");
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT INTO sqlite_schema VALUES('table',?,?,0,?)")) {
                insert.setString(1, table.name());
                insert.setString(2, table.name());
                insert.setString(3, table.statement().sql());
                insert.executeUpdate();
            }
            execute("PRAGMA writable_schema=OFF");
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Takes a virtual table out again whose index cannot be made sound; what it kept stays in its shadow tables. */
    void removeVirtualTable(SchemaObject table) throws SalvageException {
        try {
            execute("PRAGMA writable_schema=ON");
            try (PreparedStatement delete = connection.prepareStatement(
                    "DELETE FROM sqlite_schema WHERE type='table' AND rootpage=0 AND name=?")) {
                delete.setString(1, table.name());
                delete.executeUpdate();
            }
            execute("PRAGMA writable_schema=OFF");
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Commits and opens again, so that SQLite reads the schema anew. */
    void reopen() throws SalvageException {
        try {
            connection.commit();
            connection.close();
            connection = connect(place, names, contentBytes);
            prepareForBulk();
            // What follows may have to be undone.
            execute("PRAGMA journal_mode=MEMORY");
            connection.setAutoCommit(false);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Nullable
    Object single(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getObject(1) : null;
        }
    }

    /** Commits what may be refused at the end only; the reason if it is. */
    Optional<String> tryCommit() {
        try {
            connection.commit();
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(Disclosure.message(e));
        }
    }

    void rollback() throws SalvageException {
        try {
            connection.rollback();
        } catch (SQLException e) {
            beginAgain(e);
        }
    }

    /** After damage SQLite has rolled back by itself, and sqlite-jdbc does not know that nothing has begun since. */
    private void beginAgain(SQLException rollback) throws SalvageException {
        try {
            execute("BEGIN");
        } catch (SQLException e) {
            rollback.addSuppressed(e);
            throw failed(rollback);
        }
    }

    void commit() throws SalvageException {
        try {
            connection.commit();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Commits what was written, and closes the connection. */
    void finish(boolean walMode) throws IOException {
        try {
            connection.commit();
            connection.setAutoCommit(true);
            if (walMode && !place.isTarget()) {
                execute("PRAGMA journal_mode=WAL");
            }
            connection.close();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** The file that is written. */
    Path written() {
        return temporary;
    }

    /** Gives what was finished its name. */
    void publish() throws IOException {
        if (!place.isTarget()) {
            publish(temporary, place.target());
        }
    }

    @Override
    public void close() throws IOException {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failed(e);
        } finally {
            if (!place.isTarget()) {
                Files.deleteIfExists(temporary);
            }
        }
    }
}
