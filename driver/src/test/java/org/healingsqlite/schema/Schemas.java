package org.healingsqlite.schema;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;

/** Short words for the tests of this package. */
final class Schemas {
    static final String TORTURE = "classpath:schemas/torture.sql";

    private Schemas() {}

    static Connection memory() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite::memory:");
    }

    static Connection open(Path database) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + database);
    }

    static RegisteredSchema load(Object... locations) throws SQLException {
        return RegisteredSchema.load(
                Scripts.trusted(Stream.of(locations).map(Object::toString).toList()), Schemas::memory);
    }

    static Path write(Path file, String... lines) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        return Files.writeString(file, String.join("\n", lines));
    }

    static SchemaChange apply(Connection connection, RegisteredSchema schema) throws SQLException {
        return SchemaApplier.apply(connection, schema, schema.expected(), "test.db", false);
    }

    /** What is there, as a list to compare: {@code table runs(id, status)}. */
    static List<String> objects(Connection connection) throws SQLException {
        SchemaSnapshot snapshot = SchemaSnapshot.read(connection);
        return snapshot.objects().stream()
                .map(object -> object.type() + " " + object.name()
                        + snapshot.columns(object.name()).stream()
                                .map(SchemaSnapshot.Column::name)
                                .toList())
                .sorted()
                .toList();
    }
}
