package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/** The content of a file that no longer has a name: kept in the quarantine while a connection still holds it. */
public final class LostContent {
    private LostContent() {}

    /**
     * What was kept.
     *
     * @param copy where; null where there was nothing to keep
     * @param rows rows in all its tables; -1 where they could not be counted
     */
    public record Kept(@Nullable Path copy, long rows) {}

    /**
     * Copies what a connection still sees of its lost file into the quarantine.
     *
     * @throws SQLException where SQLite cannot read it any more
     * @throws IOException where the quarantine cannot be had
     */
    public static Kept keep(DatabaseFile file, Connection connection) throws SQLException, IOException {
        if (SchemaSnapshot.read(connection).isEmpty()) {
            return new Kept(null, 0);
        }
        Path copy = file.side().reserve(String.valueOf(file.main().getFileName()), "rescued", Instant.now());
        try {
            Sqlite.backup(connection, copy);
        } catch (SQLException e) {
            Files.deleteIfExists(copy);
            throw e;
        }
        return new Kept(copy, rows(copy));
    }

    private static long rows(Path copy) {
        try (Connection connection = Sqlite.open(copy, Sqlite.OpenMode.IMMUTABLE);
                Statement statement = connection.createStatement()) {
            long rows = 0;
            for (SchemaObject object : SchemaSnapshot.read(connection).objects()) {
                if (object.type() == SchemaObject.Type.TABLE) {
                    try (ResultSet count = statement.executeQuery(
                            "SELECT count(*) FROM main.\"" + object.name().replace("\"", "\"\"") + '"')) {
                        rows += count.next() ? count.getLong(1) : 0;
                    }
                }
            }
            return rows;
        } catch (SQLException e) {
            return -1;
        }
    }
}
