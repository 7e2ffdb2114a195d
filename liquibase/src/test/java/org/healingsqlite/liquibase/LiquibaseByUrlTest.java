package org.healingsqlite.liquibase;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.resource.ClassLoaderResourceAccessor;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs with the Liquibase of the build, and once more with each release that the POM names. */
class LiquibaseByUrlTest {
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

    /** Runs the changelog, and gives how many sets of changes had not been run before. */
    private static int update(String url) throws Exception {
        ClassLoaderResourceAccessor resources = new ClassLoaderResourceAccessor();
        Database target = DatabaseFactory.getInstance().openDatabase(url, null, null, null, resources);
        try (Liquibase liquibase = new Liquibase("db/changelog/changes.xml", resources, target)) {
            int unrun = liquibase
                    .listUnrunChangeSets(new Contexts(), new LabelExpression())
                    .size();
            liquibase.update(new Contexts());
            liquibase.validate();
            return unrun;
        }
    }

    @Test
    void theReleaseIsTheOneThatThePomNames() {
        assertThat(Liquibase.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toString())
                .endsWith("liquibase-core-" + System.getProperty("liquibase.version") + ".jar");
    }

    @Test
    void theUrlIsEnough() throws Exception {
        assertThat(update(url)).isEqualTo(2);

        assertThat(update(url)).isZero();
        assertThat(Sql.rowsElsewhere(database, "SELECT id, title, author FROM book"))
                .isEqualTo(SEEDED);
    }

    @Test
    void aChangelogMeansItBySqlitesName() throws Exception {
        Database target =
                DatabaseFactory.getInstance().openDatabase(url, null, null, null, new ClassLoaderResourceAccessor());
        try {
            assertThat(target).isInstanceOf(HealingSQLiteDatabase.class);
            assertThat(target.getShortName()).isEqualTo("sqlite");
            assertThat(Objects.requireNonNull(target.getConnection()).getDatabaseProductName())
                    .isEqualTo("SQLite");
        } finally {
            target.close();
        }
    }

    @Test
    void aFileThatIsDeletedUnderTheApplicationHasItsHistoryAgain() throws Exception {
        update(url);
        try (Connection application = DriverManager.getConnection(url)) {
            assertThat(Sql.rows(application, "SELECT id, title, author FROM book"))
                    .isEqualTo(SEEDED);
            Files.delete(database);

            assertThat(update(url)).isZero();
            assertThat(Sql.rows(application, "SELECT id, title, author FROM book"))
                    .isEqualTo(SEEDED);
            assertThat(Healing.of(application).history(10)).isNotEmpty();
        }
    }

    @Test
    void aTableThatIsDroppedBehindItsBackIsThereWhereTheNextChangeLooks() throws Exception {
        update(url);
        try (Connection application = DriverManager.getConnection(url)) {
            assertThat(Sql.value(application, "SELECT count(*) FROM book")).isEqualTo(1);
            Sql.runElsewhere(database, "DROP TABLE book");

            assertThat(Sql.rows(application, "SELECT title FROM book")).isEmpty();
            assertThat(update(url)).isZero();
        }
    }

    @Test
    void aHeaderThatIsOverwrittenIsPutRightByLiquibasesOwnConnection() throws Exception {
        update(url);
        try (Connection application = DriverManager.getConnection(url)) {
            assertThat(Sql.value(application, "SELECT count(*) FROM book")).isEqualTo(1);
        }
        Damage.overwrite(database, 0, new byte[100]);

        assertThat(update(url)).isZero();
        assertThat(Sql.rowsElsewhere(database, "SELECT id, title, author FROM book"))
                .isEqualTo(SEEDED);
    }

    @Test
    void aPlainUrlIsStillThePlainDriver() throws Exception {
        assertThat(update("jdbc:sqlite:" + database)).isEqualTo(2);
        assertThat(directory.resolve("books.db.healing")).doesNotExist();
    }
}
