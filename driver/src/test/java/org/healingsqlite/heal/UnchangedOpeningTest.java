package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Properties;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.Glance;
import org.healingsqlite.session.Held;
import org.healingsqlite.sqlite.OpeningTerms;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Sql;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a database is opened without a look at it, and when it is looked at. The system keeps the moment of each change here. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class UnchangedOpeningTest {
    @TempDir
    Path directory;

    private DatabaseFile file;
    private HealingSettings settings;

    @BeforeEach
    void create() throws Exception {
        settings = FakeDoor.options();
        file = DatabaseFile.at(directory.resolve("app.db"));
        Sql.runElsewhere(file.main(), "CREATE TABLE t(x)", "INSERT INTO t VALUES (1)");
    }

    /** Opens by name. */
    private static final class Plain extends UrlOpener {
        Plain(String url, Properties properties) {
            super(url, properties, null);
        }

        @Override
        protected Opener ofExisting(OpeningTerms said) {
            return new Plain(said.existingUrl(), said.existingProperties());
        }

        @Override
        public Connection open() throws SQLException {
            return Sqlite.open(url(), properties());
        }
    }

    private Opener opener() {
        return new Plain("jdbc:sqlite:" + file.main(), new Properties());
    }

    private @Nullable Glance seen() {
        return ManagedDatabases.instance().at(file.main(), settings).unchanged();
    }

    private void openAndClose() throws SQLException {
        ManagedDatabases.Found found = ManagedDatabases.instance().at(file.main(), settings);
        Held.open(found.database(), settings, opener(), found.unchanged())
                .connection()
                .close();
    }

    /** Looks again and again, until the last change is long enough ago. */
    private ManagedDatabase looked() {
        await().until(() -> {
            openAndClose();
            return seen() != null;
        });
        return ManagedDatabases.instance().at(file.main(), settings).database();
    }

    @Test
    void whatNobodyHasChangedIsOpenedWithoutALook() throws Exception {
        ManagedDatabase database = looked();
        Unchanged opened = database.openUnchanged(settings, opener(), Objects.requireNonNull(seen()));
        assertThat(opened).isNotNull();
        try (Connection connection = Objects.requireNonNull(opened).connection()) {
            assertThat(Sql.rows(connection, "SELECT x FROM t")).hasSize(1);
            assertThat(opened.file()).isEqualTo(file.identity());
        }
        assertThat(seen()).isNotNull();
    }

    @Test
    void otherSettingsHaveALookOfTheirOwn() throws Exception {
        looked();
        HealingSettings others = FakeDoor.options().waitingAtMost(Duration.ofMillis(1));
        assertThat(ManagedDatabases.instance().at(file.main(), others).unchanged())
                .isNull();
        await().until(() -> {
            Held.open(ManagedDatabases.instance().of(file, others), others, opener())
                    .connection()
                    .close();
            return ManagedDatabases.instance().at(file.main(), others).unchanged() != null;
        });
        assertThat(seen()).isNotNull();
    }

    @Test
    void whatWasWrittenToIsLookedAt() throws Exception {
        looked();
        Sql.runElsewhere(file.main(), "INSERT INTO t VALUES (2)");
        assertThat(seen()).isNull();
        looked();
    }

    @Test
    void aFileThatWasJustChangedIsNotTakenForUnchanged() throws Exception {
        looked();
        Sql.runElsewhere(file.main(), "INSERT INTO t VALUES (2)");
        Glance now = Objects.requireNonNull(Glance.of(file));
        Sql.runElsewhere(file.main(), "INSERT INTO t VALUES (3)");
        Glance later = Objects.requireNonNull(Glance.of(file));
        assertThat(now.isSettled() && now.isSameAs(later)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"app.db.healing", "app.db-journal", "app.db-wal", "another.db"})
    void whatComesBesideItIsLookedAt(String name) throws Exception {
        looked();
        Files.createDirectory(directory.resolve(name));
        assertThat(seen()).isNull();
    }

    @Test
    void besideALogItIsAlwaysLookedAt() throws Exception {
        try (Connection writer = Sqlite.open("jdbc:sqlite:" + file.main(), new Properties())) {
            Sql.run(writer, "PRAGMA journal_mode = WAL", "INSERT INTO t VALUES (2)");
            await().until(() -> Objects.requireNonNull(Glance.of(file)).isSettled());
            openAndClose();
            assertThat(seen()).isNull();
        }
    }

    @Test
    void otherPermissionsAreLookedAt() throws Exception {
        looked();
        Files.setPosixFilePermissions(file.main(), PosixFilePermissions.fromString("rw-rw----"));
        assertThat(seen()).isNull();
    }

    @Test
    void anotherFileInItsPlaceIsLookedAt() throws Exception {
        looked();
        Path other = directory.resolve("other.db");
        Files.copy(file.main(), other, StandardCopyOption.COPY_ATTRIBUTES);
        Files.move(other, file.main(), StandardCopyOption.REPLACE_EXISTING);
        assertThat(seen()).isNull();
    }

    @Test
    void whatIsExchangedWhileItIsOpenedIsLookedAt() throws Exception {
        ManagedDatabase database = looked();
        Glance before = Objects.requireNonNull(seen());
        Path other = directory.resolve("other.db");
        Files.copy(file.main(), other);
        Files.move(other, file.main(), StandardCopyOption.REPLACE_EXISTING);
        assertThat(database.openUnchanged(settings, opener(), before)).isNull();
    }

    @Test
    void whatIsToBeForgottenIsLookedAt() throws Exception {
        ManagedDatabase database = looked();
        Glance before = Objects.requireNonNull(seen());
        database.schema().learning().forget(Instant.MAX);
        assertThat(database.openUnchanged(settings, opener(), before)).isNull();
    }

    @Test
    void aPathThatHasBecomeALinkLeadsToTheOtherDatabase() throws Exception {
        looked();
        Path real = Files.createDirectory(directory.resolve("real")).resolve("other.db");
        Files.move(file.main(), real);
        Files.createSymbolicLink(file.main(), real);
        assertThat(ManagedDatabases.instance()
                        .at(file.main(), settings)
                        .database()
                        .file()
                        .main())
                .isEqualTo(real.toRealPath());
    }
}
