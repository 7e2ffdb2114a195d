package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Migrations as other tools lay them out. */
class MigrationLayoutTest {
    @TempDir
    Path directory;

    private void script(String path, String sql) throws Exception {
        Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, sql);
    }

    private List<List<Object>> applied(String location) throws Exception {
        RegisteredSchema schema = RegisteredSchema.load(Scripts.trusted(List.of(location)), Sqlite::openInMemory);
        try (Connection connection = Sqlite.openInMemory()) {
            SchemaApplier.apply(connection, schema, schema.expected(), "test", false);
            assertThat(Sql.rows(connection, "SELECT a, b FROM t")).hasToString("[[1, 2]]");
            return Sql.rows(connection, "SELECT version, description FROM schema_migrations ORDER BY migration_id");
        }
    }

    private static final String FIRST = "CREATE TABLE t (a); INSERT INTO t VALUES (1);";
    private static final String SECOND = "ALTER TABLE t ADD COLUMN b; UPDATE t SET b = 2;";

    @Test
    void flyways() throws Exception {
        script("V1__first_one.sql", FIRST);
        script("V2__second.sql", SECOND);
        assertThat(applied("flyway:filesystem:" + directory)).hasToString("[[1, first one], [2, second]]");
    }

    @Test
    void numberedFiles() throws Exception {
        script("001_first.sql", FIRST);
        script("002_second.sql", SECOND);
        assertThat(applied(directory.toString())).hasToString("[[001, first], [002, second]]");
    }

    @Test
    void pairs() throws Exception {
        script("1_first.up.sql", FIRST);
        script("1_first.down.sql", "DROP TABLE t;");
        script("2_second.up.sql", SECOND);
        script("2_second.down.sql", "ALTER TABLE t DROP COLUMN b;");
        assertThat(applied(directory.toString())).hasToString("[[1, first], [2, second]]");
    }

    @Test
    void directories() throws Exception {
        script("2024-01-01-000000_first/up.sql", FIRST);
        script("2024-01-01-000000_first/down.sql", "DROP TABLE t;");
        script("2024-02-01-000000_second/up.sql", SECOND);
        assertThat(applied(directory.toString()))
                .hasToString("[[2024.01.01.000000, first], [2024.02.01.000000, second]]");
    }

    @Test
    void directoriesOfAJar() throws Exception {
        Path jar = directory.resolve("app.jar");
        try (JarOutputStream entries = new JarOutputStream(Files.newOutputStream(jar))) {
            entries.putNextEntry(new JarEntry("db/"));
            put(entries, "db/1_first/up.sql", FIRST);
            put(entries, "db/1_first/down.sql", "DROP TABLE t;");
            put(entries, "db/1_first/notes/up.sql", "SELECT no_migration;");
            put(entries, "db/2_second/up.sql", SECOND);
        }
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, before)) {
            Thread.currentThread().setContextClassLoader(loader);
            assertThat(applied("flyway:db")).hasToString("[[1, first], [2, second]]");
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    private static void put(JarOutputStream entries, String name, String text) throws Exception {
        entries.putNextEntry(new JarEntry(name));
        entries.write(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void twoDigitsNumberPlainScripts() {
        assertThat(MigrationLayout.fileName("01_tables.sql")).isEqualTo("01_tables.sql");
        assertThat(MigrationLayout.fileName("001_tables.sql")).isEqualTo("V001__tables.sql");
        assertThat(MigrationLayout.fileName("R__views.sql")).isEqualTo("R__views.sql");
    }

    @Test
    void whatLeadsDownInTheSameFileIsNotRun() throws Exception {
        script("00001_first.sql", "-- +goose Up\n" + FIRST + "\n-- +goose Down\nDROP TABLE t;\n");
        script("00002_second.sql", "-- migrate:up\n" + SECOND + "\n-- migrate:down\nDROP TABLE t;\n");
        assertThat(applied(directory.toString())).hasToString("[[00001, first], [00002, second]]");
    }
}
