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
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.salvage.TableShape.Column;
import org.healingsqlite.salvage.TableShape.IndexShape;
import org.jspecify.annotations.Nullable;

/**
 * The database being written: under a temporary name beside its own, without journal, then made durable and renamed. SQLite itself parses the
 * statements found; what it understands of a table is asked back through PRAGMAs. Owns its connection.
 */
final class NewDatabase implements Closeable {

    private static final String BATCH_CACHE = "PRAGMA cache_size=-16000";

    private final Path target;
    private final Path temporary;
    private Connection connection;

    private NewDatabase(Path target, Path temporary, Connection connection) {
        this.target = target;
        this.temporary = temporary;
        this.connection = connection;
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

    static NewDatabase create(Path target, Geometry geometry, TextEncoding encoding, Optional<DatabaseHeader> header)
            throws SalvageException {
        Path temporary = temporaryBeside(target);
        try {
            NewDatabase database = new NewDatabase(target, temporary, connect(temporary));
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
            throw new SalvageException("Cannot create " + temporary + ": " + e.getMessage(), e);
        }
    }

    private static Connection connect(Path path) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + path.toAbsolutePath());
    }

    private void prepareForBulk() throws SQLException {
        execute("PRAGMA journal_mode=OFF");
        execute("PRAGMA synchronous=OFF");
        execute("PRAGMA locking_mode=EXCLUSIVE");
        execute("PRAGMA foreign_keys=OFF");
        execute("PRAGMA trusted_schema=ON");
        execute(BATCH_CACHE);
    }

    Connection connection() {
        return connection;
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Runs a statement that may be damaged; the reason if SQLite refuses it. */
    Optional<String> tryExecute(String sql) {
        try {
            execute(sql);
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** The names of the objects there are, in lower case. */
    Set<String> names() throws SalvageException {
        Set<String> names = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT name FROM sqlite_schema")) {
            while (rows.next()) {
                names.add(rows.getString(1).toLowerCase(Locale.ROOT));
            }
        } catch (SQLException e) {
            throw failed(e);
        }
        return names;
    }

    private SalvageException failed(SQLException e) {
        return new SalvageException("Cannot write " + temporary + ": " + e.getMessage(), e);
    }

    /**
     * Asks SQLite how the rows of a table that was created lie.
     *
     * @param rootPages root pages of indexes by name in lower case
     */
    TableShape shape(String table, int rootPage, Map<String, Integer> rootPages) throws SalvageException {
        try {
            boolean withoutRowid = isWithoutRowid(table);
            List<ColumnInfo> columns = columns(table);
            List<IndexInfo> indexes = indexes(table);
            Optional<IndexInfo> key =
                    indexes.stream().filter(i -> i.origin.equals("pk")).findFirst();
            List<Integer> order = new ArrayList<>();
            int keyFields = 0;
            if (withoutRowid && key.isPresent()) {
                order.addAll(key.get().columns);
                keyFields = key.get().keyCount;
            } else {
                for (ColumnInfo column : columns) {
                    if (column.hidden != ColumnInfo.VIRTUAL) {
                        order.add(column.id);
                    }
                }
            }
            long keyColumns = columns.stream().filter(c -> c.key > 0).count();
            List<Column> stored = new ArrayList<>();
            for (int id : order) {
                ColumnInfo column = columns.get(id);
                boolean alias = !withoutRowid
                        && key.isEmpty()
                        && keyColumns == 1
                        && column.key > 0
                        && column.type.equalsIgnoreCase("INTEGER");
                stored.add(new Column(
                        column.name,
                        Affinity.of(column.type),
                        column.notNull,
                        alias,
                        column.hidden == ColumnInfo.STORED,
                        column.hasDefault));
            }
            List<IndexShape> shapes = new ArrayList<>();
            for (IndexInfo index : indexes) {
                List<Integer> fields = new ArrayList<>();
                for (int id : index.columns) {
                    fields.add(id == -1 ? IndexShape.ROWID : order.indexOf(id));
                }
                boolean computable = !index.partial
                        && index.columns.stream().allMatch(id -> id >= -1)
                        && index.columns.stream().allMatch(id -> id == -1 || order.contains(id));
                Integer root = rootPages.get(index.name.toLowerCase(Locale.ROOT));
                if (computable && root != null && !(withoutRowid && index.origin.equals("pk"))) {
                    shapes.add(new IndexShape(index.name, root, index.unique, fields, index.keyCount));
                }
            }
            return new TableShape(
                    table, rootPage, withoutRowid, stored, rowidName(columns, withoutRowid), keyFields, shapes);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private record ColumnInfo(
            int id, String name, String type, boolean notNull, boolean hasDefault, int key, int hidden) {
        static final int VIRTUAL = 2;
        static final int STORED = 3;
    }

    private record IndexInfo(
            String name, boolean unique, String origin, boolean partial, List<Integer> columns, int keyCount) {}

    private static String rowidName(List<ColumnInfo> columns, boolean withoutRowid) {
        if (!withoutRowid) {
            for (String name : List.of("rowid", "_rowid_", "oid")) {
                if (columns.stream().noneMatch(c -> c.name.equalsIgnoreCase(name))) {
                    return name;
                }
            }
        }
        return "";
    }

    private boolean isWithoutRowid(String table) throws SQLException {
        try (PreparedStatement query =
                connection.prepareStatement("SELECT wr FROM pragma_table_list(?) WHERE schema='main'")) {
            query.setString(1, table);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next() && rows.getInt(1) != 0;
            }
        }
    }

    private List<ColumnInfo> columns(String table) throws SQLException {
        List<ColumnInfo> columns = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT cid, name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?)")) {
            query.setString(1, table);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    String type = rows.getString(3);
                    columns.add(new ColumnInfo(
                            rows.getInt(1),
                            rows.getString(2),
                            type == null ? "" : type,
                            rows.getBoolean(4),
                            rows.getBoolean(5),
                            rows.getInt(6),
                            rows.getInt(7)));
                }
            }
        }
        return columns;
    }

    private List<IndexInfo> indexes(String table) throws SQLException {
        List<IndexInfo> indexes = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT name, \"unique\", origin, partial FROM pragma_index_list(?) ORDER BY seq DESC")) {
            query.setString(1, table);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    indexes.add(index(rows.getString(1), rows.getBoolean(2), rows.getString(3), rows.getBoolean(4)));
                }
            }
        }
        return indexes;
    }

    private IndexInfo index(String name, boolean unique, String origin, boolean partial) throws SQLException {
        List<Integer> columns = new ArrayList<>();
        int keys = 0;
        try (PreparedStatement query =
                connection.prepareStatement("SELECT cid, key FROM pragma_index_xinfo(?) ORDER BY seqno")) {
            query.setString(1, name);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    columns.add(rows.getInt(1));
                    keys += rows.getInt(2);
                }
            }
        }
        return new IndexInfo(name, unique, origin, partial, columns, keys);
    }

    /** Adds schema rows of virtual tables as they were: their shadow tables are written already. */
    void insertVirtualTable(SchemaObject table) throws SalvageException {
        try {
            execute("PRAGMA writable_schema=ON");
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT INTO sqlite_schema VALUES('table',?,?,0,?)")) {
                insert.setString(1, table.name());
                insert.setString(2, table.name());
                insert.setString(3, table.sql());
                insert.executeUpdate();
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
            connection = connect(temporary);
            prepareForBulk();
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

    void commit() throws SalvageException {
        try {
            connection.commit();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    void publish(boolean walMode) throws IOException {
        try {
            connection.commit();
            connection.setAutoCommit(true);
            if (walMode) {
                execute("PRAGMA journal_mode=WAL");
            }
            connection.close();
        } catch (SQLException e) {
            throw failed(e);
        }
        publish(temporary, target);
    }

    @Override
    public void close() throws IOException {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failed(e);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
