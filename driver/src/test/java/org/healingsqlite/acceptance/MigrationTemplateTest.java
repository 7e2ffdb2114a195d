package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S1-29, S1-30: docs/migrations.md is run, its template, and its pattern for several that start at once. */
class MigrationTemplateTest {
    private static final Path PAGE = Path.of("../docs/migrations.md");
    private static final Pattern TEMPLATE = Pattern.compile("```sql\\n-- (V\\w+\\.sql)\\n(.*?)```", Pattern.DOTALL);
    private static final int AT_ONCE = 6;

    @TempDir
    Path directory;

    private String url;

    @BeforeEach
    void takeTheTemplateFromThePage() throws IOException {
        Path migrations = Files.createDirectory(directory.resolve("migrations"));
        Matcher templates = TEMPLATE.matcher(Files.readString(PAGE));
        while (templates.find()) {
            Files.writeString(migrations.resolve(templates.group(1)), templates.group(2));
        }
        assertThat(migrations).isNotEmptyDirectory();
        url = "jdbc:healing:sqlite:" + directory.resolve("app.db") + "?healing.schema=" + migrations
                + "&foreign_keys=on";
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection(url);
    }

    @Test
    void s1_30_theTemplateRunsOnceAndWhateverOfItIsLostComesBack() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO runs (run_id, digest) VALUES ('a', 'x')");
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO runs (run_id, digest) VALUES ('b', 'x')"))
                    .hasMessageContaining("UNIQUE constraint failed");
            Sql.run(connection, "DROP INDEX idx_runs_created");
        }
        Sql.runElsewhere(directory.resolve("app.db"), "DROP TABLE runs");
        try (Connection connection = open()) {
            assertThat(Sql.rows(connection, "SELECT run_id FROM runs")).isEmpty();
            assertThat(Sql.rows(connection, "SELECT version, status FROM schema_migrations"))
                    .hasToString("[[001, completed]]");
        }
    }

    @Test
    void s1_29_whoeverStartsAtOnceFindsItDoneOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        try {
            CountDownLatch start = new CountDownLatch(1);
            List<Future<List<List<Object>>>> seen = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                seen.add(threads.submit(() -> {
                    start.await();
                    try (Connection connection = open()) {
                        assertThat(Sql.value(connection, "PRAGMA foreign_keys")).isEqualTo(1);
                        return Sql.rows(connection, "SELECT version, status FROM schema_migrations");
                    }
                }));
            }
            start.countDown();
            for (Future<List<List<Object>>> each : seen) {
                assertThat(each.get()).hasToString("[[001, completed]]");
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
