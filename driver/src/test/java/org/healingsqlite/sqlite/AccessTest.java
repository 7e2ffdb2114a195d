package org.healingsqlite.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessTest {
    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void nameIt() {
        file = directory.resolve("a b?c#d&e%25.db");
    }

    private void create() throws SQLException {
        try (Connection connection = Sqlite.open(file, Access.CREATE)) {
            Sqlite.execute(connection, "CREATE TABLE t(a)");
        }
    }

    @Test
    void aConnectionOfOursIsMarkedWhereverItsDatabaseIs() throws SQLException {
        create();
        for (Access access : new Access[] {Access.READ_ONLY, Access.IMMUTABLE, Access.EXISTING, Access.CREATE}) {
            try (Connection connection = Sqlite.open(file, access)) {
                assertThat(Sqlite.isInner(connection)).as("%s", access).isTrue();
            }
        }
        try (Connection connection = Sqlite.openInMemory()) {
            assertThat(Sqlite.isInner(connection)).isTrue();
        }
    }

    @Test
    void aPathMayHoldAnyCharacter() throws SQLException {
        create();
        assertThat(file).exists();
    }

    @Test
    void onlyCreateCreates() {
        for (Access access : new Access[] {Access.READ_ONLY, Access.IMMUTABLE, Access.EXISTING}) {
            assertThatThrownBy(() -> Sqlite.open(file, access).close()).isInstanceOf(SQLException.class);
        }
        assertThat(Files.exists(file)).isFalse();
    }

    @Test
    void whatMayOnlyReadDoesNotWrite() throws SQLException {
        create();
        for (Access access : new Access[] {Access.READ_ONLY, Access.IMMUTABLE}) {
            try (Connection connection = Sqlite.open(file, access)) {
                assertThatThrownBy(() -> Sqlite.execute(connection, "INSERT INTO t VALUES(1)"))
                        .hasMessageContaining("readonly");
            }
        }
    }

    @Test
    void theWaitForALockIsAsLongAsGivenAndAtMostWhatSqliteTakes() throws SQLException {
        create();
        assertThat(waitOf(Access.EXISTING)).isEqualTo("3000");
        assertThat(waitOf(Access.EXISTING.waiting(Duration.ZERO))).isEqualTo("0");
        assertThat(waitOf(Access.EXISTING.waiting(Duration.ofMillis(70)))).isEqualTo("70");
        assertThat(waitOf(Access.EXISTING.waiting(Duration.ofDays(1000)))).isEqualTo("2147483647");
    }

    private String waitOf(Access access) throws SQLException {
        try (Connection connection = Sqlite.open(file, access)) {
            return Sqlite.pragma(connection, "busy_timeout");
        }
    }

    @Test
    void aSettingOfSqliteJdbcsReachesItBesideTheOthers() throws SQLException {
        create();
        Access access = Access.EXISTING
                .with("cache_size", "17")
                .with("foreign_keys", "on")
                .waiting(Duration.ofMillis(5));
        try (Connection connection = Sqlite.open(file, access)) {
            assertThat(Sqlite.pragma(connection, "cache_size")).isEqualTo("17");
            assertThat(Sqlite.pragma(connection, "foreign_keys")).isEqualTo("1");
            assertThat(Sqlite.pragma(connection, "busy_timeout")).isEqualTo("5");
        }
        assertThat(Access.EXISTING.settings()).isEmpty();
    }
}
