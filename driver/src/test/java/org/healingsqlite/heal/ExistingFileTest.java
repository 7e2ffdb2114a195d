package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.healingsqlite.testkit.Waiting.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.OpeningTerms;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to the path between the look at it and the opening. */
class ExistingFileTest {
    @TempDir
    Path directory;

    private DatabaseFile file;
    private Runnable meanwhile = () -> {};

    @BeforeEach
    void create() throws Exception {
        file = DatabaseFile.at(directory.resolve("app.db"));
        Sql.runElsewhere(file.main(), "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)");
    }

    /** Opens by name, after something has happened to it. */
    private final class Late extends UrlOpener {
        Late(String url, Properties properties) {
            super(url, properties, null);
        }

        @Override
        protected Opener ofExisting(OpeningTerms said) {
            return new Late(said.existingUrl(), said.existingProperties());
        }

        @Override
        public Connection open() throws SQLException {
            meanwhile.run();
            return Sqlite.open(url(), properties());
        }
    }

    private Opener opener(String parameters, Properties properties) {
        return new Late("jdbc:sqlite:" + file.main() + parameters, properties)
                .toExisting(file, Objects.requireNonNull(file.identity()));
    }

    @Test
    void theJournalModeIsThatOfTheUrlOrOfTheProperties() throws Exception {
        try (Connection connection = opener("?foreign_keys=on&journal_mode=WAL&busy_timeout=77", new Properties())
                .open()) {
            assertThat(Sql.rows(connection, "PRAGMA journal_mode")).containsExactly(List.of("wal"));
            assertThat(Sql.rows(connection, "PRAGMA busy_timeout")).containsExactly(List.of(77));
            assertThat(Sql.rows(connection, "PRAGMA foreign_keys")).containsExactly(List.of(1));
        }
        Properties properties = new Properties();
        properties.setProperty("journal_mode", "TRUNCATE");
        try (Connection connection = opener("", properties).open()) {
            assertThat(Sql.rows(connection, "PRAGMA journal_mode")).containsExactly(List.of("truncate"));
        }
    }

    /** SQLite itself gives up at once then, whatever the busy timeout. */
    @Test
    void theJournalModeIsSetWhenAWriterIsDone() throws Exception {
        try (Connection writer = Sqlite.open(file.main(), Access.EXISTING)) {
            Sql.run(writer, "BEGIN IMMEDIATE", "INSERT INTO t VALUES (2)");
            CompletableFuture<Connection> opened = new CompletableFuture<>();
            Thread opening = new Thread(() -> {
                try {
                    opened.complete(opener("?journal_mode=WAL&busy_timeout=60000", new Properties())
                            .open());
                } catch (SQLException e) {
                    opened.completeExceptionally(e);
                }
            });
            opening.start();
            await().until(() -> opened.isDone() || opening.getState() == Thread.State.TIMED_WAITING);
            Sql.run(writer, "COMMIT");
            try (Connection connection = opened.get()) {
                assertThat(Sql.rows(connection, "PRAGMA journal_mode")).containsExactly(List.of("wal"));
            }
        }
    }

    @Test
    void whoWantsToWaitForNobodyDoesNot() throws Exception {
        try (Connection writer = Sqlite.open(file.main(), Access.EXISTING)) {
            Sql.run(writer, "BEGIN IMMEDIATE");
            assertThatThrownBy(() -> opener("?journal_mode=WAL&busy_timeout=0", new Properties())
                            .open())
                    .hasMessageContaining("SQLITE_BUSY");
        }
    }

    @Test
    void aFileThatVanishesDoesNotComeBackEmpty() {
        meanwhile = () -> run(() -> Files.delete(file.main()));

        assertThatThrownBy(() -> opener("?journal_mode=WAL", new Properties()).open())
                .isInstanceOf(SQLException.class);

        assertThat(file.main()).doesNotExist();
    }

    @Test
    void anEmptyFileInItsPlaceStaysEmpty() throws Exception {
        Path empty = Files.createFile(directory.resolve("empty"));
        meanwhile = () -> run(() -> Files.move(empty, file.main(), StandardCopyOption.REPLACE_EXISTING));

        assertThatThrownBy(() -> opener("?journal_mode=WAL", new Properties()).open())
                .hasMessageContaining("taken away");

        assertThat(file.main()).isEmptyFile();
        assertThat(file.wal()).doesNotExist();
    }

    @FunctionalInterface
    private interface Blow {
        void strike() throws IOException;
    }

    private static void run(Blow blow) {
        try {
            blow.strike();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
