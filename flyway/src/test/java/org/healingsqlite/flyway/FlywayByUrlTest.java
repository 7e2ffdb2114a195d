package org.healingsqlite.flyway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Arrays;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs with the Flyway of the build, and once more with each release that the POM names. */
class FlywayByUrlTest {
    private static final List<List<Object>> SEEDED = List.of(Arrays.asList(1, "seeded", null));

    @TempDir
    Path directory;

    private Path database;
    private String url;

    @BeforeEach
    void name() {
        database = directory.resolve("books.db");
        url = "jdbc:healing:sqlite:" + database;
    }

    private static Flyway flyway(String url) {
        return Flyway.configure().dataSource(url, null, null).load();
    }

    @Test
    void theReleaseIsTheOneThatThePomNames() {
        assertThat(Flyway.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toString())
                .endsWith("flyway-core-" + System.getProperty("flyway.version") + ".jar");
    }

    @Test
    void theUrlIsEnough() throws Exception {
        assertThat(flyway(url).migrate().migrationsExecuted).isEqualTo(2);

        flyway(url).validate();
        assertThat(flyway(url).migrate().migrationsExecuted).isZero();
        assertThat(flyway(url).info().current().getVersion().toString()).isEqualTo("2");
        assertThat(Sql.rowsElsewhere(database, "SELECT id, title, author FROM book"))
                .isEqualTo(SEEDED);
    }

    @Test
    void aFileThatIsDeletedUnderTheApplicationHasItsHistoryAgain() throws Exception {
        flyway(url).migrate();
        try (Connection application = DriverManager.getConnection(url)) {
            assertThat(Sql.rows(application, "SELECT id, title, author FROM book"))
                    .isEqualTo(SEEDED);
            Files.delete(database);

            assertThat(flyway(url).migrate().migrationsExecuted).isZero();
            assertThat(Sql.rows(application, "SELECT id, title, author FROM book"))
                    .isEqualTo(SEEDED);
            assertThat(Healing.of(application).history(10)).isNotEmpty();
        }
        flyway(url).validate();
    }

    @Test
    void aTableThatIsDroppedBehindItsBackIsThereWhereTheNextMigrationLooks() throws Exception {
        flyway(url).migrate();
        try (Connection application = DriverManager.getConnection(url)) {
            assertThat(Sql.value(application, "SELECT count(*) FROM book")).isEqualTo(1);
            Sql.runElsewhere(database, "DROP TABLE book");

            assertThat(Sql.rows(application, "SELECT title FROM book")).isEmpty();
            assertThat(flyway(url).migrate().migrationsExecuted).isZero();
        }
        flyway(url).validate();
    }

    @Test
    void aHeaderThatIsOverwrittenIsPutRightByFlywaysOwnConnection() throws Exception {
        flyway(url).migrate();
        try (Connection application = DriverManager.getConnection(url)) {
            assertThat(Sql.value(application, "SELECT count(*) FROM book")).isEqualTo(1);
        }
        Damage.overwrite(database, 0, new byte[100]);

        assertThat(flyway(url).migrate().migrationsExecuted).isZero();
        flyway(url).validate();
        assertThat(Sql.rowsElsewhere(database, "SELECT id, title, author FROM book"))
                .isEqualTo(SEEDED);
    }

    @Test
    void aPlainUrlIsStillFlywaysOwn() throws Exception {
        assertThat(flyway("jdbc:sqlite:" + database).migrate().migrationsExecuted)
                .isEqualTo(2);
        assertThat(directory.resolve("books.db.healing")).doesNotExist();
    }

    @Test
    void itsScriptsAreASchemaWhereNobodyRunsFlyway() throws Exception {
        for (String location : List.of("flyway:classpath:db/migration", "flyway:db/migration")) {
            Path other = directory.resolve(location.length() + ".db");
            try (Connection application =
                    DriverManager.getConnection("jdbc:healing:sqlite:" + other + "?healing.schema=" + location)) {
                assertThat(Sql.rows(application, "SELECT id, title, author FROM book"))
                        .isEqualTo(SEEDED);
            }
        }
    }
}
