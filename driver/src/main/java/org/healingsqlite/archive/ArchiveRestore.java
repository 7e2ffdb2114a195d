package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.healingsqlite.api.Experimental;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.schema.CreateKind;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.Scripts;
import org.healingsqlite.schema.SqlScript;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Makes a new database of an archive alone: schema, rows, then indexes, views and triggers. Written under another name, checked, made durable and
 * renamed.
 */
@Experimental
public final class ArchiveRestore {
    private final Archive archive;
    private final List<CreateStatement> schema;
    private final boolean archived;
    private Instant until = Instant.MAX;

    private ArchiveRestore(Archive archive, List<CreateStatement> schema, boolean archived) {
        this.archive = archive;
        this.schema = List.copyOf(schema);
        this.archived = archived;
    }

    /**
     * A restore with the schema that the archive holds.
     *
     * @throws ArchiveException where it holds none, or one with a text that is not the CREATE of its object: nothing of it is run
     */
    public static ArchiveRestore of(Archive archive) throws ArchiveException {
        return new ArchiveRestore(
                archive,
                created(archive.schemaStatements()
                        .orElseThrow(
                                () -> new ArchiveException("The archive " + archive.directory() + " holds no schema"))),
                true);
    }

    /**
     * A restore with a schema from elsewhere.
     *
     * @throws ArchiveException where it has a statement that creates nothing in the database itself: nothing of it is run
     */
    public static ArchiveRestore of(Archive archive, String schema) throws ArchiveException {
        return new ArchiveRestore(
                archive,
                created(new SqlScript("the schema", schema, Scripts.Limits.NONE)
                        .statements().stream()
                                .map(statement -> new SchemaStatement("", statement.text()))
                                .toList()),
                false);
    }

    private static List<CreateStatement> created(List<SchemaStatement> statements) throws ArchiveException {
        List<CreateStatement> created = new ArrayList<>(statements.size());
        for (SchemaStatement statement : statements) {
            created.add(statement.create());
        }
        return created;
    }

    /** Leaves out what was committed after a moment. */
    ArchiveRestore until(Instant moment) {
        until = moment;
        return this;
    }

    /**
     * Makes the database.
     *
     * @param target must not exist
     * @throws ArchiveException where the archive's schema cannot be created, or the result is not sound
     */
    public ImportReport into(Path target, ProgressListener progress) throws SQLException, IOException {
        archive.requireApart(target);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new ArchiveException(target + " exists already; an archive is restored to a new file only");
        }
        Path written = target.resolveSibling(
                target.getFileName() + ".part-" + UUID.randomUUID().toString().substring(0, 8));
        try {
            ImportReport report = write(written, progress);
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                throw new ArchiveException(target + " has come into being meanwhile; it is left as it is");
            }
            DurableFiles.publish(written, target);
            return report;
        } finally {
            Files.deleteIfExists(written);
        }
    }

    /**
     * Creates the schema and no row: the step before an {@link ArchiveImport}.
     *
     * @param database without any table of the schema
     * @throws ArchiveException where the archive's schema cannot be created; the database is as it was
     */
    public void schemaInto(Connection database) throws SQLException, IOException {
        if (!database.getAutoCommit()) {
            throw new ArchiveException("A schema needs a connection in autocommit mode");
        }
        database.setAutoCommit(false);
        boolean committed = false;
        try {
            // Modules make their own shadow tables, which the archive's schema has too.
            run(database, statements(CreateKind.VIRTUAL_TABLE));
            for (CreateStatement table : statements(CreateKind.TABLE)) {
                if (!archived || !exists(database, table.name())) {
                    run(database, List.of(table));
                }
            }
            run(database, statements(CreateKind.INDEX, CreateKind.VIEW, CreateKind.TRIGGER));
            database.commit();
            committed = true;
        } finally {
            if (!committed) {
                database.rollback();
            }
            database.setAutoCommit(true);
        }
    }

    private List<CreateStatement> statements(CreateKind... kinds) {
        return schema.stream()
                .filter(statement -> List.of(kinds).contains(statement.kind()))
                .toList();
    }

    private static boolean exists(Connection database, String table) throws SQLException {
        try (PreparedStatement find = database.prepareStatement("SELECT 1 FROM sqlite_schema WHERE name = ?")) {
            find.setString(1, table);
            try (ResultSet row = find.executeQuery()) {
                return row.next();
            }
        }
    }

    private ImportReport write(Path file, ProgressListener progress) throws SQLException, IOException {
        List<CreateStatement> virtual = statements(CreateKind.VIRTUAL_TABLE);
        List<CreateStatement> later = statements(CreateKind.INDEX, CreateKind.VIEW, CreateKind.TRIGGER);
        ImportReport report;
        try (Connection connection = connect(file)) {
            settings(connection);
            run(connection, statements(CreateKind.TABLE));
            if (!archived) {
                run(connection, virtual);
            }
            report = ArchiveImport.of(archive).rowsInto(connection, MergePolicy.DATABASE_WINS, progress);
            if (archived) {
                createVirtual(connection, virtual);
            }
        }
        try (Connection connection = connect(file)) {
            // Changes need the unique indexes: REPLACE removes by them.
            run(connection, later.stream().filter(CreateStatement::isUnique).toList());
            Optional<Path> changes = archive.changes();
            if (changes.isPresent()) {
                report = report.with(ChangeReplay.of(changes.get(), until, connection));
            }
            run(
                    connection,
                    later.stream().filter(statement -> !statement.isUnique()).toList());
            if (archive.database("analyzed").orElse("").equals("true")) {
                Sql.execute(connection, "ANALYZE");
            }
            String verdict = Sql.text(connection, "PRAGMA integrity_check(1)");
            if (!verdict.equals("ok")) {
                throw new ArchiveException("The restored database is not sound: " + verdict);
            }
            if (archive.database("journal_mode").orElse("").equals("wal")) {
                Sql.text(connection, "PRAGMA journal_mode = WAL");
            }
            return report;
        }
    }

    private static Connection connect(Path file) throws SQLException {
        Connection connection = Sqlite.open(file, Access.CREATE.confined().with("jdbc.get_generated_keys", "false"));
        for (String pragma : List.of("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-16000")) {
            Sql.execute(connection, "PRAGMA " + pragma);
        }
        return connection;
    }

    private void settings(Connection connection) throws SQLException {
        for (String pragma : List.of("page_size", "auto_vacuum", "encoding")) {
            String value = archive.database(pragma).orElse("");
            if (value.matches("[A-Za-z0-9-]+")) {
                Sql.execute(connection, "PRAGMA " + pragma + " = '" + value + "'");
            }
        }
    }

    private static void run(Connection connection, List<CreateStatement> statements) throws ArchiveException {
        for (CreateStatement statement : statements) {
            if (!statement.isHarmless()) {
                throw new ArchiveException("The archive's schema cannot be created: the module of " + statement.name()
                        + " may do more than create it");
            }
            try {
                Sql.execute(connection, statement.sql());
            } catch (SQLException e) {
                throw new ArchiveException(
                        "The archive's schema cannot be created: " + statement.name() + ": " + Disclosure.message(e),
                        e);
            }
        }
    }

    /** Their shadow tables are there already, with their rows, so that the modules must not make them. */
    private static void createVirtual(Connection connection, List<CreateStatement> statements) throws SQLException {
        if (statements.isEmpty()) {
            return;
        }
        Sql.execute(connection, "PRAGMA writable_schema = ON");
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO sqlite_schema VALUES ('table', ?1, ?1, 0, ?2)")) {
            for (CreateStatement statement : statements) {
                insert.setString(1, statement.name());
                insert.setString(2, statement.sql());
                insert.executeUpdate();
            }
        }
        Sql.execute(connection, "PRAGMA writable_schema = OFF");
    }
}
