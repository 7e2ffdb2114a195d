package org.healingsqlite.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.ConnectionPoolDataSource;
import javax.sql.DataSource;
import liquibase.Contexts;
import liquibase.Liquibase;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.ClassLoaderResourceAccessor;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.mapping.Environment;
import org.apache.ibatis.session.SqlSession;
import org.apache.ibatis.session.SqlSessionFactory;
import org.apache.ibatis.session.SqlSessionFactoryBuilder;
import org.apache.ibatis.transaction.jdbc.JdbcTransactionFactory;
import org.flywaydb.core.Flyway;
import org.healingsqlite.testkit.Sql;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.AvailableSettings;
import org.hibernate.cfg.Configuration;
import org.jdbi.v3.core.Jdbi;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Each framework does a small real job, and survives a table that vanishes in the middle. Runs through the driver, and once more through the agent. */
class FrameworksTest {
    @TempDir
    Path directory;

    private Path database;
    private DataSource source;

    @BeforeEach
    void configure() {
        database = directory.resolve("books.db");
        source = Door.dataSource(database);
    }

    private void createBooks() throws SQLException {
        try (Connection connection = source.getConnection()) {
            Sql.run(connection, "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL)");
        }
    }

    private void loseBooks() throws SQLException {
        Sql.runElsewhere(database, "DROP TABLE book");
    }

    @Test
    void hikariCp() throws Exception {
        createBooks();
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(Door.url(database) + "?busy_timeout=120000");
        config.setMaximumPoolSize(4);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            for (int round = 0; round < 5; round++) {
                loseBooks();
                List<Future<Integer>> inserts = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    inserts.add(threads.submit(() -> {
                        try (Connection connection = pool.getConnection()) {
                            assertThat(connection.isWrapperFor(org.sqlite.SQLiteConnection.class))
                                    .isTrue();
                            Sql.run(connection, "INSERT INTO book (title) VALUES ('x')");
                            return 1;
                        }
                    }));
                }
                for (Future<Integer> each : inserts) {
                    assertThat(each.get()).isEqualTo(1);
                }
                assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM book"))
                        .containsExactly(List.of(8));
            }
            assertThat(pool.getHikariPoolMXBean().getTotalConnections()).isLessThanOrEqualTo(4);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void theConnectionPoolDataSource() throws Exception {
        createBooks();
        ConnectionPoolDataSource pooled = Door.pooledDataSource(database);
        var lent = pooled.getPooledConnection();
        try {
            Connection first = lent.getConnection();
            first.setAutoCommit(false);
            Sql.run(first, "INSERT INTO book (title) VALUES ('rolled back')");
            first.close();
            assertThat(first.isClosed()).isTrue();
            loseBooks();
            try (Connection second = lent.getConnection()) {
                assertThat(second.getAutoCommit()).isTrue();
                assertThat(Sql.rows(second, "SELECT * FROM book")).isEmpty();
            }
        } finally {
            lent.close();
        }
    }

    @Test
    void springJdbcTemplate() throws Exception {
        createBooks();
        JdbcTemplate template = new JdbcTemplate(source);
        template.update("INSERT INTO book (title) VALUES (?)", "before");
        loseBooks();

        assertThat(template.queryForList("SELECT title FROM book", String.class))
                .isEmpty();
        TransactionTemplate transactions = new TransactionTemplate(new DataSourceTransactionManager(source));
        loseBooks();
        transactions.executeWithoutResult(status -> {
            template.update("INSERT INTO book (title) VALUES (?)", "in a transaction");
            template.batchUpdate(
                    "INSERT INTO book (title) VALUES (?)", List.of(new Object[] {"a"}, new Object[] {"b"}));
        });
        assertThat(template.queryForObject("SELECT count(*) FROM book", Integer.class))
                .isEqualTo(3);
    }

    /** A row of {@code book}. */
    @Entity
    @Table(name = "book")
    static class Book {
        @Id
        Integer id;

        @Column(nullable = false)
        String title;
    }

    @Test
    void hibernate() throws Exception {
        Configuration configuration = new Configuration().addAnnotatedClass(Book.class);
        configuration.getProperties().put(AvailableSettings.JAKARTA_NON_JTA_DATASOURCE, source);
        configuration.setProperty(AvailableSettings.HBM2DDL_AUTO, "update");
        configuration.setProperty(AvailableSettings.DIALECT, "org.hibernate.community.dialect.SQLiteDialect");
        try (SessionFactory sessions = configuration.buildSessionFactory()) {
            sessions.inTransaction(session -> session.persist(book(1, "before")));
            loseBooks();

            sessions.inTransaction(session -> session.persist(book(2, "after")));
            List<String> titles = sessions.fromSession(
                    session -> session.createSelectionQuery("select title from FrameworksTest$Book", String.class)
                            .getResultList());
            assertThat(titles).containsExactly("after");
        }
    }

    private static Book book(int id, String title) {
        Book book = new Book();
        book.id = id;
        book.title = title;
        return book;
    }

    @Test
    void jooq() throws Exception {
        createBooks();
        var jooq = DSL.using(source, SQLDialect.SQLITE);
        jooq.insertInto(DSL.table("book"), DSL.field("title")).values("before").execute();
        loseBooks();

        assertThat(jooq.fetchCount(DSL.table("book"))).isZero();
        jooq.transaction(transaction -> transaction
                .dsl()
                .insertInto(DSL.table("book"), DSL.field("title"))
                .values("after")
                .execute());
        assertThat(jooq.select(DSL.field("title")).from("book").fetch().getValues(0))
                .isEqualTo(List.of("after"));
    }

    @Test
    void jdbi() throws Exception {
        createBooks();
        Jdbi jdbi = Jdbi.create(source);
        jdbi.useHandle(handle -> handle.execute("INSERT INTO book (title) VALUES (?)", "before"));
        loseBooks();

        jdbi.useTransaction(handle -> handle.createUpdate("INSERT INTO book (title) VALUES (:title)")
                .bind("title", "after")
                .execute());
        assertThat(jdbi.<List<String>, RuntimeException>withHandle(
                        handle -> handle.createQuery("SELECT title FROM book")
                                .mapTo(String.class)
                                .list()))
                .containsExactly("after");
    }

    /** MyBatis' way to the table. */
    interface Books {
        @Insert("INSERT INTO book (title) VALUES (#{title})")
        int add(@Param("title") String title);

        @Select("SELECT title FROM book")
        List<String> titles();
    }

    @Test
    void myBatis() throws Exception {
        createBooks();
        var configuration = new org.apache.ibatis.session.Configuration(
                new Environment("it", new JdbcTransactionFactory(), source));
        configuration.addMapper(Books.class);
        SqlSessionFactory sessions = new SqlSessionFactoryBuilder().build(configuration);
        try (SqlSession session = sessions.openSession()) {
            session.getMapper(Books.class).add("before");
            session.commit();
            loseBooks();
            assertThat(session.getMapper(Books.class).add("after")).isEqualTo(1);
            session.commit();
        }
        try (SqlSession session = sessions.openSession()) {
            assertThat(session.getMapper(Books.class).titles()).containsExactly("after");
        }
    }

    @Test
    void flywayByDataSource() throws Exception {
        Flyway flyway = Flyway.configure().dataSource(source).load();
        assertThat(flyway.migrate().migrationsExecuted).isEqualTo(2);
        try (Connection connection = source.getConnection()) {
            Sql.run(connection, "SELECT 1");
        }
        Files.delete(database);

        assertThat(flyway.migrate().migrationsExecuted)
                .as("what nobody has registered is the application's to make, as in any new file")
                .isEqualTo(2);
        try (Connection connection = source.getConnection()) {
            assertThat(Sql.rows(connection, "SELECT id, title, author FROM book"))
                    .as("the row that the migrations add")
                    .containsExactly(Arrays.asList(1, "seeded", null));
        }
        flyway.validate();
    }

    @Test
    void liquibaseByDataSource() throws Exception {
        liquibase(source);
        try (Connection connection = source.getConnection()) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM book")).isEqualTo(1);
            loseBooks();
            assertThat(Sql.rows(connection, "SELECT * FROM book")).isEmpty();
        }
        liquibase(source);
        try (Connection connection = source.getConnection()) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM DATABASECHANGELOG"))
                    .isEqualTo(2);
        }
    }

    private static void liquibase(DataSource source) throws Exception {
        try (Connection connection = source.getConnection()) {
            var target =
                    DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection));
            new Liquibase("db/changelog/changes.sql", new ClassLoaderResourceAccessor(), target).update(new Contexts());
        }
    }

    @Test
    void aDeletedFileUnderAPool() throws Exception {
        createBooks();
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setMaximumPoolSize(2);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            JdbcTemplate template = new JdbcTemplate(pool);
            template.update("INSERT INTO book (title) VALUES ('before')");
            Files.delete(database);
            template.update("INSERT INTO book (title) VALUES ('after')");
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT title FROM book"))
                .containsExactly(List.of("before"), List.of("after"));
    }
}
