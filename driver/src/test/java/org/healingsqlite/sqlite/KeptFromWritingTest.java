package org.healingsqlite.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A connection that this library keeps from writing for a while is not one that its application opened for reading. */
class KeptFromWritingTest {
    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void create() throws Exception {
        database = directory.resolve("app.db");
        Sql.runElsewhere(database, "CREATE TABLE t(x)", "INSERT INTO t VALUES (1)");
    }

    @Test
    void itDoesNotWriteAndIsNotReadOnly() throws Exception {
        try (Connection connection = Sqlite.open(database, Access.EXISTING)) {
            Sqlite.keepFromWriting(connection);
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t VALUES (2)"))
                    .hasMessageContaining("SQLITE_READONLY");
            assertThat(Sqlite.isReadOnly(connection)).isFalse();
            Sqlite.letWrite(connection);
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            assertThat(Sqlite.isReadOnly(connection)).isFalse();
        }
    }

    /** The negative control. */
    @Test
    void oneThatItsApplicationKeepsFromWritingIsReadOnly() throws Exception {
        try (Connection connection = Sqlite.open(database, Access.EXISTING)) {
            Sql.run(connection, "PRAGMA query_only = 1");
            assertThat(Sqlite.isReadOnly(connection)).isTrue();
        }
    }

    @Test
    void oneThatFencesALostFileIsNotReadOnlyEither() throws Exception {
        try (Connection connection = Sqlite.open(database, Access.EXISTING)) {
            Path copy = directory.resolve("copy.db");
            assertThat(Sqlite.copyAndFence(connection, copy)).isTrue();
            assertThat(Sqlite.isReadOnly(connection)).isFalse();
            assertThat(Sql.rowsElsewhere(copy, "SELECT x FROM t")).containsExactly(List.of(1));
        }
    }
}
