package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who opens a database so that SQLite creates none, and deletes the file while nobody has it open, is told that it is not there. */
class OpenedWithoutCreatingTest {
    @TempDir
    Path directory;

    private Path database;

    /** How an application says that no file is to be created. */
    enum Spelling {
        URI("file:", "?mode=rw"),
        URI_AND_MORE("file:", "?cache=private&mode=rw"),
        FLAGS("", "?open_mode=2"),
        FLAGS_OF_A_URI("file:", "?open_mode=66");

        private final String before;
        private final String after;

        Spelling(String before, String after) {
            this.before = before;
            this.after = after;
        }

        String url(Path database) {
            return "jdbc:healing:sqlite:" + before + database + after;
        }
    }

    @BeforeEach
    void create() throws SQLException {
        database = directory.resolve("app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Sql.run(connection, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)");
        }
    }

    private void assertNotThere(String url) throws Exception {
        assertThatThrownBy(() -> DriverManager.getConnection(url).close())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("SQLITE_CANTOPEN");
        assertThat(database).doesNotExist();
    }

    @ParameterizedTest
    @EnumSource
    void aFileThatWasDeletedMeanwhileIsNotCreated(Spelling spelling) throws Exception {
        Files.delete(database);
        assertNotThere(spelling.url(database));
    }

    @ParameterizedTest
    @EnumSource
    void norWithARegisteredSchema(Spelling spelling) throws Exception {
        Path schema = Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE t (a);");
        Files.delete(database);
        assertNotThere(spelling.url(database) + "&healing.schema=" + schema);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsDeletedUnderAConnectionComesBack(Spelling spelling) throws Exception {
        try (Connection connection = DriverManager.getConnection(spelling.url(database))) {
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            Files.delete(database);
            Sql.run(connection, "INSERT INTO t VALUES (3)");
            assertThat(Sql.rows(connection, "SELECT a FROM t")).containsExactly(List.of(1), List.of(2), List.of(3));
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t")).containsExactly(List.of(3));
    }
}
