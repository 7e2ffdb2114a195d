package org.healingsqlite.demo.conversations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import org.healingsqlite.demo.report.Calls;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConversationsApplicationTest {
    private static final String SCHEMA = "schemas/conversations/V001__file_metadata.sql";

    @TempDir
    Path directory;

    private Path file;
    private String script;
    private final Calls calls = new Calls();

    @BeforeEach
    void read() throws Exception {
        file = directory.resolve("conversations.db");
        try (InputStream stream =
                Objects.requireNonNull(getClass().getClassLoader().getResourceAsStream(SCHEMA))) {
            script = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private ConversationsApplication plain() {
        return application("jdbc:sqlite:" + file + "?foreign_keys=on");
    }

    private ConversationsApplication healing() {
        return application("jdbc:healing:sqlite:" + file + "?healing.schema=classpath:" + SCHEMA + "&foreign_keys=on");
    }

    private ConversationsApplication application(String url) {
        return new ConversationsApplication(url, script, calls);
    }

    private String elsewhere(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file + "?foreign_keys=on");
                Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            try (ResultSet row = statement.getResultSet()) {
                return row.getString(1);
            }
        }
    }

    @Test
    @DisplayName("S1-01 an application that is made and not started creates no file")
    void touchesNoFileBeforeItsFirstCall() throws Exception {
        try (ConversationsApplication ignored = healing()) {
            assertThat(directory).isEmptyDirectory();
        }
    }

    @Test
    @DisplayName("S1-07, S1-15, S1-16, S1-21 before there is a version it is unknown; three starts leave one")
    void startsThreeTimes() throws Exception {
        for (String seen : new String[] {"unknown", "001", "001"}) {
            try (ConversationsApplication application = plain()) {
                assertThat(application.look()).isEqualTo(seen);
                assertThat(application.initialise()).isEqualTo("001");
                assertThat(application.verify()).isEqualTo("8 index, 5 table, 3 trigger, 3 view");
            }
        }
        assertThat(elsewhere("SELECT group_concat(version || status) FROM schema_migrations WHERE applied_at <> ''"))
                .isEqualTo("001completed");
    }

    @Test
    @DisplayName(
            "S1-13 the driver makes 5 tables, 3 views, 8 indexes, 3 triggers, and the history, before the first look")
    void theDriverInitialises() throws Exception {
        try (ConversationsApplication application = healing()) {
            assertThat(application.look()).isEqualTo("001");
            assertThat(application.verify()).isEqualTo("8 index, 5 table, 3 trigger, 3 view");
        }
        assertThat(elsewhere("SELECT count(*) FROM schema_migrations")).isEqualTo("1");
    }

    @Test
    @DisplayName("S1-08 of two migrations in the same second the one with the greater id is the version")
    void theVersionIsThatOfTheGreatestId() throws Exception {
        try (ConversationsApplication application = plain()) {
            application.start();
            elsewhere("INSERT INTO schema_migrations (version, applied_at, status)"
                    + " SELECT '0002', applied_at, status FROM schema_migrations");
            assertThat(application.look()).isEqualTo("0002");
        }
    }

    @Test
    @DisplayName("S1-09 a connection without foreign keys is refused; S1-11 with them an orphan is")
    void foreignKeysAreVerified() throws Exception {
        try (ConversationsApplication without = application("jdbc:sqlite:" + file)) {
            assertThatThrownBy(without::look)
                    .isInstanceOf(SQLException.class)
                    .hasMessage("Failed to enable foreign keys - data integrity cannot be guaranteed");
        }
        try (ConversationsApplication with = plain()) {
            with.start();
            assertThat(with.foreignKeys()).isEqualTo("on, an orphan is refused");
        }
    }

    @Test
    @DisplayName("S1-31 an upload whose trigger writes to a missing table heals; S1-33 the trigger fires once")
    void theTriggersTableComesBack() throws Exception {
        try (ConversationsApplication application = healing()) {
            application.start();
            elsewhere("DROP TABLE file_access_log");
            assertThat(application.upload("one.txt")).isEqualTo("1 row");
        }
        assertThat(elsewhere("SELECT count(*) FROM file_access_log")).isEqualTo("1");
    }

    @Test
    @DisplayName("S1-32 a view over a missing table heals; S1-09 foreign keys are on after it")
    void theViewsTableComesBack() throws Exception {
        try (ConversationsApplication application = healing()) {
            application.start();
            elsewhere("DROP TABLE session_file_associations");
            assertThat(application.sessionFiles()).isEmpty();
            application.upload("one.txt");
            application.attach("one.txt");
            assertThat(application.sessionFiles()).containsExactly("one.txt");
            assertThat(application.foreignKeys()).isEqualTo("on, an orphan is refused");
        }
    }

    @Test
    @DisplayName("S1-11 what belongs to a file goes with it; triggers stamp a soft delete and schedule the cleanup")
    void softAndHardDeletes() throws Exception {
        try (ConversationsApplication application = plain()) {
            application.start();
            application.upload("one.txt");
            application.attach("one.txt");
            application.delete("one.txt");
            assertThat(application.activeFiles()).isEmpty();
            assertThat(elsewhere("SELECT count(deleted_at) FROM conversation_files"))
                    .isEqualTo("1");
            assertThat(elsewhere("SELECT count(*) FROM pending_cleanups")).isEqualTo("1");
        }
        elsewhere("DELETE FROM conversation_files");
        assertThat(elsewhere("SELECT (SELECT count(*) FROM session_file_associations)"
                        + " + (SELECT count(*) FROM file_access_log) + (SELECT count(*) FROM file_cleanup_queue)"))
                .isEqualTo("0");
    }
}
